package admin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestWireTypesAreExact holds whatever commands and the admin socket read and write as JSON to types that keep every
// digit: encoding/json puts a number into a float64 where a type says any, and a float64 holds integers up to 2^53
// only.
func TestWireTypesAreExact(t *testing.T) {
	files := token.NewFileSet()
	members := 0
	for _, pattern := range []string{"*.go", "../cmd/edgetoken/*.go", "../explain/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Field:
					if n.Tag != nil && reflect.StructTag(strings.Trim(n.Tag.Value, "`")).Get("json") != "" {
						members++
						if word := inexact(n.Type); word != "" {
							t.Errorf("%s: a member of JSON has the type %s", files.Position(n.Pos()), word)
						}
					}
				case *ast.FuncDecl:
					if receiver := n.Recv; receiver != nil && isServer(receiver.List[0].Type) && n.Type.Results != nil {
						for _, r := range n.Type.Results.List {
							if word := inexact(r.Type); word != "" {
								t.Errorf("%s: a call of the admin socket answers %s", files.Position(r.Pos()), word)
							}
						}
					}
				case *ast.MapType:
					if word := inexact(n.Value); word != "" {
						t.Errorf("%s: a map of %s", files.Position(n.Pos()), word)
					}
				}
				return true
			})
		}
	}
	if members < 50 {
		t.Errorf("only %d members of JSON were found", members)
	}
}

// TestOperationsAreRouted holds every operation of the table, Reload apart, to stand in routes too.
func TestOperationsAreRouted(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "operations.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			named[name.Name]++
		}
		return true
	})
	operations := 0
	for _, d := range file.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR {
			continue
		}
		for _, s := range d.Specs {
			name := s.(*ast.ValueSpec).Names[0].Name
			if ast.IsExported(name) && name != "Reload" {
				if operations++; named[name] != 2 {
					t.Errorf("%s is named %d times, want in its row and in routes", name, named[name])
				}
			}
		}
	}
	if operations < 10 {
		t.Errorf("only %d operations were found", operations)
	}
}

// isServer reports whether a receiver is *server.
func isServer(e ast.Expr) bool {
	pointer, ok := e.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := pointer.X.(*ast.Ident)
	return ok && name.Name == "server"
}

// inexact is what of a type loses digits.
func inexact(e ast.Expr) (word string) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.InterfaceType:
			word = "interface"
		case *ast.Ident:
			if n.Name == "any" || n.Name == "float64" || n.Name == "float32" {
				word = n.Name
			}
		case *ast.FuncType:
			return false
		}
		return true
	})
	return word
}
