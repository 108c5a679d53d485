package customerfile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// model is a model whose objects are in a dump. Its groups and permissions ("app_label.codename") are those that the
// objects name by natural keys.
type model struct {
	label       string
	fields      []string
	groups      map[string]bool
	permissions map[string]contentType
}

// add adds a field, which stands at that place in an object, and gives the next place. Objects of one model can have
// different fields: an export leaves out those that a customer has no attribute for.
func (m *model) add(name string, at int) int {
	if at < len(m.fields) && m.fields[at] == name {
		return at + 1
	}
	if i := slices.Index(m.fields, name); i >= 0 {
		return i + 1
	}
	m.fields = slices.Insert(m.fields, at, name)
	return at + 1
}

// look takes the names of an object's fields, and the groups and permissions that it names by natural keys.
func (f *findings) look(m *model, fields []byte) {
	at := 0
	for name, value := range exactjson.Members(fields) {
		known := len(m.fields)
		if at = m.add(name, at); len(m.fields) > known {
			f.keep(len(name))
		}
		if value[0] != '[' || bytes.IndexByte(value[1:], '[') < 0 {
			continue // it has no natural key
		}
		switch name {
		case "groups":
			list, _ := readKeys(value, 1)
			for _, k := range list {
				if k.natural != nil && !m.groups[k.natural[0]] {
					m.groups[k.natural[0]] = true
					f.keep(len(k.natural[0]))
				}
			}
		case "user_permissions":
			list, _ := readKeys(value, 3)
			for _, k := range list {
				if k.natural == nil {
					continue
				}
				name := k.name()
				if _, known := m.permissions[name]; !known {
					f.keep(len(name) + len(k.natural[2]))
				}
				m.permissions[name] = contentType{k.natural[1], k.natural[2]}
			}
		}
	}
}

// choose finds the customers' model; nil if the files have none.
func (f *findings) choose(o Options) (*model, error) {
	if o.Model != "" {
		for label, m := range f.models {
			if strings.EqualFold(label, o.Model) {
				return m, nil
			}
		}
		if len(f.models) == 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("no object is of the model %s, but of %s", o.Model, f.labels())
	}
	maps.DeleteFunc(f.models, func(_ string, m *model) bool { return !slices.Contains(m.fields, "password") })
	if m := f.models[o.Known.Model]; m != nil {
		return m, nil
	}
	switch len(f.models) {
	case 0:
		return nil, nil
	case 1:
		for _, m := range f.models {
			return m, nil
		}
	}
	return nil, fmt.Errorf("objects of several models have a password: name the model of the customers, one of %s",
		f.labels())
}

// labels are those of all models, for an error.
func (f *findings) labels() string {
	return terminal.Printable(strings.Join(slices.Sorted(maps.Keys(f.models)), ", "))
}
