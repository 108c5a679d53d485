package house_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// topLevel is all that the repository has at its top, folders and files. What build.sh and a node make there is not of
// it.
var (
	topLevel = []string{
		".ci", ".gitignore", "LICENSE", "README.md", "build.sh", "core", "docs", "go.mod", "go.sum", "host", "store",
		"testdata", "wasm",
	}
	madeThere = []string{".git", "bin", "data", "dist"}
)

// TestTopLevel: nothing else is there, such as a program that was built and added by a slip.
func TestTopLevel(t *testing.T) {
	found := tracked()
	if found == nil { // the tree of an archive
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains(madeThere, e.Name()) {
				found = append(found, e.Name())
			}
		}
	}
	for _, name := range found {
		if !slices.Contains(topLevel, name) {
			t.Errorf("%s does not belong there", name)
		}
	}
	for _, name := range topLevel {
		if !slices.Contains(found, name) {
			t.Errorf("%s is missing", name)
		}
	}
}

// tracked are the names at the top that git knows; nil if this is no work tree of git's.
func tracked() (names []string) {
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		name, _, _ := strings.Cut(path, "/")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
