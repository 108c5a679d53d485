package strictjson

import "errors"

// The functions of this file read what is read once, such as a configuration: they allocate what they need.

// Members calls visit for each member of an object, with its value as it is written. It gives false where b is no
// strict object within the bounds; visit may have been called by then.
func Members(b []byte, visit func(name string, value []byte)) bool {
	var s Scanner
	for more := s.Begin(b, MaxNames); more; more = s.Next() {
		visit(string(s.Member.Name), s.Member.Value.JSON(b))
	}
	return s.Whole
}

// ErrNotArray says that a value is no array.
var ErrNotArray = errors.New("it is no list")

// Elements calls visit for each element of an array that Members or Elements gave, as it is written, until visit fails.
func Elements(array []byte, visit func(element []byte) error) error {
	if len(array) == 0 || array[0] != '[' {
		return ErrNotArray
	}
	b := new(Buffer)
	if !b.Hold(array) {
		return ErrNotArray
	}
	var s Scanner
	at := s.blanks(b, 1)
	for b.At(at) != ']' {
		v, end := s.ValueAt(b, len(array), at)
		if end == 0 {
			return ErrNotArray
		}
		if err := visit(v.JSON(array)); err != nil {
			return err
		}
		if at = end; b.At(at) == ',' {
			at++
		}
	}
	return nil
}

// blanks is where white space ends that begins at that place of b.
func (s *Scanner) blanks(b *Buffer, at int) int {
	s.src = b
	return s.space(at)
}

// TextOf is the text of a value that is a string, without escapes.
func TextOf(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	return string(Value{Form: String, Start: 1, End: uint32(len(value) - 1)}.Text(value)), true
}

// WholeOf is the number of a value that is an integer of at most 15 digits, without a sign, fraction or exponent.
func WholeOf(value []byte) (n int64, ok bool) {
	if len(value) == 0 || len(value) > 15 {
		return 0, false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
