package guest

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core"
)

// draws remember what entropy tokens were written with on this instance, as far back as there is room, and whatever was
// configured since. Whoever gives the same twice has none: constant entropy, or a source that starts anew.
type draws struct {
	latest [64][2]uint64 // the halves of which ids are made
	next   int           // the oldest, whose place is taken next
	none   bool          // the host has given what is known to be none, so what follows it is known as well
}

// fresh reports whether entropy is none of those. What is too little is for core to refuse.
func (d *draws) fresh(entropy []byte) bool {
	if len(entropy) < core.EntropyBytes {
		return true
	}
	draw := drawOf(entropy)
	d.none = d.none || core.KnownEntropy(entropy)
	fresh := !d.none
	for i := range d.latest {
		fresh = fresh && d.latest[i] != draw
	}
	return fresh
}

// keep remembers entropy that tokens were written with.
func (d *draws) keep(entropy []byte) {
	d.latest[d.next] = drawOf(entropy)
	d.next = (d.next + 1) % len(d.latest)
}

func drawOf(entropy []byte) [2]uint64 {
	return [2]uint64{binary.BigEndian.Uint64(entropy), binary.BigEndian.Uint64(entropy[8:])}
}
