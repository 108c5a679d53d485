package es256

import (
	"crypto/fips140"
	"crypto/sha256"
	"sync"
	"sync/atomic"

	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
)

const (
	// maxKeys is how many keys a Checker knows. Their tables take 48 KiB each, 1.5 MiB together.
	maxKeys = 32
	// earned is how many good signatures a key has checked when it gets its table, which saves as much time as it
	// costs within ten more.
	earned = 64
	// idle is how many good signatures of other keys go by before a key without any makes room for another.
	idle = 10_000
)

// Checker checks signatures: those with ES256 by a table where the key has one, all others as the key does it. Only
// good signatures count, so nobody who cannot sign has tables made or dropped. In the FIPS 140-3 mode of Go there are
// none.
//
// The zero value has no tables yet. It is safe for concurrent use, and must not be copied.
type Checker struct {
	good atomic.Uint64 // signatures so far

	mu   sync.RWMutex
	keys map[string]*key // by material
}

// key is a key that has checked a good signature.
type key struct {
	good  atomic.Uint64         // signatures so far
	last  atomic.Uint64         // Checker.good when the last of them came
	table atomic.Pointer[table] // nil: not yet earned
}

// Check reports whether signature is that of a public key over input.
func (c *Checker) Check(public *jwk.Key, input, signature []byte) bool {
	if public.Algorithm != "ES256" || len(signature) != 2*scalarBytes || fips140.Enabled() {
		return public.Check(input, signature)
	}
	k := c.find(public.Material)
	good := false
	if t := k.tableOrNil(); t != nil {
		digest := sha256.Sum256(input)
		good = t.verify(digest[:], signature)
	} else {
		good = public.Check(input, signature)
	}
	if good {
		c.count(k, public.Material)
	}
	return good
}

// find gives a key by its material; nil if it is not known.
func (c *Checker) find(material []byte) *key {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.keys[string(material)]
}

func (k *key) tableOrNil() *table {
	if k == nil {
		return nil
	}
	return k.table.Load()
}

// count notes a good signature of a key, which may be its first, and makes the table if the key has earned it.
func (c *Checker) count(k *key, material []byte) {
	now := c.good.Add(1)
	if k == nil {
		if k = c.admit(material, now); k == nil {
			return
		}
	}
	k.last.Store(now)
	if k.good.Add(1) == earned { // for one goroutine alone
		numbers, _, _ := jws.Numbers(material)
		if t, err := newTable(numbers[0]); err == nil {
			k.table.Store(t)
		}
	}
}

// admit takes a key in, if need be in the place of one that is idle; nil if there is no place.
func (c *Checker) admit(material []byte, now uint64) *key {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.keys[string(material)]; k != nil {
		return k
	}
	if len(c.keys) == maxKeys && !c.dropIdle(now) {
		return nil
	}
	if c.keys == nil {
		c.keys = map[string]*key{}
	}
	k := new(key)
	k.last.Store(now)
	c.keys[string(material)] = k
	return k
}

// dropIdle drops the key that has checked nothing good for longest, if that is long enough.
func (c *Checker) dropIdle(now uint64) bool {
	oldest, last := "", now
	for material, k := range c.keys {
		if at := k.last.Load(); at < last {
			oldest, last = material, at
		}
	}
	if now-last < idle {
		return false
	}
	delete(c.keys, oldest)
	return true
}
