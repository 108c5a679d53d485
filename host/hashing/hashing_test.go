package hashing_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store/password"
)

// cheap are the lowest costs that Argon2 allows.
var cheap = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// childVariable makes this test program act as a child; its value names the kind of child.
const childVariable = "HASHING_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "serve":
		if err := hashing.Serve(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
	default:
		misbehave(os.Getenv(childVariable))
	}
}

// nursery starts children and remembers them.
type nursery struct {
	mu   sync.Mutex
	kind []string // of the first child, the second, …; the last kind is for all further ones
	made []*exec.Cmd
}

// command prepares the next child.
func (n *nursery) command() *exec.Cmd {
	n.mu.Lock()
	defer n.mu.Unlock()
	kind := n.kind[min(len(n.made), len(n.kind)-1)]
	c := exec.Command(os.Args[0])
	if kind == "missing" {
		c = exec.Command("/nowhere/edgetoken")
	}
	c.Env = []string{childVariable + "=" + kind}
	n.made = append(n.made, c)
	return c
}

func (n *nursery) kinds(kinds ...string) { n.mu.Lock(); n.kind = kinds; n.mu.Unlock() }
func (n *nursery) count() int            { n.mu.Lock(); defer n.mu.Unlock(); return len(n.made) }
func (n *nursery) all() []*exec.Cmd      { n.mu.Lock(); defer n.mu.Unlock(); return slices.Clone(n.made) }

// buffer is a log that can be read while others write to it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }
func (b *buffer) String() string              { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// children makes a pool of processes of these kinds.
func children(t *testing.T, kinds ...string) (*hashing.Processes, *nursery, *buffer) {
	made, log := &nursery{kind: kinds}, &buffer{}
	p := hashing.NewProcesses(made.command, slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() { _ = p.Close() })
	return p, made, log
}

func hash(t *testing.T, text string, p password.Params) string {
	t.Helper()
	h, err := password.Hash(text, p, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCheck(t *testing.T) {
	processes, _, _ := children(t, "serve")
	good := hash(t, "right\x00é\"\n", cheap)
	dear := hash(t, "right\x00é\"\n", password.Params{Memory: 16, Iterations: 2, Parallelism: 2})
	tests := []struct {
		name, encoded, given string
		good, renewed, fault bool
	}{
		{"right", good, "right\x00é\"\n", true, false, false},
		{"wrong", good, "right", false, false, false},
		{"not UTF-8", good, "right\xff", false, false, false},
		{"empty", good, "", false, false, false},
		{"other costs, right", dear, "right\x00é\"\n", true, true, false},
		{"other costs, wrong", dear, "wrong", false, false, false},
		{"unknown customer", cheap.Decoy(), "right", false, false, false},
		{"a format that is not known", "crypt$x", "right", false, false, true},
		{"a hash longer than any", strings.Repeat("x", 1<<20), "right", false, false, true},
	}
	for name, h := range map[string]hashing.Hasher{"here": hashing.InProcess{}, "processes": processes} {
		for _, test := range tests {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				r, err := h.Do(t.Context(), hashing.Job{Password: test.given, Encoded: test.encoded, Params: cheap})
				renewed, fault := r.Renewed != "", r.Fault != ""
				if err != nil || r.Good != test.good || renewed != test.renewed || fault != test.fault {
					t.Fatalf("Do = %+v, %v", r, err)
				}
				if r.Renewed != "" {
					ok, err := password.Verify(r.Renewed, test.given)
					if !ok || err != nil || password.NeedsRehash(r.Renewed, cheap) {
						t.Errorf("the renewed hash %q verifies: %t, %v", r.Renewed, ok, err)
					}
				}
			})
		}
	}
}

func TestProcessesAreUsedAgainAndTogether(t *testing.T) {
	p, made, _ := children(t, "serve")
	job := hashing.Job{Password: "right", Encoded: hash(t, "right", cheap), Params: cheap}
	for range 20 {
		if r, err := p.Do(t.Context(), job); !r.Good || err != nil {
			t.Fatalf("Do = %+v, %v", r, err)
		}
	}
	if made.count() != 1 {
		t.Errorf("%d processes for jobs that follow each other, want 1", made.count())
	}
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if r, err := p.Do(t.Context(), job); !r.Good || err != nil {
				t.Errorf("Do = %+v, %v", r, err)
			}
		})
	}
	all.Wait()
}

