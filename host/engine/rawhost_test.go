package engine_test

import (
	"encoding/binary"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// rawHost is somebody else's host of the module that leaves signatures to its host: it has wazero's defaults, a clock
// of 2022-01-01 and the same entropy for every instance, and calls in any order.
type rawHost struct {
	t      *testing.T
	module api.Module
	layout abi.Layout
}

// rawHosts makes instances in one runtime, configured with the suite's key.
func rawHosts(t *testing.T) func() *rawHost {
	t.Helper()
	cache, err := wazero.NewCompilationCacheWithDir(compiledDir())
	if err != nil {
		t.Fatal(err)
	}
	rt := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithCompilationCache(cache))
	t.Cleanup(func() { rt.Close(t.Context()); cache.Close(t.Context()) })
	wasi_snapshot_preview1.MustInstantiate(t.Context(), rt)
	code, err := rt.CompileModule(t.Context(), enginetest.Module(t, false))
	if err != nil {
		t.Fatal(err)
	}
	config := abi.Config{Settings: core.DefaultSettings(), Set: coretest.OneKey().Set()}
	return func() *rawHost {
		m, err := rt.InstantiateModule(t.Context(), code,
			wazero.NewModuleConfig().WithName("").WithStartFunctions(abi.InitializeName))
		if err != nil {
			t.Fatal(err)
		}
		h := &rawHost{t: t, module: m}
		at, err := m.ExportedFunction(abi.LayoutName).Call(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := m.Memory().Read(uint32(at[0]), abi.LayoutBytes)
		h.layout, _ = abi.ReadLayout(b, m.Memory().Size())
		if status := h.call(abi.ConfigureName, config.Append(nil)); status != abi.StatusOK {
			t.Fatal(status)
		}
		return h
	}
}

func (h *rawHost) call(name string, message []byte) abi.Status {
	h.t.Helper()
	h.module.Memory().Write(h.layout.Input, message)
	status, err := h.module.ExportedFunction(name).Call(h.t.Context(), uint64(len(message)))
	if err != nil {
		h.t.Fatal(err)
	}
	return abi.Status(status[0])
}

// output is a copy of the output area.
func (h *rawHost) output() []byte {
	b, _ := h.module.Memory().Read(h.layout.Output, h.layout.OutputSize)
	return append([]byte(nil), b...)
}

// inspect gives the nonce of a token.
func (h *rawHost) inspect(token string) []byte {
	h.t.Helper()
	if status := h.call(abi.InspectName, []byte(token)); status != abi.StatusOK {
		h.t.Fatal(status)
	}
	in, ok := abi.ReadInspected(h.output(), len(token), 1)
	if !ok || in.Cause != 0 {
		h.t.Fatal(in, ok)
	}
	return binary.LittleEndian.AppendUint64(nil, in.Nonce)
}

// TestInterleaving: a host that inspects another token while it waits for the check of the first cannot accept the
// other one in its place.
func TestInterleaving(t *testing.T) {
	h := rawHosts(t)()
	good := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"user_id":1}`)
	forged := coretest.Sign("HS256", coretest.OtherSecret, `{"alg":"HS256"}`, `{"user_id":2}`)
	first := h.inspect(good)
	h.inspect(forged)
	if status := h.call(abi.AcceptName, first); status != abi.StatusOutOfOrder {
		t.Errorf("the nonce of the good token accepts the forged one: %v", status)
	}
	again := h.inspect(good)
	for _, want := range []abi.Status{abi.StatusOK, abi.StatusOutOfOrder} {
		if status := h.call(abi.AcceptName, again); status != want {
			t.Errorf("Accept = %v, want %v", status, want)
		}
	}
	if claims, _ := h.module.Memory().Read(h.layout.Claims, 13); string(claims) != `{"user_id":1}` {
		t.Errorf("accepted %s", claims)
	}
}
