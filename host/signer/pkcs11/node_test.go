package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/testdata/ports"
)

// node is a stock node in a process of its own, with one customer.
type node struct {
	*testing.T
	url string
}

// startNode runs bin/edgetoken with the keys of a signer.
func startNode(t *testing.T, socket string) *node {
	t.Helper()
	program, err := filepath.Abs("../../../bin/edgetoken")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("there is no bin/edgetoken; run ./build.sh")
	}
	address, err := ports.Address()
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	environ := append(os.Environ(), "EDGETOKEN_DATA="+data, "EDGETOKEN_LISTEN="+address,
		"EDGETOKEN_KEYS_SIGNER=unix:"+socket, "EDGETOKEN_SIMPLE_JWT_ROTATE_REFRESH_TOKENS=true",
		"EDGETOKEN_SIMPLE_JWT_BLACKLIST_AFTER_ROTATION=true", "EDGETOKEN_LOG_LEVEL=error")
	add := exec.CommandContext(t.Context(), program, "customers", "add", "ana@example.com", "--password-stdin")
	add.Env, add.Stdin = environ, strings.NewReader("correct horse 1")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("customers add: %v\n%s", err, out)
	}
	serve := exec.Command(program, "serve") // the context of a test ends before its cleanups
	var log bytes.Buffer
	serve.Env, serve.Stderr = environ, &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	t.Cleanup(func() {
		_ = serve.Process.Signal(os.Interrupt)
		if err := <-ended; err != nil || t.Failed() {
			t.Errorf("the node ended: %v\n%s", err, log.String())
		}
	})
	n := &node{t, "http://" + address}
	for {
		answer, err := http.Get(n.url + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return n
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the node does not start: %v\n%s", err, log.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

type pair struct{ Access, Refresh string }

// ask posts a body, and gives status, Retry-After and tokens.
func (n *node) ask(path, body string) (status int, wait string, tokens pair) {
	n.Helper()
	answer, err := http.Post(n.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		n.Error(err)
		return 0, "", pair{}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		n.Error(err)
	}
	_ = json.Unmarshal(text, &tokens)
	return answer.StatusCode, answer.Header.Get("Retry-After"), tokens
}

func (n *node) login() pair {
	n.Helper()
	status, _, tokens := n.ask("/auth/token/", `{"email":"ana@example.com","password":"correct horse 1"}`)
	if status != http.StatusOK || tokens.Refresh == "" {
		n.Fatalf("a log-in = %d", status)
	}
	return tokens
}

func (n *node) refresh(token string) (status int, wait string, tokens pair) {
	n.Helper()
	return n.ask("/auth/token/refresh/", `{"refresh":"`+token+`"}`)
}

// TestNode has a stock node sign with keys in SoftHSM: log-ins, refreshes, the same answer again, and a device that
// goes away and comes back. It prints how many refreshes a second that makes.
func TestNode(t *testing.T) {
	for _, algorithm := range []string{"ES256", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			o := newToken(t, "key="+algorithm)
			stop := start(t, o)
			n := startNode(t, o.listen)
			r, _ := ring(t, o)
			tokens := n.login()
			header, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens.Access, ".")[0])
			if err != nil || !strings.Contains(string(header), r.Set().Keys[0].ID) ||
				!strings.Contains(string(header), algorithm) {
				t.Errorf("the header of a token is %s, %v, want the key in the device", header, err)
			}
			_, _, next := n.refresh(tokens.Refresh)
			if _, _, again := n.refresh(tokens.Refresh); next.Refresh == "" || again != next {
				t.Errorf("a refresh gave %v, and again %v", next, again)
			}
			stop()
			if status, wait, none := n.refresh(next.Refresh); status != http.StatusServiceUnavailable || wait == "" ||
				none != (pair{}) {
				t.Errorf("without the device a refresh = %d, Retry-After %q, %v", status, wait, none)
			}
			if status, _, _ := n.ask("/auth/token/verify/", `{"token":"`+next.Access+`"}`); status != http.StatusOK {
				t.Errorf("without the device verify = %d", status)
			}
			start(t, o)
			if status, _, after := n.refresh(next.Refresh); status != http.StatusOK || after.Refresh == "" {
				t.Errorf("with the device again a refresh = %d", status)
			}
			fmt.Printf("a node with a key in SoftHSM, %s: %.0f refreshes a second, 8 clients, two tokens each\n",
				algorithm, n.refreshes(8, 50))
		})
	}
}

// refreshes is how many refreshes a second clients make that refresh so often each.
func (n *node) refreshes(clients, times int) float64 {
	n.Helper()
	var tokens []string
	for range clients {
		tokens = append(tokens, n.login().Refresh)
	}
	var all sync.WaitGroup
	begun := time.Now()
	for _, token := range tokens {
		all.Go(func() {
			for range times {
				status, _, next := n.refresh(token)
				if status != http.StatusOK {
					n.Errorf("a refresh = %d", status)
					return
				}
				token = next.Refresh
			}
		})
	}
	all.Wait()
	return float64(clients*times) / time.Since(begun).Seconds()
}
