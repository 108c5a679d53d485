package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

func newEngine(t testing.TB, cfg engine.Config) *engine.Engine {
	t.Helper()
	if cfg.Module == nil {
		cfg.Module = enginetest.Module(t, cfg.SelfContained)
	}
	if cfg.Keys == nil {
		cfg.Settings, cfg.Keys = core.DefaultSettings(), coretest.OneKey()
	}
	if cfg.CacheDir == "" {
		cfg.CacheDir = cacheDir
	}
	e, err := engine.New(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return e
}

// suite runs the behaviour suite over the instances of one engine.
func suite(t *testing.T, name string) {
	e := shared(t, name)
	coretest.Run(t, func(t *testing.T, s core.Settings, keys core.Keys) core.Engine {
		return with(t, e, s, keys)
	})
}

func TestWasm(t *testing.T)     { suite(t, "wasm") }
func TestWasmFull(t *testing.T) { suite(t, "wasm-full") }

func TestNewRefusesAnotherModule(t *testing.T) {
	empty := []byte("\x00asm\x01\x00\x00\x00")
	imports := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x02\x0b\x01\x03env\x03now\x00\x00")
	for _, c := range []struct {
		name          string
		module        []byte
		selfContained bool
		want          []string
	}{
		{"no WebAssembly", []byte("#!/bin/sh"), false, []string{"no WebAssembly module"}},
		{"an empty module", empty, false, []string{"exports no memory", "_initialize", "edgetoken_abi_version",
			"edgetoken_inspect"}},
		{"imports beyond WASI", imports, false, []string{"it imports env.now"}},
		{"the self-contained one", enginetest.Module(t, true), false,
			[]string{"edgetoken.wasm", "lacks the export edgetoken_inspect"}},
		{"not the self-contained one", enginetest.Module(t, false), true,
			[]string{"edgetoken-full.wasm", "lacks the export edgetoken_open"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := engine.New(t.Context(), engine.Config{
				Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: c.module,
				SelfContained: c.selfContained, CacheDir: cacheDir,
			})
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("New() = %v, want an error that names %q", err, want)
				}
			}
		})
	}
}

// The module that only verifies is a self-contained one that refuses to write.
func TestVerifierWritesNothing(t *testing.T) {
	e, pair := shared(t, "wasm-verify"), shared(t, "wasm")
	_, access, err := pair.Issue(t.Context(),
		core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Verify(t.Context(), access, core.AccessToken); err != nil {
		t.Errorf("Verify() = %v", err)
	}
	_, _, err = e.Issue(t.Context(), core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true}, nil)
	if err == nil || !strings.Contains(err.Error(), "not in this build") {
		t.Errorf("Issue() = %v, want not in this build", err)
	}
}

func TestConfigErrors(t *testing.T) {
	bad := core.DefaultSettings()
	bad.UserIDClaim, bad.AuthHeaderTypes = "exp", nil
	_, err := engine.New(t.Context(), engine.Config{Settings: bad, Keys: coretest.OneKey(),
		Module: enginetest.Module(t, false)})
	for _, want := range []string{"USER_ID_CLAIM", "AUTH_HEADER_TYPES"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New() = %v, want every mistake, %s among them", err, want)
		}
	}
	if _, err := engine.New(t.Context(), engine.Config{}); err == nil ||
		!strings.Contains(err.Error(), "Keys is missing") {
		t.Errorf("New() without keys = %v", err)
	}
	dir := filepath.Join(t.TempDir(), "cache")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err = engine.New(t.Context(), engine.Config{
		Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: enginetest.Module(t, false), CacheDir: dir,
	})
	if err == nil || !strings.Contains(err.Error(), "can be written by others") {
		t.Errorf("New() with a cache for all = %v", err)
	}
}

func TestCacheIsFilledAndUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	for range 2 {
		newEngine(t, engine.Config{CacheDir: dir, Module: hollow})
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("cache %v, %v; want mode 0700", info, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		t.Errorf("the cache holds %v, %v; want compiled code", files, err)
	}
}

