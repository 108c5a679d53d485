package house_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// widest is how many columns a line of code or of a comment may have, where a tab is four.
const widest = 120

// TestLinesAreShort: no line of Go or of the scripts is wider. A line that is one literal, which cannot be broken, may be.
func TestLinesAreShort(t *testing.T) {
	for _, name := range append(files(t, ".go"), "build.sh", ".ci/run") {
		for i, line := range strings.Split(read(t, name), "\n") {
			if columns(line) > widest && !isLiteral(line) {
				t.Errorf("%s:%d has %d columns, want at most %d", path.Clean(name), i+1, columns(line), widest)
			}
		}
	}
}

func columns(line string) int {
	return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
}

// isLiteral reports whether most of the line is one raw string, as samples of JSON, tokens and PEM are, or part of one.
func isLiteral(line string) bool {
	for _, part := range strings.Split(line, "`") {
		if utf8.RuneCountInString(part) > widest/2 && !strings.Contains(part, "//") {
			return strings.Contains(line, "`")
		}
	}
	return false
}
