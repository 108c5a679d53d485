package engine_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// Strangers' tokens, at the bounds and beyond, take no more of a guest's memory the tenth time than the first. Tokens
// that the key signed may leave garbage. The guest's collector then keeps its memory far below the size at which the
// engine gives an instance up.
func TestBoundsKeepMemory(t *testing.T) {
	bounds := coretest.Bounds()
	for name, cfg := range map[string]engine.Config{
		"wasm": {}, "wasm-full": {SelfContained: true}, "wasm-verify": {SelfContained: true,
			Module: enginetest.Verifier(t)},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.MaxInstances = 1
			e := newEngine(t, cfg)
			round := func(wanted func(cause.Cause) bool) {
				for _, b := range bounds {
					if !wanted(b.Cause) {
						continue
					}
					if o, err := opened(t.Context(), e, []byte(b.Token)); err != nil || o.Cause != b.Cause {
						t.Fatalf("%s: Open = %v, %v; want %v", b.Name, o.Cause, err, b.Cause)
					}
				}
			}
			signed := func(c cause.Cause) bool { return c == cause.OK || c == cause.BadClaims }
			strangers := func(c cause.Cause) bool { return !signed(c) }
			round(strangers)
			warm := e.MemoryBytes()
			for range 10 {
				round(strangers)
			}
			if now := e.MemoryBytes(); now != warm {
				t.Errorf("the guest has %d bytes of memory, %d after one round of strangers' tokens", now, warm)
			}
			for range 5 {
				round(signed)
			}
			if now, broken := e.MemoryBytes(), e.Stats().Broken; now > 12<<20 || broken > 0 {
				t.Errorf("the guest has %d bytes of memory after tokens that the key signed, want 12 MiB at most; %d "+
					"instances broke", now, broken)
			}
		})
	}
}

// A token that is too long never reaches a guest. It is answered even while no guest is free; any other token waits
// until its context ends.
func TestTooLongNeedsNoGuest(t *testing.T) {
	for _, selfContained := range []bool{false, true} {
		e := newEngine(t, engine.Config{SelfContained: selfContained, MaxInstances: 1})
		free := e.Hold()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for size, want := range map[int]error{core.MaxTokenBytes: context.Canceled, core.MaxTokenBytes + 1: nil,
			16 << 20: nil} {
			o, err := opened(ctx, e, bytes.Repeat([]byte("."), size))
			if !errors.Is(err, want) || err == nil && o.Cause != cause.TooLong {
				t.Errorf("self-contained %v: Open of %d bytes while no instance is free = %v, %v; want %v",
					selfContained, size, o.Cause, err, want)
			}
		}
		free()
	}
}
