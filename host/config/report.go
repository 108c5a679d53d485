package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Origin says where a value came from. The zero value is the default.
type Origin struct {
	File string // with Line, counted from 1; 0: the file as a whole
	Line int
	Env  string // name of the environment variable
	Flag string // with its dashes
}

// String is "edgetoken.yaml:3", "EDGETOKEN_LISTEN", "--listen" or "default".
func (o Origin) String() string {
	switch {
	case o.Flag != "":
		return o.Flag
	case o.Env != "":
		return o.Env
	case o.File != "" && o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case o.File != "":
		return o.File
	}
	return "default"
}

// IsDefault reports whether nothing was given.
func (o Origin) IsDefault() bool { return o == Origin{} }

// Problem is one mistake.
type Problem struct {
	Key    string // the key that it is about; empty: the source as a whole
	Origin Origin
	Text   string // what is wrong and what to do; shows no secret
}

func (p Problem) String() string {
	switch {
	case p.Key == "":
		return p.Origin.String() + ": " + p.Text
	case p.Origin.IsDefault():
		return p.Key + ": " + p.Text
	}
	return p.Origin.String() + ": " + p.Key + ": " + p.Text
}

// about makes the Problem of an error in the value of key. If a file has it, it shows neither the value nor an unknown
// key.
func about(key string, origin Origin, err error) Problem {
	p := Problem{Key: key, Origin: origin, Text: err.Error()}
	switch {
	case !origin.hides():
	case errors.Is(err, errUnknownKey):
		p.Key, p.Text = shownKey(key, err), "has a key that is unknown: see edgetoken config --help for the keys"
	default:
		if p.Key, p.Text = shownKey(key, err), hidden(p.Text); p.Key != key {
			p.Text = "a member " + p.Text
		}
	}
	return p
}

// shownKey returns as much of a key of the file as messages may show: the whole key if it is known, or so near to a
// known one that it tells no more; else its block.
func shownKey(key string, err error) string {
	if r, _ := find(key); r != nil || errors.As(err, new(misspelt)) {
		return key
	}
	for i := strings.LastIndexByte(key, '.'); i >= 0; i = strings.LastIndexByte(key, '.') {
		key = key[:i]
		if r, _ := find(key); r != nil || isBlock(key) {
			return key
		}
	}
	return ""
}

// Report is every mistake of a configuration: those of the file by line, then the environment's, then the flags'.
type Report struct {
	Problems []Problem
}

// Error is one line for one mistake; else a line that counts them and one line for each.
func (r *Report) Error() string {
	lines := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		lines[i] = p.String()
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return fmt.Sprintf("the configuration has %d mistakes:\n  %s", len(lines), strings.Join(lines, "\n  "))
}

func (r *Report) add(problems ...Problem) {
	r.Problems = append(r.Problems, problems...)
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(a.Origin), rank(b.Origin)), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
}

// failed reports whether the value of key has a mistake already, so that the report need say no more of it.
func (r *Report) failed(key string) bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Key == key })
}

func rank(o Origin) int {
	switch {
	case o.Flag != "":
		return 2
	case o.Env != "":
		return 1
	case o.File != "":
		return 0
	}
	return 3
}
