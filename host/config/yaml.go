package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// readFile reads the configuration file: one YAML mapping, in which mappings are blocks of keys.
func readFile(path string, needed bool) ([]value, []Problem) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !needed {
		return nil, nil
	}
	if err != nil {
		text := fmt.Sprintf("cannot be read: %s", errors.Unwrap(err))
		if errors.Is(err, fs.ErrNotExist) {
			text = "does not exist: give the path of the configuration file, or leave --config out"
		}
		// What is no path may be the configuration itself, with its secret.
		if !MayShow(path) && strings.ContainsAny(path, "\n:{}\"") {
			path = FileVariable + " or --config"
		}
		return nil, []Problem{{Origin: Origin{File: path}, Text: text}}
	}
	return parseFile(path, b)
}

func parseFile(path string, b []byte) ([]value, []Problem) {
	whole := func(line int, format string, args ...any) []Problem {
		return []Problem{{Origin: Origin{File: path, Line: line}, Text: fmt.Sprintf(format, args...)}}
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return nil, whole(0, "is in UTF-16: save it as UTF-8")
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(b, []byte("\ufeff")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := syntaxMistake(err)
		return nil, whole(line, "%s", text)
	}
	var values []value
	var problems []Problem
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			return nil, whole(doc.Body.GetToken().Position.Line, "holds a second document: keep one")
		}
		if entries(doc.Body) == nil {
			return nil, whole(doc.Body.GetToken().Position.Line, "must consist of lines such as \"listen: "+
				"127.0.0.1:8000\"")
		}
		values, problems = flatten(path, "", doc.Body, nil, nil)
	}
	return values, problems
}

// entries are the members of a mapping; nil for any other node.
func entries(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// flatten appends the values of a mapping, named by their path.
func flatten(path, block string, n ast.Node, values []value, problems []Problem) ([]value, []Problem) {
	for _, e := range entries(n) {
		origin := Origin{File: path, Line: e.Key.GetToken().Position.Line}
		name, isText := e.Key.(*ast.StringNode)
		if !isText {
			problems = append(problems, Problem{Origin: origin, Text: "a key must be a name"})
			continue
		}
		key := block + name.Value
		if isBlock(key) {
			_, empty := e.Value.(*ast.NullNode)
			switch {
			case entries(e.Value) != nil:
				values, problems = flatten(path, key+".", e.Value, values, problems)
			case !empty:
				problems = append(problems, Problem{Key: key, Origin: origin, Text: "must be a block of keys, each " +
					"on a line of its own"})
			}
			continue
		}
		v := scalar(e.Value)
		if v.kind == mapping {
			v = mappingOf(path, e.Value)
		}
		v.key, v.origin = key, origin
		values = append(values, v)
	}
	return values, problems
}

// scalar gives a node as a value without name and origin.
func scalar(n ast.Node) value {
	switch n := n.(type) {
	case *ast.NullNode:
		return value{kind: null}
	case *ast.BoolNode:
		return value{kind: boolean, text: n.Token.Value}
	case *ast.IntegerNode:
		return value{kind: number, text: n.Token.Value}
	case *ast.FloatNode:
		return value{kind: number, text: n.Token.Value}
	case *ast.StringNode:
		t := n.Token
		cut := t.Type == token.StringType && t.Next != nil && t.Next.Type == token.CommentType &&
			t.Next.Position.Line == t.Position.Line
		return value{kind: text, text: n.Value, cut: cut, broken: strings.Contains(strings.TrimSpace(t.Origin), "\n")}
	case *ast.LiteralNode:
		return value{kind: text, text: n.Value.Value, broken: true}
	case *ast.SequenceNode:
		items := make([]value, 0, len(n.Values))
		for _, item := range n.Values {
			items = append(items, scalar(item))
		}
		return value{kind: list, items: items}
	case *ast.MappingNode, *ast.MappingValueNode:
		return value{kind: mapping}
	}
	return value{kind: foreign}
}

var errNoList = errors.New("is no list")

// parseFlow reads a list in one text: [a, "b"].
func parseFlow(s string) ([]value, error) {
	file, err := parser.ParseBytes([]byte(s), 0)
	if err != nil || len(file.Docs) != 1 {
		return nil, errNoList
	}
	if v := scalar(file.Docs[0].Body); v.kind == list && !strings.Contains(s, "\n") {
		return v.items, nil
	}
	return nil, errNoList
}
