package django

import (
	"strings"

	"github.com/edgetoken/edgetoken/core/python"
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
		return Float(python.Float([]byte(s.text[start:end]))), nil
	}
	if n := whole - first; n > python.MaxDigits {
		return Value{}, jsonError("Exceeds the limit (%d digits) for integer string conversion: value has %d digits; "+
			"use sys.set_int_max_str_digits() to increase the limit", python.MaxDigits, n)
	}
	text := s.text[start:end]
	if text == "-0" {
		text = "0"
	}
	return Value{kind: KindInt, text: text}, nil
}
