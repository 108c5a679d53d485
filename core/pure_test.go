package core_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// core is pure: no clock, entropy, disk or network of its own, no package of ours but its own, and
// nothing that is large in a guest.
func TestImports(t *testing.T) {
	allowed := map[string][]string{
		".": {
			"bytes", "context", "crypto/sha256", "encoding/base64", "encoding/binary", "errors", "math", "math/bits",
			"slices", "strconv",
			"strings", "sync", "sync/atomic", "time", "github.com/edgetoken/edgetoken/core/cause",
			"github.com/edgetoken/edgetoken/core/codec",
			"github.com/edgetoken/edgetoken/core/python", "github.com/edgetoken/edgetoken/core/strictjson",
			"github.com/edgetoken/edgetoken/core/words",
		},
		"abi": {"encoding/binary", "math", "slices", "time", "unsafe", "github.com/edgetoken/edgetoken/core",
			"github.com/edgetoken/edgetoken/core/cause", "github.com/edgetoken/edgetoken/core/codec",
			"github.com/edgetoken/edgetoken/core/permission", "github.com/edgetoken/edgetoken/core/strictjson"},
		"bundle": {
			"cmp", "crypto/sha256", "encoding/base64", "encoding/binary", "math/bits", "slices", "strings", "time",
			"github.com/edgetoken/edgetoken/core", "github.com/edgetoken/edgetoken/core/codec",
			"github.com/edgetoken/edgetoken/core/jwk", "github.com/edgetoken/edgetoken/core/jws",
			"github.com/edgetoken/edgetoken/core/strictjson",
		},
		"cause":      {},
		"change":     {"github.com/edgetoken/edgetoken/core"},
		"codec":      {"encoding/binary"},
		"permission": {"slices", "strings"},
		"python":     {"errors", "math", "strconv", "strings", "unicode", "unicode/utf16", "unicode/utf8"},
		"strictjson": {
			"bytes", "encoding/binary", "errors", "math/bits", "unicode/utf16", "unicode/utf8",
			"github.com/edgetoken/edgetoken/core/python",
			"github.com/edgetoken/edgetoken/core/words",
		},
		"verify": {
			"bytes", "cmp", "crypto/sha256", "encoding/binary", "errors", "slices", "strconv", "time",
			"github.com/edgetoken/edgetoken/core", "github.com/edgetoken/edgetoken/core/bundle",
			"github.com/edgetoken/edgetoken/core/cause", "github.com/edgetoken/edgetoken/core/jwk",
			"github.com/edgetoken/edgetoken/core/jws", "github.com/edgetoken/edgetoken/core/python",
			"github.com/edgetoken/edgetoken/core/strictjson",
		},
		"words": {"encoding/binary"},
		"jwk": {"cmp", "encoding/base64", "errors", "strconv", "strings", "github.com/edgetoken/edgetoken/core/jws",
			"github.com/edgetoken/edgetoken/core/python", "github.com/edgetoken/edgetoken/core/strictjson"},
		"jws": {
			"bytes", "crypto", "crypto/ecdsa", "crypto/ed25519", "crypto/elliptic", "crypto/hmac", "crypto/rsa",
			"crypto/sha256", "crypto/sha512",
			"encoding/binary", "errors", "hash", "math/big", "runtime", "slices", "strconv", "sync", "sync/atomic",
		},
	}
	for dir, imports := range allowed {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no Go files: %v", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range f.Imports {
				if path, _ := strconv.Unquote(i.Path.Value); !slices.Contains(imports, path) {
					t.Errorf("%s imports %s", file, path)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(impure, s.Sel.Name) {
					t.Errorf("%s uses time.%s", file, s.Sel.Name)
				}
				return true
			})
		}
	}
}

// impure is what package time has of clocks.
var impure = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Local"}

// Every folder of core that holds code is looked at by TestImports, or is there for tests alone.
func TestImportsKnowsEveryFolder(t *testing.T) {
	known := []string{".", "abi", "bundle", "cause", "change", "codec", "jwk", "jws", "permission", "python",
		"strictjson", "verify", "words", "coretest"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !slices.Contains(known,
			filepath.ToSlash(filepath.Dir(path))) {
			t.Errorf("%s lies in a folder that TestImports does not know", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
