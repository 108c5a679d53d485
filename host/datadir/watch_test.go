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
	socket, secret := filepath.Join(dir, "admin.sock"), filepath.Join(dir, "keys.secret")
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
	touch(secret)
	w, err := datadir.NewWatch(datadir.Of(&config.Config{Data: dir}))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	steps := []struct {
		name   string
		do     func()
		socket int // how often it was said
		secret int
	}{
		{"all there", func() {}, 0, 0},
		{"socket removed", func() { remove(socket) }, 1, 0},
		{"secret removed", func() { remove(secret) }, 1, 1},
		{"secret back", func() { touch(secret) }, 1, 1},
		{"secret removed again", func() { remove(secret) }, 1, 2},
	}
	for _, s := range steps {
		s.do()
		for range 2 {
			w.Look(slog.New(slog.NewTextHandler(&log, nil)))
		}
		if n := strings.Count(log.String(), "file=admin.sock"); n != s.socket {
			t.Errorf("%s: the socket was named %d times, want %d", s.name, n, s.socket)
		}
		if n := strings.Count(log.String(), "file=keys.secret"); n != s.secret {
			t.Errorf("%s: the node secret was named %d times, want %d", s.name, n, s.secret)
		}
	}
}
