package datadir_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
)

// A running node says which of its files are gone, once for each time.
func TestFilesGone(t *testing.T) {
	dir := t.TempDir()
	socket, key := filepath.Join(dir, "admin.sock"), filepath.Join(dir, "signing.key")
	secret := filepath.Join(dir, "keys.secret")
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
	touch(secret)
	own := true
	w, err := datadir.NewWatch(datadir.Of(&config.Config{Data: dir}), func() bool { return own })
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
			w.Look(slog.New(slog.NewTextHandler(&log, nil)))
		}
		if n := strings.Count(log.String(), "file=admin.sock"); n != s.socket {
			t.Errorf("%s: the socket was named %d times, want %d", s.name, n, s.socket)
		}
		if n := strings.Count(log.String(), "file=signing.key"); n != s.key {
			t.Errorf("%s: the key was named %d times, want %d", s.name, n, s.key)
		}
	}
	remove(secret)
	for range 2 {
		w.Look(slog.New(slog.NewTextHandler(&log, nil)))
	}
	if n := strings.Count(log.String(), "file=keys.secret"); n != 1 {
		t.Errorf("the node secret was named %d times, want 1", n)
	}
}
