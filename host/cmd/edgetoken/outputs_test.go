package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing that a node consists of writes to standard output or standard error by itself, where a reader that is stuck
// would hold it up: servers have an ErrorLog, and neither log nor slog's default logger is used but where a caller
// gave no logger.
func TestNothingWritesPastTheLog(t *testing.T) {
	permitted := map[string]bool{
		"cmd/edgetoken/main.go": true, "cmd/edgetoken/hash.go": true, // their last word, and a process of its own
		// Where the log of a node goes, and what commands print.
		"cmd/edgetoken/serve.go": true, "cmd/edgetoken/root.go": true, "cmd/edgetoken/prompt.go": true,
	}
	servers := 0
	for _, root := range []string{"../..", "../../../store"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "bench" || d.Name() == "testdata"):
				return fs.SkipDir
			}
			if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") ||
				strings.HasSuffix(filepath.Dir(path), "test") {
				return nil
			}
			name, err := filepath.Rel("../..", path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			if file.Name.Name == "main" && filepath.Dir(name) != filepath.Join("cmd", "edgetoken") {
				return nil // a program of its own, which no node consists of
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					x, _ := n.X.(*ast.Ident)
					if x == nil || permitted[filepath.ToSlash(name)] {
						return true
					}
					if full := x.Name + "." + n.Sel.Name; full == "os.Stderr" || full == "os.Stdout" ||
						x.Name == "log" && x.Obj == nil && (strings.HasPrefix(n.Sel.Name, "Print") ||
							strings.HasPrefix(n.Sel.Name, "Fatal") || strings.HasPrefix(n.Sel.Name, "Panic")) {
						t.Errorf("%s uses %s: log to the node's log", name, full)
					}
				case *ast.CompositeLit:
					if s, ok := n.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Server" {
						x, _ := s.X.(*ast.Ident)
						if field := map[string]string{"http": "ErrorLog", "server": "Log"}[x.Name]; field != "" {
							servers++
							if !hasField(n, field) {
								t.Errorf("%s makes an %s.Server without %s, which would write to standard error",
									name, x.Name, field)
							}
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if servers < 2 {
		t.Errorf("%d servers were found, want that of a service and the one within", servers)
	}
}

func hasField(n *ast.CompositeLit, name string) bool {
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == name {
				return true
			}
		}
	}
	return false
}
