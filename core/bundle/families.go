package bundle

import (
	"math/bits"
	"slices"

	"github.com/edgetoken/edgetoken/core/codec"
)

// maxFamilies bounds the families of a bundle: 5 MB.
const maxFamilies = 1 << 20

// lowBits is how many lower bits of each name are written as they are, for n names: the upper ones, as differences in
// unary, then take some two bits each (Elias 1974, Fano 1971).
func lowBits(n int) int { return max(0, nameBits-bits.Len(uint(n))) }

// appendFamilies appends sorted names.
func appendFamilies(p []byte, names []uint64) []byte {
	n := len(names)
	p = codec.U32(p, uint32(n))
	low := lowBits(n)
	w := bitWriter{b: p}
	for _, name := range names {
		w.write(name&(1<<low-1), low)
	}
	w.pad()
	last := uint64(0)
	for _, name := range names {
		high := name >> low
		for range high - last {
			w.write(0, 1)
		}
		w.write(1, 1)
		last = high
	}
	w.pad()
	return w.b
}

// readFamilies reads what appendFamilies wrote, which has one form alone.
func readFamilies(r *codec.Reader) []uint64 {
	n := int(r.U32())
	low := lowBits(n)
	if r.Bad = r.Bad || n < 0 || n > maxFamilies || n*low > 8*len(r.Rest); r.Bad || n == 0 {
		return nil
	}
	lower := bitReader{b: r.Take((n*low + 7) / 8)}
	names := make([]uint64, n)
	for i := range names {
		names[i] = lower.read(low)
	}
	upper, high := bitReader{b: r.Rest}, uint64(0)
	for i := range names {
		zeros, ok := upper.unary()
		if high += uint64(zeros); !ok || high >= 1<<(nameBits-low) {
			r.Bad = true
			return nil
		}
		names[i] |= high << low
		if i > 0 && names[i] <= names[i-1] {
			r.Bad = true
			return nil
		}
	}
	r.Take((upper.at + 7) / 8)
	r.Bad = r.Bad || !lower.padded() || !upper.padded()
	return names
}

// bitWriter writes bits, the lowest first.
type bitWriter struct {
	b    []byte
	held uint64 // bits that are not written yet
	n    int    // how many
}

func (w *bitWriter) write(v uint64, n int) {
	if n > 32 { // held has room for 7 bits and these
		w.write(v&(1<<32-1), 32)
		v, n = v>>32, n-32
	}
	w.held |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.b = append(w.b, byte(w.held))
		w.held >>= 8
	}
}

// pad ends the byte.
func (w *bitWriter) pad() {
	if w.n > 0 {
		w.b = append(w.b, byte(w.held))
		w.held, w.n = 0, 0
	}
}

// bitReader reads what a bitWriter wrote.
type bitReader struct {
	b  []byte
	at int // bits
}

// read reads n bits, which must be there.
func (r *bitReader) read(n int) (v uint64) {
	for got := 0; got < n; {
		take := min(8-r.at%8, n-got)
		v |= uint64(r.b[r.at/8]) >> (r.at % 8) & (1<<take - 1) << got
		got, r.at = got+take, r.at+take
	}
	return v
}

// unary counts the zeros before the next one, which it takes too.
func (r *bitReader) unary() (zeros int, ok bool) {
	for ; r.at < 8*len(r.b); zeros++ {
		rest := r.b[r.at/8] >> (r.at % 8)
		if rest == 0 {
			left := 8 - r.at%8
			zeros, r.at = zeros+left-1, r.at+left
			continue
		}
		skip := bits.TrailingZeros8(rest)
		r.at += skip + 1
		return zeros + skip, true
	}
	return 0, false
}

// padded reports whether the bits up to the end of the byte are zeros.
func (r *bitReader) padded() bool { return r.at%8 == 0 || r.b[r.at/8]>>(r.at%8) == 0 }

// HasFamily reports whether the families have a name. Names are spread evenly, so the search begins where the name
// would stand if they were so exactly, and takes as long for a million as for a thousand.
func (r *Revoked) HasFamily(name uint64) bool {
	n := len(r.Families)
	if n == 0 || name >= 1<<nameBits {
		return false
	}
	guess, _ := bits.Mul64(name<<(64-nameBits), uint64(n))
	// Widen around the guess until the name lies within, then halve.
	low, high := int(guess), int(guess)
	for step := 1; low > 0 && r.Families[low] > name; step *= 2 {
		low = max(0, low-step)
	}
	for step := 1; high < n && r.Families[high] < name; step *= 2 {
		high = min(n, high+step)
	}
	_, found := slices.BinarySearch(r.Families[low:min(high+1, n)], name)
	return found
}
