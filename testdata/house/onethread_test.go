package house_test

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOneThreadNamesTests: build.sh runs the tests of ONE_THREAD in ONE_THREAD_IN alone, and leaves tests of these
// names out where it runs all others. So each is the name of a test there, and of none elsewhere.
func TestOneThreadNamesTests(t *testing.T) {
	script := read(t, "build.sh")
	list := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + `="([^"]+)"$`).FindStringSubmatch(script)
		if m == nil {
			t.Fatalf("build.sh does not set %s", name)
		}
		return strings.ReplaceAll(m[1], "\\\n", "")
	}
	rooms := map[string][]string{} // of the tests, by their names
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasSuffix(s.path, "_test.go") {
				rooms[f.Name.Name] = append(rooms[f.Name.Name], "./"+s.room())
			}
		}
	}
	within := strings.Fields(list("ONE_THREAD_IN"))
	for name := range strings.SplitSeq(list("ONE_THREAD"), "|") {
		if in := rooms[name]; len(in) != 1 || !slices.Contains(within, in[0]) {
			t.Errorf("%s is a test of %v, want one of %v alone", name, in, within)
		}
	}
}
