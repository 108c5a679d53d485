package fact

import (
	"bytes"
	"strconv"

	"github.com/edgetoken/edgetoken/core/codec"
)

// maxPosition bounds Followed.Position, in bytes.
const maxPosition = 1024

// u16 node | u64 incarnation | u64 sequence | 32 bytes hash
func (f Head) appendTo(b []byte) []byte {
	b = codec.U64(codec.U64(codec.U16(b, f.Node), f.Position.Incarnation), f.Position.Sequence)
	return append(b, f.Hash[:]...)
}

func readHead(r *reader) Fact {
	return Head{Node: r.U16(), Position: Position{Incarnation: r.U64(), Sequence: r.U64()}, Hash: r.digest()}
}

// u32 frame
func (f Wait) appendTo(b []byte) []byte { return codec.Bytes(b, f.Frame) }

func readWait(r *reader) Fact { return Wait{Frame: r.raw(MaxFrameBytes)} }

// u16 node | u64 incarnation | u64 sequence | u8 judge | u8 is a frame | u32 raw
func (f Quarantine) appendTo(b []byte) []byte {
	b = codec.U64(codec.U64(codec.U16(b, f.Node), f.Position.Incarnation), f.Position.Sequence)
	return codec.Bytes(codec.Bool(codec.Bool(b, f.Judge), f.IsFrame), f.Raw)
}

func readQuarantine(r *reader) Fact {
	return Quarantine{Node: r.U16(), Position: Position{Incarnation: r.U64(), Sequence: r.U64()}, Judge: r.Bool(),
		IsFrame: r.Bool(), Raw: r.raw(MaxFrameBytes)}
}

// 32 bytes digest
func (f Release) appendTo(b []byte) []byte { return append(b, f.Digest[:]...) }

func readRelease(r *reader) Fact { return Release{Digest: r.digest()} }

// u32 position
func (f Followed) appendTo(b []byte) []byte { return codec.Bytes(b, f.Position) }

func readFollowed(r *reader) Fact { return Followed{Position: r.raw(maxPosition)} }

// raw takes a byte string of 1 to most bytes, and copies it.
func (r *reader) raw(most int) []byte {
	b := bytes.Clone(r.Bytes())
	r.require(0 < len(b) && len(b) <= most)
	return b
}

// Pending are the nodes whose offer is missing: a hub that was restored waits for it.
type Pending struct{ Numbers []uint16 } // rising

func (Pending) Kind() Kind { return PendingKind }

// u16 count | u16 numbers
func (f Pending) appendTo(b []byte) []byte {
	b = codec.U16(b, uint16(len(f.Numbers)))
	for _, n := range f.Numbers {
		b = codec.U16(b, n)
	}
	return b
}

func readPending(r *reader) Fact {
	f := Pending{}
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		number := r.U16()
		r.require(0 < number && number <= MaxNumber)
		r.require(len(f.Numbers) == 0 || f.Numbers[len(f.Numbers)-1] < number)
		f.Numbers = append(f.Numbers, number)
	}
	return f
}

func (f Pending) describe(o *object) {
	list := make([]string, len(f.Numbers))
	for i, n := range f.Numbers {
		list[i] = strconv.Itoa(int(n))
	}
	o.texts("numbers", list)
}
