package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// resealing is a store whose keys are sealed anew, by processes that are killed.
type resealing struct {
	*testing.T
	data string
	keys map[string]string // private keys as JWKs, by kid
}

func newResealing(t *testing.T) *resealing {
	r := &resealing{t, filepath.Join(t.TempDir(), "data"), map[string]string{}}
	for kid, algorithm := range map[string]string{"pair": "ES256", "secret": "HS256"} {
		r.must("keys", "generate", "--id", kid, "--algorithm", algorithm)
		r.keys[kid] = r.must("keys", "export", kid, "--private", "--format", "jwk")
	}
	return r
}

// command is a command on the store. env is added to its environment.
func (r *resealing) command(env string, args ...string) *exec.Cmd {
	c := exec.Command("edgetoken", append(args, "--data", r.data)...)
	c.Env = append(os.Environ(), "EDGETOKEN_ENGINE=native", env)
	return c
}

func (r *resealing) must(args ...string) string {
	r.Helper()
	c := r.command("", args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		r.Fatalf("%q: %v: %s", args, err, &errs)
	}
	return string(out)
}

// opens reports whether a command opens all keys.
func (r *resealing) opens(env string) bool {
	for kid, want := range r.keys {
		out, err := r.command(env, "keys", "export", kid, "--private", "--format", "jwk").Output()
		if err != nil || string(out) != want {
			return false
		}
	}
	return true
}

// kill seals the keys anew in a process that is killed once now says so, or where it has ended.
func (r *resealing) kill(now func() bool, args ...string) {
	r.Helper()
	c := r.command("", append([]string{"keys", "reseal"}, args...)...)
	if err := c.Start(); err != nil {
		r.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Wait()
	}()
	for !now() {
		select {
		case <-done:
			return
		default:
		}
	}
	_ = c.Process.Kill()
	<-done
}

// moments are those at which a process is killed: when a file that it makes is there, and so many others from its start
// to its end.
func (r *resealing) moments(others int) map[string]func() bool {
	inode := func() os.FileInfo {
		info, _ := os.Stat(filepath.Join(r.data, "store.db"))
		return info
	}
	began := time.Now()
	r.must("keys", "reseal")
	took := time.Since(began)
	all := map[string]func() bool{
		"there is a new secret": func() bool {
			_, err := os.Lstat(filepath.Join(r.data, "keys.secret.new"))
			return err == nil
		},
	}
	store := inode()
	all["there is a new store"] = func() bool { is := inode(); return is != nil && !os.SameFile(store, is) }
	for i := range others {
		began := time.Time{}
		after := took * time.Duration(i+1) / time.Duration(others+1)
		all["after "+after.String()] = func() bool {
			if began.IsZero() {
				began = time.Now()
			}
			return time.Since(began) >= after
		}
	}
	return all
}

// Wherever a process that seals keys anew is killed, the next one opens all keys, and takes the new secret or the old
// one.
func TestResealKilled(t *testing.T) {
	r := newResealing(t)
	for when, now := range r.moments(3) {
		r.kill(now)
		if !r.opens("") {
			t.Errorf("killed %s: the keys do not open", when)
		}
		if _, err := os.Lstat(filepath.Join(r.data, "keys.secret.new")); err == nil {
			t.Errorf("killed %s: keys.secret.new is left", when)
		}
	}
	n := startProcess(t, r.data, nil)
	n.ready(t)
	n.end(t)
	if out := r.must("check"); !strings.HasSuffix(out, "\nsound\n") {
		t.Errorf("check prints %s", out)
	}
}

// The same with a secret of a file: the one before or that one opens all keys, and to seal them once more ends it.
func TestResealFromFileKilled(t *testing.T) {
	r := newResealing(t)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("a-secret-of-more-than-thirty-two-bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	configured := "EDGETOKEN_KEYS_SECRET_FILE=" + file
	all := r.moments(1)
	delete(all, "there is a new secret") // it was there before
	for when, now := range all {
		r.kill(now, "--secret-file", file)
		if r.opens("") == r.opens(configured) {
			t.Errorf("killed %s: both secrets or none opens the keys", when)
		}
		r.must("keys", "reseal", "--secret-file", file)
		if !r.opens(configured) {
			t.Errorf("killed %s: sealing once more does not end it", when)
		}
		if out, err := r.command(configured, "keys", "reseal").CombinedOutput(); err != nil || !r.opens("") {
			t.Fatalf("back into the data directory: %v: %s", err, out)
		}
	}
}
