package main

import (
	"os"
	"testing"

	"github.com/edgetoken/edgetoken/core/coretest"
)

// TestMemory: an instance that is configured again and again stays as small as it was.
func TestMemory(t *testing.T) {
	const times, most = 2000, 12 << 20
	wasm, err := os.ReadFile(root + "dist/edgetoken-verify.wasm")
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	g, err := e.instance(false)
	if err != nil {
		t.Fatal(err)
	}
	key := coretest.NewOneOf("HS256", 0)
	for i := range times {
		if err := g.Configure(policy(key)); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Verify(token(key, i), coretest.Now.Unix(), false); err != nil {
			t.Fatal(err)
		}
	}
	if size := g.module.Memory().Size(); size > most {
		t.Errorf("%d bytes of memory after %d policies, want %d at most", size, times, most)
	}
}
