package django

import "strings"

// string reads a string whose opening quote comes next, with its escapes resolved. An escaped
// surrogate that is not half of a pair stays alone, as in Python (see the package's doc).
func (s *scanner) string() (string, error) {
	begin := s.pos
	s.pos++
	start := s.pos
	s.plain()
	if s.peek() == '"' { // no escapes: the usual case shares the document's memory
		s.pos++
		return s.text[start : s.pos-1], nil
	}
	text := []byte(s.text[start:s.pos])
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return string(text), nil
		case c == '\\':
			r, err := s.escape(begin)
			if err != nil {
				return "", err
			}
			text = appendCodePoint(text, r)
		case c < ' ':
			return "", s.errorAt("Invalid control character at", s.pos)
		default:
			start = s.pos
			s.plain()
			text = append(text, s.text[start:s.pos]...)
		}
	}
	return "", s.errorAt("Unterminated string starting at", begin)
}

// plain steps over characters that stand for themselves.
func (s *scanner) plain() {
	at := s.pos // a loop over s.pos takes four times as long
	for at < len(s.text) {
		if c := s.text[at]; c == '"' || c == '\\' || c < ' ' {
			break
		}
		at++
	}
	s.pos = at
}

// escape reads one escape sequence; begin is where its string began.
func (s *scanner) escape(begin int) (rune, error) {
	backslash := s.pos
	s.pos++
	if s.pos == len(s.text) {
		return 0, s.errorAt("Unterminated string starting at", begin)
	}
	c := s.text[s.pos]
	if c != 'u' {
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 {
			return 0, s.errorAt(`Invalid \escape`, backslash)
		}
		s.pos++
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	r, ok := s.hex4(s.pos + 1)
	if !ok {
		return 0, s.errorAt(`Invalid \uXXXX escape`, s.pos)
	}
	s.pos += 5
	if r&^0x3ff == 0xd800 && strings.HasPrefix(s.text[s.pos:], `\u`) {
		if low, ok := s.hex4(s.pos + 2); ok && low&^0x3ff == 0xdc00 {
			s.pos += 6
			return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), nil
		}
	}
	return r, nil
}

// hex4 reads four hexadecimal digits. They count only if at least one more character follows:
// Python finds the escape invalid where the text ends right after it.
func (s *scanner) hex4(at int) (rune, bool) {
	if at+4 >= len(s.text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s.text[at : at+4]) {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}
