package house_test

import (
	"go/ast"
	"strings"
	"testing"
	"unicode/utf8"
)

// widest is how many columns a line may have, where a tab is four.
const widest = 120

// TestLinesAreShort: no line of Go or of the scripts is wider. A line of a raw string, which cannot be broken, may be.
func TestLinesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		raw := rawLines(s)
		for i, line := range strings.Split(read(t, s.path), "\n") {
			if columns(line) > widest && !raw[i+1] {
				t.Errorf("%s:%d has %d columns, want at most %d", s.path, i+1, columns(line), widest)
			}
		}
	}
	for _, script := range []string{"build.sh", ".ci/run"} {
		for i, line := range strings.Split(read(t, script), "\n") {
			if columns(line) > widest {
				t.Errorf("%s:%d has %d columns, want at most %d", script, i+1, columns(line), widest)
			}
		}
	}
}

func columns(line string) int {
	return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
}

// rawLines are the lines that hold a raw string of many lines, or most of whose columns one raw string takes.
func rawLines(s source) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(s.file, func(node ast.Node) bool {
		text, ok := node.(*ast.BasicLit)
		if !ok || text.Value[0] != '`' {
			return true
		}
		from := s.set.Position(text.Pos()).Line
		to := from + strings.Count(text.Value, "\n")
		for line := from; line <= to && (to > from || len(text.Value) > widest/2); line++ {
			lines[line] = true
		}
		return true
	})
	return lines
}
