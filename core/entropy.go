package core

import "encoding/binary"

// EntropyBytes is how many random bytes a request needs that writes tokens.
const EntropyBytes = 32

// HasEntropy reports whether entropy can be some: enough, no zeros, and not KnownEntropy. All of an id comes from the
// first half of it.
func HasEntropy(entropy []byte) bool {
	return len(entropy) >= EntropyBytes && !KnownEntropy(entropy) &&
		binary.BigEndian.Uint64(entropy)|binary.BigEndian.Uint64(entropy[8:]) != 0
}

// KnownEntropy reports whether entropy begins as that which wazero gives every guest unless told otherwise: the first
// of it, or what is left once Go's runtime has taken its part. A host that passes it on would give the same ids as any
// other.
func KnownEntropy(entropy []byte) bool {
	begin := binary.BigEndian.Uint64(entropy)
	return begin == 0x538c7f96b164bf1b || begin == 0xdfd79b4d76429b61
}

// Draws remember what entropy tokens were written with, whatever was configured since. Whoever gives the same twice
// has none: constant entropy, or a source that starts anew.
type Draws struct {
	// latest are, for each value of the first four bits, the last four that began with it. To search all 64 would
	// take a twentieth of the time that a log-in takes.
	latest [16][4]uint64
	none   bool // the host has given what is known to be none, so what follows it is known as well
}

// Fresh reports whether entropy is none of those. What is too little is for others to refuse.
func (d *Draws) Fresh(entropy []byte) bool {
	if len(entropy) < EntropyBytes {
		return true
	}
	if KnownEntropy(entropy) {
		d.none = true
	}
	draw := drawOf(entropy)
	of := &d.latest[draw>>60]
	return !d.none && of[0] != draw && of[1] != draw && of[2] != draw && of[3] != draw
}

// Keep remembers entropy that tokens were written with.
func (d *Draws) Keep(entropy []byte) {
	draw := drawOf(entropy)
	of := &d.latest[draw>>60]
	of[0], of[1], of[2], of[3] = draw, of[0], of[1], of[2]
}

// drawOf tells entropy apart by the half of which ids are made, in one word: two that are random differ.
func drawOf(entropy []byte) uint64 {
	return binary.LittleEndian.Uint64(entropy)*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(entropy[8:])
}
