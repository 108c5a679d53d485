package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// row is one figure beside the one it is compared with.
type row struct {
	Part     string  `json:"part"`
	Measured string  `json:"measured"` // the day
	Name     string  `json:"name"`
	Peer     string  `json:"peer"` // whose figure theirs is
	Ours     float64 `json:"ours"`
	Theirs   float64 `json:"theirs"`
	Unit     string  `json:"unit"`
	Ratio    float64 `json:"ratio"`  // ours to theirs
	Budget   float64 `json:"budget"` // of the ratio; 0: none, the row is there to compare
	// AtLeast: the ratio must not be less than the budget. Else it must not be more.
	AtLeast bool `json:"at_least"`
	Met     bool `json:"met"`
	// Allocations of ours in each run, where they were counted; -1: not.
	Allocations float64 `json:"allocations"`
	Note        string  `json:"note,omitempty"`
	// Version of a peer in another language, and the probes that it takes, where it was probed.
	Version string   `json:"version,omitempty"`
	Accepts []string `json:"accepts,omitzero"`
}

// judged sets Ratio, where it is not set, and Met.
func (r row) judged() row {
	if r.Ratio == 0 && r.Theirs != 0 {
		r.Ratio = r.Ours / r.Theirs
	}
	r.Met = r.Budget == 0 || r.AtLeast && r.Ratio >= r.Budget || !r.AtLeast && r.Ratio <= r.Budget
	return r
}

// verdict says whether the budget is met, or by how much not.
func (r row) verdict() string {
	switch {
	case r.Budget == 0:
		return ""
	case r.Met:
		return "met"
	case r.AtLeast:
		return fmt.Sprintf("missed by %.0f %%", 100*(1-r.Ratio/r.Budget))
	}
	return fmt.Sprintf("missed by %.0f %%", 100*(r.Ratio/r.Budget-1))
}

func (r row) budget() string {
	switch {
	case r.Budget == 0:
		return ""
	case r.AtLeast:
		return fmt.Sprintf(">= %.3g", r.Budget)
	}
	return fmt.Sprintf("<= %.3g", r.Budget)
}

func print(w io.Writer, part string, rows []row) {
	fmt.Fprintf(w, "\n%-52s %-38s %10s %10s %-6s %6s %7s %6s  %s\n", part, "beside", "ours", "theirs", "", "ratio",
		"budget", "allocs", "")
	for _, r := range rows {
		allocations := ""
		if r.Allocations >= 0 {
			allocations = fmt.Sprintf("%.0f", r.Allocations)
		}
		fmt.Fprintf(w, "%-52s %-38s %10s %10s %-6s %6.2f %7s %6s  %s\n", r.Name, r.Peer, figure(r.Ours),
			figure(r.Theirs), r.Unit, r.Ratio, r.budget(), allocations,
			r.verdict())
		if r.Note != "" {
			fmt.Fprintf(w, "    %s\n", r.Note)
		}
	}
}

func figure(v float64) string {
	if v >= 10_000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// write writes results.json, where rows of parts that were not measured now stay, and on demand results.svg.
func write(now []row, plot bool) error {
	earlier, err := results()
	if err != nil {
		return err
	}
	rows := merged(earlier, now)
	b, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile("results.json", append(b, '\n'), 0o644); err != nil || !plot {
		return err
	}
	return os.WriteFile("results.svg", draw(rows), 0o644)
}

// results are the rows of results.json; none if there is no such file.
func results() (rows []row, err error) {
	b, err := os.ReadFile("results.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		return nil, fmt.Errorf("results.json: %w", err)
	}
	return rows, nil
}

// merged are the rows of each part, in the order of the parts: those of now, if there are any, else the earlier ones.
func merged(earlier, now []row) (rows []row) {
	for _, p := range parts {
		other := func(r row) bool { return r.Part != p.name }
		of := slices.DeleteFunc(slices.Clone(now), other)
		if len(of) == 0 {
			of = slices.DeleteFunc(slices.Clone(earlier), other)
		}
		rows = append(rows, of...)
	}
	return rows
}
