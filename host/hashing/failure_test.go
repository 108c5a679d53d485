package hashing_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store/password"
)

// misbehave is a child that does not do its work.
func misbehave(how string) {
	read := func() { _, _ = os.Stdin.Read(make([]byte, 1)) }
	switch how {
	case "scan":
		scan()
		os.Exit(0)
	case "die at once":
		os.Exit(3)
	case "die":
		read()
		os.Exit(3)
	case "be killed":
		read()
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "talk nonsense":
		read()
		_, _ = os.Stdout.WriteString(strings.Repeat("good\n", 100))
	case "answer half":
		read()
		_, _ = os.Stdout.Write([]byte{0xa8, 1, 0, 0, 1})
		os.Exit(0)
	case "answer another job":
		read()
		_, _ = os.Stdout.Write(append([]byte{0xa8, 1, 0, 0, 99, 99}, make([]byte, 14)...))
	case "close its pipe":
		read()
		_ = os.Stdout.Close()
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "never answer":
	case "read nothing and go":
		_ = os.Stdin.Close()
		_ = os.Stdout.Close()
	}
	time.Sleep(time.Hour)
}

// soon gives up the job of the first child, which is stuck, soon, and those of others late.
func soon(made *nursery) func(hashing.Job) time.Duration {
	return func(hashing.Job) time.Duration {
		if made.count() == 1 {
			return 300 * time.Millisecond
		}
		return time.Minute
	}
}

// A process that does not do its work is replaced, and the failure is counted and logged. The job of one that ended
// is done by another; that of one that is stuck fails, but the next is done.
func TestAProcessThatFailsIsReplaced(t *testing.T) {
	encoded := hash(t, "right", cheap)
	job := hashing.Job{Password: "right", Encoded: encoded, Params: cheap}
	for _, test := range []struct {
		kind    string
		failure hashing.Failure
		repeats bool // the job is done all the same
	}{
		{"missing", hashing.NotStarted, false},
		{"die at once", hashing.Ended, true},
		{"die", hashing.Ended, true},
		{"be killed", hashing.Ended, true},
		{"answer half", hashing.Ended, true},
		{"close its pipe", hashing.Ended, true},
		{"read nothing and go", hashing.Ended, true},
		{"talk nonsense", hashing.Nonsense, false},
		{"answer another job", hashing.Nonsense, false},
		{"stop", hashing.TooSlow, false},
		{"never answer", hashing.TooSlow, false},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			p, made, log := children(t, test.kind, "serve")
			if test.failure == hashing.TooSlow {
				p.Timeout = soon(made)
			}
			r, err := p.Do(t.Context(), job)
			if test.repeats && (err != nil || !r.Good) || !test.repeats && !errors.Is(err, hashing.ErrFailed) {
				t.Fatalf("Do = %+v, %v", r, err)
			}
			for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) { // it recovers by itself
				if r, err = p.Do(t.Context(), job); err == nil && r.Good {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the next job: %+v, %v", r, err)
				}
			}
			if got := p.Stats().Failures[test.failure]; got != 1 {
				t.Errorf("%d failures %s, want 1: %v", got, test.failure, p.Stats())
			}
			if err := p.Health(); err != nil {
				t.Errorf("Health = %v once a job was done", err)
			}
			if first := made.all()[0].Process; first != nil {
				end := time.Now().Add(time.Minute)
				for ; syscall.Kill(first.Pid, 0) == nil; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatal("the process that failed is still there")
					}
				}
			}
			if text := log.String(); !strings.Contains(text, "reason="+string(test.failure)) ||
				strings.Contains(text, "right") || strings.Contains(text, encoded) {
				t.Errorf("log %q; want the reason, and neither the password nor its hash", text)
			}
		})
	}
}

