package main

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/edgetoken/edgetoken/host/config"
)

var Serve = serve

// Main is the command, with passphrases that cost next to nothing.
func Main() {
	sealWork = 10
	main()
}

// DialAdmin reports whether a node is found at the socket of a data directory.
func DialAdmin(dir string) (bool, error) {
	c, err := dialAdmin(&config.Config{Data: dir})
	if c != nil {
		return true, c.Close()
	}
	return false, err
}

// DistinctHashes is how many different ones there are among hashes, by a hashSet.
func DistinctHashes(hashes []uint64) (n int) {
	var s hashSet
	for _, h := range hashes {
		if s.add(h) {
			n++
		}
	}
	return n
}

// Run runs a command in this process, without a terminal.
func Run(stdin string, args ...string) (stdout, stderr string, exit int) {
	var out, errs bytes.Buffer
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	exit = status(root.Execute(), &errs)
	return out.String(), errs.String(), exit
}

// JSONCommands are the commands that have --json, without the name of the program.
func JSONCommands() (paths []string) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Flags().Lookup("json") != nil {
			paths = append(paths, strings.TrimPrefix(c.CommandPath(), "edgetoken "))
		}
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(rootCommand())
	return paths
}

// BadFlags are command lines, without the name of the program, that give each flag of a number or a boolean a value
// that is none.
func BadFlags() (lines [][]string) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if t := f.Value.Type(); t != "string" && t != "stringArray" && f.Name != "help" {
				lines = append(lines, append(strings.Fields(c.CommandPath())[1:], "--"+f.Name+"=1.5x"))
			}
		})
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(rootCommand())
	return lines
}

var PrintFleetStatus = printFleetStatus
