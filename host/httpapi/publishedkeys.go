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
	// ETag is that of JWKS: a strong one, with its quotes (RFC 9110 §8.8.3).
	ETag string
	// MaxAge is how long a verifier may keep JWKS; it is at least a minute.
	MaxAge time.Duration
	// List are all keys, symmetric ones included.
	List []PublishedKey
}

// PublishedKey is what staff may know of a key.
type PublishedKey struct {
	ID, Algorithm, State, Origin string    // State is that of core.KeyState
	Added, SignsFrom, Ends       time.Time // zero: never, and of the key that signs: since ever
}

// keyChange is something that will happen to a key by itself.
type keyChange struct {
	at   time.Time
	key  *PublishedKey
	ends bool // else it begins to sign
}

// changes are those that come after now, the next one first.
func (p *PublishedKeys) changes(now time.Time) (list []keyChange) {
	for i := range p.List {
		key := &p.List[i]
		if key.SignsFrom.After(now) && (key.Ends.IsZero() || key.SignsFrom.Before(key.Ends)) {
			list = append(list, keyChange{key.SignsFrom, key, false})
		}
		if key.Ends.After(now) {
			list = append(list, keyChange{key.Ends, key, true})
		}
	}
	slices.SortStableFunc(list, func(a, b keyChange) int { return a.at.Compare(b.at) })
	return list
}

// NextChange is when the next key begins to sign or ends; the zero time if none does.
func (p *PublishedKeys) NextChange(now time.Time) time.Time {
	if list := p.changes(now); len(list) > 0 {
		return list[0].at
	}
	return time.Time{}
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
