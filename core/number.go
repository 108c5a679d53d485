package core

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/edgetoken/edgetoken/core/python"
)

// Numbers in claims are read as Python's int() reads what its json module made of them, since the reference does so.

// pythonInt is int(value) of a scanned claim, truncated towards zero and saturating at the ends of int64. ok is false where Python raises:
// null, a list, an object, a text that is no integer, a number beyond a double.
func pythonInt(claims []byte, c Claim) (v int64, ok bool) {
	raw := claims[c.Start:c.End]
	switch c.Form {
	case True:
		return 1, true
	case False:
		return 0, true
	case Number:
		return numberInt(raw)
	case String:
		return textInt(plain(claims, c))
	}
	return 0, false
}

// numberInt truncates a JSON number.
func numberInt(raw []byte) (int64, bool) {
	if 8 <= len(raw) && len(raw) <= 16 { // as all times are: a word of digits at once
		first, last := binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[len(raw)-8:])
		if noDigit(first)|noDigit(last) == 0 {
			before := (first ^ '0'*each) << (8 * (16 - len(raw))) // the digits that are not in last; zeros stand before them
			return eightDigits(before)*1e8 + eightDigits(last^'0'*each), true
		}
	}
	v, negative, integer := int64(0), false, true
	for i, b := range raw {
		switch {
		case b == '-' && i == 0:
			negative = true
		case b-'0' < 10:
			v = saturate(v, int64(b-'0'))
		default:
			integer = false
		}
	}
	if integer {
		return signed(v, negative), true
	}
	f := python.Float(raw)
	switch {
	case math.IsInf(f, 0):
		return 0, false
	case f >= math.MaxInt64:
		return math.MaxInt64, true
	case f <= math.MinInt64:
		return math.MinInt64, true
	}
	return int64(f), true
}

// eightDigits is the number of eight decimal digits, the first in the lowest byte.
func eightDigits(d uint64) int64 {
	d = (d*10 + d>>8) & 0x00ff00ff00ff00ff
	d = (d*100 + d>>16) & 0x0000ffff0000ffff
	return int64((d*10_000 + d>>32) & 0xffffffff)
}

// numberStr is Python's str() of a JSON number: an integer as it stands, a float as repr() writes it (1e300 and 1E+300 are one number).
func numberStr(raw []byte) []byte {
	if !bytes.ContainsAny(raw, ".eE") {
		if string(raw) == "-0" {
			return raw[1:]
		}
		return raw
	}
	return []byte(python.FloatRepr(python.Float(raw)))
}

// textInt is Python's int(text).
func textInt(text []byte) (int64, bool) {
	digits, err := python.ParseInt(string(text))
	if err != nil {
		return 0, false
	}
	return numberInt([]byte(digits))
}

// saturate is 10 v + d, or the greatest int64.
func saturate(v, d int64) int64 {
	if v > (math.MaxInt64-d)/10 {
		return math.MaxInt64
	}
	return 10*v + d
}

func signed(v int64, negative bool) int64 {
	switch {
	case !negative:
		return v
	case v == math.MaxInt64:
		return math.MinInt64
	}
	return -v
}
