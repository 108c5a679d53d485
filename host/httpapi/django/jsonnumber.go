package django

import (
	"strconv"
	"strings"
)

// number reads the longest number that the text begins with: "1.x" is 1, and ".x" is left over.
func (s *scanner) number() (Value, error) {
	start, end := s.pos, s.pos
	digits := func(from int) int {
		for from < len(s.text) && s.text[from] >= '0' && s.text[from] <= '9' {
			from++
		}
		return from
	}
	if s.peek() == '-' {
		end++
	}
	first := end
	if strings.HasPrefix(s.text[first:], "0") {
		end++
	} else if end = digits(first); end == first {
		return Value{}, s.errorAt("Expecting value", start)
	}
	whole := end
	if rest := s.text[end:]; len(rest) > 1 && rest[0] == '.' {
		if fraction := digits(end + 1); fraction > end+1 {
			end = fraction
		}
	}
	if rest := s.text[end:]; len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
		from := end + 1
		if rest[1] == '+' || rest[1] == '-' {
			from++
		}
		if exponent := digits(from); exponent > from {
			end = exponent
		}
	}
	s.pos = end
	if end > whole {
		return Float(parseFloat(s.text[start:end], whole-start)), nil
	}
	if n := whole - first; n > maxDigits {
		return Value{}, jsonError("Exceeds the limit (%d digits) for integer string conversion: value has %d digits; "+
			"use sys.set_int_max_str_digits() to increase the limit", maxDigits, n)
	}
	text := s.text[start:end]
	if text == "-0" {
		text = "0"
	}
	return Value{kind: KindInt, text: text}, nil
}

// exactDigits is how many digits before the point strconv.ParseFloat takes for what they are: beyond 800 it forgets where the point was.
const exactDigits = 700

// parseFloat is Python's float() of a number whose digits before the point end at whole. The only error of strconv is one of range, and with
// it comes an infinity, as in Python.
func parseFloat(text string, whole int) float64 {
	first := 0
	if text[0] == '-' {
		first = 1
	}
	if cut := whole - first - exactDigits; cut > 0 {
		mantissa, exponent := text, 0
		if e := strings.IndexAny(text, "eE"); e >= 0 {
			mantissa = text[:e]
			exponent, _ = strconv.Atoi(text[e+1:]) // saturates
		}
		// One more digit says whether anything but zeros was cut off, which is all that rounding needs.
		more := "0"
		if strings.Trim(mantissa[first+exactDigits:], "0.") != "" {
			more = "1"
		}
		exponent = max(-1<<30, min(exponent, 1<<30)) + cut - 1
		text = text[:first+exactDigits] + more + "e" + strconv.Itoa(exponent)
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}
