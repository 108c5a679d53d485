package exactjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// place is a token of a JSON text and where it stands.
type place struct {
	token []byte // as it is written
	name  bool   // it is the name of a member
	twice bool   // so is another one of the same object
	depth int    // objects and lists that are open, this one included
	path  []level
}

// level is an object or a list that is open.
type level struct {
	names map[string]bool // nil in a list
	name  string          // the member at which the text is
	value bool            // a value comes next, not a name
	index int
}

// walk calls visit with every token, until it returns an error. It ends at what is no JSON.
func walk(raw []byte, visit func(place) error) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var path []level
	for {
		from := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return nil
		}
		p := place{token: bytes.TrimLeft(raw[from:d.InputOffset()], " \t\r\n,:"), depth: len(path), path: path}
		switch token {
		case json.Delim('}'), json.Delim(']'):
			path = path[:len(path)-1]
			continue
		}
		if n := len(path) - 1; n >= 0 {
			switch l := &path[n]; {
			case l.names == nil:
				l.index++
			case l.value:
				l.value = false
			default:
				l.name, _ = token.(string)
				p.name, p.twice = true, l.names[l.name]
				l.names[l.name], l.value = true, true
			}
		}
		opened := level{index: -1}
		switch token {
		case json.Delim('{'):
			opened.names = map[string]bool{}
			fallthrough
		case json.Delim('['):
			p.depth++
			if err := visit(p); err != nil {
				return err
			}
			path = append(path, opened)
			continue
		}
		if err := visit(p); err != nil {
			return err
		}
	}
}

// fault is an error with its place, where it is not the whole value.
func (p place) fault(err error) error {
	if at := p.String(); at != "" {
		return fmt.Errorf("at %s %w", at, err)
	}
	return err
}

// String is the way to the place: billing.to[0].name; empty for the whole value. A name with other than letters and
// digits, or a long one, is quoted and cut.
func (p place) String() string {
	var b strings.Builder
	for _, l := range p.path {
		switch {
		case l.names == nil:
			fmt.Fprintf(&b, "[%d]", l.index)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(shown(l.name))
		}
		if b.Len() > mostPath {
			return b.String() + "…"
		}
	}
	return b.String()
}

// mostPath bounds what is shown of a path, and mostName of a name, in bytes.
const (
	mostPath = 200
	mostName = 50
)

func shown(name string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if len(name) > mostName {
		return fmt.Sprintf("%.*q…", mostName, name)
	}
	if name != "" && strings.TrimFunc(name, plain) == "" {
		return name
	}
	return fmt.Sprintf("%q", name)
}
