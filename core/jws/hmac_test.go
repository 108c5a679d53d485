package jws_test

import (
	"runtime"
	"testing"

	"github.com/edgetoken/edgetoken/core/jws"
)

// Keys that are out of use are gone with the next collection, also where several callers used them at once: who changes keys often must not keep old ones.
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
