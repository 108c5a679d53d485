package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

// membersAt is the row of a block of names, each with a field of customers: "plan: attributes.plan".
func membersAt(key string, field func(*Config) *claimmap.Members) row {
	r := at(key, nil, nil, field)
	r.set = func(c *Config, v value) (err error) {
		v = v.unpackedBlock()
		// If one is wrong, the others are set all the same, so that the report has the mistakes in their names too.
		*field(c), err = readMembers(key, v)
		for _, item := range v.items {
			c.origins[key+"."+item.key] = item.origin
		}
		return err
	}
	return r
}

// readMembers reads the block; null is none. With an error come the members that are right.
func readMembers(key string, v value) (claimmap.Members, error) {
	switch v.kind {
	case null:
		return nil, nil
	case mapping:
	default:
		return nil, fmt.Errorf("must be a block of names with a field each, such as \"plan: "+
			"attributes.plan\", not %s", v.what())
	}
	var members claimmap.Members
	var problems several
	seen := map[string]Origin{}
	for _, item := range v.items {
		field, err := claimmap.Field{}, error(nil)
		if first, twice := seen[item.key]; twice {
			err = fmt.Errorf("is set twice, first at %s: keep one", first)
		} else {
			seen[item.key] = item.origin
			field, err = readField(item)
		}
		if err != nil {
			problems = append(problems, mistake{key + "." + item.key, item.origin, err})
			continue
		}
		members = append(members, claimmap.Member{Name: item.key, Field: field})
	}
	if problems != nil {
		return members, problems
	}
	return members, nil
}

func readField(v value) (claimmap.Field, error) {
	text, err := readText(v)
	if err != nil {
		return claimmap.Field{}, err
	}
	return claimmap.ParseField(text)
}

// several are the mistakes within one value, each with its own line.
type several []mistake

type mistake struct {
	key    string
	origin Origin
	err    error
}

func (s several) Error() string { return "has " + strconv.Itoa(len(s)) + " mistakes" }

// checkMembers reports names that are reserved or invalid.
func (c *Config) checkMembers(bad func(string, error)) {
	for _, b := range []struct {
		key      string
		members  claimmap.Members
		reserved func(name string) bool
	}{{"claims", c.Claims, c.Settings.Reserved}, {"login.answer", c.LoginAnswer, httpapi.ReservedMember}} {
		for _, m := range b.members {
			bad(b.key+"."+m.Name, claimmap.CheckName(m.Name, b.reserved))
		}
		if len(b.members) > claimmap.MaxMembers {
			bad(b.key, fmt.Errorf("has %d members: the most is %d", len(b.members), claimmap.MaxMembers))
		}
	}
}

// mappingOf gives a mapping as a value whose items are named.
func mappingOf(path string, n ast.Node) value {
	v := value{kind: mapping}
	for _, e := range entries(n) {
		item := scalar(e.Value)
		item.origin = Origin{File: path, Line: e.Key.GetToken().Position.Line}
		item.key = e.Key.String()
		if name, isText := e.Key.(*ast.StringNode); isText {
			item.key = name.Value
		} else {
			item.kind = foreign
		}
		v.items = append(v.items, item)
	}
	return v
}

// unpackedBlock reads a loose text that holds a block, such as {plan: attributes.plan}, as that block.
func (v value) unpackedBlock() value {
	if !v.loose || v.kind != text {
		return v
	}
	if v.text == "null" {
		return value{key: v.key, origin: v.origin, kind: null}
	}
	file, err := parser.ParseBytes([]byte(v.text), 0, parser.AllowDuplicateMapKey())
	if err != nil || len(file.Docs) != 1 || !strings.HasPrefix(v.text, "{") || strings.Contains(v.text, "\n") {
		return v
	}
	b := mappingOf("", file.Docs[0].Body)
	b.key, b.origin = v.key, v.origin
	for i := range b.items {
		b.items[i].origin = v.origin
	}
	return b
}
