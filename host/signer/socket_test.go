package signer_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/signer"
)

// TestSocketRefused: a client speaks to no socket that somebody else can have put there.
func TestSocketRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, dir, path string)
		want   string
	}{
		"missing":        {func(t *testing.T, _, path string) { remove(t, path) }, "no such file"},
		"a file":         {func(t *testing.T, _, path string) { remove(t, path); write(t, path) }, "is no socket"},
		"open to others": {func(t *testing.T, _, path string) { chmod(t, path, 0o602) }, "run chmod o-w"},
		"open directory": {func(t *testing.T, dir, _ string) { chmod(t, dir, 0o777) }, "can put another socket"},
		"its group":      {func(t *testing.T, dir, _ string) { chmod(t, dir, 0o770) }, "can put another socket"},
		"another user's": {func(t *testing.T, _, path string) { chown(t, path) }, "belongs to user 65534"},
		"in another's":   {func(t *testing.T, dir, _ string) { chown(t, dir) }, "belongs to user 65534"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "kms.sock")
			listener, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			listener.(*net.UnixListener).SetUnlinkOnClose(false)
			defer listener.Close()
			chmod(t, path, 0o600)
			chmod(t, dir, 0o755)
			c.change(t, dir, path)
			client := signer.NewClient(signer.Config{Path: path})
			defer client.Close()
			if _, err := client.Keys(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Keys = %v, want %q", err, c.want)
			}
		})
	}
}

// TestListen: the socket of a dead signer is taken over, that of a living one and a file are not.
func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kms.sock")
	first, err := signer.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Listen(path); err == nil || !strings.Contains(err.Error(), "another signer serves it") {
		t.Errorf("beside another signer: %v", err)
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false)
	first.Close()
	second, err := signer.Listen(path)
	if err != nil {
		t.Fatalf("after a crash: %v", err)
	}
	second.Close()
	write(t, path)
	if _, err := signer.Listen(path); err == nil {
		t.Error("a file was taken for a socket")
	}
}

func TestReadPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	write(t, path)
	if b, err := signer.ReadPrivate(path); string(b) != "ours" || err != nil {
		t.Errorf("ReadPrivate = %q, %v", b, err)
	}
	chmod(t, path, 0o640)
	if b, err := signer.ReadPrivate(path); err == nil || b != nil || !strings.Contains(err.Error(), "run chmod 600") {
		t.Errorf("of a file that others can read: %q, %v", b, err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// chown gives a file to nobody, which only root can.
func chown(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
}
