package engine_test

import (
	"context"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/tetratelabs/wazero"
)

// The stacks of all functions have room in their first page, and where they lie can be seen: what shows it has not gone with another wazero.
func TestStacksLieWell(t *testing.T) {
	for range 4 {
		e := newEngine(t, engine.Config{MaxInstances: 1})
		for _, size := range e.FirstPages() {
			if size < 2048 || size == 4096 {
				t.Errorf("a stack has %d bytes in its first page, want 2048 to 4095", size)
			}
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
	if o, err := e.Open(ctx, []byte(goodToken)); err != nil || o.Cause != core.OK {
		t.Errorf("Open() = %v, %v", o.Cause, err)
	}
}
