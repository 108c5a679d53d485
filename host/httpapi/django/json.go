package django

import (
	"fmt"
	"strings"
)

// maxDepth is how deep lists and objects may nest. The reference fails where its stack ends: of its 1000 frames some
// are in use when it begins to parse, and 958 levels were measured.
const maxDepth = 950

// maxValues is how many values a body may have in all. A value takes many times its bytes in memory, and the
// reference's bound of 2.5 MB admits a million of them. No client of this API sends nearly as many.
const maxValues = 100_000

// ParseJSON reads a body as Django REST framework's JSONParser does on Python 3.11 with STRICT_JSON:
// NaN and infinities are refused (though 1e400 is read as infinity), of members with equal names
// the last value stands at the first one's place, integers are exact up to 4300 digits.
// charset is the charset parameter of Content-Type, "" if there is none; a body has no byte
// order mark unless its charset is one that has. Errors are *ParseError, positions in code points:
//
//	JSON parse error - Expecting ',' delimiter: line 1 column 15 (char 14)
func ParseJSON(body []byte, charset string) (Value, error) {
	c, err := lookupCharset(charset)
	if err != nil {
		return Value{}, err
	}
	text, err := c.DecodeStream(body)
	if err != nil {
		return Value{}, jsonError("%v", err)
	}
	s := scanner{text: text}
	return s.document()
}

func jsonError(format string, args ...any) error {
	return &ParseError{"JSON parse error - " + fmt.Sprintf(format, args...)}
}

// scanner walks over a document once. pos counts bytes.
type scanner struct {
	text  string
	pos   int
	depth int
	count int // values that were begun
}

func (s *scanner) document() (Value, error) {
	if strings.HasPrefix(s.text, "\ufeff") {
		return Value{}, s.errorAt("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)
	}
	s.space()
	value, err := s.value()
	if err != nil {
		return Value{}, err
	}
	s.space()
	if s.pos < len(s.text) {
		return Value{}, s.errorAt("Extra data", s.pos)
	}
	return value, nil
}

// peek returns the next byte, 0 at the end; a NUL in the text fits no rule of the grammar either.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) value() (Value, error) {
	if s.count == maxValues {
		return Value{}, s.errorAt("Too many values", s.pos)
	}
	s.count++
	switch s.peek() {
	case '"':
		text, err := s.string()
		return String(text), err
	case '{':
		return s.nested(s.object)
	case '[':
		return s.nested(s.list)
	case 'n':
		if s.word("null") {
			return Null(), nil
		}
	case 't':
		if s.word("true") {
			return Bool(true), nil
		}
	case 'f':
		if s.word("false") {
			return Bool(false), nil
		}
	case 'N', 'I', '-':
		for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
			if s.word(word) {
				return Value{}, jsonError("Out of range float values are not JSON compliant: '%s'", word)
			}
		}
	}
	return s.number()
}

// word steps over a word if it comes next, whatever follows it.
func (s *scanner) word(word string) bool {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return false
	}
	s.pos += len(word)
	return true
}

func (s *scanner) nested(read func() (Value, error)) (Value, error) {
	if s.depth == maxDepth {
		return Value{}, s.errorAt("Nested too deeply", s.pos)
	}
	s.depth++
	s.pos++
	value, err := read()
	s.depth--
	return value, err
}

func (s *scanner) list() (Value, error) {
	values := []Value{}
	s.space()
	if s.peek() == ']' {
		s.pos++
		return List(values...), nil
	}
	for {
		value, err := s.value()
		if err != nil {
			return Value{}, err
		}
		values = append(values, value)
		s.space()
		switch s.peek() {
		case ']':
			s.pos++
			return List(values...), nil
		case ',':
			s.pos++
			s.space()
		default:
			return Value{}, s.errorAt("Expecting ',' delimiter", s.pos)
		}
	}
}

func (s *scanner) object() (Value, error) {
	var members memberSet
	s.space()
	if s.peek() == '}' {
		s.pos++
		return Object(), nil
	}
	for {
		if s.peek() != '"' {
			return Value{}, s.errorAt("Expecting property name enclosed in double quotes", s.pos)
		}
		name, err := s.string()
		if err != nil {
			return Value{}, err
		}
		s.space()
		if s.peek() != ':' {
			return Value{}, s.errorAt("Expecting ':' delimiter", s.pos)
		}
		s.pos++
		s.space()
		value, err := s.value()
		if err != nil {
			return Value{}, err
		}
		members.put(name, value)
		s.space()
		switch s.peek() {
		case '}':
			s.pos++
			return Object(members.list...), nil
		case ',':
			s.pos++
			s.space()
		default:
			return Value{}, s.errorAt("Expecting ',' delimiter", s.pos)
		}
	}
}

// errorAt returns an error with the position that Python shows. at is a byte offset.
func (s *scanner) errorAt(message string, at int) error {
	before := s.text[:at]
	line := strings.Count(before, "\n") + 1
	column := CodePoints(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return jsonError("%s: line %d column %d (char %d)", message, line, column, CodePoints(before))
}
