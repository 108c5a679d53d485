package main_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
)

// TestDialAdmin holds what is done before a byte is sent to a socket that somebody put into a data directory.
func TestDialAdmin(t *testing.T) {
	for _, c := range []struct {
		name  string
		mode  os.FileMode
		link  bool
		want  string // in the error; empty: "found" says whether a node is found
		found bool
	}{
		{"directory of its owner's", 0o700, false, "", true},
		{"directory that others can read", 0o755, false, "", true},
		{"directory that the group can write to", 0o770, false, "can be written by others", false},
		{"directory that all can write to", 0o777, false, "can be written by others", false},
		{"directory that all can write to, sticky", 0o777 | os.ModeSticky, false, "can be written by others", false},
		{"symbolic link to a socket", 0o700, true, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := shortDir(t)
			path := filepath.Join(dir, "admin.sock")
			if c.link {
				elsewhere := filepath.Join(shortDir(t), "s")
				if err := os.Symlink(elsewhere, path); err != nil {
					t.Fatal(err)
				}
				path = elsewhere
			}
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := os.Chmod(dir, c.mode); err != nil {
				t.Fatal(err)
			}
			found, err := edgetoken.DialAdmin(dir)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("dialAdmin = %v, want error %q", err, c.want)
			}
			if found != c.found {
				t.Errorf("dialAdmin finds a node: %v, want %v", found, c.found)
			}
		})
	}
}

// shortDir is a temporary directory whose path leaves room for that of a socket.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "edgetoken")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
