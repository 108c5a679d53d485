package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
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

// own are the cases of a host that are no verifier of its own.
var own = []string{"first", "helped", "repeated", "none"}

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
		if k.host == host && k.what != "start" && !slices.Contains(own, k.name) && (name == "" || k.name < name) {
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

func (f figures) tables() string {
	var b strings.Builder
	b.WriteString("\n| host | HS256 | ES256 | EdDSA | start, ms | MB |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, h := range hosts {
		for _, what := range []string{"verify", "request"} {
			f.row(&b, h.name, what)
		}
	}
	b.WriteString("\n")
	return b.String()
}

// row writes the line of a host, if something was measured.
func (f figures) row(b *strings.Builder, host, what string) {
	peer := f.peer(host)
	names := []string{"first", "helped", "repeated"}
	if what == "request" {
		names = append(names, "none")
	}
	if peer != "" {
		names = append(names, peer)
	}
	var cells []string
	found := false
	for _, alg := range []string{"HS256", "ES256", "EdDSA"} {
		var cell []string
		for _, name := range names {
			us := f.median(key{host, what, alg, name}, func(l figure) float64 { return l.CPU })
			if us == 0 && name == "none" {
				us = f.median(key{host, what, "", name}, func(l figure) float64 { return l.CPU })
			}
			if us > 0 {
				cell = append(cell, name+" "+short(us))
				found = true
			}
		}
		cells = append(cells, strings.Join(cell, "<br>"))
	}
	if !found {
		return
	}
	name := f.versions[host]
	if name == "" {
		name = host
	}
	switch {
	case what == "request":
		name += ", a request"
	case strings.HasSuffix(host, "-helped"):
		name += ", helped"
	}
	start := func(of func(figure) float64) string {
		var cell []string
		for _, name := range append([]string{"first", "helped"}, peer) {
			if v := f.median(key{host, "start", "", name}, of); v > 0 {
				cell = append(cell, name+" "+short(v))
			}
		}
		return strings.Join(cell, "<br>")
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, strings.Join(cells, " | "),
		start(func(l figure) float64 { return l.ColdStart }), start(func(l figure) float64 { return l.Memory }))
}

// short is a figure with two digits, or more before the point.
func short(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}