// On the caller's runtime, New closes what it opened and nothing else, whether the caller has a WASI there or not.
func TestCallersRuntime(t *testing.T) {
	for _, withWASI := range []bool{true, false} {
		t.Run(fmt.Sprintf("WASI %v", withWASI), func(t *testing.T) {
			ctx := context.Background()
			cache, err := wazero.NewCompilationCacheWithDir(compiledDir())
			if err != nil {
				t.Fatal(err)
			}
			rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
			defer rt.Close(ctx)
			if withWASI {
				wasi_snapshot_preview1.MustInstantiate(ctx, rt)
			}
			other, err := rt.InstantiateWithConfig(ctx, []byte("\x00asm\x01\x00\x00\x00"),
				wazero.NewModuleConfig().WithName("other"))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // a second pair after the first was closed
				cfg := engine.Config{
					Settings: core.DefaultSettings(), Keys: coretest.OneKey(), Module: enginetest.Module(t,
						false), Runtime: rt, MaxInstances: 2,
				}
				first, err := engine.New(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				second, err := engine.New(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				if err := first.Close(ctx); err != nil {
					t.Fatal(err)
				}
				if _, err := opened(ctx, first, []byte("x")); err != engine.ErrClosed {
					t.Errorf("Open() of a closed engine = %v, want %v", err, engine.ErrClosed)
				}
				second.Break() // so that the next call needs a new instance
				if _, err := opened(ctx, second, []byte("x")); err != nil {
					t.Errorf("Open() of the engine beside = %v", err)
				}
				if err := second.Close(ctx); err != nil {
					t.Fatal(err)
				}
				if other.IsClosed() || withWASI != (rt.Module("wasi_snapshot_preview1") != nil) {
					t.Fatal("Close() closed what it did not open")
				}
			}
		})
	}
}

// An instance that traps or answers nonsense is dropped alone, and the request answered by another.
func TestBrokenInstance(t *testing.T) {
	for _, selfContained := range []bool{false, true} {
		e := newEngine(t, engine.Config{SelfContained: selfContained, MaxInstances: 2})
		customer := core.Customer{ID: core.Integer(1), UserID: core.Integer(1), Active: true}
		for name, harm := range map[string]func(){"memory overwritten": e.Break, "answers elsewhere": e.Misplace} {
			for round := range 5 {
				harm()
				_, access, err := e.Issue(t.Context(), customer, nil)
				if err != nil {
					t.Fatalf("%s: Issue() = %v", name, err)
				}
				harm()
				if _, err := e.Verify(t.Context(), access, core.AccessToken); err != nil {
					t.Fatalf("%s, round %d: Verify() = %v", name, round, err)
				}
			}
		}
		if n := e.Instances(); n != 1 {
			t.Errorf("%d instances are alive, want the one that was used last", n)
		}
	}
}

// Keys change under load: each answer is that of the old keys or of the new ones, and afterwards of the new ones alone.
func TestKeysChangeUnderLoad(t *testing.T) {
	e := newEngine(t, engine.Config{MaxInstances: 2})
	keys := func(epoch int) core.Keys {
		return coretest.NewHMACKeys(uint64(epoch), coretest.HMACKey{
			KeyInfo: core.KeyInfo{ID: string(rune('a' + epoch%2)), Algorithm: "HS256"}, Secret: coretest.Secret,
		})
	}
	token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256","kid":"a"}`, `{"exp":1}`)
	var current atomic.Pointer[engine.Engine]
	current.Store(e)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				o, err := opened(context.Background(), current.Load(), []byte(token))
				if err != nil || o.Cause != cause.OK && o.Cause != cause.UnknownKey {
					t.Errorf("Open() = %v, %v", o.Cause, err)
					return
				}
			}
		})
	}
	for epoch := range 200 {
		e := with(t, e, core.DefaultSettings(), keys(epoch))
		current.Store(e)
		want := []cause.Cause{cause.OK, cause.UnknownKey}[epoch%2]
		if o, err := opened(context.Background(), e, []byte(token)); err != nil || o.Cause != want {
			t.Fatalf("after change %d: Open() = %v, %v; want %v", epoch, o.Cause, err, want)
		}
	}
	close(stop)
	wg.Wait()
}

// A context that has ended stops a call that waits for an instance; it does not break the engine.
func TestContext(t *testing.T) {
	e := newEngine(t, engine.Config{MaxInstances: 1})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	cancel()
	for range 100 { // whether a free slot or the end is seen first is chance
		if _, err := opened(ctx, e, []byte("x")); err != nil && err != context.Canceled {
			t.Fatalf("Open() with an ended context = %v", err)
		}
	}
	if _, err := opened(t.Context(), e, []byte("x")); err != nil {
		t.Errorf("Open() afterwards = %v", err)
	}
}
