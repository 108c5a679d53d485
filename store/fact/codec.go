package fact

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core/codec"
)

var (
	// ErrMalformed says that bytes are no encoding of a fact or a frame.
	ErrMalformed = errors.New("malformed")
	// ErrNewer says that a newer program wrote a fact or a frame, which this one cannot read.
	ErrNewer = errors.New("written by a newer program: update this one")
)

// headerBytes is how long the header of a fact is: u8 kind | u8 version | u32 length of the payload.
const headerBytes = 6

// Append appends the encoding of f: its header, and the payload, whose layout stands beside each kind. Integers are
// little-endian. A text has its length before it in 2 bytes, a byte string in 4, and a list of texts its count in 2.
// Each fact has one encoding only: of the versions of its kind, the first that can say it.
func Append(b []byte, f Fact) []byte {
	version := byte(1)
	if v, ok := f.(interface{ version() byte }); ok {
		version = v.version()
	}
	b = append(b, byte(f.Kind()), version, 0, 0, 0, 0)
	start := len(b)
	b = f.appendTo(b)
	binary.LittleEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return b
}

// Read takes a fact off the front of r; it is a copy. If a newer program wrote the fact, Read returns it as an Unread
// with an ErrNewer, and r stands behind it. Any other error is an ErrMalformed.
func Read(r *codec.Reader) (Fact, error) {
	whole := r.Rest
	kind, version := Kind(r.U8()), r.U8()
	payload := r.Bytes()
	if r.Bad || version == 0 {
		return nil, fmt.Errorf("header of a fact: %w", ErrMalformed)
	}
	l := kind.layout()
	if version > l.version {
		raw := bytes.Clone(whole[:headerBytes+len(payload)])
		return Unread{raw}, fmt.Errorf("fact of kind %v, version %d: %w", kind, version, ErrNewer)
	}
	p := reader{codec.Reader{Rest: payload}, version}
	if f := l.read(&p); p.Done() {
		return f, nil
	}
	return nil, fmt.Errorf("fact of kind %v: %w", kind, ErrMalformed)
}

// Decode reads the encoding of one fact, as Read does.
func Decode(b []byte) (Fact, error) {
	r := codec.Reader{Rest: b}
	f, err := Read(&r)
	if len(r.Rest) > 0 {
		return nil, fmt.Errorf("fact with %d bytes behind it: %w", len(r.Rest), ErrMalformed)
	}
	return f, err
}

// Unread is a fact that a newer program wrote: of an unknown kind, or of a later version of a known one. Append appends
// it as it came. Only Read and ParseFrame make one.
type Unread struct{ raw []byte }

func (u Unread) Kind() Kind { return Kind(u.raw[0]) }

// Version is the version of the payload.
func (u Unread) Version() byte { return u.raw[1] }
func (u Unread) version() byte { return u.Version() }

// Length is the length of the payload, in bytes.
func (u Unread) Length() int { return len(u.raw) - headerBytes }

func (u Unread) appendTo(b []byte) []byte { return append(b, u.raw[headerBytes:]...) }
