package jws_test

import (
	"runtime"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
)

// The next collection frees a key that is out of use, even if several callers used it at once: frequent changes of keys
// must not pile up old ones.
func TestHMACKeysAreCollected(t *testing.T) {
	const keys, each = 1000, 256 // bytes; a key with its MACs has more than 1000
	secret := make([]byte, 64)
	runtime.GC() // twice, for what other tests left in pools
	runtime.GC()
	before := live()
	for range keys {
		k, err := jws.NewKey("HS256", secret)
		if err != nil {
			t.Fatal(err)
		}
		jws.Overlap(k)
	}
	runtime.GC()
	if now := live(); now > before+keys*each {
		t.Errorf("%d bytes of heap are in use after %d keys, %d before", now, keys, before)
	}
}

// live is how many bytes of the heap are in use.
func live() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
