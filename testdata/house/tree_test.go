package house_test

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// root is the top folder, from here.
const root = "../.."

const module = "github.com/edgetoken/edgetoken/"

// source is one Go file of the tree.
type source struct {
	path string // from the top folder, with slashes
	file *ast.File
	set  *token.FileSet
}

// room is the folder of the file.
func (s source) room() string { return path.Dir(s.path) }

func (s source) isTest() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "testdata/") || s.needsTestTag()
}

// needsTestTag reports whether a file is in none but the modules that tests build, with the tag kit or panics.
func (s source) needsTestTag() bool {
	for _, group := range s.file.Comments {
		for _, line := range group.List {
			if line.Pos() > s.file.Package || !constraint.IsGoBuild(line.Text) {
				continue
			}
			x, err := constraint.Parse(line.Text)
			return err == nil && x.Eval(func(string) bool { return true }) &&
				!x.Eval(func(tag string) bool { return tag != "kit" && tag != "panics" })
		}
	}
	return false
}

// files are the paths of the tree, from the top folder, that end as told.
func files(t *testing.T, ending string) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "dist" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case !entry.IsDir() && strings.HasSuffix(name, ending):
			found = append(found, name)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%d files end in %s: %v", len(found), ending, err)
	}
	return found
}

// sources are all Go files of the tree, whatever they are built for.
func sources(t *testing.T) []source {
	t.Helper()
	set := token.NewFileSet()
	var all []source
	for _, name := range files(t, ".go") {
		file, err := parser.ParseFile(set, path.Join(root, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{name, file, set})
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(path.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exists reports whether there is a file or folder, or something of a room: host/server.Limits.
func exists(t *testing.T, name string) bool {
	t.Helper()
	if _, err := os.Stat(path.Join(root, name)); err == nil {
		return true
	}
	room, _, of := strings.Cut(path.Base(name), ".")
	_, err := os.Stat(path.Join(root, path.Dir(name), room))
	return of && err == nil
}
