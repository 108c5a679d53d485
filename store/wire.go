package store

import (
	"encoding/binary"
	"math"
	"time"
	"unicode/utf8"
)

// Values are little-endian with texts' lengths before them (2 bytes), as in the encoding of effects; byte strings have 4.
// Keys are big-endian, so that bytes sort as numbers.

func putU64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }
func putI64(b []byte, v int64) []byte  { return binary.LittleEndian.AppendUint64(b, uint64(v)) }

func putText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(s))), s...)
}

func putBytes(b, s []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

// reader takes values off the front of a record. After the first one that is missing or has no meaning, bad is set and all
// others are zero, so that one look at the end is enough.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) u8() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) i64() int64 { return int64(r.u64()) }

// text takes UTF-8; the string is a copy.
func (r *reader) text() string {
	n := r.take(2)
	if n == nil {
		return ""
	}
	b := r.take(int(binary.LittleEndian.Uint16(n)))
	r.bad = r.bad || !utf8.Valid(b)
	return string(b)
}

// bytes takes a byte string, copied; nil where it is empty.
func (r *reader) bytes() []byte {
	n := r.take(4)
	if n == nil {
		return nil
	}
	size := binary.LittleEndian.Uint32(n)
	if size > math.MaxInt32 {
		r.bad = true
		return nil
	}
	return append([]byte(nil), r.take(int(size))...)
}

// done reports whether the record was whole and nothing is left of it.
func (r *reader) done() bool { return !r.bad && len(r.rest) == 0 }

// The range of Python's datetime, in Unix microseconds: what Django can show.
const (
	firstMoment = -62135596800000000 // 0001-01-01T00:00:00Z
	lastMoment  = 253402300799999999 // 9999-12-31T23:59:59.999999Z
)

// moment takes Unix microseconds.
func (r *reader) moment() time.Time {
	v := r.i64()
	if v < firstMoment || v > lastMoment {
		r.bad = true
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}
