// Package enginetest builds the modules that tests need, from the sources as they are now, so that no test meets a
// stale one.
package enginetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Module is the module that leaves signatures to the host, or the self-contained one.
func Module(tb testing.TB, selfContained bool) []byte {
	tb.Helper()
	build := split
	if selfContained {
		build = full
	}
	b, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// MustModule is Module(tb, false) for examples, which have no testing.TB; it panics where the module cannot be built.
func MustModule() []byte {
	b, err := split()
	if err != nil {
		panic(err)
	}
	return b
}

// Verifier is the self-contained module that only reads.
func Verifier(tb testing.TB) []byte {
	tb.Helper()
	b, err := verify()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// SharedCache is the name of the environment variable with a directory for the compiled modules of all packages that
// are tested in one run.
const SharedCache = "MODULE_TEST_CACHE"

// CacheDir is that directory, or one of the test's own where there is none.
func CacheDir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv(SharedCache); dir != "" {
		return dir
	}
	return tb.TempDir()
}

var (
	split  = sync.OnceValues(func() ([]byte, error) { return build("") })
	full   = sync.OnceValues(func() ([]byte, error) { return build("full") })
	verify = sync.OnceValues(func() ([]byte, error) { return build("verify") })
)

// build runs the same command as build.sh; Go's build cache makes it quick where nothing changed.
func build(tags string) ([]byte, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/edgetoken/edgetoken").Output()
	if err != nil {
		return nil, fmt.Errorf("find the sources of the guest: %w", err)
	}
	top := strings.TrimSpace(string(root))
	dir, err := os.MkdirTemp("", "edgetoken-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "guest.wasm")
	args := []string{"build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-tags=" + tags, "-o", out}
	switch tags {
	case "":
		args = append(args, "-gcflags=runtime=-l")
	case "verify":
		packages, err := os.ReadFile(filepath.Join(top, "wasm", "noinline.txt"))
		if err != nil {
			return nil, err
		}
		for p := range strings.Lines(string(packages)) {
			if p[0] != '#' {
				args = append(args, "-gcflags="+strings.TrimSpace(p)+"=-l")
			}
		}
	}
	cmd := exec.Command("go", append(args, "./wasm/edgetoken")...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=-buildvcs=false")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the guest: %w\n%s", err, text)
	}
	return os.ReadFile(out)
}
