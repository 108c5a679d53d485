package python

import (
	"math"
	"strconv"
	"strings"
)

// Bounds of what strconv.ParseFloat reads right: it keeps 800 digits and forgets where the point was beyond them, and
// it takes an exponent of more than four digits for a smaller one.
const (
	plainFloat = 700 // bytes of a number that can hold neither
	// digits that matter to rounding: a double's midpoint has 767 at most; of the others only whether all are zero
	exactDigits  = 770
	maxMagnitude = 400 // powers of ten beyond which all is zero or infinity
)

// Float is Python's float() of a JSON number, of any length; infinity where it is too large.
func Float(raw []byte) float64 {
	if len(raw) <= plainFloat {
		f, _ := strconv.ParseFloat(string(raw), 64) // its one error is one of range, and then it gives infinity
		return f
	}
	// The number is 0.ddd × 10^point, times its sign.
	digits := make([]byte, 0, exactDigits+16)
	negative, point, beyond, fraction, i := false, int64(0), false, false, 0
loop:
	for ; i < len(raw); i++ {
		switch b := raw[i]; b {
		case '-':
			negative = true
		case '.':
			fraction = true
		case 'e', 'E':
			break loop
		default:
			switch {
			case b == '0' && len(digits) == 0:
				point-- // or none, before the point
			case len(digits) < exactDigits:
				digits = append(digits, b)
			case b != '0':
				beyond = true
			}
			if !fraction {
				point++
			}
		}
	}
	if i < len(raw) {
		point += decimal(raw[i+1:])
	}
	f := 0.0
	switch {
	case len(digits) == 0 || point < -maxMagnitude:
	case point > maxMagnitude:
		f = math.Inf(1)
	default:
		if beyond {
			digits = append(digits, '1')
		}
		text := strconv.AppendInt(append(digits, 'e'), point-int64(len(digits)), 10)
		f, _ = strconv.ParseFloat(string(text), 64)
	}
	if negative {
		return -f
	}
	return f
}

// decimal is an exponent with its sign; far beyond any number of digits it stands still.
func decimal(exponent []byte) (v int64) {
	negative := false
	for _, b := range exponent {
		switch {
		case b == '-':
			negative = true
		case b != '+' && v < 1<<48:
			v = 10*v + int64(b-'0')
		}
	}
	if negative {
		return -v
	}
	return v
}

// FloatRepr returns Python's repr() of a float, the shortest text that reads back as the same
// number: "1000.0", "1e+16", "0.0001", "1e-05", "-0.0", "inf", "nan".
func FloatRepr(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	// Python writes an exponent where the decimal point would stand more than 16 places after the
	// first digit or more than 4 before it.
	if n, _ := strconv.Atoi(exponent); n >= 16 || n < -4 {
		return mantissa + "e" + exponent
	}
	text = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
