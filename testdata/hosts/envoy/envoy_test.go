package envoy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The addresses in envoy.yaml.
const (
	site  = "http://127.0.0.1:10000"
	admin = "http://127.0.0.1:9901"
)

// root is the folder of the repository.
var root = func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}()

// needs gives the value of a variable that run sets.
func needs(t *testing.T, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		t.Skipf("%s is not set: testdata/hosts/envoy/run sets it", variable)
	}
	return value
}

// documented is the configuration of the documents, with the root of a bundle in its place.
func documented(t *testing.T, root string) string {
	t.Helper()
	text, err := os.ReadFile("envoy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(text), "ROOT", root, 1)
}

// envoy is a running Envoy.
type envoy struct {
	process *exec.Cmd
	log     string // its file
	started time.Time
}

// module is the path of the module that is shipped, or of one that run has built with a tag.
func module(t *testing.T, tag string) string {
	t.Helper()
	if tag == "" {
		return filepath.Join(root, "dist/edgetoken-envoy.wasm")
	}
	return filepath.Join(needs(t, "EDGETOKEN_ENVOY_MODULES"), "edgetoken-envoy-"+tag+".wasm")
}

// start starts Envoy with a configuration and as many workers, and waits until it is ready.
func start(t *testing.T, configuration, module string, workers int) *envoy {
	t.Helper()
	command := needs(t, "ENVOY")
	dir := t.TempDir()
	if err := os.Symlink(module, filepath.Join(dir, "edgetoken-envoy.wasm")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "envoy.yaml"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &envoy{log: filepath.Join(dir, "log"), started: time.Now()}
	log, err := os.Create(e.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	e.process = exec.Command(command, "--config-path", "envoy.yaml", "--concurrency", strconv.Itoa(workers),
		"--use-dynamic-base-id", "--log-level", "warning", "--component-log-level", "wasm:info",
		"--drain-time-s", "1")
	e.process.Dir, e.process.Stdout, e.process.Stderr = dir, log, log
	if err := e.process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		e.process.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		e.process.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			e.process.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("the end of Envoy's log:\n%s", tail(e.logged(t)))
		}
	})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if response, err := http.Get(admin + "/ready"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return e
			}
		}
		select {
		case <-ended:
			t.Fatalf("Envoy does not start:\n%s", tail(e.logged(t)))
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("Envoy is not ready after two minutes")
		}
	}
}

func (e *envoy) logged(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(e.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func tail(text string) string { return text[max(0, len(text)-4000):] }

// cpu is the time that Envoy has computed, in all its threads.
func (e *envoy) cpu(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", e.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // proc(5): from the third on
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// memory is what is resident, in MB.
func (e *envoy) memory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", e.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1000
}

// stat is one of Envoy's statistics.
func stat(t *testing.T, name string) int {
	t.Helper()
	response, err := http.Get(admin + "/stats?filter=" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for line := range strings.Lines(string(text)) {
		_, value, _ := strings.Cut(line, ": ")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			t.Fatalf("%s: %q", name, line)
		}
		sum += n
	}
	return sum
}
