package fact_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/fact"
)

// The table in the documentation of package store has all kinds, in their order, as they are.
func TestTableIsAsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "# Facts")
	table, _, _ = strings.Cut(table, "// Limits")
	rows := regexp.MustCompile(`(?m)^//\t(\w.*)\n((?://\t .*\n)+)`).FindAllStringSubmatch(table, -1)
	if len(rows) != len(samples) {
		t.Fatalf("the table has %d facts, want %d", len(rows), len(samples))
	}
	lanes := map[fact.Lane]string{fact.Local: "local", fact.Up: "up", fact.Down: "down", fact.UpDown: "up and down"}
	authorities := map[fact.Authority]string{fact.Self: "self", fact.Hub: "hub", fact.Home: "home",
		fact.Anyone: "anyone"}
	shown := strings.NewReplacer(" ", "", "\n", "", "\t", "", "//", "")
	for i, s := range samples {
		kind := s.fact.Kind()
		want := fmt.Sprintf("%-16s %s, %s", kind, lanes[kind.Lane()], authorities[kind.Authority()])
		if rows[i][1] != want {
			t.Errorf("row %d is %q, want %q", i, rows[i][1], want)
		}
		if !strings.HasSuffix(shown.Replace(rows[i][2]), shown.Replace(s.hex)) {
			t.Errorf("the row of %v does not end in its sample %s", kind, s.hex)
		}
	}
}
