package engine_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// Compiled code that is not what was written, wherever the difference is, is removed and never read; so is what lacks
// its checksums.
func TestDamagedCode(t *testing.T) {
	code := bytes.Repeat([]byte("WAZEVO code "), 10_000)
	write := func(dir string) error {
		sub := filepath.Join(dir, "wazero-v1")
		return errors.Join(os.Mkdir(sub, 0o700), os.WriteFile(filepath.Join(sub, "a"), code, 0o600),
			os.WriteFile(filepath.Join(sub, "b"), []byte("b"), 0o600))
	}
	overwrite := func(name string, change func([]byte) []byte) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, filepath.FromSlash(name))
			b, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path, change(b), 0o600))
		}
	}
	for name, harm := range map[string]func(dir string) error{
		"an empty file":      overwrite("wazero-v1/a", func([]byte) []byte { return nil }),
		"half a file":        overwrite("wazero-v1/a", func(b []byte) []byte { return b[:len(b)/2] }),
		"a bit at the start": overwrite("wazero-v1/a", func(b []byte) []byte { b[0] ^= 1; return b }),
		"a bit in between":   overwrite("wazero-v1/a", func(b []byte) []byte { b[len(b)/2] ^= 0x80; return b }),
		"a bit at the end":   overwrite("wazero-v1/a", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }),
		"a byte more":        overwrite("wazero-v1/a", func(b []byte) []byte { return append(b, 0) }),
		"zeros":              overwrite("wazero-v1/a", func(b []byte) []byte { return make([]byte, len(b)) }),
		"the other's place":  overwrite("wazero-v1/a", func([]byte) []byte { return []byte("b") }),
		"no checksums":       func(dir string) error { return os.Remove(filepath.Join(dir, "sums")) },
		"empty checksums":    overwrite("sums", func([]byte) []byte { return nil }),
		"other checksums": overwrite("sums",
			func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("a"), []byte("b")) }),
		"endless checksums": overwrite("sums", func([]byte) []byte { return bytes.Repeat([]byte("x"), 4<<20) }),
		"a file less":       func(dir string) error { return os.Remove(filepath.Join(dir, "wazero-v1", "b")) },
		"a file more":       func(dir string) error { return os.WriteFile(filepath.Join(dir, "c"), nil, 0o600) },
		"all files gone":    func(dir string) error { return os.RemoveAll(filepath.Join(dir, "wazero-v1")) },
		"a directory in its place": func(dir string) error {
			path := filepath.Join(dir, "wazero-v1", "a")
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		},
		"a link in its place": func(dir string) error {
			path := filepath.Join(dir, "wazero-v1", "a")
			return errors.Join(os.Rename(path, dir+".moved"), os.Symlink(dir+".moved", path))
		},
		"a file in the place of all": func(dir string) error {
			return errors.Join(os.RemoveAll(dir),
				os.WriteFile(dir, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			if err := engine.Cached(dir, "module", write); err != nil {
				t.Fatal(err)
			}
			if found, damaged, err := engine.OpenCache(dir, "module"); !found || damaged != nil || err != nil {
				t.Fatalf("what was written is found: %v, damage %v, %v", found, damaged, err)
			}
			if err := harm(filepath.Join(dir, "module")); err != nil {
				t.Fatal(err)
			}
			if found, damaged, err := engine.OpenCache(dir, "module"); found || damaged == nil || err != nil {
				t.Errorf("what was harmed is found: %v, damage %v, %v; want damage and no error", found, damaged, err)
			}
			if found, damaged, err := engine.OpenCache(dir, "module"); found || damaged != nil || err != nil {
				t.Errorf("then it is found: %v, damage %v, %v; want that nothing is there", found, damaged, err)
			}
		})
	}
	// Of two that compile at once, each is served.
	dir := filepath.Join(t.TempDir(), "cache")
	err := engine.Cached(dir, "module", func(first string) error {
		return errors.Join(engine.Cached(dir, "module", write), write(first))
	})
	if found, damaged, after := engine.OpenCache(dir, "module"); err != nil || !found || damaged != nil ||
		after != nil {
		t.Errorf("two at once: %v; then it is found: %v, damage %v, %v", err, found, damaged, after)
	}
}

// A cache that is of no use costs time and nothing else, and the log says so.
func TestCacheIsNoCondition(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		warning string
		again   bool // the next start is asked too, which finds nothing wrong
	}{
		"damaged": {func(t *testing.T, dir string) {
			newEngine(t, engine.Config{CacheDir: dir, Module: hollow})
			files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
			if err != nil || len(files) == 0 {
				t.Fatal("the cache holds nothing", err)
			}
			for _, f := range files {
				if err := os.Truncate(f, 100); err != nil {
					t.Fatal(err)
				}
			}
		}, "was damaged", true},
		"a file": {func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "cannot be used", false},
		"full": {func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			mount(t, dir, 0, "size=4k,mode=0700")
		}, "cannot be used", false},
		"read-only": {func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			mount(t, dir, readOnly, "mode=0700")
		}, "cannot be used", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			c.prepare(t, dir)
			warnings := []string{c.warning}
			if c.again {
				warnings = append(warnings, "")
			}
			for _, want := range warnings {
				var log strings.Builder
				e := newEngine(t, engine.Config{CacheDir: dir, Module: hollow,
					Log: slog.New(slog.NewTextHandler(&log, nil))})
				if text := log.String(); !strings.Contains(text, want) || (text == "") != (want == "") ||
					strings.Count(text, "\n") > 1 {
					t.Errorf("log %q, want %q", text, want)
				}
				if err := e.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "new-*")); len(left) > 0 {
				t.Errorf("the cache has %v left", left)
			}
		})
	}
	// What others can write to is not run.
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	_, err := engine.New(t.Context(), engine.Config{Settings: core.DefaultSettings(), Keys: coretest.OneKey(),
		Module: enginetest.Module(t, false), CacheDir: dir})
	if runtime.GOOS != "windows" && !errors.Is(err, engine.ErrUnsafeCache) {
		t.Errorf("New() with a cache of others = %v, want %v", err, engine.ErrUnsafeCache)
	}
}
