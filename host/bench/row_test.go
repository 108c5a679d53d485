package main

import (
	"os"
	"slices"
	"testing"
)

// What was measured now takes the place of its part alone, in the order of the parts.
func TestMerged(t *testing.T) {
	of := func(part, name string) row { return row{Part: part, Name: name} }
	earlier := []row{of("peers", "old"), of("verify", "old"), of("http", "old"), of("verify", "old 2"),
		of("no such part", "old")}
	for _, c := range []struct {
		name      string
		now, want []row
	}{
		{"peers alone", []row{of("peers", "new")},
			[]row{of("verify", "old"), of("verify", "old 2"), of("http", "old"), of("peers", "new")}},
		{"all but peers", []row{of("verify", "new"), of("http", "new")},
			[]row{of("verify", "new"), of("http", "new"), of("peers", "old")}},
		{"peers, none of which could be had", nil,
			[]row{of("verify", "old"), of("verify", "old 2"), of("http", "old"), of("peers", "old")}},
	} {
		same := func(a, b row) bool { return a.Part == b.Part && a.Name == b.Name }
		if got := merged(earlier, c.now); !slices.EqualFunc(got, c.want, same) {
			t.Errorf("%s: merged() = %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A run reads and writes back what an earlier one wrote, a peer that takes no probe included.
func TestWriteKeepsRows(t *testing.T) {
	t.Chdir(t.TempDir())
	first := []row{{Part: "verify", Measured: "2026-01-02", Name: "a", Ratio: 0.5},
		{Part: "peers", Measured: "2026-01-02", Name: "b", Version: "1.2.3", Accepts: []string{}}}
	if err := write(first, false); err != nil {
		t.Fatal(err)
	}
	second := row{Part: "verify", Measured: "2026-01-03", Name: "c"}
	if err := write([]row{second}, true); err != nil {
		t.Fatal(err)
	}
	got, err := results()
	if err != nil || len(got) != 2 || got[0].Name != "c" || got[1].Version != "1.2.3" || got[1].Accepts == nil {
		t.Errorf("results() = %+v, %v", got, err)
	}
	if _, err := os.Stat("results.svg"); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile("results.json", []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write([]row{second}, false); err == nil {
		t.Error("what cannot be read is overwritten")
	}
}

// Every row of the tree's results belongs to a part that there is, so that no run loses it.
func TestResultsHaveParts(t *testing.T) {
	rows, err := results()
	if err != nil || len(rows) == 0 {
		t.Fatalf("results() = %d rows, %v", len(rows), err)
	}
	if kept := merged(rows, nil); len(kept) != len(rows) {
		t.Errorf("a run keeps %d of %d rows", len(kept), len(rows))
	}
}
