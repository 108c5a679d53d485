package core

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
)

// heads are the encoded headers that nearly all tokens have, and the key that each names: told by comparing words instead of reading JSON. They are made
// of the keys alone, each by reading it once, so that no token teaches anything.
type heads struct {
	table [64][]head // by the upper bits of hashToDot
	last  *head      // that was found, where to look first
}

type head struct {
	text []byte // base64url
	key  int
}

// maxHeads bounds how many keys have their headers remembered; those of further ones are read each time.
const maxHeads = 128

// learn reads the headers that issuers write for the keys of r: with alg and typ in either order, and with kid at any place but the first.
func (h *heads) learn(r *Reader) {
	for i := range r.keys.Keys[:min(len(r.keys.Keys), maxHeads)] {
		k := &r.keys.Keys[i]
		alg := `"alg":` + string(appendJSONString(nil, k.Algorithm))
		kid := `"kid":` + string(appendJSONString(nil, k.ID))
		const typ = `"typ":"JWT"`
		forms := []string{alg + "," + typ, typ + "," + alg, alg}
		if k.ID != "" {
			forms = append(forms, alg+","+kid+","+typ, alg+","+typ+","+kid, typ+","+alg+","+kid, alg+","+kid)
		}
		for _, form := range forms {
			text := "{" + form + "}"
			key, cause := r.header([]byte(text))
			if cause != OK || key != i {
				continue
			}
			encoded := []byte(base64.RawURLEncoding.EncodeToString([]byte(text)))
			hash, _ := hashToDot(append(encoded, '.'))
			h.table[hash>>58] = append(h.table[hash>>58], head{encoded, key})
		}
	}
}

// find is the key that the header of a token names, and where the header ends; 0 where the header is another than those.
func (h *heads) find(token []byte) (key, end int) {
	if e := h.last; e != nil && len(token) > len(e.text) && token[len(e.text)] == '.' && sameWords(e.text, token[:len(e.text)]) {
		return e.key, len(e.text)
	}
	hash, end := hashToDot(token)
	for i := range h.table[hash>>58] {
		if e := &h.table[hash>>58][i]; len(e.text) == end && sameWords(e.text, token[:end]) {
			h.last = e
			return e.key, end
		}
	}
	return 0, 0
}

// hashToDot is a hash of what stands before the first dot of token, and where that is; 0 where there is none.
func hashToDot(token []byte) (hash uint64, end int) {
	for at := 0; at < len(token); at += 8 {
		w := word(token, at)
		n := bits.TrailingZeros64(zeros(w^'.'*each)) >> 3
		if n < 8 {
			w &= 1<<(8*n) - 1
		}
		hash = (hash ^ w) * 0x9e3779b97f4a7c15
		if n < 8 {
			return hash, at + n
		}
	}
	return 0, 0
}

// zeros has the highest bit of each byte that is zero in w, from the lowest such byte on right; above it there may be more.
func zeros(w uint64) uint64 { return (w - each) &^ w & highs }

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
