package core_test

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// Claims come out only as the next call after an Inspect that found a key, and once.
func TestAcceptFollowsInspect(t *testing.T) {
	s := core.DefaultSettings()
	r := core.NewReader(&s, coretest.OneKey().Set())
	good := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1}`))
	if _, ok := r.Accept(); ok {
		t.Error("Accept gives claims before any Inspect")
	}
	r.Inspect([]byte("nonsense"))
	if _, ok := r.Accept(); ok {
		t.Error("Accept gives claims after an Inspect that refused")
	}
	r.Inspect(good)
	if o, ok := r.Accept(); !ok || string(o.Claims) != `{"exp":1}` {
		t.Errorf("Accept = %q, %v", o.Claims, ok)
	}
	if _, ok := r.Accept(); ok {
		t.Error("Accept gives claims twice")
	}
	r.Inspect(good)
	r.Inspect([]byte("nonsense"))
	if _, ok := r.Accept(); ok {
		t.Error("Accept gives the claims of a token that was inspected before another")
	}
}

// Tokens at their bounds and beyond are read in the room that a reader has from the first of them on: none of them
// makes it allocate.
func TestBoundsAllocateNothing(t *testing.T) {
	s := core.DefaultSettings()
	r := core.NewReader(&s, coretest.OneKey().Set())
	for _, b := range coretest.Bounds() {
		token := []byte(b.Token)
		if n := testing.AllocsPerRun(3, func() {
			if r.Inspect(token).Cause == cause.OK {
				r.Accept()
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", b.Name, n)
		}
	}
}
