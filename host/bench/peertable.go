package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

func init() { roles["table"] = func([]string) { check(writePeerTables()) } }

// performance is the document with the tables of peers in other languages, between two marks.
const (
	performance = "../../docs/performance.md"
	tablesBegin = "<!-- written by ./build.sh bench peers -->\n"
	tablesEnd   = "<!-- end -->\n"
)

// writePeerTables writes the tables from results.json.
func writePeerTables() error {
	rows, err := results()
	if err != nil {
		return err
	}
	document, err := os.ReadFile(performance)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(document), tablesBegin)
	_, after, closed := strings.Cut(rest, tablesEnd)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the tables: %s… %s", performance, tablesBegin, tablesEnd)
	}
	return os.WriteFile(performance, []byte(before+tablesBegin+peerTables(rows)+tablesEnd+after), 0o644)
}

// peerTables are the figures by peer and token, the versions, and what each peer takes of the probes.
func peerTables(rows []row) string {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.Part != "peers" })
	if len(rows) == 0 {
		return "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nMicroseconds for one verification; in parentheses ours in the same rounds to theirs (%s):\n\n",
		rows[0].Measured)
	figures(&b, rows)
	b.WriteString("\nVersions:\n\n")
	for _, version := range distinct(rows, func(r row) string { return r.Version }) {
		b.WriteString("- " + version + "\n")
	}
	b.WriteString("\nTokens that are wrong in one way or too much, and who accepts them; ours accepts none:\n\n")
	accepted(&b, rows)
	b.WriteString("\n")
	return b.String()
}

// figures is a table with a row for each peer and a column for each kind of token.
func figures(b *strings.Builder, rows []row) {
	kind := func(r row) string {
		return strings.Replace(strings.TrimPrefix(r.Name, "verify "), seenBefore, "", 1)
	}
	kinds, peers := distinct(rows, kind), distinct(rows, func(r row) string { return r.Peer })
	cells(b, append([]string{"verifier"}, kinds...))
	cells(b, slices.Repeat([]string{"---"}, len(kinds)+1))
	ours := func(name string, remembered bool) {
		line := []string{name}
		for _, k := range kinds {
			var all []float64
			for _, r := range rows {
				if kind(r) == k && strings.Contains(r.Name, seenBefore) == remembered {
					all = append(all, r.Ours)
				}
			}
			line = append(line, "")
			if len(all) > 0 {
				line[len(line)-1] = micros(median(all))
			}
		}
		cells(b, line)
	}
	ours("edgetoken", false)
	ours("edgetoken, its cache", true)
	for _, p := range peers {
		line := []string{p}
		for _, k := range kinds {
			line = append(line, "")
			if i := slices.IndexFunc(rows, func(r row) bool { return r.Peer == p && kind(r) == k }); i >= 0 {
				line[len(line)-1] = fmt.Sprintf("%s (%.2f)", micros(rows[i].Theirs), rows[i].Ratio)
			}
		}
		cells(b, line)
	}
}

// accepted is a table with a row for each probe and a column for each peer that was probed.
func accepted(b *strings.Builder, rows []row) {
	peers := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.Accepts == nil })
	line := []string{"token"}
	for _, r := range peers {
		line = append(line, r.Peer)
	}
	cells(b, line)
	cells(b, slices.Repeat([]string{"---"}, len(line)))
	for _, p := range probes() {
		line := []string{p.name}
		for _, r := range peers {
			cell := ""
			if slices.Contains(r.Accepts, p.name) {
				cell = "accepts"
			}
			line = append(line, cell)
		}
		cells(b, line)
	}
}

// distinct are the different texts of rows, in the order in which they come first.
func distinct(rows []row, of func(row) string) (list []string) {
	for _, r := range rows {
		if text := of(r); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

func cells(b *strings.Builder, list []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(list, " | ")) }

// micros has two digits that count.
func micros(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
