package fact_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/fact"
)

// Which way each kind travels, and who may write it, is part of what nodes agree on.
func TestLanes(t *testing.T) {
	type row struct {
		name      string
		lane      fact.Lane
		authority fact.Authority
	}
	shared := map[fact.Kind]row{
		fact.CustomerKind:       {"customer", fact.Down, fact.Hub},
		fact.RemoveCustomerKind: {"remove_customer", fact.Down, fact.Hub},
		fact.LastLoginKind:      {"last_login", fact.Up, fact.Anyone},
		fact.CutOffKind:         {"cut_off", fact.Down, fact.Hub},
		fact.RevokeFamilyKind:   {"revoke_family", fact.UpDown, fact.Anyone},
		fact.AdvanceFamilyKind:  {"advance_family", fact.Up, fact.Home},
		fact.GroupKind:          {"group", fact.Down, fact.Hub},
		fact.RemoveGroupKind:    {"remove_group", fact.Down, fact.Hub},
		fact.LifetimesKind:      {"lifetimes", fact.Up, fact.Anyone},
		fact.KeyKind:            {"key", fact.Down, fact.Hub},
		fact.MemberKind:         {"member", fact.Down, fact.Hub},
		fact.LoginKind:          {"login", fact.Up, fact.Anyone},
	}
	for i := range 256 {
		kind := fact.Kind(i)
		want, ok := shared[kind]
		if !ok {
			want.name = strconv.Itoa(i)
			if kind.Known() {
				want.name = kind.String()
			}
		}
		if got := (row{kind.String(), kind.Lane(), kind.Authority()}); got != want {
			t.Errorf("kind %d is %v, not %v", i, got, want)
		}
		if kind.Known() && kind.IsLocal() != (kind.Lane() == fact.Local) || kind.IsLocal() != (i >= 64) {
			t.Errorf("kind %d: local %t, lane %d", i, kind.IsLocal(), kind.Lane())
		}
	}
}

// Each type with a kind has a sample, and the package imports nothing with entropy, disk or network.
func TestSource(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var sampled []string
	for _, s := range samples {
		sampled = append(sampled, reflect.TypeOf(s.fact).Name())
	}
	allowed := []string{"bytes", "cmp", "crypto/sha256", "encoding/binary", "encoding/hex", "encoding/json", "errors",
		"fmt", "math", "slices", "strconv", "strings", "time", "unicode/utf8", "github.com/edgetoken/edgetoken/core",
		"github.com/edgetoken/edgetoken/core/codec", "github.com/edgetoken/edgetoken/core/python"}
	var types []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range file.Imports {
			if path, _ := strconv.Unquote(i.Path.Value); !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Kind" {
				types = append(types, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	for _, name := range types {
		if name != "Unread" && !slices.Contains(sampled, name) {
			t.Errorf("%s has no sample", name)
		}
	}
	if len(types) != len(samples)+1 {
		t.Errorf("%d types have a kind, and %d a sample", len(types), len(samples))
	}
}
