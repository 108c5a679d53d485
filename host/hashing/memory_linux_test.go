package hashing_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store/password"
)

// A password must not be found in the memory of a process once it has been hashed. The needle is handed on bit by bit
// inverted, so that whoever searches does not find itself.

// inverted is a text with every bit inverted, in hex.
func inverted(text string) string {
	b := []byte(text)
	for i := range b {
		b[i] = ^b[i]
	}
	return hex.EncodeToString(b)
}

// scan prints how often the needle is in the memory of a process: it is a process of its own.
func scan() {
	needle, err := hex.DecodeString(os.Args[2])
	if err != nil {
		panic(err)
	}
	n, err := count(os.Args[1], needle)
	if errors.Is(err, fs.ErrPermission) {
		os.Exit(notPermitted)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(n)
}

// notPermitted is the status of scan where the system does not let it read.
const notPermitted = 77

func count(pid string, needle []byte) (n int, err error) {
	for i := range needle {
		needle[i] = ^needle[i]
	}
	maps, err := os.ReadFile("/proc/" + pid + "/maps")
	if err != nil {
		return 0, err
	}
	memory, err := os.Open("/proc/" + pid + "/mem")
	if err != nil {
		return 0, err
	}
	defer memory.Close()
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uint64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil {
			return 0, err
		}
		if !strings.HasPrefix(rights, "rw") {
			continue
		}
		const step = 1 << 20
		b := make([]byte, step+len(needle)-1)
		for at := from; at < to; at += step {
			// A page that cannot be read holds nothing.
			got, _ := memory.ReadAt(b[:min(uint64(len(b)), to-at)], int64(at))
			n += bytes.Count(b[:got], needle)
		}
	}
	return n, nil
}

// occurrences is how often text is in the memory of a process, as another process sees it.
func occurrences(t *testing.T, pid int, text string) int {
	t.Helper()
	c := exec.Command(os.Args[0], strconv.Itoa(pid), inverted(text))
	c.Env = []string{childVariable + "=scan"}
	c.Stderr = os.Stderr
	out, err := c.Output()
	if c.ProcessState.ExitCode() == notPermitted {
		t.Skip("this user may not read the memory of another process")
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(out))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// secretText is a password that stands nowhere in this program. It is made on another goroutine: what making it
// leaves on a stack is copied where that grows.
func secretText(length int) string {
	made := make(chan string)
	go func() { made <- strings.Repeat("horse battery ", length/14) + rand.Text() }()
	return <-made
}

func TestPasswordsLeaveTheMemory(t *testing.T) {
	for name, length := range map[string]int{"short": 0, "long": 300, "as long as may be": 4000} {
		t.Run(name, func(t *testing.T) {
			p, made, _ := children(t, "serve")
			given := secretText(length)
			// The end of it, since argon2 takes long texts in pieces.
			needle := given[len(given)-15:]
			fourLanes := password.Params{Memory: 1 << 10, Iterations: 2, Parallelism: 4}
			jobs := []hashing.Job{
				{Password: given, Encoded: hash(t, "other", cheap), Params: cheap},
				{Password: given, Encoded: django(t), Params: cheap},
				{Password: given, Encoded: "crypt$x", Params: cheap},
				{Password: given, Encoded: fourLanes.Decoy(), Params: cheap},
				{Password: given, Params: cheap, Make: true},
			}
			before := occurrences(t, os.Getpid(), needle)
			for _, j := range jobs {
				if _, err := p.Do(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
			if after := occurrences(t, os.Getpid(), needle); after > before {
				t.Errorf("the password is %d times in this process, and was %d times before", after, before)
			}
			pid := made.all()[0].Process.Pid
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				n := occurrences(t, pid, needle)
				if n == 0 {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the password is %d times in an idle process", n)
				}
			}
			if s := p.Stats(); s.Processes != 1 || made.count() != 1 {
				t.Errorf("%d processes of %d that were made are alive, want the one that was searched",
					s.Processes, made.count())
			}
			if _, err := p.Do(t.Context(), jobs[0]); err != nil || made.count() != 1 {
				t.Errorf("the next job = %v, with %d processes made; want it done by the same one", err, made.count())
			}
		})
	}
}

// django is a hash as Django makes it.
func django(t *testing.T) string {
	t.Helper()
	const encoded = "pbkdf2_sha256$1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if _, err := password.Verify(encoded, "x"); err != nil {
		t.Fatal(err)
	}
	return encoded
}
