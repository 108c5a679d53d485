package customerfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/records"
	"github.com/edgetoken/edgetoken/host/terminal"
)

// findings are what Open finds in the files.
type findings struct {
	models      map[string]*model // by label
	types       map[int64]contentType
	permissions []permission
	groups      []group
	// lines are the groups that files name which are no dumps, with their permissions; nil if no file says them.
	lines map[string][]string
	size  int // of all these, about
}

// maxFindings bounds what is kept of the files, in bytes.
const maxFindings = 32 << 20

// keep counts something that has that many bytes of text.
func (f *findings) keep(text int) { f.size += 100 + text }

// full says that too much was found.
func (f *findings) full() error {
	if f.size > maxFindings {
		return fmt.Errorf("the files have more than %d MiB of groups, permissions and names of fields: leave out "+
			"what customers do not need", maxFindings>>20)
	}
	return nil
}

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

func newFindings() *findings {
	return &findings{
		models: map[string]*model{}, types: map[int64]contentType{}, lines: map[string][]string{},
	}
}

// read looks through a source. Bad rows are left to Next.
func (f *findings) read(s Source, o Options) error {
	in, format, err := open(s, o.Format)
	switch {
	case errors.Is(err, errEmpty):
		return nil
	case err != nil:
		return err
	case format == CSV:
		return f.readCSV(in)
	}
	objects := records.NewObjects(in)
	for {
		raw, line, bad, err := objects.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && bad == nil {
			if err = f.object(raw); err != nil {
				err = fmt.Errorf("line %d: %w", line, err)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (f *findings) readCSV(in io.Reader) error {
	rows, err := newCSVRows(in, false)
	if err != nil {
		return err
	}
	groups := slices.Index(rows.columns, "groups")
	if groups < 0 {
		return nil
	}
	for {
		cells, _, bad, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if bad == nil && groups < len(cells) {
			f.customersGroups(bytes.TrimSpace(cells[groups]))
			if err := f.full(); err != nil {
				return err
			}
		}
	}
}

// object looks at one object.
func (f *findings) object(raw []byte) error {
	var o object
	o.read(raw)
	var err error
	switch {
	case o.isDump():
		err = f.dumped(&o)
	case o.isGroup():
		err = f.line(raw)
	case o.groups != nil:
		f.customersGroups(o.groups)
	}
	return cmp.Or(err, f.full())
}

// dumped looks at an object of a dump.
func (f *findings) dumped(o *object) error {
	label := o.label()
	switch string(label) {
	case groupModel:
		return f.group(o)
	case permissionModel:
		return f.permission(o)
	case typeModel:
		return f.contentType(o)
	}
	m := f.models[string(label)]
	if m == nil {
		m = &model{label: string(label), groups: map[string]bool{}, permissions: map[string]contentType{}}
		f.models[m.label] = m
		f.keep(len(m.label))
	}
	f.look(m, o.fields)
	return nil
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
