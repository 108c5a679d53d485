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
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store/password"
)

// cheap are the least costs that there are.
var cheap = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// childVariable has this test program be a child of the kind that it names.
const childVariable = "HASHING_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "serve":
		if err := hashing.Serve(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
	case "die":
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(3)
	}
}

// children makes processes of a kind, and counts them.
func children(t *testing.T, kinds ...string) (*hashing.Processes, *[]*exec.Cmd, *bytes.Buffer) {
	var mu sync.Mutex
	var made []*exec.Cmd
	var log bytes.Buffer
	p := hashing.NewProcesses(func() *exec.Cmd {
		mu.Lock()
		defer mu.Unlock()
		kind := kinds[min(len(made), len(kinds)-1)]
		c := exec.Command(os.Args[0])
		if kind == "missing" {
			c = exec.Command("/nowhere/edgetoken")
		}
		c.Env = []string{childVariable + "=" + kind}
		c.Stderr = os.Stderr
		made = append(made, c)
		return c
	}, slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { _ = p.Close() })
	return p, &made, &log
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
	good, dear := hash(t, "right\x00é\"\n", cheap), hash(t, "right\x00é\"\n", password.Params{Memory: 16, Iterations: 2, Parallelism: 2})
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
		{"unknown customer", "", "right", false, false, false},
		{"a format that is not known", "crypt$x", "right", false, false, true},
	}
	for name, h := range map[string]hashing.Hasher{"here": hashing.Here{}, "processes": processes} {
		for _, test := range tests {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				r, err := h.Check(t.Context(), hashing.Job{Password: test.given, Encoded: test.encoded, Params: cheap})
				if err != nil || r.Good != test.good || (r.Renewed != "") != test.renewed || (r.Fault != "") != test.fault {
					t.Fatalf("Check = %+v, %v", r, err)
				}
				if r.Renewed != "" {
					if ok, err := password.Verify(r.Renewed, test.given); !ok || err != nil || password.NeedsRehash(r.Renewed, cheap) {
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
		if r, err := p.Check(t.Context(), job); !r.Good || err != nil {
			t.Fatalf("Check = %+v, %v", r, err)
		}
	}
	if len(*made) != 1 {
		t.Errorf("%d processes for jobs that follow each other, want 1", len(*made))
	}
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if r, err := p.Check(t.Context(), job); !r.Good || err != nil {
				t.Errorf("Check = %+v, %v", r, err)
			}
		})
	}
	all.Wait()
}

func TestAProcessThatEndsLosesNoJob(t *testing.T) {
	encoded := hash(t, "right", cheap)
	for _, test := range []struct {
		name  string
		kinds []string
		made  int
		here  bool // the job was done in this process
	}{
		{"the first ends", []string{"die", "serve"}, 2, false},
		{"all end", []string{"die"}, 2, true},
		{"none can be started", []string{"missing"}, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, made, log := children(t, test.kinds...)
			r, err := p.Check(t.Context(), hashing.Job{Password: "right", Encoded: encoded, Params: cheap})
			if !r.Good || err != nil {
				t.Fatalf("Check = %+v, %v", r, err)
			}
			if len(*made) != test.made || strings.Contains(log.String(), "own process") != test.here {
				t.Errorf("%d processes, want %d; log %q", len(*made), test.made, log)
			}
			if strings.Contains(log.String(), "right") || strings.Contains(log.String(), encoded) {
				t.Errorf("log %q has the password or its hash", log)
			}
		})
	}
}

func TestAKilledProcessIsReplaced(t *testing.T) {
	p, made, _ := children(t, "serve")
	job := hashing.Job{Password: "right", Encoded: hash(t, "right", cheap), Params: cheap}
	for range 3 {
		if r, err := p.Check(t.Context(), job); !r.Good || err != nil {
			t.Fatalf("Check = %+v, %v", r, err)
		}
		last := (*made)[len(*made)-1]
		_ = last.Process.Signal(syscall.SIGKILL)
	}
	if len(*made) < 2 {
		t.Errorf("%d processes, want more than one", len(*made))
	}
}

// TestAKilledIdleProcessIsGone: it is no zombie until the next job comes.
func TestAKilledIdleProcessIsGone(t *testing.T) {
	p, made, _ := children(t, "serve")
	job := hashing.Job{Password: "right", Encoded: hash(t, "right", cheap), Params: cheap}
	if r, err := p.Check(t.Context(), job); !r.Good || err != nil {
		t.Fatalf("Check = %+v, %v", r, err)
	}
	pid := (*made)[0].Process.Pid
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the killed process is still there")
		}
	}
	if r, err := p.Check(t.Context(), job); !r.Good || err != nil {
		t.Errorf("Check = %+v, %v", r, err)
	}
}

func TestCheckAfterTheEndOfItsContext(t *testing.T) {
	p, made, _ := children(t, "serve")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Check(ctx, hashing.Job{Password: "right", Params: cheap}); !errors.Is(err, context.Canceled) || len(*made) != 0 {
		t.Errorf("Check = %v with %d processes, want context.Canceled and none", err, len(*made))
	}
}

func TestPriority(t *testing.T) {
	p, made, _ := children(t, "serve")
	if _, err := p.Check(t.Context(), hashing.Job{Password: "right", Params: cheap}); err != nil {
		t.Fatal(err)
	}
	pid := (*made)[0].Process.Pid
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		threads = nil // no Linux: the process has one priority
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
