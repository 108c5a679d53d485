package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
)

// keyCell is one key in the first column of a table, with the * of those that are read at the start only.
var keyCell = regexp.MustCompile("^`([\\w.]+)`( \\*)?$")

// TestKeysAreDocumented: the tables of docs/operations.md, Configuration, have each key once, with a * where it is read
// at the start only, and no other. What is refused in every form needs no row.
func TestKeysAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	keys := config.Keys()
	said := map[string]bool{}
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cell, _, _ := strings.Cut(line[len("| "):], " |")
		for named := range strings.SplitSeq(cell, ", ") {
			found := keyCell.FindStringSubmatch(named)
			if found == nil {
				t.Errorf("docs/operations.md, Configuration, has %s, which is no key", named)
				continue
			}
			// The tables below browser: and simple_jwt: leave that out.
			key := found[1]
			for _, block := range []string{"browser.", "simple_jwt."} {
				if slices.Contains(keys, block+key) {
					key = block + key
				}
			}
			switch {
			case !slices.Contains(keys, key):
				t.Errorf("docs/operations.md, Configuration, has %s, which is no key", key)
			case said[key]:
				t.Errorf("docs/operations.md, Configuration, has %s twice", key)
			case (found[2] != "") != config.AtStart(key):
				t.Errorf("docs/operations.md, Configuration: %s is read at the start only: %v; the document says %v",
					key, config.AtStart(key), found[2] != "")
			}
			said[key] = true
		}
	}
	for _, key := range keys {
		if !said[key] && !config.Refused(key) {
			t.Errorf("docs/operations.md, Configuration, does not have %s", key)
		}
	}
}
