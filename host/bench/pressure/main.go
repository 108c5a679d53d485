// Pressure measures what slow clients and a storm of log-ins do to everybody else: a node in a process of its own,
// and its clients in this one.
//
//	cd host/bench && go run ./pressure            both, 20 seconds for each figure
//	cd host/bench && go run ./pressure -for 5s storm
//
// The slow clients are 1,000 connections that send a byte a second, the honest ones 64 in a closed loop. The storm is
// 64 clients that log in in a closed loop, beside 500 token checks a second in an open loop: a check that starts late
// counts from when it was due.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/hashing"
)

var (
	lasts   = flag.Duration("for", 20*time.Second, "how long each figure is measured")
	engine  = flag.String("engine", "wasm", "wasm or native")
	workers = flag.Int("workers", 0, "passwords hashed at once; 0: the default")
	profile = flag.String("cpuprofile", "", "file for a profile of the node's processor time")
	procs   = flag.Int("gomaxprocs", 0, "GOMAXPROCS of the node; 0: Go's own")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	what := flag.Arg(0)
	switch what {
	case "node":
		serve()
		return
	case "hash":
		check(hashing.Serve(os.Stdin, os.Stdout))
		return
	case "bare":
		bare()
		return
	case "", "slow", "storm":
	default:
		log.Fatalf("unknown %q: give slow, storm or nothing for both", what)
	}
	fmt.Printf("%d processors, %s, each figure over %s\n", runtime.NumCPU(), *engine, *lasts)
	if what != "storm" {
		slow()
	}
	if what != "slow" {
		storm()
	}
}

// start runs this program as another process and gives the first line that it writes.
func start(what string) (line string, cmd *exec.Cmd, stop func()) {
	cmd = exec.Command(os.Args[0], "-for", lasts.String(), "-engine", *engine, "-workers", fmt.Sprint(*workers),
		"-cpuprofile", *profile, what)
	cmd.Stderr = os.Stderr
	if *procs > 0 {
		cmd.Env = append(os.Environ(), fmt.Sprint("GOMAXPROCS=", *procs))
	}
	in, err := cmd.StdinPipe()
	check(err)
	out, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	line, err = bufio.NewReader(out).ReadString('\n')
	check(err)
	return strings.TrimSpace(line), cmd, func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
