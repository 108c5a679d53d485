package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const performance = "docs/performance.md"

// Marks around what is written into docs/performance.md.
const (
	begin = "<!-- written by ./build.sh test-hosts --write -->\n"
	end   = "<!-- end -->\n"
)

// figure is a line of a HOST.figures.jsonl: README.md has the fields.
type figure struct {
	Host      string  `json:"host"`
	What      string  `json:"what"`
	Version   string  `json:"version"`
	Alg       string  `json:"alg"`
	Case      string  `json:"case"`
	CPU       float64 `json:"us_cpu"`
	PerSecond float64 `json:"per_second"`
	ColdStart float64 `json:"cold_start_ms"`
	Memory    float64 `json:"memory_mb"`
}

// figures are all lines by what they measure.
type figures struct {
	versions map[string]string // by host
	lines    map[key][]figure
}

// key is what a line measures.
type key struct{ host, what, alg, name string }

// ours are the cases that are no verifier of the host's own.
var ours = []string{"first", "helped", "repeated", "none", "node"}

func readFigures(folder string) (figures, error) {
	f := figures{versions: map[string]string{}, lines: map[key][]figure{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.figures.jsonl"))
	if err != nil {
		return f, err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return f, err
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		for lines.Scan() {
			var line figure
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				return f, fmt.Errorf("%s: %w", file, err)
			}
			if line.What == "host" {
				f.versions[line.Host] = line.Version
				continue
			}
			k := key{line.Host, line.What, line.Alg, line.Case}
			f.lines[k] = append(f.lines[k], line)
		}
	}
	return f, nil
}

// median is the median of what is measured; 0 where nothing is.
func (f figures) median(k key, of func(figure) float64) float64 {
	var values []float64
	for _, line := range f.lines[k] {
		values = append(values, of(line))
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// peer is the verifier of the host's own; "" where none is measured.
func (f figures) peer(host string) string {
	name := ""
	for k := range f.lines {
		if k.host == host && k.what != "start" && !slices.Contains(ours, k.name) && (name == "" || k.name < name) {
			name = k.name
		}
	}
	return name
}

// write puts the tables into docs/performance.md.
func (f figures) write() error {
	b, err := os.ReadFile(performance)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the figures: %s… %s", performance, begin, end)
	}
	return os.WriteFile(performance, []byte(before+begin+f.tables()+end+after), 0o644)
}

// algorithms are those of the tables, in their order.
var algorithms = []string{"HS256", "ES256", "EdDSA", "RS256"}

// tables are verifications, requests through gateways, and starts.
func (f figures) tables() string {
	return "\nOne verification, in µs:\n\n" + f.costs("verify", []string{"first", "helped", "repeated"}) +
		"\nOne request, in µs:\n\n" + f.costs("request", []string{"none", "first", "helped", "repeated", "node"}) +
		"\nStarts, in ms, and memory, in MB:\n\n" + f.starts() + "\n"
}

// costs is a table with a row for each host and algorithm, and a column for each case and for the host's own verifier.
func (f figures) costs(what string, cases []string) string {
	var b strings.Builder
	row(&b, append(append([]string{"host", "algorithm"}, cases...), "its own"))
	row(&b, slices.Repeat([]string{"---"}, len(cases)+3))
	cpu := func(l figure) float64 { return l.CPU }
	for _, host := range f.hosts() {
		peer := f.peer(host)
		for _, alg := range algorithms {
			cells := []string{f.name(host), alg}
			some := false
			for _, name := range cases {
				us := f.median(key{host, what, alg, name}, cpu)
				if name == "none" && us == 0 {
					us = f.median(key{host, what, "", name}, cpu)
				} else {
					some = some || us > 0
				}
				cells = append(cells, short(us))
			}
			own := short(f.median(key{host, what, alg, peer}, cpu))
			if own != "" {
				own = peer + " " + own
			}
			if some {
				row(&b, append(cells, own))
			}
		}
	}
	return b.String()
}

// starts is a table with a row for each host.
func (f figures) starts() string {
	var b strings.Builder
	row(&b, []string{"host", "start", "memory", "its own: start", "memory"})
	row(&b, slices.Repeat([]string{"---"}, 5))
	for _, host := range f.hosts() {
		cells := func(name string) []string {
			k := key{host, "start", "", name}
			return []string{short(f.median(k, func(l figure) float64 { return l.ColdStart })),
				short(f.median(k, func(l figure) float64 { return l.Memory }))}
		}
		us, peer := []string{"", ""}, f.peer(host)
		for _, name := range []string{"repeated", "first", "helped"} {
			if c := cells(name); c[0] != "" {
				us = c
			}
		}
		theirs := cells(peer)
		if theirs[0] != "" {
			theirs[0] = peer + " " + theirs[0]
		}
		if us[0] != "" {
			row(&b, slices.Concat([]string{f.name(host)}, us, theirs))
		}
	}
	return b.String()
}

// hosts are those of the matrix, then others in the order of their names.
func (f figures) hosts() (names []string) {
	for _, h := range hosts {
		names = append(names, h.name)
	}
	others := map[string]bool{}
	for k := range f.lines {
		if !slices.Contains(names, k.host) {
			others[k.host] = true
		}
	}
	return append(names, slices.Sorted(maps.Keys(others))...)
}

// name is what the tables call a host.
func (f figures) name(host string) string {
	name := f.versions[host]
	if name == "" {
		name = host
	}
	if strings.HasSuffix(host, "-helped") {
		name += ", helped"
	}
	return name
}

func row(b *strings.Builder, cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }

// short is a figure with one digit after the point, below 10; "" for 0.
func short(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}
