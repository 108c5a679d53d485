package client_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/edgetoken/edgetoken/host/client"
)

// TestFile: tokens are where their owner alone can read them, and nothing else is left beside them.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "session")
	storage, ctx := client.File(path), context.Background()
	one, two := client.Tokens{Access: "a", Refresh: "r"}, client.Tokens{Access: "b", Refresh: "s"}
	if held, err := storage.Load(ctx); err != nil || held.LoggedIn() {
		t.Fatalf("a new file: %v, %v", held, err)
	}
	for _, c := range []struct {
		name      string
		old, next client.Tokens
		want      bool
		now       client.Tokens
		files     string
	}{
		{"log in", client.Tokens{}, one, true, one, "session session.lock"},
		{"where others are", two, client.Tokens{}, false, one, "session session.lock"},
		{"refresh", one, two, true, two, "session session.lock"},
		{"log out", two, client.Tokens{}, true, client.Tokens{}, "session.lock"},
	} {
		// A program was killed while it wrote.
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".new", []byte("{"), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := storage.Replace(ctx, c.old, c.next)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		if now, err := storage.Load(ctx); err != nil || now != c.now {
			t.Errorf("%s: now %v, %v", c.name, now, err)
		}
		if !c.want || !c.next.LoggedIn() {
			os.Remove(path + ".new")
		}
		if got := files(t, filepath.Dir(path)); got != c.files {
			t.Errorf("%s: files %q, want %q", c.name, got, c.files)
		}
		if info, err := os.Stat(path); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", c.name, info.Mode())
		}
	}
}

func files(t *testing.T, directory string) string {
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestFileOfOthers: what is not a session of this user's is neither used nor overwritten, and no error quotes it.
func TestFileOfOthers(t *testing.T) {
	for _, c := range []struct {
		name, want string
		make       func(path string) error
	}{
		{"others may read it", "chmod 600", func(path string) error {
			return os.WriteFile(path, []byte(`{"access":"secret","refresh":"secret"}`), 0o644)
		}},
		{"cut off", "not a file of this program", func(path string) error {
			return os.WriteFile(path, []byte(`{"access":"secret","refr`), 0o600)
		}},
		{"empty", "not a file of this program", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
		{"settings", "not a file of this program", func(path string) error {
			return os.WriteFile(path, []byte(`{"colour":"secret"}`), 0o600)
		}},
		{"a directory", "no regular file", func(path string) error { return os.Mkdir(path, 0o700) }},
		{"a pipe", "no regular file", func(path string) error {
			return exec.Command("mkfifo", "-m", "600", path).Run()
		}},
		{"a symbolic link to what others may read", "chmod 600", func(path string) error {
			if err := os.WriteFile(path+".there", []byte(`{"refresh":"secret"}`), 0o644); err != nil {
				return err
			}
			return os.Symlink(path+".there", path)
		}},
	} {
		path := filepath.Join(t.TempDir(), "session")
		if err := c.make(path); err != nil {
			t.Fatal(err)
		}
		storage := client.File(path)
		_, loading := storage.Load(context.Background())
		replaced, replacing := storage.Replace(context.Background(), client.Tokens{}, client.Tokens{Refresh: "r"})
		for _, err := range []error{loading, replacing} {
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if replaced {
			t.Errorf("%s: overwritten", c.name)
		}
	}
}

// TestFileOfAnotherUser: root could read it, but would lock its owner out by replacing it.
func TestFileOfAnotherUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session")
	if err := os.WriteFile(path, []byte(`{"access":"a","refresh":"r"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "belongs to another user"
	if os.Getuid() != 0 { // only root can give files away
		want = ""
	} else if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	_, err := client.File(path).Load(context.Background())
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestFileTakesTurns: of many that replace the same tokens, one does.
func TestFileTakesTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session")
	var work sync.WaitGroup
	var won atomic.Int64
	for i := range 40 {
		work.Go(func() {
			next := client.Tokens{Access: "a", Refresh: string(rune('a' + i))}
			replaced, err := client.File(path).Replace(context.Background(), client.Tokens{}, next)
			if err != nil {
				t.Error(err)
			}
			if replaced {
				won.Add(1)
			}
		})
	}
	work.Wait()
	if won.Load() != 1 {
		t.Errorf("%d changes counted", won.Load())
	}
}
