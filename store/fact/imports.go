package fact

import (
	"bytes"
	"encoding/json"

	"github.com/edgetoken/edgetoken/core/codec"
)

// Imported notes what an import said of a customer or a group, so that the next import can tell what has changed there
// from what has changed here.
type Imported struct {
	Key  []byte // of the record of the customer, or of the group: package store knows how
	Said []byte // digests
	Run  uint64 // which import it was
	Kept []byte // a JSON object of what nothing here can say, or nil
}

// Origin replaces what the store keeps for an export: how the system calls things from which customers came.
type Origin struct{ JSON []byte } // nil: nothing

func (Imported) Kind() Kind { return ImportedKind }
func (Origin) Kind() Kind   { return OriginKind }

// Bounds of what an import leaves, in bytes.
const (
	maxSaid   = 255
	MaxOrigin = 4 << 20
)

// u32 length, key | u32 length, digests | u64 run | u32 length, kept
func (f Imported) appendTo(b []byte) []byte {
	return codec.Bytes(codec.U64(codec.Bytes(codec.Bytes(b, f.Key), f.Said), f.Run), f.Kept)
}

func readImported(r *reader) Fact {
	f := Imported{Key: bytes.Clone(r.Bytes()), Said: bytes.Clone(r.Bytes()), Run: r.U64(), Kept: r.attributes()}
	r.require(0 < len(f.Key) && len(f.Key) <= maxKey && len(f.Said) <= maxSaid)
	return f
}

// u32 length, JSON
func (f Origin) appendTo(b []byte) []byte { return codec.Bytes(b, f.JSON) }

func readOrigin(r *reader) Fact {
	raw := r.Bytes()
	if len(raw) == 0 {
		return Origin{}
	}
	r.require(len(raw) <= MaxOrigin && json.Valid(raw))
	return Origin{bytes.Clone(raw)}
}

func (f Imported) describe(o *object) {
	o.hex("key", f.Key)
	o.hex("said", f.Said)
	o.number("run", f.Run)
	o.raw("kept", f.Kept)
}

func (f Origin) describe(o *object) { o.number("length", uint64(len(f.JSON))) }
