// Package cache remembers tokens whose signature was found good, so that a token which is seen again costs no cryptography.
//
// An entry says that the signature of these very bytes is good under a key of a set, and what their claims are; nothing more. Whether the token is
// good for what is asked of it, now and for this customer, is checked each time by core.Decide and core.Valid, as for a token that is new: type,
// times, the end of the key, audience, issuer, revocation and the customer's state are never taken as checked. Only tokens that were verified enter,
// so that nobody fills the cache without a key, and it is bounded by bytes.
package cache

import (
	"context"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/maypok86/otter/v2"
)

// overhead is about what an entry takes beside the bytes of its token and claims: core.Opened, and what the cache itself keeps.
const overhead = 640

// Cache is what is remembered. It is safe for concurrent use.
type Cache struct {
	entries      *otter.Cache[key, *core.Opened]
	engines      atomic.Uint64
	hits, misses atomic.Uint64
}

// key is a whole token, and under which settings and keys it was verified.
type key struct {
	engine uint64
	token  string
}

// New makes a cache of at most that many bytes.
func New(bytes int64) (*Cache, error) {
	if bytes <= 0 {
		return nil, fmt.Errorf("a cache of %d bytes holds nothing: give it more, or leave it out", bytes)
	}
	entries, err := otter.New(&otter.Options[key, *core.Opened]{
		MaximumWeight: uint64(bytes),
		Weigher:       func(k key, o *core.Opened) uint32 { return uint32(len(k.token) + len(o.Claims) + overhead) },
	})
	if err != nil {
		return nil, fmt.Errorf("make a cache: %w", err)
	}
	return &Cache{entries: entries}, nil
}

// Engine is an engine with its part of a cache.
type Engine struct {
	core.Engine
	cache *Cache
	id    uint64
}

// Engine gives inner what the cache remembers of it. What one Engine has verified no other one finds: for other settings or other keys make
// another.
func (c *Cache) Engine(inner core.Engine) *Engine { return &Engine{inner, c, c.engines.Add(1)} }

// Open implements core.Engine. For a token that is remembered it allocates nothing where o has room for the claims.
func (e *Engine) Open(ctx context.Context, token []byte, o *core.Opened) error {
	// The text is looked up and not kept.
	if found, ok := e.cache.entries.GetIfPresent(key{e.id, unsafe.String(unsafe.SliceData(token), len(token))}); ok {
		e.cache.hits.Add(1)
		copyTo(o, found)
		return nil
	}
	e.cache.misses.Add(1)
	if err := e.Engine.Open(ctx, token, o); err != nil || o.Cause != cause.OK {
		return err
	}
	var kept core.Opened
	copyTo(&kept, o)
	e.cache.entries.Set(key{e.id, string(token)}, &kept)
	return nil
}

// copyTo copies what was opened, in room of its own.
func copyTo(to, from *core.Opened) {
	room := to.Claims[:0]
	*to = *from
	to.Claims = append(room, from.Claims...)
}

// Stats is what a cache holds and has done.
type Stats struct {
	Hits, Misses uint64
	Entries      int
	Bytes, Limit int64
}

// Stats gives the present figures; those of what it holds are about right.
func (c *Cache) Stats() Stats {
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Entries: c.entries.EstimatedSize(),
		Bytes: int64(c.entries.WeightedSize()), Limit: int64(c.entries.GetMaximum()),
	}
}
