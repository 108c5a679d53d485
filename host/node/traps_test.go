package node_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/edgetoken/edgetoken/host/node"
)

// trapping is a runtime whose guests trap in some of the calls into them.
type trapping struct {
	wazero.Runtime
	calls       int // so far
	first, last int // the calls that trap, from 1 on
	trapped     bool
}

func (r *trapping) arm(first, last int) { r.calls, r.first, r.last, r.trapped = 0, first, last, false }

func (r *trapping) InstantiateModule(
	ctx context.Context, code wazero.CompiledModule, config wazero.ModuleConfig,
) (api.Module, error) {
	m, err := r.Runtime.InstantiateModule(ctx, code, config)
	if err != nil || m.ExportedFunction(abi.VersionName) == nil { // what a guest imports is no guest
		return m, err
	}
	return trappingModule{m, r}, nil
}

type trappingModule struct {
	api.Module
	runtime *trapping
}

func (m trappingModule) ExportedFunction(name string) api.Function {
	if f := m.Module.ExportedFunction(name); f != nil {
		return trappingFunction{f, m}
	}
	return nil
}

type trappingFunction struct {
	api.Function
	module trappingModule
}

func (f trappingFunction) CallWithStack(ctx context.Context, stack []uint64) error {
	r := f.module.runtime
	if r.calls++; r.calls >= r.first && r.calls <= r.last {
		r.trapped = true
		memory := f.module.Memory()
		memory.Write(0, bytes.Repeat([]byte{0xa5}, int(memory.Size()))) // no guest can run in that
	}
	return f.Function.CallWithStack(ctx, stack)
}

// newTrapping makes an engine whose guests trap as they are told.
func newTrapping(t *testing.T) (*engine.Engine, *trapping) {
	t.Helper()
	module, dir := enginetest.Module(t, false), enginetest.CacheDir(t)
	config := engine.Config{Settings: core.DefaultSettings(), Keys: newKeys(t, ""), Module: module, CacheDir: dir}
	first, err := engine.New(t.Context(), config) // which fills the cache of compiled code, where that is empty
	must(t, err)
	must(t, first.Close(t.Context()))
	code, err := wazero.NewCompilationCacheWithDir(filepath.Join(dir, fmt.Sprintf("%x", sha256.Sum256(module))))
	must(t, err)
	r := &trapping{Runtime: wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().
		WithCompilationCache(code))}
	config.CacheDir, config.Runtime, config.MaxInstances = "", r, 1
	e, err := engine.New(t.Context(), config)
	must(t, err)
	t.Cleanup(func() {
		must(t, e.Close(context.Background()))
		must(t, r.Close(context.Background()))
		must(t, code.Close(context.Background()))
	})
	return e, r
}

// Whichever call into the guest traps, another instance takes the operation over. Where that traps, too, the operation
// fails and has done nothing. The next one is answered as ever.
func TestGuestTrapsInEveryOperation(t *testing.T) {
	sandbox, r := newTrapping(t)
	for _, p := range operations {
		t.Run(p.name, func(t *testing.T) {
			base := p.prepare(t, func(c *node.Config) {
				var err error
				c.Engine, err = sandbox.With(c.Settings, newKeys(t, ""))
				must(t, err)
			})
			want := p.expect(t, base)
			for _, many := range []int{1, 1000} { // one instance traps, or each
				n := 0
				for trapped := true; trapped; {
					n++
					o := base.again(t)
					r.arm(n, n+many-1)
					result, err := p.do(o)
					trapped = r.trapped
					r.arm(0, 0)
					if (err != nil) != (trapped && many > 1) {
						t.Errorf("%d calls from %d on trap: the answer is %v", many, n, err)
					}
					p.judge(o, want, result, err)
				}
				t.Logf("%d calls into the guest", n-1)
			}
		})
	}
}
