package exactjson

import (
	"bytes"
	"encoding/json"
	"iter"
	"sync"

	"github.com/edgetoken/edgetoken/core/strictjson"
)

// strict reads an object that is strict, as nearly all are, in a fraction of the time that encoding/json takes.
type strict struct {
	scanner strictjson.Scanner
	names   []string // of the members that were read last: those of the next object are mostly the same
	values  []json.RawMessage
}

// pool has readers that wait: each holds some 100 KiB.
var pool = sync.Pool{New: func() any { return new(strict) }}

func isStrict(raw []byte) bool {
	s := pool.Get().(*strict)
	defer pool.Put(s)
	for more := s.scanner.Begin(raw, strictjson.MaxNames); more; more = s.scanner.Next() {
		continue
	}
	return s.scanner.Whole
}

// Members gives the members of an object as they stand, in order and with repeated names; none for what is no object.
// It ends where the text stops being JSON. Values are parts of raw.
func Members(raw []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		s := pool.Get().(*strict)
		defer pool.Put(s)
		if !s.read(raw) {
			members(raw, yield)
			return
		}
		for i, value := range s.values {
			if !yield(s.names[i], value) {
				return
			}
		}
	}
}

// read reads the members of a strict object, or gives false.
func (s *strict) read(raw []byte) bool {
	s.values = s.values[:0]
	n := 0
	for more := s.scanner.Begin(raw, strictjson.MaxNames); more; more = s.scanner.Next() {
		m := &s.scanner.Member
		switch {
		case n == len(s.names):
			s.names = append(s.names, string(m.Name))
		case s.names[n] != string(m.Name):
			s.names[n] = string(m.Name)
		}
		n++
		s.values = append(s.values, m.Value.JSON(raw))
	}
	return s.scanner.Whole
}

// members is Members for what is not strict.
func members(raw []byte, yield func(string, json.RawMessage) bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return
	}
	for d.More() {
		token, err := d.Token()
		name, isName := token.(string)
		var value json.RawMessage
		if err != nil || !isName || d.Decode(&value) != nil || !yield(name, value) {
			return
		}
	}
}
