package core

import (
	"encoding/binary"
	"math/bits"

	"github.com/edgetoken/edgetoken/core/words"
)

// headerCache remembers which key an encoded header names, so that a header that was read before is recognised by
// comparing words. What a header says depends on its bytes and the key set alone, so the cache changes no answer. Only
// headers of tokens whose signature is good enter: strangers cannot drive out what is in use.
type headerCache struct {
	// by the upper bits of hashToDot, a power of two; of each two the one that was found last comes first
	table [][2]cachedHeader
	shift int
	last  *cachedHeader // that was found, where to look first
}

type cachedHeader struct {
	text []byte // base64url; none: nothing is remembered
	key  int
}

const (
	headsPerKey = 2       // pairs, so that few headers in use drive words.Each other out
	maxHeads    = 1 << 14 // pairs
	maxHead     = 512     // the longest header that is remembered, in characters
)

func newHeaderCache(keys int) headerCache {
	shift := bits.LeadingZeros64(uint64(min(headsPerKey*keys+8, maxHeads) - 1))
	return headerCache{table: make([][2]cachedHeader, 1<<(64-shift)), shift: shift}
}

// find is the key that the header of a token names, and where the header ends; 0 where it is not remembered.
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

// learn remembers a header, which its dot follows.
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

// hashToDot is a hash of what stands before the first dot of token, and where that is; 0 where there is none.
func hashToDot(token []byte) (hash uint64, end int) {
	at := 0
	for ; len(token)-at >= 16; at += 16 { // two words for each jump back
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

// sameWords is bytes.Equal of two texts of one length, of at least eight bytes.
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
