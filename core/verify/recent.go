package verify

import (
	"bytes"
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core"
)

// recent remembers tokens that were opened lately, byte for byte, so that one that comes again costs neither hashing
// nor reading. What it says of a token is what Open said: that its signature is good, and its claims. Everything else
// is judged each time. It is bounded: recentTokens of at most recentBytes each, with their claims.
type recent struct {
	tokens []openedToken // nil before the first one
}

// openedToken is a token at the place that its last bytes, which are of the signature, give it.
type openedToken struct {
	token  []byte
	opened core.Opened
}

const (
	recentTokens = 1 << 8
	recentBytes  = 2 << 10
)

// place is where the token belongs; nil for one that is too short, too long, or before the first one.
func (r *recent) place(token []byte) *openedToken {
	if r.tokens == nil || len(token) < 16 || len(token) > recentBytes {
		return nil
	}
	end := token[len(token)-16:]
	h := binary.LittleEndian.Uint64(end)*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(end[8:])*0xc2b2ae3d27d4eb4f
	return &r.tokens[h>>32%recentTokens]
}

// find is what Open said of a token; nil if it isn't remembered.
func (r *recent) find(token []byte) *core.Opened {
	if p := r.place(token); p != nil && bytes.Equal(p.token, token) {
		return &p.opened
	}
	return nil
}

// learn remembers a good token, in place of another.
func (r *recent) learn(token []byte, o *core.Opened) {
	if r.tokens == nil {
		r.tokens = make([]openedToken, recentTokens)
	}
	p := r.place(token)
	if p == nil {
		return
	}
	claims := append(p.opened.Claims[:0], o.Claims...)
	p.token, p.opened = append(p.token[:0], token...), *o
	p.opened.Claims = claims
}

// forget forgets everything.
func (r *recent) forget() { r.tokens = nil }
