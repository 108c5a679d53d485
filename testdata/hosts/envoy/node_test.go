package envoy

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// node is a node at the address where the configuration of the documents looks for it.
type node struct {
	command, config, root string
}

const nodeURL = "http://127.0.0.1:8001"

// newNode starts a node that publishes bundles, with one customer.
func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{command: filepath.Join(root, "bin/edgetoken"), config: filepath.Join(t.TempDir(), "edgetoken.yaml")}
	// A path to a socket is short (unix(7)), that of a test's folder may not be.
	data, err := os.MkdirTemp("", "envoy")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	configuration, err := json.Marshal(object{ // JSON is YAML
		"listen": "127.0.0.1:8001", "data": data, "allowed_hosts": []string{"127.0.0.1"},
		"bundle":   object{"publish": true},
		"password": object{"memory": 8, "iterations": 1, "parallelism": 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.config, configuration, 0o600); err != nil {
		t.Fatal(err)
	}
	n.run(t, "correct horse 1\n", "customers", "add", "ana@example.com", "--password-stdin")
	n.run(t, "", "keys", "generate", "--activate", "--algorithm", "ES256")
	n.root = strings.TrimSpace(n.run(t, "", "bundle", "root"))

	log, err := os.Create(filepath.Join(filepath.Dir(n.config), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	serve := n.on("serve")
	serve.Stdout, serve.Stderr = log, log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		serve.Process.Signal(os.Interrupt)
		serve.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if a, err := ask(nodeURL + "/readyz"); err == nil && a.status == http.StatusOK {
			return n
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the node does not start:\n%s", tail(string(text)))
		}
	}
}

// on is a command about the node. It knows none of the variables of run, which are like those of a configuration.
func (n *node) on(arguments ...string) *exec.Cmd {
	c := exec.Command(n.command, append(arguments, "--config", n.config)...)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EDGETOKEN_") })
	return c
}

// run runs a command about the node and gives what it prints.
func (n *node) run(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	c := n.on(arguments...)
	c.Stdin = strings.NewReader(input)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		t.Fatalf("edgetoken %s: %v\n%s", strings.Join(arguments, " "), err, complaint.String())
	}
	return string(out)
}

// logIn gives a pair of tokens.
func (n *node) logIn(t *testing.T) (access, refresh string) {
	t.Helper()
	body := `{"email": "ana@example.com", "password": "correct horse 1"}`
	response, err := client.Post(nodeURL+"/auth/token/", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var pair struct{ Access, Refresh string }
	if err := json.NewDecoder(response.Body).Decode(&pair); err != nil || pair.Access == "" {
		t.Fatalf("log-in: status %d, %v", response.StatusCode, err)
	}
	return pair.Access, pair.Refresh
}

// TestNode has Envoy go by the bundles of a node, as the documents say it: what is revoked there is refused here after
// the next poll.
func TestNode(t *testing.T) {
	n := newNode(t)
	service(t)
	start(t, documented(t, n.root), module(t, ""), 1)
	access, refresh := n.logIn(t)
	await(t, 200, 10*time.Second, site+"/api", "Authorization", bearer(access))
	if a := get(t, site+"/api", "Authorization", bearer(access)); a.received(t).Get("X-User-Id") != "1" {
		t.Errorf("the service had %s", a.body)
	}
	if a := get(t, site+"/api", "Authorization", bearer(refresh)); a.status != 401 {
		t.Errorf("a refresh token: %d %s", a.status, a.body)
	}
	for range 3 {
		other, _ := n.logIn(t)
		access, _ := n.logIn(t)
		for _, token := range []string{other, access} {
			await(t, 200, 5*time.Second, site+"/api", "Authorization", bearer(token))
		}
		n.run(t, access+"\n", "token", "revoke", "-")
		took := await(t, 401, 5*time.Second, site+"/api", "Authorization", bearer(access))
		t.Logf("revoked at the node, and refused after %d ms", took.Milliseconds())
		if a := get(t, site+"/api", "Authorization", bearer(other)); a.status != 200 {
			t.Errorf("another log-in: %d %s", a.status, a.body)
		}
	}
	n.run(t, "", "customers", "logout", "ana@example.com")
	took := await(t, 401, 5*time.Second, site+"/api", "Authorization", bearer(access))
	t.Logf("logged out everywhere, and refused after %d ms", took.Milliseconds())

	// The node's own words and Envoy's are the same.
	ours := get(t, site+"/api", "Authorization", bearer(access))
	theirs := get(t, nodeURL+"/customers/me/", "Authorization", bearer(access))
	if ours.body != theirs.body || ours.status != theirs.status {
		t.Errorf("Envoy answers %d %s, the node %d %s", ours.status, ours.body, theirs.status, theirs.body)
	}
}
