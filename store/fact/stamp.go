package fact

import (
	"cmp"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Stamp orders the facts about one field: the later one counts. The zero Stamp is earlier than all others.
type Stamp struct {
	// Epoch grows when the authority is restored from a backup, so that what it writes afterwards counts more than
	// what it wrote before and forgot.
	Epoch uint32
	// Time is the logical time, in Unix microseconds: a hybrid logical clock, which no two facts of a node share.
	Time int64
	Node uint16 // the number of the node that wrote the fact
}

// Before is the stamp of all that stores of schemas 1 to 3 have written.
var Before = Stamp{Time: 1}

// Compare is -1 if s is the earlier stamp, 1 if it is the later one, and 0 if they are equal.
func (s Stamp) Compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.Epoch, t.Epoch), cmp.Compare(s.Time, t.Time), cmp.Compare(s.Node, t.Node))
}

// After reports whether s is later than t.
func (s Stamp) After(t Stamp) bool { return s.Compare(t) > 0 }

// IsZero reports whether s is no stamp of a fact.
func (s Stamp) IsZero() bool { return s == Stamp{} }

// String is epoch, logical time and node: 0/2026-01-01T00:00:00.000000Z/1.
func (s Stamp) String() string {
	return fmt.Sprintf("%d/%s/%d", s.Epoch, time.UnixMicro(s.Time).UTC().Format(inMicroseconds), s.Node)
}

// StampBytes is the length of an encoded stamp.
const StampBytes = 14

// Append appends the encoding of s: u32 epoch | i64 time | u16 node.
func (s Stamp) Append(b []byte) []byte {
	return codec.U16(codec.I64(codec.U32(b, s.Epoch), s.Time), s.Node)
}

// ReadStamp reads what Append wrote.
func ReadStamp(r *codec.Reader) Stamp { return Stamp{Epoch: r.U32(), Time: r.I64(), Node: r.U16()} }
