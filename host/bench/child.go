package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// child is a peer in a process of its own, which answers line by line: see peers/setup.
type child struct {
	*process
	version string // what it calls itself and what it runs on
	in      io.WriteCloser
	out     *bufio.Reader
}

// startChild starts a peer with arguments, of which empty ones are left out.
func startChild(command []string, args ...string) *child {
	words := command[1:len(command):len(command)]
	for _, a := range args {
		if a != "" {
			words = append(words, a)
		}
	}
	c := &child{process: newProcess(command[0], words...)}
	var err error
	c.in, err = c.command.StdinPipe()
	check(err)
	out, err := c.command.StdoutPipe()
	check(err)
	c.out = bufio.NewReader(out)
	check(c.command.Start())
	c.version = c.line()
	return c
}

// line is the next line that the child writes.
func (c *child) line() string {
	line, err := c.out.ReadString('\n')
	if err != nil {
		check(fmt.Errorf("%s says %q and ends: %w", c.command, line, err))
	}
	return strings.TrimSpace(line)
}

func (c *child) ask(line string) string {
	_, err := io.WriteString(c.in, line+"\n")
	check(err)
	return c.line()
}

// try has the child verify a token: "yes", or why not.
func (c *child) try(token string) string { return c.ask("try " + token) }

// run has the child verify n of its tokens, and gives the microseconds of processor time for each.
func (c *child) run(n int) float64 {
	said := c.ask("run " + strconv.Itoa(n))
	micros, err := strconv.ParseFloat(said, 64)
	if err != nil || micros < 0 {
		check(fmt.Errorf("%s took %q for %d tokens", c.command, said, n))
	}
	return micros / float64(n)
}

// warm lets the child work for two seconds of its processor time, so that compilers that wait for what is used often
// are done.
func (c *child) warm() {
	for used := 0.0; used < 2e6; {
		used += c.run(inTurn) * inTurn
	}
}
