package hostile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/testdata/ports"
)

// node is a process of the command that serves one customer, ana@example.com, whose password is "right password".
type node struct {
	address string
	process *os.Process
	bound   int64 // what its configuration states, in bytes
	client  *http.Client
	began   time.Time
	highest atomic.Int64 // RssAnon since it was last asked for, in bytes
}

const ana, right = "ana@example.com", "right password"

// startNode builds the command and starts a node, with hashes that cost next to nothing and with throttles that
// refuse nobody but remember everybody.
func startNode(t *testing.T) *node {
	t.Helper()
	dir := t.TempDir()
	command := filepath.Join(dir, "edgetoken")
	if out, err := exec.Command("go", "build", "-o", command,
		"github.com/edgetoken/edgetoken/host/cmd/edgetoken").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	address, err := ports.Address()
	if err != nil {
		t.Fatal(err)
	}
	n := &node{began: time.Now(), address: address, client: &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{MaxConnsPerHost: 64, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	data, err := os.MkdirTemp("", "hostile") // a path to a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	config, err := json.Marshal(map[string]any{
		"listen": n.address, "data": data, "trusted_hops": 1, "password": map[string]any{"memory": 64, "iterations": 1},
		"throttles": map[string]any{"anon": "100000/day", "login": "100000/day", "account": "100000/day"},
		"cookies":   map[string]any{"enabled": false}, "log": map[string]any{"level": "error"},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "edgetoken.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(stdin string, args ...string) []byte {
		c := exec.Command(command, append(args, "--config", file)...)
		c.Stdin = strings.NewReader(stdin)
		out, err := c.Output()
		if err != nil {
			t.Fatalf("edgetoken %v: %v", args, err)
		}
		return out
	}
	run(right, "customers", "add", ana, "--password-stdin")
	n.bound = statedBound(t, run("", "config", "--json"))

	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	serve := exec.Command(command, "serve", "--config", file)
	serve.Stdout, serve.Stderr = log, log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	n.process = serve.Process
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
	})
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if answer, err := n.client.Get("http://" + n.address + "/readyz"); err == nil {
			_ = answer.Body.Close()
			break
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the node does not start:\n%s", text)
		}
	}
	var watching sync.WaitGroup
	stop := make(chan struct{})
	watching.Go(func() {
		for {
			if now := n.anonymous(); now > n.highest.Load() {
				n.highest.Store(now)
			}
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { close(stop); watching.Wait() })
	return n
}

// statedBound is memory_bound of the effective configuration.
func statedBound(t *testing.T, config []byte) int64 {
	t.Helper()
	var shown struct {
		MemoryBound int64 `json:"memory_bound"`
	}
	if err := json.Unmarshal(config, &shown); err != nil || shown.MemoryBound <= 0 {
		t.Fatalf("edgetoken config states memory_bound %d, %v", shown.MemoryBound, err)
	}
	return shown.MemoryBound
}

// anonymous is RssAnon of the process, in bytes; 0 where it has ended.
func (n *node) anonymous() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("RssAnon:"))
	var kib int64
	_, _ = fmt.Sscan(string(rest), &kib)
	return kib << 10
}

// peak is the highest RssAnon since it was last asked for, in bytes.
func (n *node) peak() int64 { return max(n.highest.Swap(0), n.anonymous()) }

// ask sends a request and gives status and body; 0 where there was no answer.
func (n *node) ask(method, path string, body string, headers ...string) (int, string) {
	request, err := http.NewRequest(method, "http://"+n.address+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Add(name, value)
	}
	answer, err := n.client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

// login logs ana in and gives both tokens.
func (n *node) login(t *testing.T) (refresh, access string) {
	t.Helper()
	status, body := n.ask("POST", "/auth/token/", `{"email":"`+ana+`","password":"`+right+`"}`, asJSON,
		"X-Forwarded-For: 203.0.113.9")
	var pair struct{ Refresh, Access string }
	if err := json.Unmarshal([]byte(body), &pair); status != http.StatusOK || err != nil {
		t.Fatalf("log-in of an honest customer = %d %.200s", status, body)
	}
	return pair.Refresh, pair.Access
}

// raw opens a connection, sends a text by hand, and keeps the connection open until it is closed or the node closes it.
func (n *node) raw(text string) net.Conn {
	conn, err := net.Dial("tcp", n.address)
	if err != nil {
		return nil
	}
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(conn, text)
	return conn
}
