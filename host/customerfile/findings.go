package customerfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/host/exactjson"
)

// findings are what the first reading finds: what explains keys, and the names that customers have.
type findings struct {
	models      map[string]*model // by label
	types       map[int64]contentType
	permissions []permission
	groups      []group
	// What customers name: groups, and permissions by "app_label.codename", of which only natural keys say the model.
	namedGroups      map[string]bool
	namedPermissions map[string]contentType
	explained        map[string][]string // the permissions of groups, where a file that is no dump says them
}

// model is a model of which a dump has objects.
type model struct {
	label  string
	fields []string
}

func (m *model) hasPassword() bool { return slices.Contains(m.fields, "password") }

// maxFields bounds how many fields of a model are kept.
const maxFields = 1000

// add adds a field that stands at a place in an object, and gives the place after it. An object that was written here
// may lack some.
func (m *model) add(name string, at int) int {
	if at < len(m.fields) && m.fields[at] == name {
		return at + 1
	}
	if i := slices.Index(m.fields, name); i >= 0 {
		return i + 1
	}
	if len(m.fields) == maxFields {
		return at
	}
	m.fields = slices.Insert(m.fields, at, name)
	return at + 1
}

type contentType struct{ app, model string }

// permission is an object auth.permission.
type permission struct {
	pk       int64
	codename string
	of       contentType // or, in a dump with primary keys,
	ofKey    int64
}

// group is an object auth.group.
type group struct {
	pk          int64
	name        string
	permissions []key
}

// The models that explain keys.
const (
	groupModel      = "auth.group"
	permissionModel = "auth.permission"
	typeModel       = "contenttypes.contenttype"
)

func newFindings() *findings {
	return &findings{
		models: map[string]*model{}, types: map[int64]contentType{},
		namedGroups: map[string]bool{}, namedPermissions: map[string]contentType{}, explained: map[string][]string{},
	}
}

// read reads a source to its end. What is wrong with a row Next says.
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
	split := newSplitter(in)
	for {
		raw, line, bad, err := split.object()
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
		_, bad, err := rows.record()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if bad == nil && groups < len(rows.cells) && len(rows.cells[groups]) > 0 {
			f.customersGroups(rows.cells[groups])
		}
	}
}

// object looks at one object.
func (f *findings) object(raw []byte) error {
	var o object
	o.read(raw)
	switch {
	case o.isDump():
		return f.dumped(&o)
	case o.group != nil:
		return f.line(raw)
	case o.groups != nil:
		f.customersGroups(o.groups)
	}
	return nil
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
		m = &model{label: string(label)}
		f.models[m.label] = m
	} else if !m.hasPassword() {
		return nil
	}
	at := 0
	for name, value := range exactjson.Members(o.fields) {
		at = m.add(name, at)
		switch name {
		case "groups":
			list, _ := readKeys(value, 1)
			for _, k := range list {
				if k.natural != nil {
					f.namedGroups[k.natural[0]] = true
				}
			}
		case "user_permissions":
			list, _ := readKeys(value, 3)
			for _, k := range list {
				if k.natural != nil {
					f.namedPermissions[k.name()] = contentType{k.natural[1], k.natural[2]}
				}
			}
		}
	}
	return nil
}

func (f *findings) group(o *object) error {
	var g struct {
		Name        string
		Permissions json.RawMessage
	}
	if json.Unmarshal(o.fields, &g) == nil && g.Name != "" {
		if list, ok := readKeys(g.Permissions, 3); ok {
			f.groups = append(f.groups, group{o.number(), g.Name, list})
			return nil
		}
	}
	return errors.New("a group must have a name, and permissions as dumpdata writes them")
}

func (f *findings) permission(o *object) error {
	var p struct {
		Codename    string
		ContentType json.RawMessage `json:"content_type"`
	}
	wrong := errors.New("a permission must have a codename, and a content_type as dumpdata writes it")
	if json.Unmarshal(o.fields, &p) != nil || p.Codename == "" || len(p.ContentType) == 0 {
		return wrong
	}
	found := permission{pk: o.number(), codename: p.Codename}
	if p.ContentType[0] == '[' {
		var natural []string
		if json.Unmarshal(p.ContentType, &natural) != nil || len(natural) != 2 {
			return wrong
		}
		found.of = contentType{natural[0], natural[1]}
	} else if json.Unmarshal(p.ContentType, &found.ofKey) != nil {
		return wrong
	}
	f.permissions = append(f.permissions, found)
	return nil
}

func (f *findings) contentType(o *object) error {
	var t struct {
		App   string `json:"app_label"`
		Model string
	}
	if json.Unmarshal(o.fields, &t) != nil || t.App == "" || t.Model == "" {
		return errors.New("a content type must have app_label and model")
	}
	f.types[o.number()] = contentType{t.App, t.Model}
	return nil
}

// line looks at a group that is a line of its own.
func (f *findings) line(raw []byte) error {
	var g struct {
		Group       string
		Permissions []string
	}
	if json.Unmarshal(raw, &g) != nil || g.Group == "" {
		return errors.New(`a group must be {"group": its name, "permissions": a list of texts}`)
	}
	f.explain(g.Group, g.Permissions)
	return nil
}

// explain takes what a file says of a group; nil: only that there is one. Several customers may each say a part.
func (f *findings) explain(group string, permissions []string) {
	if group == "" {
		return // the store refuses its customers
	}
	f.namedGroups[group] = true
	for _, p := range permissions {
		if !slices.Contains(f.explained[group], p) {
			f.explained[group] = append(f.explained[group], p)
		}
	}
	if permissions != nil && f.explained[group] == nil {
		f.explained[group] = []string{}
	}
}

// customersGroups looks at the member groups of a customer: names, or groups with the permissions of each.
func (f *findings) customersGroups(raw []byte) {
	var names []string
	if raw[0] == '[' && json.Unmarshal(raw, &names) == nil {
		for _, name := range names {
			f.explain(name, nil)
		}
	}
	var groups map[string][]string
	if raw[0] == '{' && json.Unmarshal(raw, &groups) == nil {
		for name, permissions := range groups {
			f.explain(name, permissions)
		}
	}
}

// choose finds the customers' model among those of the files; nil where there is none.
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
		return nil, fmt.Errorf("no object is of the model %s, but of %s", o.Model, strings.Join(f.labels(), ", "))
	}
	maps.DeleteFunc(f.models, func(_ string, m *model) bool { return !m.hasPassword() })
	if m := f.models[o.Known.Model]; m != nil {
		return m, nil
	}
	switch labels := f.labels(); len(labels) {
	case 0:
		return nil, nil
	case 1:
		return f.models[labels[0]], nil
	default:
		return nil, fmt.Errorf("objects of several models have a password: name the model of the customers, "+
			"one of %s", strings.Join(labels, ", "))
	}
}

func (f *findings) labels() []string { return slices.Sorted(maps.Keys(f.models)) }
