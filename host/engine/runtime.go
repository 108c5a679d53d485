package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// openRuntime makes a runtime unless one was given.
func (e *Engine) openRuntime(ctx context.Context, cacheDir string) error {
	if e.runtime == nil {
		config := wazero.NewRuntimeConfig().WithMemoryLimitPages(maxMemoryPages)
		if cacheDir != "" {
			if err := privateDir(cacheDir); err != nil {
				return err
			}
			cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
			if err != nil {
				return fmt.Errorf("engine: open the compile cache %s: %w", cacheDir, err)
			}
			e.closers = append(e.closers, cache.Close)
			config = config.WithCompilationCache(cache)
		}
		e.runtime = wazero.NewRuntimeWithConfig(ctx, config)
		e.closers = append(e.closers, e.runtime.Close)
	}
	return e.openWASI(ctx)
}

// openWASI makes a WASI of our own, without a name: whatever else lives in the runtime, its WASI may be another one (with a clock that stands still, say),
// or come and go.
func (e *Engine) openWASI(ctx context.Context) (err error) {
	defer func() {
		if recover() != nil { // wazero panics where a host module is made in a runtime that was closed
			err = errors.New("engine: Config.Runtime was closed: give one that is open")
		}
	}()
	code, err := wasi_snapshot_preview1.NewBuilder(e.runtime).Compile(ctx)
	if err != nil {
		return fmt.Errorf("engine: compile WASI: %w", err)
	}
	e.closers = append(e.closers, code.Close)
	e.wasi, err = e.runtime.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return fmt.Errorf("engine: instantiate WASI: %w", err)
	}
	e.closers = append(e.closers, e.wasi.Close)
	return nil
}

// resolve has the guest's imports found in our own WASI.
func (e *Engine) resolve(ctx context.Context) context.Context {
	return experimental.WithImportResolver(ctx, func(module string) api.Module {
		if module == abi.WASI {
			return e.wasi
		}
		return nil
	})
}

// privateDir makes dir, or checks that nobody but its owner can write to it: code that is found there is run.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("engine: make the compile cache: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("engine: the compile cache: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 || !ownedByUs(info) {
		return fmt.Errorf("engine: the compile cache %s belongs to another user or can be written by others (mode %v), and code in it is run: chmod 700 it, or give another directory", dir, info.Mode().Perm())
	}
	return nil
}

// checkModule holds a module against the ABI and names all that is wrong.
func checkModule(code wazero.CompiledModule, selfContained bool) error {
	var wrong []string
	for _, f := range code.ImportedFunctions() {
		if module, name, _ := f.Import(); module != abi.WASI {
			wrong = append(wrong, fmt.Sprintf("it imports %s.%s, and only %s may be imported", module, name, abi.WASI))
		}
	}
	if len(code.ExportedMemories()) == 0 {
		wrong = append(wrong, "it exports no memory")
	}
	exports := code.ExportedFunctions()
	i32 := []api.ValueType{api.ValueTypeI32}
	expect := func(name string, params, results []api.ValueType) {
		f, ok := exports[name]
		switch {
		case !ok:
			wrong = append(wrong, "it lacks the export "+name)
		case string(f.ParamTypes()) != string(params) || string(f.ResultTypes()) != string(results):
			wrong = append(wrong, "its export "+name+" has another signature")
		}
	}
	expect(abi.InitializeName, nil, nil)
	expect(abi.VersionName, nil, i32)
	expect(abi.LayoutName, nil, i32)
	kind, list := "the module that leaves signatures to the host (edgetoken.wasm)", abi.Split
	if selfContained {
		kind, list = "a self-contained module (edgetoken-full.wasm)", abi.SelfContained
	}
	for _, x := range list {
		expect(x.Name, i32[:x.Params], i32)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("engine: this is not %s: %s", kind, strings.Join(wrong, "; "))
	}
	return nil
}
