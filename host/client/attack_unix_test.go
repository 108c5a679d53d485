//go:build unix

package client_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// TestAttackFolder: whoever may write into the folder of a session neither holds up its owner nor has it write
// elsewhere.
func TestAttackFolder(t *testing.T) {
	for _, c := range []struct {
		name, beside string
		plant        func(path, elsewhere string) error
	}{
		{"the lock is a pipe", ".lock", func(path, _ string) error { return exec.Command("mkfifo", path).Run() }},
		{"the lock is a link", ".lock", func(path, elsewhere string) error { return os.Symlink(elsewhere, path) }},
		{"the lock is a directory", ".lock", func(path, _ string) error { return os.Mkdir(path, 0o700) }},
		{"the new file is a link", ".new", func(path, elsewhere string) error { return os.Symlink(elsewhere, path) }},
		{"the new file is a pipe", ".new", func(path, _ string) error { return exec.Command("mkfifo", path).Run() }},
	} {
		path := filepath.Join(t.TempDir(), "session")
		elsewhere := filepath.Join(t.TempDir(), "elsewhere")
		if err := c.plant(path+c.beside, elsewhere); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		done := make(chan error, 1)
		go func() {
			secret := client.Tokens{Access: "secret", Refresh: "secret"}
			_, err := client.File(path).Replace(ctx, client.Tokens{}, secret)
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil && (strings.Contains(err.Error(), "secret") || ctx.Err() != nil) {
				t.Errorf("%s: %v", c.name, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: a change hangs", c.name)
		}
		cancel()
		if _, err := os.Lstat(elsewhere); err == nil {
			t.Errorf("%s: a file was made elsewhere", c.name)
		}
	}
}
