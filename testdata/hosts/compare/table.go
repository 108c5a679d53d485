package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

const tableFile = "testdata/hosts/table.txt"

// table is the matrix as it was written.
type table struct {
	rows     map[string]map[string]string // by group and host
	versions map[string]string            // the lines of hosts
}

// readTable reads the matrix; there may be none yet.
func readTable(file string) (t table, err error) {
	t = table{rows: map[string]map[string]string{}, versions: map[string]string{}}
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return t, nil
	}
	var head []string
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 2 || strings.HasPrefix(line, "#"):
		case fields[0] == "group":
			head = fields
		case len(fields) == len(head):
			row := map[string]string{}
			for i, name := range head[1:] {
				row[name] = fields[i+1]
			}
			t.rows[fields[0]] = row
		case slices.ContainsFunc(hosts, func(h host) bool { return h.name == fields[0] }):
			t.versions[fields[0]] = strings.TrimRight(line, "\n")
		}
	}
	return t, err
}

// keep takes the cells of a host that runs by hand from the old table.
func (c *comparison) keep(host string, old table) {
	for _, g := range c.groups {
		if old.rows[g][host] == "" || old.rows[g][host] == none {
			return
		}
	}
	c.equal[host] = map[string]int{}
	for _, g := range c.groups {
		n := 0
		if _, err := fmt.Sscan(old.rows[g][host], &n); err == nil {
			c.equal[host][g] = n
		}
	}
}

// none is the cell of a host without results.
const none = "-"

func (c *comparison) cell(group, host string) string {
	if c.equal[host] == nil {
		return none
	}
	return fmt.Sprint(c.equal[host][group])
}

// table is the matrix: how many cases of each group each host answers as the kit wants, and all that differs.
func (c *comparison) table(versions map[string]string, old table) string {
	var b strings.Builder
	steps := 0
	for _, of := range c.kit.Cases {
		steps += len(of.Steps)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	fmt.Fprintf(&b, `# How many cases of the kit each host answers as it wants, of each group: %d cases, %d steps.
# ./build.sh test-hosts --write wrote this on %s. Hosts to come: caddy, java, extism.

`, len(c.kit.Cases), steps, today)
	cells := func(first string, cell func(host string) string) {
		fmt.Fprintf(&b, "%-16s", first)
		for _, h := range hosts {
			fmt.Fprintf(&b, " %*s", max(4, len(h.name)), cell(h.name))
		}
		b.WriteByte('\n')
	}
	cells("group", func(host string) string { return host })
	total := map[string]int{}
	for _, g := range c.groups {
		cells(g, func(host string) string {
			total[host] += c.equal[host][g]
			return c.cell(g, host)
		})
	}
	cells("all", func(host string) string {
		if c.equal[host] == nil {
			return none
		}
		return fmt.Sprint(total[host])
	})
	if len(versions)+len(old.versions) > 0 {
		b.WriteString("\n")
	}
	for _, h := range hosts {
		switch version, ran := versions[h.name]; {
		case ran && h.byHand:
			fmt.Fprintf(&b, "%-16s %s, by hand on %s\n", h.name, version, today)
		case ran:
			fmt.Fprintf(&b, "%-16s %s\n", h.name, version)
		case c.equal[h.name] != nil && old.versions[h.name] != "":
			fmt.Fprintln(&b, old.versions[h.name])
		}
	}
	if len(c.differences)+len(c.cannot) > 0 {
		b.WriteString("\n")
		c.printDifferences(&b)
	}
	return b.String()
}

// hold counts a failure for each host whose cells are not those of the table that is checked in.
func (c *comparison) hold(old table) {
	for _, h := range hosts {
		for _, g := range c.groups {
			if was := old.rows[g][h.name]; c.equal[h.name] != nil && c.cell(g, h.name) != was {
				c.failed++
				fmt.Printf("FAIL %s, group %s: %s cases, and %s has %q; ./build.sh test-hosts --write writes it anew\n",
					h.name, g, c.cell(g, h.name), tableFile, was)
				break
			}
		}
	}
}
