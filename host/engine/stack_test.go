package engine_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/tetratelabs/wazero"
)

// The stacks of frequent functions have room in their first page, and reading and a few changes of keys leave them where they are. Where they lie can be seen:
// what shows it has not gone with another wazero.
func TestStacksLieWell(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("wazero compiles for amd64 and arm64 only")
	}
	long := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"roles":[`+strings.Repeat(`"role:read",`, 480)+`"x"]}`)
	for _, selfContained := range []bool{false, true, false, true} {
		e := newEngine(t, engine.Config{SelfContained: selfContained, MaxInstances: 1})
		fresh := e.FirstPages()
		if len(fresh) == 0 {
			t.Fatalf("self-contained %v: no stack is seen", selfContained)
		}
		for _, size := range fresh {
			if size < engine.StackRoom || size >= 4096 {
				t.Errorf("self-contained %v: a stack has %d bytes in its first page, want %d to 4095", selfContained, size, engine.StackRoom)
			}
		}
		read := func(token string, want core.Cause) {
			t.Helper()
			if o, err := opened(t.Context(), e, []byte(token)); err != nil || o.Cause != want {
				t.Fatalf("self-contained %v: Open of a token of %d bytes = %v, %v; want %v", selfContained, len(token), o.Cause, err, want)
			}
		}
		for _, b := range coretest.Bounds() {
			read(b.Token, b.Cause)
		}
		for epoch := range 4 {
			keys := coretest.NewHMACKeys(uint64(epoch+100), coretest.HMACKey{KeyInfo: core.KeyInfo{Algorithm: "HS256", Default: true}, Secret: coretest.Secret})
			e = with(t, e, core.DefaultSettings(), keys)
			read(long, core.OK)
		}
		if now := e.FirstPages(); !slices.Equal(now, fresh) {
			t.Errorf("self-contained %v: stacks have %d bytes in their first pages after use, %d when fresh", selfContained, now, fresh)
		}
	}
}

// In a runtime that interprets there is nothing to be seen of stacks, and all works.
func TestStacksUnseen(t *testing.T) {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer rt.Close(ctx)
	e, err := engine.New(ctx, engine.Config{Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: enginetest.Module(t, false), Runtime: rt, MaxInstances: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	if o, err := opened(ctx, e, []byte(goodToken)); err != nil || o.Cause != core.OK {
		t.Errorf("Open() = %v, %v", o.Cause, err)
	}
}
