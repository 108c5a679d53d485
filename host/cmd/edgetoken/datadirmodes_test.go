//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// volume is a data directory as Kubernetes makes one for a pod with an fsGroup: of root and a group that the process
// is in, with mode 2770. As root the tests run the command as another user; else the directory is their own and the
// group one of theirs.
type volume struct {
	dir    string
	root   bool
	uid    int
	group  int
	around string // the directory that it lies in
}

const (
	podUser, podGroup, fsGroup = 65532, 65533, 65534
	strangers                  = 65531 // a group that the process is not in
)

func newVolume(t *testing.T) *volume {
	v := &volume{root: os.Geteuid() == 0, uid: os.Geteuid(), group: os.Getegid()}
	if v.root {
		v.uid, v.group = podUser, fsGroup
	}
	v.around = shortDir(t)
	v.dir = filepath.Join(v.around, "data")
	if err := os.Chmod(v.around, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(v.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	v.give(t, v.dir, 0o770|os.ModeSetgid)
	return v
}

// give gives a file to root, where the tests are, and to the group.
func (v *volume) give(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chown(path, os.Geteuid(), v.group); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// remount does what a kubelet does to a volume before each start of a pod: every file gets the group, and what the
// owner has it has.
func (v *volume) remount(t *testing.T) {
	t.Helper()
	err := filepath.Walk(v.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.Mode()&os.ModeSocket != 0 {
			return err
		}
		mode := info.Mode().Perm() | 0o660
		if info.IsDir() {
			mode |= 0o770 | os.ModeSetgid
		}
		if err := os.Chown(path, -1, v.group); err != nil {
			return err
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// command is the program, as the user of the pod.
func (v *volume) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" {
		program = "/proc/self/exe" // which the user of the pod reaches, whatever the directory of the tests lets it do
	}
	c := &exec.Cmd{Path: program, Args: append([]string{"edgetoken"}, args...), Dir: v.around}
	c.Env = []string{"EDGETOKEN_DATA=" + v.dir, "EDGETOKEN_ENGINE=native", "EDGETOKEN_PASSWORD_MEMORY=8",
		"EDGETOKEN_PASSWORD_ITERATIONS=1", "HOME=/"}
	if v.root {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: podUser, Gid: podGroup,
			Groups: []uint32{fsGroup}}}
	}
	return c
}

// run gives what a command prints, and its status.
func (v *volume) run(t *testing.T, group string, args ...string) (output string, exit int) {
	t.Helper()
	c := v.command(t, args...)
	c.Env = append(c.Env, "EDGETOKEN_DATA_GROUP="+group)
	b, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

func (v *volume) path(name string) string { return filepath.Join(v.dir, name) }

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// TestVolumeIsRefusedAtOnce: without data_group all that is wrong is named by one start, with what the user of a pod
// can do about it.
func TestVolumeIsRefusedAtOnce(t *testing.T) {
	v := newVolume(t)
	out, exit := v.run(t, "refuse", "customers", "add", "ana@example.com", "--no-password")
	want := fmt.Sprintf("data directory %s can be written by others (mode -rwxrwx---), all of its group %d, which "+
		"this process is in too, as Kubernetes makes volumes (fsGroup): "+
		"set data_group: allow (EDGETOKEN_DATA_GROUP=allow)", v.dir, v.group)
	if exit != 1 || !strings.Contains(out, want) || strings.Contains(out, "as its owner") {
		t.Errorf("exit %d: %s, want %q", exit, out, want)
	}
	v.start(t, func() {})
	v.remount(t)
	out, exit = v.run(t, "refuse", "serve", "--listen", "127.0.0.1:0")
	for _, part := range []string{
		want, "store " + v.path("store.db") + " can be read by others (mode -rw-rw----)", "node secret " +
			v.path("keys.secret") + ": others can read or change it",
		"data_group: allow trusts its group",
	} {
		if exit != 1 || !strings.Contains(out, part) {
			t.Errorf("exit %d: %s, want %q", exit, out, part)
		}
	}
}

// start runs a node while f does something.
func (v *volume) start(t *testing.T, f func(), environ ...string) {
	t.Helper()
	node := v.command(t, "serve", "--listen", "127.0.0.1:0")
	node.Env = append(append(node.Env, "EDGETOKEN_DATA_GROUP=allow"), environ...)
	log, err := node.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	lines, said := bufio.NewReader(log), bytes.Buffer{}
	for {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			t.Fatalf("the node does not start: %s %v", said.String(), node.Wait())
		}
		if strings.Contains(line, "listening on") {
			break
		}
	}
	rest := make(chan string)
	go func() {
		b, _ := io.ReadAll(lines)
		rest <- string(b)
	}()
	f()
	if err := node.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	more := <-rest
	if err := node.Wait(); err != nil {
		t.Errorf("the node ends with %v: %s%s", err, said.String(), more)
	}
}

// TestVolumeIsAllowed: with data_group: allow a node and commands run on the volume, from one mount to the next, take
// the modes of their own files back, and keep no code that the group could have put there.
func TestVolumeIsAllowed(t *testing.T) {
	v := newVolume(t)
	must := func(args ...string) string {
		t.Helper()
		out, exit := v.run(t, "allow", args...)
		if exit != 0 {
			t.Fatalf("%q exits with %d: %s", args, exit, out)
		}
		return out
	}
	must("customers", "add", "ana@example.com", "--no-password")
	for range 2 {
		v.start(t, func() {
			if out := must("customers", "list"); !strings.Contains(out,
				"ana@example.com") { // through the socket: the node has the store
				t.Errorf("list prints %s", out)
			}
			must("reload")
		})
		for _, name := range []string{"store.db", "keys.secret"} {
			if m := mode(t, v.path(name)); m != 0o600 {
				t.Errorf("%s has mode %v", name, m)
			}
		}
		if err := os.MkdirAll(v.path("cache"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(v.path("cache/code"), []byte("of somebody in the group"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(v.path("cache"), v.uid, v.group); err != nil {
			t.Fatal(err)
		}
		v.remount(t)
		if m := mode(t, v.path("keys.secret")); m != 0o660 {
			t.Fatalf("the secret has mode %v", m)
		}
		if out := must("customers", "list"); !strings.Contains(out,
			"took the group's rights from "+v.path("store.db")) ||
			!strings.Contains(out, "threw away "+v.path("cache")) {
			t.Errorf("list says %s", out)
		}
		if _, err := os.Lstat(v.path("cache/code")); err == nil {
			t.Error("code that the group could have put into cache/ is still there")
		}
	}
	// Restored by root: not ours to tighten, and of the trusted group.
	v.give(t, v.path("store.db"), 0o660)
	v.give(t, v.path("keys.secret"), 0o640)
	v.start(t, func() { must("customers", "list") })
	// Other secrets that a volume holds.
	if err := os.WriteFile(v.path("secret"), []byte("a secret that is long enough for HS256, all of it"),
		0o600); err != nil {
		t.Fatal(err)
	}
	v.give(t, v.path("secret"), 0o440)
	for group, want := range map[string]bool{"allow": false, "refuse": true} {
		c := v.command(t, "config")
		c.Env = append(c.Env, "EDGETOKEN_DATA_GROUP="+group, "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE="+v.path("secret"))
		out, err := c.CombinedOutput()
		if err != nil || strings.Contains(string(out), "others can read or change") != want {
			t.Errorf("config with a secret of the group, data_group %s: %v, %s", group, err, out)
		}
	}
	if err := servicetest.WriteCertificate(v.dir, 7); err != nil {
		t.Fatal(err)
	}
	v.give(t, v.path("cert.pem"), 0o660)
	v.give(t, v.path("key.pem"), 0o660)
	v.start(t, func() {}, "EDGETOKEN_TLS_CERT="+v.path("cert.pem"), "EDGETOKEN_TLS_KEY="+v.path("key.pem"))
}

// TestVolumeOfStrangers: data_group trusts nobody but the group, and no group but one of the process's own.
func TestVolumeOfStrangers(t *testing.T) {
	v := newVolume(t)
	if out, exit := v.run(t, "allow", "customers", "add", "ana@example.com", "--no-password"); exit != 0 {
		t.Fatal(out)
	}
	for _, c := range []struct {
		name, path string
		mode       os.FileMode
		group      int
		want       string
	}{
		{"directory that all can write to", "", 0o777, v.group, "can be written by others (mode -rwxrwxrwx): run " +
			"chmod 700"},
		{"store that all can read", "store.db", 0o664, v.group, "can be read by others (mode -rw----r--)"},
		{"directory of another group", "", 0o770, strangers, "can be written by its group 65531 (mode -rwxrwx---), " +
			"and data_group: allow trusts that group only where this process is in it"},
		{"directory of another group, that all can write to", "", 0o772, strangers, "can be written by others (mode " +
			"-rwxrwx-w-): run chmod 700"},
	} {
		if c.group == strangers && !v.root {
			continue // nobody else can give a file to a group that he is not in
		}
		path := v.path(c.path)
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, -1, c.group); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if out, exit := v.run(t, "allow", "customers", "list"); exit != 1 || !strings.Contains(out, c.want) ||
			c.mode&0o002 == 0 && strings.Contains(out, "chmod 700") {
			t.Errorf("%s: exit %d: %s, want %q", c.name, exit, out, c.want)
		}
		if err := os.Chown(path, -1, v.group); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, before.Mode()); err != nil {
			t.Fatal(err)
		}
	}
}
