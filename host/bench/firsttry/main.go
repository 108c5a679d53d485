// Firsttry measures whether the time of one log-in tells if an e-mail address is known, in a store half of whose
// customers moved in with slow hashes: 200 registered addresses and 200 unknown ones, each tried once with a wrong
// password, one at a time and in random order. It compares the times by the Mann-Whitney test.
//
//	./build.sh && cd host/bench && go run ./firsttry
//
// As a control it compares the halves of the store with each other, and prints a p below which nobody doubts.
package main

import (
	"bufio"
	"bytes"
	crand "crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

var (
	program    = flag.String("edgetoken", "../../bin/edgetoken", "the command to measure")
	number     = flag.Int("n", 200, "registered addresses, and unknown ones")
	iterations = flag.Int("iterations", 1_000_000, "of PBKDF2 in the hashes that moved in")
	listen     = flag.String("listen", "127.0.0.1:8765", "address of the node")
)

// The kinds of addresses.
const (
	native  = "registered here"
	movedIn = "moved in"
	unknown = "unknown"
)

// try is one log-in.
type try struct {
	kind, email string
	took        time.Duration
}

func main() {
	log.SetFlags(0)
	flag.Parse()
	dir, err := os.MkdirTemp("", "firsttry")
	check(err)
	defer os.RemoveAll(dir)
	tries := addresses()
	fill(dir, tries)
	stop := serve(dir)
	defer stop()

	rand.Shuffle(len(tries), func(i, j int) { tries[i], tries[j] = tries[j], tries[i] })
	for i := range tries {
		tries[i].took = logIn(tries[i].email)
	}
	fmt.Printf("%d registered addresses, every other one moved in with %d iterations; %d unknown ones\n", *number,
		*iterations, *number)
	for _, kind := range []string{native, movedIn, unknown} {
		took := times(tries, kind)
		fmt.Printf("%-16s %4d tries, median %5.1f ms, quartiles %5.1f and %5.1f ms\n", kind, len(took),
			took[len(took)/2], took[len(took)/4], took[len(took)*3/4])
	}
	compare("unknown against registered", times(tries, unknown), times(tries, native, movedIn))
	compare("control: moved in against registered here", times(tries, movedIn), times(tries, native))
}

// addresses are those to try, the unknown ones and the registered ones.
func addresses() (tries []try) {
	for i := range *number {
		kind := native
		if i%2 == 1 {
			kind = movedIn
		}
		tries = append(tries, try{kind: kind, email: address()}, try{kind: unknown, email: address()})
	}
	return tries
}

// address is a random one: the unknown ones are as long as the known.
func address() string { return strings.ToLower(crand.Text()) + "@example.com" }

// fill adds the registered customers to the store of a data directory.
func fill(dir string, tries []try) {
	hash, err := password.Hash("right", password.Default, crand.Reader)
	check(err)
	// No password fits this one, which no time shows.
	slow, _ := password.Decoy(fmt.Sprintf("pbkdf2_sha256$%d$salt$%s=", *iterations, strings.Repeat("A", 43)))
	var lines bytes.Buffer
	for _, t := range tries {
		stored := map[string]string{native: hash, movedIn: slow}[t.kind]
		if stored == "" {
			continue
		}
		check(json.NewEncoder(&lines).Encode(map[string]any{"email": t.email, "password_hash": stored}))
	}
	path := filepath.Join(dir, "customers.json")
	check(os.WriteFile(path, lines.Bytes(), 0o600))
	add := exec.Command(*program, "customers", "add", "--data", filepath.Join(dir, "data"), "--json", path)
	add.Stderr = os.Stderr
	check(add.Run())
}

// serve starts a node and returns once it answers.
func serve(dir string) (stop func()) {
	node := exec.Command(*program, "serve", "--data", filepath.Join(dir, "data"), "--listen", *listen)
	out, err := node.StderrPipe()
	check(err)
	check(node.Start())
	go func() { // or the node would wait for its log to be read
		for s := bufio.NewScanner(out); s.Scan(); {
		}
	}()
	for ends := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		answer, err := http.Get("http://" + *listen + "/readyz")
		if err == nil {
			check(answer.Body.Close())
			break
		}
		if time.Now().After(ends) {
			check(err)
		}
	}
	for range 5 { // the first hash starts a process
		logIn(address())
	}
	return func() {
		check(node.Process.Signal(os.Interrupt))
		check(node.Wait())
	}
}

// logIn tries a wrong password.
func logIn(email string) time.Duration {
	body, err := json.Marshal(map[string]string{"email": email, "password": "wrong"})
	check(err)
	began := time.Now()
	answer, err := http.Post("http://"+*listen+"/auth/token/", "application/json", bytes.NewReader(body))
	took := time.Since(began)
	check(err)
	check(answer.Body.Close())
	if answer.StatusCode != http.StatusUnauthorized {
		log.Fatalf("a log-in answers %s", answer.Status)
	}
	return took
}

// times are those of the tries of these kinds, in milliseconds and in order.
func times(tries []try, kinds ...string) (ms []float64) {
	for _, t := range tries {
		if slices.Contains(kinds, t.kind) {
			ms = append(ms, float64(t.took.Microseconds())/1e3)
		}
	}
	slices.Sort(ms)
	return ms
}

func compare(what string, a, b []float64) {
	u, z, p := mannWhitney(a, b)
	fmt.Printf("%s: U = %.0f of %d, z = %+.2f, p = %.3g\n", what, u, len(a)*len(b), z, p)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