func TestAKilledProcessIsReplaced(t *testing.T) {
	p, made, _ := children(t, "serve")
	job := hashing.Job{Password: "right", Encoded: hash(t, "right", cheap), Params: cheap}
	for range 3 {
		if r, err := p.Do(t.Context(), job); !r.Good || err != nil {
			t.Fatalf("Do = %+v, %v", r, err)
		}
		last := made.all()[made.count()-1]
		_ = last.Process.Signal(syscall.SIGKILL)
	}
	if made.count() < 2 {
		t.Errorf("%d processes, want more than one", made.count())
	}
}

func TestMake(t *testing.T) {
	processes, _, _ := children(t, "serve")
	for name, h := range map[string]hashing.Hasher{"here": hashing.InProcess{}, "processes": processes} {
		r, err := h.Do(t.Context(), hashing.Job{Make: true, Password: "right é", Params: cheap})
		if ok, _ := password.Verify(r.Renewed, "right é"); err != nil || !ok || r.Good || r.Fault != "" {
			t.Errorf("%s: a hash made = %+v, %v; the password is checked %v by it", name, r, err, ok)
		}
		r, err = h.Do(t.Context(), hashing.Job{Make: true, Password: "no text \xff", Params: cheap})
		if err != nil || r.Renewed != "" || r.Fault == "" {
			t.Errorf("%s: a hash of what is no text = %+v, %v; want a fault", name, r, err)
		}
	}
}

// TestAKilledIdleProcessIsGone: a killed process does not stay a zombie until the next job comes.
func TestAKilledIdleProcessIsGone(t *testing.T) {
	p, made, _ := children(t, "serve")
	job := hashing.Job{Password: "right", Encoded: hash(t, "right", cheap), Params: cheap}
	if r, err := p.Do(t.Context(), job); !r.Good || err != nil {
		t.Fatalf("Do = %+v, %v", r, err)
	}
	pid := made.all()[0].Process.Pid
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the killed process is still there")
		}
	}
	if r, err := p.Do(t.Context(), job); !r.Good || err != nil {
		t.Errorf("Do = %+v, %v", r, err)
	}
}

func TestCheckAfterTheEndOfItsContext(t *testing.T) {
	p, made, _ := children(t, "serve")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Do(ctx, hashing.Job{Password: "right", Params: cheap})
	if !errors.Is(err, context.Canceled) || made.count() != 0 {
		t.Errorf("Do = %v with %d processes, want context.Canceled and none", err, made.count())
	}
}

func TestPriority(t *testing.T) {
	p, made, _ := children(t, "serve")
	if _, err := p.Do(t.Context(), hashing.Job{Password: "right", Params: cheap}); err != nil {
		t.Fatal(err)
	}
	pid := made.all()[0].Process.Pid
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		threads = nil // not Linux: the process has one priority
	}
	ids := []int{pid}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		// The kernel gives 20 - nice.
		if nice, err := syscall.Getpriority(syscall.PRIO_PROCESS, id); err != nil || nice != 1 {
			t.Errorf("thread %d: priority %d, %v, want 1", id, nice, err)
		}
	}
}

func TestServeRefusesWhatIsNoJob(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = []string{childVariable + "=serve"}
	c.Stdin = strings.NewReader("right\n")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, io.Discard
	if err := c.Run(); err == nil || out.Len() > 0 {
		t.Errorf("Serve of nonsense: %v, wrote %q", err, &out)
	}
}
