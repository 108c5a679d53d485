package engine

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// headers are the encoded headers of tokens that were accepted under one key set, and the keys that they name. What a
// header says depends on its bytes and the key set alone, so that they change no verdict: they only tell the host the
// key before the guest has read anything.
//
// A key has four headers at most, of 512 bytes each, so whoever owns one cannot drive out those of others. A header
// stays as long as the key set.
type headers struct {
	seed  maphash.Seed
	known []atomic.Pointer[header] // a power of two, at least eight for each key; nil ends a search
	each  []atomic.Int32           // by key: how many there are
}

type header struct {
	text string // base64url
	key  int
}

const (
	headersEach = 4
	maxHeader   = 512
)

func newHeaders(keys int) *headers {
	size := 1
	for size < 2*headersEach*keys {
		size *= 2
	}
	return &headers{maphash.MakeSeed(), make([]atomic.Pointer[header], size), make([]atomic.Int32, keys)}
}

// find is the key that the header of a token names, and where the header ends; ok is false where it is not known.
func (h *headers) find(token []byte) (key, end int, ok bool) {
	if end = bytes.IndexByte(token, '.'); end < 0 {
		return 0, 0, false
	}
	text := token[:end]
	for at := h.place(text); ; at = h.next(at) {
		known := h.known[at].Load()
		if known == nil {
			return 0, 0, false
		}
		if known.text == string(text) {
			return known.key, end, true
		}
	}
}

// learn remembers the header of a token that was accepted.
func (h *headers) learn(token []byte, key int) {
	text := token[:bytes.IndexByte(token, '.')]
	if len(text) > maxHeader || h.each[key].Load() >= headersEach {
		return
	}
	if h.each[key].Add(1) > headersEach {
		h.each[key].Add(-1)
		return
	}
	known := &header{string(text), key}
	for at := h.place(text); ; at = h.next(at) {
		if h.known[at].CompareAndSwap(nil, known) {
			return
		}
		if h.known[at].Load().text == known.text { // another has learned it meanwhile
			h.each[key].Add(-1)
			return
		}
	}
}

func (h *headers) place(text []byte) int {
	return int(maphash.Bytes(h.seed, text) & uint64(len(h.known)-1))
}

func (h *headers) next(at int) int { return (at + 1) & (len(h.known) - 1) }
