package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is another program, or this one in another role, until stop.
type process struct {
	command *exec.Cmd
	dir     string // its working directory, which goes with it
}

// newProcess makes a process in a directory of its own.
func newProcess(name string, args ...string) *process {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	c := exec.Command(name, args...)
	c.Dir, c.Stderr = dir, os.Stderr
	c.Env = os.Environ()
	p := &process{c, dir}
	made = append(made, p)
	return p
}

// made are all processes, which must not outlive this one where it fails.
var made []*process

// role is this program in a role.
func role(name string, args ...string) *process {
	self, err := os.Executable()
	check(err)
	return newProcess(self, append([]string{name}, args...)...)
}

// serve starts a process that answers at an address, and waits until it does.
func (p *process) serve(url string) *process {
	check(p.command.Start())
	for ends := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get(url)
		if err == nil {
			_ = answer.Body.Close()
			return p
		}
		if time.Now().After(ends) {
			check(fmt.Errorf("%s does not answer: %w", url, err))
		}
	}
}

// line starts a process and gives the first line that it writes.
func (p *process) line() string {
	out, err := p.command.StdoutPipe()
	check(err)
	check(p.command.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	check(err)
	return strings.TrimSpace(line)
}

// stop ends a process, and all that it left.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.command.Wait()
	check(os.RemoveAll(p.dir))
}

// command is the command of this project.
func command() string {
	path, err := filepath.Abs("../../bin/edgetoken")
	check(err)
	return path
}

// node is a node without a request log, with one customer, and with further lines of configuration.
func node(address string, more ...string) *process { return nodeOf(command(), address, more...) }

// nodeOf is node by another build of the command.
func nodeOf(command, address string, more ...string) *process {
	p := newProcess(command, "serve", "--config", "edgetoken.yaml")
	config := append([]string{"listen: " + address, "data: data", "log: {level: error}"}, more...)
	check(os.WriteFile(filepath.Join(p.dir, "edgetoken.yaml"), []byte(strings.Join(config, "\n")), 0o600))
	add := exec.Command(command, "customers", "add", "--config", "edgetoken.yaml", "--password-stdin", customer)
	add.Dir, add.Stdin, add.Stdout, add.Stderr = p.dir, strings.NewReader(password), io.Discard, os.Stderr
	check(add.Run())
	return p.serve("http://" + address + "/healthz")
}

const customer, password = "ana@example.com", "correct horse battery staple"

// address is a free one on loopback. The kernel, asked for any port, gives one of those that connections of wrk get,
// too; these are others, on most machines.
func address() string {
	for {
		at := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		if l, err := net.Listen("tcp", at); err == nil {
			check(l.Close())
			return at
		}
	}
}

// restarted is the process that serve makes of a node which has ended, with its directory.
func (p *process) restarted() *process {
	check(p.command.Process.Signal(syscall.SIGTERM))
	_ = p.command.Wait()
	again := newProcess(command(), "serve", "--config", "edgetoken.yaml")
	check(os.RemoveAll(again.dir))
	again.dir, again.command.Dir = p.dir, p.dir
	return again
}

// anonymous is RssAnon of a process, in MiB.
func anonymous(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	check(err)
	_, after, _ := bytes.Cut(status, []byte("RssAnon:"))
	kib, err := strconv.Atoi(string(bytes.Fields(after)[0]))
	check(err)
	return float64(kib) / 1024
}

// load has wrk ask again and again over 64 connections, and gives the answers in a second. script is in Lua; every
// answer must be 2xx.
func load(url, script string, lasts time.Duration) float64 {
	return loadBy(64, url, script, lasts).rate
}

// loaded is how a server answers: answers in a second, and what 99 of 100 take at most.
type loaded struct {
	rate float64
	p99  time.Duration
}

// loadBy is load by so many clients.
func loadBy(clients int, url, script string, lasts time.Duration) (l loaded) {
	file := filepath.Join(os.TempDir(), fmt.Sprintf("bench-%d.lua", os.Getpid()))
	check(os.WriteFile(file, []byte(script), 0o600))
	defer os.Remove(file)
	ctx, cancel := context.WithTimeout(context.Background(), lasts+30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "wrk", "-t1", fmt.Sprintf("-c%d", clients), "--latency", "--timeout", "20s",
		fmt.Sprintf("-d%ds", int(lasts.Seconds())), "-s", file, url).Output()
	check(err)
	if bytes.Contains(out, []byte("Non-2xx")) || bytes.Contains(out, []byte("Socket errors")) {
		check(fmt.Errorf("wrk of %s: %s", url, out))
	}
	value := func(name string) string {
		_, after, found := strings.Cut(string(out), name)
		if fields := strings.Fields(after); found && len(fields) > 0 {
			return fields[0]
		}
		check(fmt.Errorf("wrk of %s says no %s %s", url, name, out))
		return ""
	}
	l.rate, err = strconv.ParseFloat(value("Requests/sec:"), 64)
	check(err)
	l.p99, err = time.ParseDuration(value(" 99%"))
	check(err)
	return l
}
