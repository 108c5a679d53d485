package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/testdata/kit"
)

// three are cases of two groups: a policy and a token, two tokens, a token.
func three() *kit.Kit {
	token, now := "x", int64(5)
	configure, verify := kit.Step{Configure: &token}, kit.Step{Verify: &token, Now: &now}
	named := verify
	named.Note = "the second"
	return &kit.Kit{Cases: []kit.Case{
		{Name: "a/1", Steps: []kit.Step{configure, verify}, Want: []string{"ok", "ok {}"}},
		{Name: "a/2", Steps: []kit.Step{verify, named}, Want: []string{"expired", "malformed"}},
		{Name: "b/1", Steps: []kit.Step{verify}, Want: []string{"malformed"}},
	}}
}

// compared compares lines as the results of node.
func compared(t *testing.T, lines string) *comparison {
	t.Helper()
	file := filepath.Join(t.TempDir(), "node.kit.jsonl")
	if err := os.WriteFile(file, []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	c := newComparison(three())
	if err := c.add("node", file); err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	first  = `{"name":"a/1","got":["ok","ok {}"]}` + "\n"
	second = `{"name":"a/2","got":["expired","malformed"]}` + "\n"
	third  = `{"name":"b/1","got":["malformed"]}` + "\n"
)

func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		name, lines    string
		passed, failed int
		says           string
	}{
		{"all equal, in any order", third + first + second, 3, 0, ""},
		{"a case less", first + second, 2, 1, "node, b/1: has no result"},
		{"a case twice", first + second + third + third, 3, 1, "node, b/1: is no case of the kit, or there twice"},
		{"a case more", first + second + third + `{"name":"c/1","got":[]}`, 3, 1, "node, c/1: is no case"},
		{"another verdict", first + third + `{"name":"a/2","got":["expired","ok {}"]}`, 2, 1,
			`node, a/2: step 2 (the second) gives "ok {}", want "malformed"`},
		{"other claims", second + third + `{"name":"a/1","got":["ok","ok { }"]}`, 2, 1, `step 2 gives "ok { }"`},
		{"a step less", first + third + `{"name":"a/2","got":["expired"]}`, 2, 1, "only 1 of 2 steps"},
		{"a step more", first + second + `{"name":"b/1","got":["malformed","ok"]}`, 2, 1, "more steps"},
		{"broken", first + second + `{"name":"b/1","got":["broken: unreachable"]}`, 2, 1, "broken: unreachable"},
		{"a step that cannot be expressed", first + third + `{"name":"a/2","got":["cannot: NUL","malformed"]}`, 3, 0,
			"left out: node, 1 steps: NUL"},
		{"a case that cannot be expressed", first + second + `{"name":"b/1","got":["cannot: NUL"]}`, 2, 0, "    b/1"},
		{"cannot hides nothing", first + third + `{"name":"a/2","got":["cannot: NUL","ok {}"]}`, 2, 1,
			`step 2 (the second) gives "ok {}"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compared(t, c.lines)
			var said strings.Builder
			got.printDifferences(&said)
			if got.passed != c.passed || got.failed != c.failed || !strings.Contains(said.String(), c.says) {
				t.Errorf("%d passed, %d failed, and it says\n%swant %d, %d, and %s", got.passed, got.failed, &said,
					c.passed, c.failed, c.says)
			}
		})
	}
}

// TestTable: a table that was written holds, and another result is found beside it.
func TestTable(t *testing.T) {
	c := compared(t, first+second+third)
	file := filepath.Join(t.TempDir(), "table.txt")
	text := c.table(map[string]string{"node": "Node 20"}, table{})
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	kept, err := readTable(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.hold(kept); c.failed != 0 {
		t.Errorf("%d failed beside the table itself", c.failed)
	}
	if again := c.table(nil, kept); again != text {
		t.Errorf("without a version the table becomes\n%swant\n%s", again, text)
	}
	worse := compared(t, first+second)
	if worse.hold(kept); worse.failed != 2 {
		t.Errorf("%d failed with a case less, want the case and the cell", worse.failed)
	}
	other := newComparison(three())
	if other.keep("node", kept); other.cell("a", "node") != "2" || other.cell("b", "traefik") != none {
		t.Errorf("kept %v", other.equal)
	}
}
