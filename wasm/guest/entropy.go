package guest

import (
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core"
)

// draws remember what entropy tokens were written with on this instance, whatever was configured since. Whoever gives
// the same twice has none: constant entropy, or a source that starts anew.
type draws struct {
	// latest are, for each value of the first four bits, the last four that began with it. To search all 64 would
	// take a twentieth of the time that a log-in takes.
	latest [16][4]uint64
	none   bool // the host has given what is known to be none, so what follows it is known as well
}

// fresh reports whether entropy is none of those. What is too little is for core to refuse.
func (d *draws) fresh(entropy []byte) bool {
	if len(entropy) < core.EntropyBytes {
		return true
	}
	if core.KnownEntropy(entropy) {
		d.none = true
	}
	draw := drawOf(entropy)
	of := &d.latest[draw>>60]
	return !d.none && of[0] != draw && of[1] != draw && of[2] != draw && of[3] != draw
}

// keep remembers entropy that tokens were written with.
func (d *draws) keep(entropy []byte) {
	draw := drawOf(entropy)
	of := &d.latest[draw>>60]
	of[0], of[1], of[2], of[3] = draw, of[0], of[1], of[2]
}

// drawOf tells entropy apart by the half of which ids are made, in one word: two that are random differ.
func drawOf(entropy []byte) uint64 {
	return binary.LittleEndian.Uint64(entropy)*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(entropy[8:])
}
