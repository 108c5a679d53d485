package core

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// headerCache remembers which key an encoded header names, so that a known header is found by comparing words instead
// of decoding it. What a header says depends only on its bytes and the key set, so the cache changes no answer. Only
// the header of a token with a good signature enters, so strangers cannot drive out headers in use.
type headerCache struct {
	// table has a power of two of pairs; the upper bits of hashToDot choose one. The newer header of a pair comes
	// first.
	table [][2]cachedHeader
	shift int
	last  *cachedHeader // the one found last: find looks there first
}

type cachedHeader struct {
	text []byte // base64url; empty: nothing is remembered
	key  int
}

const (
	headsPerKey = 2       // pairs for each key, so that headers in use seldom drive each other out
	maxHeads    = 1 << 14 // pairs
	maxHead     = 512     // the longest header that is remembered, in characters
)

func newHeaderCache(keys int) headerCache {
	shift := bits.LeadingZeros64(uint64(min(headsPerKey*keys+8, maxHeads) - 1))
	return headerCache{table: make([][2]cachedHeader, 1<<(64-shift)), shift: shift}
}

// find returns the key that the header of a token names, and where the header ends; 0 if it is not remembered.
func (h *headerCache) find(token []byte) (key, end int) {
	if e := h.last; e != nil && len(token) > len(e.text) && token[len(e.text)] == '.' &&
		sameWords(e.text, token[:len(e.text)]) {
		return e.key, len(e.text)
	}
	hash, end := hashToDot(token)
	pair := &h.table[hash>>(h.shift&63)]
	for i := range pair {
		if e := &pair[i]; len(e.text) == end && sameWords(e.text, token[:end]) {
			h.last = e
			return e.key, end
		}
	}
	return 0, 0
}

// learn remembers the header that encoded begins with, up to its dot.
func (h *headerCache) learn(encoded []byte, key int) {
	hash, end := hashToDot(encoded)
	if end > maxHead {
		return
	}
	pair := &h.table[hash>>(h.shift&63)]
	room := pair[1].text[:0]
	pair[1] = pair[0]
	pair[0] = cachedHeader{append(room, encoded[:end]...), key}
	h.last = nil // it may have moved
}

// hashToDot hashes the bytes before the first dot of token; end is where the dot is, 0 if there is none.
func hashToDot(token []byte) (hash uint64, end int) {
	at := 0
	for ; len(token)-at >= 16; at += 16 { // two words in each pass of the loop
		b := (*[16]byte)(token[at:])
		v, w := binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:])
		if words.Zeros(v^'.'*words.Each)|words.Zeros(w^'.'*words.Each) != 0 {
			break
		}
		hash = mix(mix(hash, v), w)
	}
	for ; at < len(token); at += 8 {
		w := words.At(token, at)
		n := bits.TrailingZeros64(words.Zeros(w^'.'*words.Each)) >> 3
		if n < 8 {
			return mix(hash, w&(1<<(8*n)-1)), at + n
		}
		hash = mix(hash, w)
	}
	return 0, 0
}

func mix(hash, w uint64) uint64 { return (bits.RotateLeft64(hash, 29) ^ w) * 0x9e3779b97f4a7c15 }

// sameWords is bytes.Equal for texts of at least eight bytes; it is false for shorter ones.
func sameWords(a, b []byte) bool {
	last := len(a) - 8
	if last < 0 || len(b) != len(a) {
		return false
	}
	for i := 0; i < last; i += 8 {
		if binary.LittleEndian.Uint64(a[i:]) != binary.LittleEndian.Uint64(b[i:]) {
			return false
		}
	}
	return binary.LittleEndian.Uint64(a[last:]) == binary.LittleEndian.Uint64(b[last:])
}
