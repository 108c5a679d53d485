package main_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/service/servicetest"
	"github.com/edgetoken/edgetoken/testdata/ports"
)

// running is a node in a process of its own.
type running struct {
	*exec.Cmd
	url  string
	done chan struct{} // closed when it has ended
}

// freeAddress is an address of this machine at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := ports.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// startProcess starts a node on a directory, natively unless env says otherwise.
func startProcess(t *testing.T, data string, stderr *os.File, env ...string) *running {
	t.Helper()
	return startCommand(t, "edgetoken", data, stderr, env...)
}

// startCommand starts a node of a program.
func startCommand(t *testing.T, program, data string, stderr *os.File, env ...string) *running {
	t.Helper()
	address := freeAddress(t)
	n := &running{
		exec.Command(program, "serve", "--data", data, "--listen", address), "http://" + address, make(chan struct{}),
	}
	n.Env = append(append(os.Environ(), "EDGETOKEN_ENGINE=native", "EDGETOKEN_PASSWORD_MEMORY=8",
		"EDGETOKEN_PASSWORD_ITERATIONS=1"), env...)
	n.Stderr = stderr
	n.begin(t)
	return n
}

// begin starts it. It must find SIGPIPE as it is by default, not ignored as whoever runs the tests may have it.
func (n *running) begin(t *testing.T) {
	t.Helper()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = n.Wait()
		close(n.done)
	}()
	t.Cleanup(func() {
		_ = n.Process.Kill()
		<-n.done
	})
}

// ended reports whether it has ended.
func (n *running) ended() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

// get is the status of an answer, and its body; 0 where there is none.
func (n *running) get(path string) (int, string) {
	r, err := http.Get(n.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(b)
}

func (n *running) ready(t *testing.T) {
	t.Helper()
	servicetest.Eventually(t, "the node is ready",
		func() bool { status, _ := n.get("/readyz"); return status == http.StatusOK })
}

// end sends SIGTERM; the node must end of itself, with status 0.
func (n *running) end(t *testing.T) {
	t.Helper()
	_ = n.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
	case <-time.After(patience):
		t.Fatal("SIGTERM does not end the node")
	}
	if !n.ProcessState.Success() {
		t.Errorf("the node ended with %s, want status 0", n.ProcessState)
	}
}

// metricsOf are the metrics that a node shows on its admin socket.
func metricsOf(t *testing.T, data string) string {
	t.Helper()
	client := http.Client{Transport: servicetest.SocketTransport(data)}
	answer, err := client.Get("http://node/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// figureOf is the value of a metric.
func figureOf(text, name string) (v float64) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, _ = strconv.ParseFloat(strings.TrimSpace(rest), 64)
		}
	}
	return v
}
