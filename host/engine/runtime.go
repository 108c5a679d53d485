package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"

	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// openRuntime makes a runtime unless one was given, and compiles the module there. A cache is a help and no
// condition: where it is of no use the module is compiled without it, and the log says why.
func (e *Engine) openRuntime(ctx context.Context, cfg Config, module []byte) error {
	if e.runtime != nil {
		return e.compile(ctx, module)
	}
	log := cfg.Log
	if log == nil {
		log = slog.Default()
	}
	e.interpreted = !compilerWorks(ctx)
	if e.interpreted {
		log.Warn("this system lets no program make code of its own (as systemd with MemoryDenyWriteExecute), "+
			"or wazero has no compiler for it: the module is interpreted, which takes several times as long; "+
			"permit it, or use the native engine", "engine", "interpreter")
		return e.openNew(ctx, module, nil)
	}
	if cfg.CacheDir == "" {
		return e.openNew(ctx, module, nil)
	}
	cache, damaged, err := openCache(cfg.CacheDir, e.hash)
	if errors.Is(err, ErrUnsafeCache) {
		return fmt.Errorf("engine: the compile cache %s %w, and code in it is run: chmod 700 it, or give another "+
			"directory",
			cfg.CacheDir, err)
	}
	if damaged != nil {
		log.Warn("the cache of compiled code was damaged; the module is compiled anew",
			"cache", cfg.CacheDir, "error", damaged)
	}
	unusable := func(err error) {
		log.Warn("the cache of compiled code cannot be used, so that the module is compiled at every start",
			"cache", cfg.CacheDir, "error", err)
	}
	if err == nil {
		if err = e.openNew(ctx, module, cache); err == nil {
			if err := cache.keep(); err != nil {
				unusable(err)
			}
			return nil
		}
		cache.discard()
		if ctx.Err() != nil {
			return err
		}
		// Close what the attempt opened: its runtime has the cache.
		if closing := e.closeAll(context.WithoutCancel(ctx)); closing != nil {
			return errors.Join(err, closing)
		}
	}
	if without := e.openNew(ctx, module, nil); without != nil {
		return without // the module is at fault, not the cache
	}
	unusable(err)
	return nil
}

// openNew makes a runtime, with a cache unless that is nil, and compiles the module there.
func (e *Engine) openNew(ctx context.Context, module []byte, cache *compileCache) error {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(maxMemoryPages)
	if cache != nil {
		files, err := wazero.NewCompilationCacheWithDir(cache.dir)
		if err != nil {
			return fmt.Errorf("engine: open the compile cache: %w", err)
		}
		e.closers = append(e.closers, files.Close)
		config = config.WithCompilationCache(files)
	}
	e.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	e.closers = append(e.closers, e.runtime.Close)
	return e.compile(ctx, module)
}

// compile compiles WASI and the module.
func (e *Engine) compile(ctx context.Context, module []byte) error {
	if err := e.openWASI(ctx); err != nil {
		return err
	}
	code, err := e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), module)
	if err != nil {
		return fmt.Errorf("engine: compile the module: %w", err)
	}
	e.code = code
	e.closers = append(e.closers, code.Close)
	return nil
}

// compilerWorks reports whether wazero compiles here, as NewRuntimeConfig finds out by itself and tells nobody: its
// compiler panics where it may make no code.
func compilerWorks(ctx context.Context) (works bool) {
	defer func() {
		if recover() != nil {
			works = false
		}
	}()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	return r.Close(ctx) == nil
}

// openWASI makes a WASI of our own, without a name: whatever else lives in the runtime, its WASI may be another one
// (with a clock that stands still, say), or come and go.
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
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 || !ownedByUs(info) {
		return fmt.Errorf("%w (mode %v)", ErrUnsafeCache, info.Mode().Perm())
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
	i32s := []api.ValueType{api.ValueTypeI32, api.ValueTypeI32}
	i32 := i32s[:1]
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
		expect(x.Name, i32s[:x.Params], i32)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("engine: this is not %s: %s", kind, strings.Join(wrong, "; "))
	}
	return nil
}
