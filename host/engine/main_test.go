package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// cacheDir holds the compiled modules of all tests in this package.
var cacheDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "edgetoken-engine-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ownDir = dir
	if cacheDir = os.Getenv(enginetest.SharedCache); cacheDir == "" {
		cacheDir = dir
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// ownDir is for this process alone.
var ownDir string

// compiledDir is where wazero finds the compiled code of the module that leaves signatures to its host. It is a copy:
// wazero adds to it what else is compiled, and an engine that finds more than it left takes its cache for damaged.
var compiledDir = sync.OnceValue(func() string {
	e, err := engine.New(context.Background(), engine.Config{
		Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: enginetest.MustModule(), CacheDir: cacheDir,
	})
	if err != nil {
		panic(err)
	}
	defer e.Close(context.Background())
	dir := filepath.Join(ownDir, "compiled")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(cacheDir, e.ModuleHash()))); err != nil {
		panic(err)
	}
	return dir
})

// engines are those that shared has made, by their names.
var engines = map[string]*engine.Engine{}

// shared is an engine for tests that neither harm its instances nor count them: "wasm", "wasm-full" or "wasm-verify".
func shared(tb testing.TB, name string) *engine.Engine {
	tb.Helper()
	if engines[name] != nil {
		return engines[name]
	}
	cfg := engine.Config{Settings: core.DefaultSettings(), Keys: coretest.OneKey(), SelfContained: name != "wasm",
		CacheDir: cacheDir}
	if name == "wasm-verify" {
		cfg.Module = enginetest.Verifier(tb)
	} else {
		cfg.Module = enginetest.Module(tb, cfg.SelfContained)
	}
	e, err := engine.New(context.Background(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	engines[name] = e
	return e
}

// with is an engine with other settings and keys on the same instances.
func with(tb testing.TB, e *engine.Engine, s core.Settings, keys core.Keys) *engine.Engine {
	tb.Helper()
	e, err := e.With(s, keys)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}
