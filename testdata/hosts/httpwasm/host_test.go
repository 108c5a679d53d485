// Package httpwasm_test runs the plug-in in http-wasm-host-go, the host library that is in Traefik.
package httpwasm_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/http-wasm/http-wasm-host-go/api"
	"github.com/http-wasm/http-wasm-host-go/handler"
	wasm "github.com/http-wasm/http-wasm-host-go/handler/nethttp"
	"github.com/tetratelabs/wazero"
)

// released is the module that ./build.sh makes.
func released(t testing.TB) []byte {
	t.Helper()
	module, err := os.ReadFile("../../../dist/edgetoken-httpwasm.wasm")
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("dist/edgetoken-httpwasm.wasm is missing: run ./build.sh")
	}
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// tagged is the same plug-in with a build tag: panics or kit.
func tagged(t testing.TB, tag string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), tag+".wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-tags="+tag, "-o", name, "./wasm/httpwasm")
	build.Dir, build.Env = "../../..", append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	module, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// compiled keeps each module from being compiled for each test.
var compiled = wazero.NewCompilationCache()

func newRuntime(ctx context.Context) (wazero.Runtime, error) {
	return wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(compiled)), nil
}

// host is a handler with the plug-in before a service that answers with the headers that reach it.
type host struct {
	http.Handler
	log *log
}

// open sets up a host as Traefik does. folder is mounted at /etc/edgetoken; "": none is.
func open(t testing.TB, module []byte, config, folder string) *host {
	t.Helper()
	return openWith(t, module, config, wazero.NewModuleConfig().WithSysWalltime(), folder)
}

func openWith(t testing.TB, module []byte, config string, mc wazero.ModuleConfig, folder string) *host {
	t.Helper()
	mc = mc.WithStartFunctions("_start", "_initialize")
	if folder != "" {
		mc = mc.WithFSConfig(wazero.NewFSConfig().WithReadOnlyDirMount(folder, "/etc/edgetoken"))
	}
	h := &host{log: &log{}}
	ctx := context.Background()
	plugin, err := wasm.NewMiddleware(ctx, module, handler.GuestConfig([]byte(config)), handler.ModuleConfig(mc),
		handler.Runtime(newRuntime), handler.Logger(h.log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plugin.Close(ctx) })
	h.Handler = plugin.NewHandler(ctx, service)
	return h
}

// service answers with the headers of a request, a line each.
var service = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { r.Header.Write(w) })

// ask sends a request with headers, "Name: value" each.
func (h *host) ask(target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], value)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

// log keeps what the plug-in says.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) IsEnabled(api.LogLevel) bool { return true }

func (l *log) Log(_ context.Context, _ api.LogLevel, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// count counts the lines with a text.
func (l *log) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}
