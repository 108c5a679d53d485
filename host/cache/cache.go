// Package cache remembers tokens whose signature is good, so that a token which comes again costs no cryptography.
//
// An entry says that the signature of these very bytes is good under one engine's keys, and what their claims are;
// nothing more. core.Decide and core.Valid check everything else each time, as for a new token: type, times, the end of
// the key, audience, issuer, revocation and the customer's state. Only verified tokens enter, so nobody can fill the
// cache without a key, and its size in bytes is bounded.
package cache

import (
	"context"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/maypok86/otter/v2"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// overhead is roughly what an entry takes beside its token and claims, in bytes: core.Opened and the cache's own
// records.
const overhead = 640

// Cache holds verified tokens. It is safe for concurrent use.
type Cache struct {
	entries      *otter.Cache[key, *core.Opened]
	engines      atomic.Uint64
	hits, misses atomic.Uint64
}

// key is a whole token and the engine that verified it.
type key struct {
	engine uint64
	token  string
}

// New makes a cache that takes at most that many bytes.
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

// Engine is an engine in front of which a part of the cache stands.
type Engine struct {
	core.Engine
	cache *Cache
	id    uint64
}

// Engine puts a part of the cache in front of inner. What one Engine has verified no other one finds, so settings and
// keys never mix: other ones come with another engine.
func (c *Cache) Engine(inner core.Engine) *Engine { return &Engine{inner, c, c.engines.Add(1)} }

// Open implements core.Engine. For a token in the cache it allocates nothing if o has room for the claims.
func (e *Engine) Open(ctx context.Context, token []byte, o *core.Opened) error {
	// This key is only looked up, never kept, so it may share the caller's bytes.
	if found, ok := e.cache.entries.GetIfPresent(key{e.id, unsafe.String(unsafe.SliceData(token), len(token))}); ok {
		e.cache.hits.Add(1)
		copyTo(o, found)
		return nil
	}
	e.cache.misses.Add(1)
	if err := e.Engine.Open(ctx, token, o); err != nil || o.Cause != cause.OK {
		return err
	}
	o.ReadFamily() // which most callers ask for
	var kept core.Opened
	copyTo(&kept, o)
	e.cache.entries.Set(key{e.id, string(token)}, &kept)
	return nil
}

// copyTo copies an opened token into the room that to has for claims.
func copyTo(to, from *core.Opened) {
	room := to.Claims[:0]
	*to = *from
	to.Claims = append(room, from.Claims...)
}

// Stats are the figures of a cache.
type Stats struct {
	Hits, Misses uint64
	Entries      int
	Bytes, Limit int64
}

// Stats gives the present figures; Entries and Bytes are estimates.
func (c *Cache) Stats() Stats {
	return Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Entries: c.entries.EstimatedSize(),
		Bytes: int64(c.entries.WeightedSize()), Limit: int64(c.entries.GetMaximum()),
	}
}
