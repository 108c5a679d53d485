package kill_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/testdata/ports"
)

const (
	startTimeout = 2 * time.Minute // the first start compiles the module
	busyRetries  = 600
)

// node is the command serving one data directory, in one process after another.
type node struct {
	command, config, log string
	base                 string
	client               *http.Client

	killing sync.Mutex // held from a kill until the next process is checked

	mu      sync.Mutex // guards what follows
	process *process
	epoch   int   // counts the processes; a client whose request failed waits for the next one
	kills   int   // the process of an epoch up to this number is dead
	gaveUp  error // why there will be no next process
	changed *sync.Cond

	// commands is held by those who run the command beside the node. While it is held for writing, no other process
	// has the store open: without a running node the command opens it itself.
	commands sync.RWMutex
}

// process is one run of serve.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is over
	err   error         // then nil if the exit status was 0
}

// newNode builds the command and writes its configuration.
func newNode(t *testing.T) *node {
	dir := t.TempDir()
	command := filepath.Join(dir, "edgetoken")
	build := exec.Command("go", "build", "-o", command, "github.com/edgetoken/edgetoken/host/cmd/edgetoken")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	address, err := ports.Address()
	if err != nil {
		t.Fatal(err)
	}

	// A path to a socket is short (unix(7)), that of a test's folder may not be.
	data, err := os.MkdirTemp("", "kill")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	config, err := json.Marshal(map[string]any{ // JSON is YAML
		"listen": address, "data": data, "engine": "wasm", "simple_jwt": map[string]any{"SIGNING_KEY": signingKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{
		command: command, config: filepath.Join(dir, "edgetoken.yaml"), log: filepath.Join(dir, "log"),
		base:   "http://" + address,
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: clients}},
	}
	n.changed = sync.NewCond(&n.mu)
	if err := os.WriteFile(n.config, config, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n.process != nil {
			n.process.cmd.Process.Kill()
			<-n.process.ended
		}
	})
	return n
}

// start starts the first process.
func (n *node) start(t *testing.T) {
	err := n.launch()
	n.open(err)
	if err != nil {
		t.Fatalf("start: %v; log of the node:\n%s", err, n.logTail())
	}
}

// open lets the clients that wait for a process go on, or says why there is none.
func (n *node) open(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gaveUp = err
	n.epoch++
	n.changed.Broadcast()
}

// launch starts a process and waits until it is ready.
func (n *node) launch() error {
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p := &process{cmd: exec.Command(n.command, "serve", "--config", n.config), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	n.mu.Lock()
	n.process = p
	n.mu.Unlock()
	for deadline := time.Now().Add(startTimeout); ; {
		if status, err := n.get("/readyz", "", nil); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("serve ended: %v", p.err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("GET /readyz is not 200 after %v", startTimeout)
		}
	}
}

// killAndRestart is kill -9 with whatever is in flight, then a start as anybody would make it, and the check of all
// that was acknowledged.
func (n *node) killAndRestart(t *testing.T, acked *ledger) {
	n.killing.Lock()
	defer n.killing.Unlock()
	n.mu.Lock()
	p := n.process
	n.kills++
	n.mu.Unlock()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	<-p.ended
	n.commands.Lock()
	err := n.launch()
	n.commands.Unlock()
	if err == nil {
		acked.check(t, n)
	} else {
		t.Errorf("the node does not start again: %v", err)
	}
	n.open(err)
}

// stop is SIGTERM; nil if the node then ends with status 0.
func (n *node) stop() error {
	if err := n.process.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-n.process.ended
	return n.process.err
}

// next waits for a process after the one of the given epoch.
func (n *node) next(epoch int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.epoch == epoch && n.gaveUp == nil {
		n.changed.Wait()
	}
	return n.gaveUp
}

// alive is the present epoch.
func (n *node) alive() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.epoch
}

// killed reports whether the process of the given epoch was killed.
func (n *node) killed(epoch int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kills >= epoch
}

// addCustomer adds a customer through the admin socket, again if the node dies meanwhile.
func (n *node) addCustomer(id int, email, password string) error {
	customer, err := json.Marshal(map[string]any{"id": id, "email": email, "password": password})
	if err != nil {
		return err
	}
	for again := false; ; again = true {
		epoch := n.alive()
		out, err := n.run(string(customer), "customers", "add", "--config", n.config, "--json", "-")
		if err == nil {
			return nil
		}
		if !n.killed(epoch) {
			if _, missing := n.run("", "customers", "show", "--config", n.config, email); again && missing == nil {
				return nil // an earlier try was applied, but the node died before it could say so
			}
			return fmt.Errorf("%w: %s", err, out)
		}
		if err := n.next(epoch); err != nil {
			return err
		}
	}
}

// run runs the command.
func (n *node) run(stdin string, args ...string) ([]byte, error) {
	n.commands.RLock()
	defer n.commands.RUnlock()
	c := exec.Command(n.command, args...)
	c.Stdin = strings.NewReader(stdin)
	return c.CombinedOutput()
}

// post posts until there is an answer, from this process or a later one, and reads it into answer. asked is when the
// request was made that was answered.
func (n *node) post(path string, body, answer any) (asked time.Time, status int, err error) {
	for busy := 0; ; {
		epoch := n.alive()
		asked = time.Now()
		status, err = n.postOnce(path, body, answer)
		switch {
		case err == nil && status == http.StatusServiceUnavailable && busy < busyRetries:
			busy++
			time.Sleep(100 * time.Millisecond)
			continue
		case err == nil:
			return asked, status, nil
		case !n.killed(epoch):
			return asked, 0, fmt.Errorf("nobody killed the node, but: %w", err)
		}
		if err := n.next(epoch); err != nil {
			return asked, 0, err
		}
	}
}

func (n *node) postOnce(path string, body, answer any) (int, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest("POST", n.base+path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	return n.do(req, answer)
}

func (n *node) get(path, token string, answer any) (int, error) {
	req, err := http.NewRequest("GET", n.base+path, nil)
	if err != nil {
		return 0, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return n.do(req, answer)
}

// do sends req and reads the whole answer: what was cut off was not acknowledged.
func (n *node) do(req *http.Request, answer any) (int, error) {
	resp, err := n.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if answer != nil && resp.StatusCode < http.StatusInternalServerError {
		if err := json.Unmarshal(b, answer); err != nil {
			return resp.StatusCode, errors.Join(err, fmt.Errorf("answer %q", b))
		}
	}
	return resp.StatusCode, nil
}

func (n *node) logTail() string {
	b, err := os.ReadFile(n.log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4000):])
}
