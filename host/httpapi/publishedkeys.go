package httpapi

import (
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// PublishedKeys are the keys of a node as others may see them. They hold no secret.
type PublishedKeys struct {
	// JWKS is the set of public keys (RFC 7517 §5), those that will sign included. A symmetric key is never in it.
	JWKS []byte
	// ETag is the StrongETag of JWKS.
	ETag string
	// MaxAge is how long a verifier may keep JWKS; it is at least a minute.
	MaxAge time.Duration
	// List are all keys, symmetric ones included.
	List []PublishedKey
	// Next says what happens next to them by itself, and At when; "" and zero: nothing.
	Next string
	At   time.Time
	// Warning says what may soon keep everybody from logging in; "": nothing.
	Warning string
}

// PublishedKey is what staff may know of a key.
type PublishedKey struct {
	ID, Algorithm, State, Origin string    // State is that of core.KeyState
	Added, SignsFrom, Ends       time.Time // zero: never, and of the key that signs: since ever
}

// algorithms are those of the public keys that are not gone, sorted.
func (p *PublishedKeys) algorithms() []string {
	var list []string
	for _, key := range p.List {
		if key.State != core.KeyGone.String() && !strings.HasPrefix(key.Algorithm, "HS") {
			list = append(list, key.Algorithm)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
