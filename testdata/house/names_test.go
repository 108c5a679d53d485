package house_test

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
	"testing"
)

// names is what the tree declares and uses.
type names struct {
	used      map[string]bool            // every identifier
	functions map[string]bool            // every function and method that is declared
	rooms     map[string]map[string]bool // by the name of its package: what is declared at its top
	files     map[string]bool            // by its base name and by its path
}

func collect(t *testing.T, all []source) *names {
	t.Helper()
	n := &names{map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}}
	for _, name := range files(t, "") {
		n.files[name], n.files[path.Base(name)] = true, true
	}
	for _, name := range files(t, ".ts") {
		for _, m := range exported.FindAllStringSubmatch(read(t, name), -1) {
			n.used[m[1]] = true
		}
	}
	for _, s := range all {
		top := n.rooms[s.file.Name.Name]
		if top == nil {
			top = map[string]bool{}
			n.rooms[s.file.Name.Name] = top
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Ident:
				n.used[node.Name] = true
			case *ast.FuncDecl:
				n.functions[node.Name.Name], top[node.Name.Name] = true, true
			case *ast.TypeSpec:
				top[node.Name.Name] = true
			case *ast.ValueSpec:
				for _, name := range node.Names {
					top[name.Name] = true
				}
			}
			return true
		})
	}
	return n
}

var (
	exported = regexp.MustCompile(`(?m)^export (?:async )?function (\w+)`) // of TypeScript
	called   = regexp.MustCompile(`\b(?:\w+\.)*([A-Za-z_]\w*)\(\)`)
	selected = regexp.MustCompile(`\b([a-z]\w*)\.([A-Z]\w*)\b`)
	mixed    = regexp.MustCompile(`(?:^|[\s(])([a-z]+[A-Z]\w*)\b`)
	tested   = regexp.MustCompile(`\b((?:Test|Fuzz|Benchmark|Example)[A-Z]\w*)(…?)`) // with …: the beginning of names
	goFile   = regexp.MustCompile(`\b([\w/]+\.go)\b`)
	address  = regexp.MustCompile(`https?://\S+|\b[\w.-]+\.(?:com|org|io|dev)/\S+`)
)

// missing lists the names in a text that nothing in the tree has.
func (n *names) missing(text string) (list []string) {
	text = address.ReplaceAllString(text, "")
	for _, m := range called.FindAllStringSubmatch(text, -1) {
		if !n.used[m[1]] && !foreign[m[1]] {
			list = append(list, m[0])
		}
	}
	for _, m := range selected.FindAllStringSubmatch(text, -1) {
		if top, room := n.rooms[m[1]]; room && !top[m[2]] && !n.used[m[2]] && !strings.Contains(m[2], "_") {
			list = append(list, m[0])
		}
	}
	for _, m := range tested.FindAllStringSubmatch(text, -1) {
		if !n.functions[m[1]] && (m[2] == "" || !n.functionsBegin(m[1])) {
			list = append(list, m[0])
		}
	}
	for _, m := range goFile.FindAllStringSubmatch(text, -1) {
		if !n.files[m[1]] && !n.files[path.Base(m[1])] {
			list = append(list, m[0])
		}
	}
	return list
}

// functionsBegin reports whether a function has a name that begins so.
func (n *names) functionsBegin(beginning string) bool {
	for name := range n.functions {
		if strings.HasPrefix(name, beginning) {
			return true
		}
	}
	return false
}

// TestCommentsNameWhatExists: a comment names functions, types, tests and files that are there.
func TestCommentsNameWhatExists(t *testing.T) {
	all := sources(t)
	n := collect(t, all)
	for _, s := range all {
		for _, group := range s.file.Comments {
			text := prose(group.Text())
			bad := n.missing(text)
			for _, m := range mixed.FindAllStringSubmatch(text, -1) {
				if !n.used[m[1]] && !foreign[m[1]] {
					bad = append(bad, m[1])
				}
			}
			for _, name := range bad {
				t.Errorf("%s: a comment names %s, which does not exist", s.set.Position(group.Pos()), name)
			}
		}
		for _, declared := range s.file.Decls {
			if s.isTest() {
				break // a test's comment is a sentence
			}
			f, ok := declared.(*ast.FuncDecl)
			if !ok || f.Doc == nil {
				continue
			}
			first, _, _ := strings.Cut(f.Doc.Text(), " ")
			if n.functions[first] && first != f.Name.Name && strings.ToLower(first) != first {
				t.Errorf("%s: the comment of %s begins with %s", s.set.Position(f.Pos()), f.Name.Name, first)
			}
		}
	}
}

// prose is a comment without its samples, which are indented.
func prose(comment string) string { return indented.ReplaceAllString(comment, "") }

var (
	indented = regexp.MustCompile(`(?m)^\t.*$`)
	fenced   = regexp.MustCompile("(?s)```.*?```")
)

// TestDocumentsNameWhatExists: so do the documents.
func TestDocumentsNameWhatExists(t *testing.T) {
	n := collect(t, sources(t))
	folder := regexp.MustCompile("`((?:core|host|wasm|store|testdata|docs)/[\\w./-]+)`")
	for _, name := range files(t, ".md") {
		text := fenced.ReplaceAllString(read(t, name), "")
		bad := n.missing(text)
		for _, m := range folder.FindAllStringSubmatch(text, -1) {
			if !exists(t, strings.TrimSuffix(m[1], "/")) {
				bad = append(bad, m[1])
			}
		}
		for _, m := range bad {
			t.Errorf("%s names %s, which does not exist", name, m)
		}
	}
}
