// Package codec reads and appends the little-endian values that effects, ABI messages and records of a store consist
// of. Texts and byte strings have their length before them: texts in 2 bytes, byte strings in 4. Lists of texts have
// their number before them, in 2 bytes.
package codec

import "encoding/binary"

// Bool appends 1 or 0.
func Bool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// U16, U32, U64 and I64 append an integer, little-endian.
func U16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func U32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func U64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }
func I64(b []byte, v int64) []byte  { return binary.LittleEndian.AppendUint64(b, uint64(v)) }

// Text appends a text of at most 65,535 bytes; what is longer is cut, so callers bound their texts.
func Text(b []byte, s string) []byte {
	if len(s) > 0xffff {
		s = s[:0xffff]
	}
	return append(U16(b, uint16(len(s))), s...)
}

// Texts appends a list of at most 65,535 texts.
func Texts(b []byte, texts []string) []byte {
	b = U16(b, uint16(len(texts)))
	for _, t := range texts {
		b = Text(b, t)
	}
	return b
}

// Bytes appends a byte string.
func Bytes(b, s []byte) []byte { return append(U32(b, uint32(len(s))), s...) }

// Reader takes values off the front of a message. After the first value that is not there or has no meaning,
// Bad is set and every further value is zero, so that one check at the end is enough.
type Reader struct {
	Rest []byte
	Bad  bool
}

// Take takes n bytes, which stay part of the message.
func (r *Reader) Take(n int) []byte {
	if r.Bad || n < 0 || n > len(r.Rest) {
		r.Bad, r.Rest = true, nil
		return nil
	}
	b := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return b
}

func (r *Reader) U8() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Bool takes one byte, which must be 0 or 1.
func (r *Reader) Bool() bool {
	v := r.U8()
	r.Bad = r.Bad || v > 1
	return v == 1
}

func (r *Reader) U16() uint16 {
	if b := r.Take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *Reader) U32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *Reader) U64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *Reader) I64() int64 { return int64(r.U64()) }

// Text takes a text; it is a copy.
func (r *Reader) Text() string { return string(r.Take(int(r.U16()))) }

// Texts takes a list of texts, which are copies; nil for none.
func (r *Reader) Texts() (texts []string) {
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		texts = append(texts, r.Text())
	}
	return texts
}

// Bytes takes a byte string, which stays part of the message.
func (r *Reader) Bytes() []byte { return r.Take(int(r.U32())) }

// Done reports whether the message was whole and nothing is left of it.
func (r *Reader) Done() bool { return !r.Bad && len(r.Rest) == 0 }
