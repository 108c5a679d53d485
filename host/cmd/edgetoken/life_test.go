//go:build linux

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// A log that nobody reads any more, and one whose reader is stuck, cost records and nothing else.
func TestTheLogDoesNotDecideOverLife(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		t.Run(map[bool]string{true: "a stuck reader", false: "no reader"}[stuck], func(t *testing.T) {
			t.Parallel()
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			data := filepath.Join(t.TempDir(), "data")
			n := startProcess(t, data, w)
			n.ready(t)
			if !stuck {
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
			}
			for range 5000 { // some hundred bytes of log each: more than the pipe and the buffer hold
				if status, text := n.get("/no/such/path/"); status != http.StatusNotFound {
					t.Fatalf("a request is answered with %d %s", status, text)
				}
			}
			text := metricsOf(t, data)
			if figureOf(text, "edgetoken_log_records_dropped_total") == 0 ||
				figureOf(text, "edgetoken_log_buffer_limit_bytes") == 0 {
				t.Error("no record is counted as dropped")
			}
			n.end(t)
		})
	}
}

// The other things that a command prints go the same way: a node that cannot start says so and ends, whoever reads it.
func TestTheLastWordDoesNotDecideEither(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd := int(w.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for err == nil { // until it is full
		_, err = syscall.Write(fd, make([]byte, 4096))
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	n := startProcess(t, filepath.Join(t.TempDir(), "data"), w, "EDGETOKEN_ENGINE=none")
	select {
	case <-n.done:
	case <-time.After(patience):
		t.Fatal("a mistake in the configuration does not end the node")
	}
	if got := n.ProcessState.ExitCode(); got != 2 {
		t.Errorf("the node ended with %s, want status 2", n.ProcessState)
	}
}

// A signal to reload never ends a node, however early it comes.
func TestHangupsFromTheFirstMoment(t *testing.T) {
	// What comes before Go's runtime is there no program can catch: the node's first packages are what is waited for.
	c := exec.Command("edgetoken", "serve", "--help")
	c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	c.Stderr = &trace
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(trace.String()) {
		if name, ok := strings.CutPrefix(line, "init "); ok {
			if name, _, _ = strings.Cut(name, " "); strings.HasSuffix(name, "/signals") {
				break
			}
			// Packages whose paths come before ours cannot be told to wait: this one sets its tables, which takes 6 µs.
			if strings.Contains(name, ".") && name != "filippo.io/nistec" {
				t.Errorf("%s is initialised before signals are caught", name)
			}
		}
	}

	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	n := startProcess(t, filepath.Join(t.TempDir(), "data"), log)
	servicetest.Eventually(t, "the process catches SIGHUP", func() bool { return catches(n.Process.Pid) })
	for range 100 {
		_ = n.Process.Signal(syscall.SIGHUP)
	}
	n.ready(t)
	servicetest.Eventually(t, "what came before the node was up has it reload", func() bool {
		b, err := os.ReadFile(log.Name())
		return err == nil && strings.Contains(string(b), "msg=reloaded")
	})
	n.end(t)
}

// catches reports whether a node has begun to catch signals. Go's runtime has a handler for each from the start,
// which ends the process, so that those tell nothing; but the same function ignores SIGPIPE.
func catches(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(b)) {
		if bits, ok := strings.CutPrefix(line, "SigIgn:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(bits), 16, 64)
			return err == nil && set&(1<<(syscall.SIGPIPE-1)) != 0
		}
	}
	return false
}

// SIGTERM ends a node that is not up yet as it ends one that is: while it compiles its module, say.
func TestTerminatedBeforeItIsUp(t *testing.T) {
	if _, err := os.Stat("../../engine/module/edgetoken.wasm"); err != nil {
		t.Skip("the module is not built in")
	}
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond} {
		t.Run(fmt.Sprint(after, " after its log begins"), func(t *testing.T) {
			log, err := os.CreateTemp(t.TempDir(), "log")
			if err != nil {
				t.Fatal(err)
			}
			n := startProcess(t, filepath.Join(t.TempDir(), "data"), log, "EDGETOKEN_ENGINE=wasm")
			servicetest.Eventually(t, "the process catches signals", func() bool { return catches(n.Process.Pid) })
			time.Sleep(after) // wherever that is in its start: it ends well at each place
			n.end(t)
			if b, _ := os.ReadFile(log.Name()); strings.Contains(string(b), "edgetoken: ") {
				t.Errorf("the node says %s", b)
			}
		})
	}
}

// A process for passwords that is stopped is killed after its deadline, and the next log-in is done by another.
func TestAStuckHashIsReplaced(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	n := startProcess(t, data, log, "EDGETOKEN_HASHING_TIMEOUT=2s", "EDGETOKEN_LOG_FORMAT=json")
	n.ready(t)
	add := exec.Command("edgetoken", "customers", "add", "ana@example.com", "--password-stdin", "--data", data)
	add.Stdin = strings.NewReader("correct horse 1")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	login := func() (int, http.Header) {
		r, err := http.Post(n.url+"/auth/token/", "application/json",
			strings.NewReader(`{"email": "ana@example.com", "password": "correct horse 1"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return r.StatusCode, r.Header
	}
	if status, _ := login(); status != http.StatusOK {
		t.Fatalf("a log-in is answered with %d", status)
	}
	stopped := childrenOf(t, n.Process.Pid)
	if len(stopped) == 0 {
		t.Fatal("no process hashes passwords")
	}
	for _, pid := range stopped {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	if status, header := login(); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("a log-in whose process is stopped is answered with %d, %v; want 503 and Retry-After", status, header)
	}
	servicetest.Eventually(t, "log-ins are done again",
		func() bool { status, _ := login(); return status == http.StatusOK })
	// The system takes its time to end one; one that nobody asked may stay.
	servicetest.Eventually(t, "a process that was stopped is gone", func() bool {
		left := childrenOf(t, n.Process.Pid)
		return slices.ContainsFunc(stopped, func(pid int) bool { return !slices.Contains(left, pid) })
	})
	// A new password is no exception: it is not hashed in the node itself. (A process that is made just now is not
	// stopped, hence again.)
	servicetest.Eventually(t, "a new password is refused while the processes are stopped", func() bool {
		for _, pid := range childrenOf(t, n.Process.Pid) {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
		}
		passwd := exec.Command("edgetoken", "customers", "passwd", "ana@example.com", "--password-stdin", "--data",
			data)
		passwd.Stdin = strings.NewReader("correct horse 1")
		out, err := passwd.CombinedOutput()
		return err != nil && strings.Contains(string(out), "passwords cannot be hashed")
	})
	n.ready(t)
	n.end(t)
	b, err := os.ReadFile(log.Name())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(b)) {
		var r struct{ Level, Reason string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found = found || r.Level == "WARN" && r.Reason == "too_slow"
	}
	if !found {
		t.Errorf("the log has no word of it: %s", b)
	}
}

// childrenOf are the processes that a process made.
func childrenOf(t *testing.T, pid int) (list []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, child)
		}
	}
	return list
}
