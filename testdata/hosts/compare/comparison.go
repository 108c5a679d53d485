package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/edgetoken/edgetoken/testdata/kit"
)

// host is a column of the matrix. What runs by hand has its last results kept.
type host struct {
	name   string
	byHand bool
}

// hosts are the columns, in their order.
var hosts = []host{
	{name: "native"}, {name: "wazero"}, {name: "wazero-helped"}, {name: "http-wasm"}, {name: "traefik", byHand: true},
	{name: "envoy"}, {name: "node"}, {name: "deno"}, {name: "bun"}, {name: "workerd"}, {name: "python"},
	{name: "python-module"}, {name: "jco"}, {name: "wasmtime"},
}

// comparison is what hosts said beside what the kit wants.
type comparison struct {
	kit    *kit.Kit
	cases  map[string]kit.Case
	groups []string       // in the kit's order
	sizes  map[string]int // cases of each group
	// equal counts the cases of each group by host.
	equal       map[string]map[string]int
	differences []string
	cannot      map[cannot]*unsaid
	passed      int
	failed      int
	skipped     int
}

// cannot is why a host cannot express some steps.
type cannot struct{ host, why string }

// unsaid is what a host cannot express.
type unsaid struct {
	steps int
	cases []string // of which no token is left
}

func newComparison(k *kit.Kit) *comparison {
	c := &comparison{kit: k, cases: map[string]kit.Case{}, sizes: map[string]int{},
		equal: map[string]map[string]int{}, cannot: map[cannot]*unsaid{}}
	for _, of := range k.Cases {
		c.cases[of.Name] = of
		g := group(of.Name)
		if c.sizes[g] == 0 {
			c.groups = append(c.groups, g)
		}
		c.sizes[g]++
	}
	return c
}

func group(name string) string { return name[:strings.IndexByte(name, '/')] }

// add reads a host's results. A case that is not among them, or twice, differs.
func (c *comparison) add(host, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	results := map[string]kit.Result{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r kit.Result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if _, twice := results[r.Name]; twice || c.cases[r.Name].Name == "" {
			c.differ(host, r.Name, "is no case of the kit, or there twice")
			continue
		}
		results[r.Name] = r
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	c.equal[host] = map[string]int{}
	for _, of := range c.kit.Cases {
		r, ok := results[of.Name]
		left := c.leave(host, of, r.Got)
		switch how := difference(of, r.Got); {
		case !ok:
			c.differ(host, of.Name, "has no result")
		case how != "":
			c.differ(host, of.Name, how)
		case left:
			c.passed++
			c.equal[host][group(of.Name)]++
		}
	}
	return nil
}

// leave notes the steps that a host cannot express, and reports whether a token is left, or none was there.
func (c *comparison) leave(host string, of kit.Case, got []string) bool {
	left, without, why := 0, 0, cannot{host: host}
	for i, step := range of.Steps {
		reason, cannot := "", false
		if i < len(got) {
			reason, cannot = strings.CutPrefix(got[i], kit.Cannot)
		}
		switch {
		case cannot:
			without++
			why.why = reason
		case step.Verify != nil:
			left++
		}
	}
	if without == 0 {
		return true
	}
	u := c.cannot[why]
	if u == nil {
		u = &unsaid{}
		c.cannot[why] = u
	}
	u.steps += without
	if left == 0 {
		u.cases = append(u.cases, of.Name)
	}
	return left > 0
}

func (c *comparison) differ(host, name, how string) {
	c.failed++
	c.differences = append(c.differences, fmt.Sprintf("%s, %s: %s", host, name, how))
}

// difference says in which step a case differs first; "" if in none.
func difference(of kit.Case, got []string) string {
	for i, want := range of.Want {
		switch {
		case i >= len(got):
			return fmt.Sprintf("only %d of %d steps", len(got), len(of.Want))
		case got[i] != want && !strings.HasPrefix(got[i], kit.Cannot):
			note := ""
			if of.Steps[i].Note != "" {
				note = " (" + of.Steps[i].Note + ")"
			}
			return fmt.Sprintf("step %d%s gives %.100q, want %.100q", i+1, note, got[i], want)
		}
	}
	if len(got) > len(of.Want) {
		return "more steps than the case has"
	}
	return ""
}

func (c *comparison) printDifferences(w io.Writer) {
	for _, d := range c.differences {
		fmt.Fprintln(w, "differs:", d)
	}
	for _, h := range hosts {
		for why, u := range c.cannot {
			if why.host == h.name {
				fmt.Fprintf(w, "left out: %s, %d steps: %s. Nothing is left of\n", h.name, u.steps, why.why)
				for _, name := range u.cases {
					fmt.Fprintln(w, "   ", name)
				}
			}
		}
	}
}
