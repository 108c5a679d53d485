package fact

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Bounds of a frame.
const (
	MaxFrameBytes = 16 << 20
	MaxFrameFacts = 1 << 20
)

// frameVersion is the first byte of a frame.
const frameVersion = 1

// Frame has the facts of one commit that other nodes need, in the order in which they were applied. The frames of one
// incarnation of a node are a chain: each has the hash of the one before.
type Frame struct {
	Node        uint16
	Incarnation uint64            // of the node: another each time that its store is opened
	Sequence    uint64            // counts the frames of the incarnation, from 1
	Previous    [sha256.Size]byte // Hash of the frame before; zero in the first
	Made        int64             // Unix microseconds
	Facts       []Fact            // those that a newer program wrote as Unread
	Signature   []byte            // of the node; there is none yet
}

// ErrTooLarge says that the facts of one commit do not fit into a frame.
var ErrTooLarge = errors.New("too large for a frame")

// Append appends the encoding of f, with integers and texts as in facts:
//
//	version 1 | u16 node | u64 incarnation | u64 sequence | 32 bytes previous | i64 made, µs | u32 count | facts |
//	u16 length | signature
//
// The error is an ErrTooLarge.
func (f *Frame) Append(b []byte) ([]byte, error) {
	start := len(b)
	b = codec.U16(f.appendSigned(b), uint16(len(f.Signature)))
	b = append(b, f.Signature...)
	if n := len(b) - start; n > MaxFrameBytes || len(f.Facts) > MaxFrameFacts || len(f.Signature) > math.MaxUint16 {
		return nil, fmt.Errorf("%d facts in %d bytes: %w", len(f.Facts), n, ErrTooLarge)
	}
	return b, nil
}

// appendSigned appends all that a signature is about.
func (f *Frame) appendSigned(b []byte) []byte {
	b = codec.U16(append(b, frameVersion), f.Node)
	b = codec.U64(codec.U64(b, f.Incarnation), f.Sequence)
	b = codec.I64(append(b, f.Previous[:]...), f.Made)
	b = codec.U32(b, uint32(len(f.Facts)))
	for _, x := range f.Facts {
		b = Append(b, x)
	}
	return b
}

// Hash is the SHA-256 of the encoding without the signature and its length.
func (f *Frame) Hash() [sha256.Size]byte { return sha256.Sum256(f.appendSigned(nil)) }

// Position is the place of f among the frames of its node.
func (f *Frame) Position() Position { return Position{f.Incarnation, f.Sequence} }

// FramePosition reads the position of a frame, and nothing else of it. The errors are those of ParseFrame.
func FramePosition(b []byte) (Position, error) {
	r := codec.Reader{Rest: b}
	if version := r.U8(); version > frameVersion {
		return Position{}, fmt.Errorf("frame of version %d: %w", version, ErrNewer)
	}
	r.U16()
	p := Position{r.U64(), r.U64()}
	if r.Bad || p.Sequence == 0 {
		return Position{}, fmt.Errorf("header of a frame: %w", ErrMalformed)
	}
	return p, nil
}

// FrameFacts is how many facts a frame has, by its header; 0 where that cannot be read.
func FrameFacts(b []byte) int {
	r := codec.Reader{Rest: b}
	if version := r.U8(); version > frameVersion {
		return 0
	}
	r.Take(2 + 8 + 8 + sha256.Size + 8) // see Frame.appendSigned
	count := r.U32()
	if r.Bad {
		return 0
	}
	return int(min(count, MaxFrameFacts))
}

// ParseFrame reads one frame, which is all of b, and copies it. Facts that a newer program wrote it keeps as Unread.
// The error is an ErrNewer for a frame of a newer version, and else an ErrMalformed: one malformed fact spoils its
// frame.
func ParseFrame(b []byte) (*Frame, error) {
	if len(b) > MaxFrameBytes {
		return nil, fmt.Errorf("frame of %d bytes: %w: the most is %d", len(b), ErrMalformed, MaxFrameBytes)
	}
	r := reader{Reader: codec.Reader{Rest: b}}
	if version := r.U8(); version > frameVersion {
		return nil, fmt.Errorf("frame of version %d: %w", version, ErrNewer)
	} else if version == 0 {
		return nil, fmt.Errorf("frame of version 0: %w", ErrMalformed)
	}
	f := &Frame{Node: r.U16(), Incarnation: r.U64(), Sequence: r.U64(), Previous: r.digest(), Made: r.moment()}
	count := r.U32()
	r.require(f.Sequence > 0 && (f.Sequence > 1 || f.Previous == [sha256.Size]byte{}))
	r.require(count <= MaxFrameFacts && int(count) <= len(r.Rest)/headerBytes)
	if r.Bad {
		return nil, fmt.Errorf("header of a frame: %w", ErrMalformed)
	}
	f.Facts = make([]Fact, count)
	for i := range f.Facts {
		x, err := Read(&r.Reader)
		switch {
		case err != nil && !errors.Is(err, ErrNewer):
			return nil, fmt.Errorf("frame %v: fact %d: %w", f.Position(), i, err)
		case x.Kind().IsLocal():
			return nil, fmt.Errorf("frame %v: fact %d: %w: kind %v never leaves its node", f.Position(), i,
				ErrMalformed, x.Kind())
		}
		f.Facts[i] = x
	}
	f.Signature = append([]byte(nil), r.Take(int(r.U16()))...)
	if !r.Done() {
		return nil, fmt.Errorf("frame %v: %w after its facts", f.Position(), ErrMalformed)
	}
	return f, nil
}