// While no process works, jobs fail at once, no processes are made for them, Health says so, and no password is
// hashed in this process. As soon as one works again so does everything, without a job that asks.
func TestNoProcessWorks(t *testing.T) {
	encoded := hash(t, "right", cheap)
	job := hashing.Job{Password: "right", Encoded: encoded, Params: cheap}
	for _, kind := range []string{"missing", "die at once", "talk nonsense"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p, made, log := children(t, kind)
			if _, err := p.Do(t.Context(), job); !errors.Is(err, hashing.ErrFailed) {
				t.Fatalf("Do = %v, want %v", err, hashing.ErrFailed)
			}
			for end := time.Now().Add(time.Minute); p.Health() == nil; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("Health finds nothing wrong")
				}
			}
			if err := p.Health(); !errors.Is(err, hashing.ErrFailed) {
				t.Errorf("Health = %v, want %v", err, hashing.ErrFailed)
			}
			for range 1000 {
				if r, err := p.Do(t.Context(), job); !errors.Is(err, hashing.ErrFailed) || r.Good {
					t.Fatalf("Do = %+v, %v", r, err)
				}
			}
			// Probing goes on, at most four times a second at first and more slowly then.
			if n := made.count(); n > 20 {
				t.Errorf("%d processes were made for 1000 jobs", n)
			}
			if lines := strings.Count(log.String(), "\n"); lines > 20 {
				t.Errorf("%d records of 1000 jobs", lines)
			}
			made.kinds("serve")
			for end := time.Now().Add(time.Minute); p.Health() != nil; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("processes work again and Health does not say so")
				}
			}
			if r, err := p.Do(t.Context(), job); err != nil || !r.Good {
				t.Errorf("Do = %+v, %v once processes work again", r, err)
			}
			if text := log.String(); strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "again") {
				t.Errorf("log %q; want one record of the fall and one of the recovery", text)
			}
		})
	}
}

// Close ends what is stuck, too: a node that stops waits for nobody.
func TestCloseEndsAProcessAtWork(t *testing.T) {
	p, made, _ := children(t, "never answer")
	done := make(chan error)
	go func() {
		_, err := p.Do(t.Context(), hashing.Job{Password: "right", Params: cheap})
		done <- err
	}()
	for made.count() == 0 || p.Stats().Processes == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, hashing.ErrFailed) {
		t.Errorf("the job at work = %v, want %v", err, hashing.ErrFailed)
	}
	if _, err := p.Do(t.Context(), hashing.Job{Params: cheap}); !errors.Is(err, hashing.ErrFailed) {
		t.Errorf("a job after Close = %v", err)
	}
}

// FuzzServe: whatever the pipe says, a child ends without an answer to what is no job.
func FuzzServe(f *testing.F) {
	f.Add([]byte("right\n"))
	f.Add([]byte{0xa7, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 28 && (b[5]|b[6]|b[7]|b[9]|b[10]|b[11] != 0 || b[26]|b[27] != 0) {
			t.Skip("costs or a length that take long")
		}
		var out strings.Builder
		_ = hashing.ServeOne(strings.NewReader(string(b)), &out)
		if out.Len() > 0 && (len(b) < 28 || b[0] != 0xa7) {
			t.Errorf("an answer to %x", b)
		}
	})
}

// The deadline of a hash follows from what it costs, and is never so short that a process which starts beside others
// misses it.
func TestDeadline(t *testing.T) {
	const django = "pbkdf2_sha256$1000000$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for _, c := range []struct {
		job         hashing.Job
		least, most time.Duration
	}{
		{hashing.Job{Params: cheap}, 15 * time.Second, 15 * time.Second},
		{hashing.Job{Params: password.Default}, 20 * time.Second, 30 * time.Second},
		{hashing.Job{Params: cheap, Encoded: django}, time.Minute, 3 * time.Minute},
		{hashing.Job{Params: cheap, Encoded: "crypt$x"}, 15 * time.Second, 15 * time.Second},
		{
			hashing.Job{Params: password.Params{Memory: 512 << 10, Iterations: 8, Parallelism: 1}},
			10 * time.Minute, 20 * time.Minute,
		},
	} {
		if got := hashing.Deadline(c.job); got < c.least || got > c.most {
			t.Errorf("Deadline(%+v) = %s, want %s to %s", c.job, got, c.least, c.most)
		}
	}
}
