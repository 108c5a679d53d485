package main_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
)

// A running node says which of its files are gone, once for each time.
func TestFilesGone(t *testing.T) {
	dir := t.TempDir()
	socket, key := filepath.Join(dir, "admin.sock"), filepath.Join(dir, "signing.key")
	touch := func(path string) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	touch(socket)
	touch(key)
	own := true
	look, err := edgetoken.LookAtFiles(dir, func() bool { return own })
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	steps := []struct {
		name   string
		do     func()
		socket int // how often it was said
		key    int
	}{
		{"all there", func() {}, 0, 0},
		{"socket removed", func() { remove(socket) }, 1, 0},
		{"key removed", func() { remove(key) }, 1, 1},
		{"key back", func() { touch(key) }, 1, 1},
		{"key removed again", func() { remove(key) }, 1, 2},
		{"SIGNING_KEY is configured", func() { own = false }, 1, 2},
	}
	for _, s := range steps {
		s.do()
		for range 2 {
			look(slog.New(slog.NewTextHandler(&log, nil)))
		}
		if n := strings.Count(log.String(), "file=admin.sock"); n != s.socket {
			t.Errorf("%s: the socket was named %d times, want %d", s.name, n, s.socket)
		}
		if n := strings.Count(log.String(), "file=signing.key"); n != s.key {
			t.Errorf("%s: the key was named %d times, want %d", s.name, n, s.key)
		}
	}
}

// A node whose store file was taken away acknowledges nothing more, says why, and ends in order.
func TestStoreTakenAway(t *testing.T) {
	n := startNode(t, "native")
	a := n.account(t)
	if err := os.Rename(n.file("store.db"), n.file("moved.db")); err != nil {
		t.Fatal(err)
	}
	if r := a.logIn(); !r.busy() {
		t.Errorf("a log-in answers %v, want 503 with Retry-After", r)
	}
	if r := n.ask(t, "GET", "/readyz", ""); !r.busy() || !strings.Contains(r.body, `"error":"store_lost"`) {
		t.Errorf("/readyz answers %v, want store_lost", r)
	}
	if r := n.askAdmin(t, "POST", "/revoke", `{"all": true}`); !r.busy() || !strings.Contains(r.body, "it is gone") {
		t.Errorf("a revocation answers %v, want 503 and what happened", r)
	}
	if _, err := os.Stat(n.file("store.db")); err == nil {
		t.Error("the node made another store")
	}
}
