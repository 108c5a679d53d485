package main_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/host/service/servicetest"
	"golang.org/x/sys/unix"
)

// notGuarded is the status of guarded where the kernel is older than 6.3.
const notGuarded = 77

// guarded runs edgetoken as systemd does with MemoryDenyWriteExecute: no memory of it becomes code that was written.
func guarded() {
	if err := unix.Prctl(unix.PR_SET_MDWE, unix.PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0); err != nil {
		os.Exit(notGuarded)
	}
	path, err := exec.LookPath("edgetoken")
	if err == nil {
		err = syscall.Exec(path, append([]string{"edgetoken"}, os.Args[1:]...), os.Environ())
	}
	exit(err)
}

// A module that is interpreted, which takes several times as long, is told of wherever somebody may look.
func TestInterpretedModule(t *testing.T) {
	if _, err := os.Stat("../../engine/module/edgetoken.wasm"); err != nil {
		t.Skip("the module is not built in")
	}
	address, data := freeAddress(t), filepath.Join(t.TempDir(), "data")
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	n := &running{exec.Command("guarded", "serve", "--data", data, "--listen", address), "http://" + address,
		make(chan struct{})}
	n.Env = append(os.Environ(), "EDGETOKEN_ENGINE=wasm")
	n.Stderr = log
	n.begin(t)
	servicetest.Eventually(t, "the node is ready, or has ended", func() bool {
		status, _ := n.get("/readyz")
		return status == http.StatusOK || n.ended()
	})
	if n.ended() && n.ProcessState.ExitCode() == notGuarded {
		t.Skip("this kernel has no PR_SET_MDWE")
	}
	if _, text := n.get("/healthz"); !strings.Contains(text, `"engine":"wasm (interpreter)"`) {
		t.Errorf("/healthz says %s", text)
	}
	if text := metricsOf(t, data); figureOf(text, "edgetoken_engine_interpreted") != 1 ||
		!strings.Contains(text, `engine="wasm (interpreter)"`) {
		t.Error("the metrics do not say that the module is interpreted")
	}
	n.end(t)
	b, err := os.ReadFile(log.Name())
	if err != nil || !strings.Contains(string(b), "level=WARN") || !strings.Contains(string(b), "interpreted") ||
		!strings.Contains(string(b), "engine wasm (interpreter)") {
		t.Errorf("the log has no word of it: %v\n%s", err, b)
	}
}

// A cache of compiled code that cannot be used keeps no node from its work: one that others can write to is not read
// either. Each node compiles its module, which takes ten times as long under the race detector: this one does without.
func TestNodeWithoutItsCache(t *testing.T) {
	if _, err := os.Stat("../../engine/module/edgetoken.wasm"); err != nil {
		t.Skip("the module is not built in")
	}
	program := filepath.Join(t.TempDir(), "edgetoken")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, prepare := range map[string]func(path string) error{
		"of others":   func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o777)) },
		"not to make": func(path string) error { return os.Symlink("/proc/nowhere/cache", path) },
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			if err := errors.Join(os.Mkdir(data, 0o700), prepare(filepath.Join(data, "cache"))); err != nil {
				t.Fatal(err)
			}
			log, err := os.CreateTemp(t.TempDir(), "log")
			if err != nil {
				t.Fatal(err)
			}
			n := startCommand(t, program, data, log, "EDGETOKEN_ENGINE=wasm")
			n.ready(t)
			n.end(t)
			b, err := os.ReadFile(log.Name())
			if err != nil || strings.Count(string(b), "the cache of compiled code") != 1 {
				t.Errorf("the log should have one word of it: %v\n%s", err, b)
			}
		})
	}
}
