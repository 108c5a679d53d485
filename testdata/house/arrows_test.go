package house_test

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A row of the table in docs/architecture.md: | `room` | what it does | `room`, `room` |
var (
	row    = regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\|.*\\|([^|]*)\\|$")
	quoted = regexp.MustCompile("`([a-z0-9/]+)`")
)

// TestArrows holds the imports to the table and the picture of docs/architecture.md.
func TestArrows(t *testing.T) {
	document := read(t, "docs/architecture.md")
	allowed := map[string][]string{}
	above := map[string]bool{}
	for _, r := range row.FindAllStringSubmatch(document, -1) {
		if _, twice := allowed[r[1]]; twice {
			t.Errorf("docs/architecture.md has two rows for %s", r[1])
		}
		allowed[r[1]] = nil
		for _, to := range quoted.FindAllStringSubmatch(r[2], -1) {
			allowed[r[1]] = append(allowed[r[1]], to[1])
			if !above[to[1]] {
				t.Errorf("docs/architecture.md: %s imports %s, whose row does not stand above", r[1], to[1])
			}
		}
		above[r[1]] = true
	}
	if len(allowed) == 0 {
		t.Fatal("docs/architecture.md has no table of rooms")
	}
	imports := arrows(t)
	for _, room := range slices.Sorted(maps.Keys(imports)) {
		want, known := allowed[room]
		if !known {
			t.Errorf("docs/architecture.md has no row for the room %s", room)
			continue
		}
		for _, to := range imports[room] {
			if !slices.Contains(want, to) {
				t.Errorf("%s imports %s, an arrow that docs/architecture.md does not allow", room, to)
			}
		}
		for _, to := range want {
			if !slices.Contains(imports[room], to) {
				t.Errorf("docs/architecture.md allows %s to import %s, and it does not: take the arrow out", room, to)
			}
		}
	}
	for room := range allowed {
		if _, there := imports[room]; !there {
			t.Errorf("docs/architecture.md has a row for %s, and there is no such room", room)
		}
	}
	drawn(t, document, imports)
}

// arrows are the rooms that each room imports, tests apart.
func arrows(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, s := range sources(t) {
		if s.isTest() || strings.HasPrefix(s.path, ".") {
			continue
		}
		list := found[s.room()]
		for _, i := range s.file.Imports {
			to, _ := strconv.Unquote(i.Path.Value)
			if to, ours := strings.CutPrefix(to, module); ours && !slices.Contains(list, to) {
				list = append(list, to)
			}
		}
		found[s.room()] = list
	}
	return found
}

// drawn holds the picture to the imports: each room stands in it once, and every arrow points to a lower line.
func drawn(t *testing.T, document string, imports map[string][]string) {
	t.Helper()
	_, picture, found := strings.Cut(document, "```text\n")
	picture, _, closed := strings.Cut(picture, "```")
	if !found || !closed {
		t.Fatal("docs/architecture.md has no picture")
	}
	lines := map[string]int{}
	for i, line := range strings.Split(picture, "\n") {
		for _, word := range strings.Fields(line) {
			if _, room := imports[word]; !room {
				continue
			}
			if _, twice := lines[word]; twice {
				t.Errorf("the picture in docs/architecture.md shows %s twice", word)
			}
			lines[word] = i
		}
	}
	for room, list := range imports {
		if _, shown := lines[room]; !shown {
			t.Errorf("the picture in docs/architecture.md does not show %s", room)
		}
		for _, to := range list {
			if lines[to] <= lines[room] {
				t.Errorf("%s imports %s, which the picture in docs/architecture.md does not show below it", room, to)
			}
		}
	}
}
