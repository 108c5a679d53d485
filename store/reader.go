package store

import (
	"bytes"
	"math"
	"time"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Values are written as effects are (core/codec): little-endian, with the length before a text (2 bytes) or a byte
// string (4). Keys are big-endian, so that bytes sort as numbers.

// reader takes values off the front of a record. It copies them, since a record lives only as long as its transaction.
type reader struct{ codec.Reader }

// text takes UTF-8.
func (r *reader) text() string {
	s := r.Text()
	r.Bad = r.Bad || !utf8.ValidString(s)
	return s
}

// bytes takes a byte string; nil if it is empty.
func (r *reader) bytes() []byte {
	n := r.U32()
	if n > math.MaxInt32 {
		r.Bad = true
		return nil
	}
	return append([]byte(nil), r.Take(int(n))...)
}

// texts takes a list of texts in strictly rising order; nil if it is empty.
func (r *reader) texts() (list []string) {
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		s := r.text()
		r.Bad = r.Bad || len(list) > 0 && list[len(list)-1] >= s
		list = append(list, s)
	}
	return list
}

// rest takes all that is left, which must not be empty.
func (r *reader) rest() []byte {
	r.Bad = r.Bad || len(r.Rest) == 0
	return bytes.Clone(r.Take(len(r.Rest)))
}

// The range of Python's datetime, in Unix microseconds: what Django can show.
const (
	firstMoment = -62135596800000000 // 0001-01-01T00:00:00Z
	lastMoment  = 253402300799999999 // 9999-12-31T23:59:59.999999Z
)

// moment takes Unix microseconds.
func (r *reader) moment() time.Time {
	v := r.I64()
	if v < firstMoment || v > lastMoment {
		r.Bad = true
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}
