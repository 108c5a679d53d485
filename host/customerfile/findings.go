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

// findings are what the first reading of dumps finds.
type findings struct {
	models      map[string]*model // by label
	types       map[int64]contentType
	permissions []permission
	groups      []group
	// What customers name by natural keys: groups, and permissions by "app_label.codename".
	namedGroups      map[string]bool
	namedPermissions map[string]contentType
}

// model is a model of which a dump has objects.
type model struct {
	label  string
	fields []string
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
		namedGroups: map[string]bool{}, namedPermissions: map[string]contentType{},
	}
}

// read reads a source to its end.
func (f *findings) read(s Source, o Options) error {
	in, format, err := open(s, o.Format)
	if errors.Is(err, errEmpty) {
		return nil
	}
	if err != nil || format == CSV {
		return err
	}
	split := newSplitter(in)
	for {
		raw, line, bad, err := split.object()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bad != nil {
			continue // Next says so
		}
		if err := f.object(raw); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// object looks at one object. What is wrong with a customer Next says.
func (f *findings) object(raw []byte) error {
	var o struct {
		Model  string
		PK     json.RawMessage
		Fields json.RawMessage
	}
	if json.Unmarshal(raw, &o) != nil || o.Model == "" || o.Fields == nil {
		return nil
	}
	var pk int64
	_ = json.Unmarshal(o.PK, &pk)
	switch o.Model {
	case groupModel:
		return f.group(pk, o.Fields)
	case permissionModel:
		return f.permission(pk, o.Fields)
	case typeModel:
		return f.contentType(pk, o.Fields)
	}
	m := f.models[o.Model]
	if m == nil {
		m = &model{label: o.Model}
		for name := range exactjson.Members(o.Fields) {
			m.fields = append(m.fields, name)
		}
		f.models[o.Model] = m
	}
	if slices.Contains(m.fields, "password") {
		f.customer(o.Fields)
	}
	return nil
}

// customer looks for natural keys.
func (f *findings) customer(fields []byte) {
	for name, value := range exactjson.Members(fields) {
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
}

func (f *findings) group(pk int64, fields []byte) error {
	var g struct {
		Name        string
		Permissions json.RawMessage
	}
	if json.Unmarshal(fields, &g) == nil && g.Name != "" {
		if list, ok := readKeys(g.Permissions, 3); ok {
			f.groups = append(f.groups, group{pk, g.Name, list})
			return nil
		}
	}
	return errors.New("a group must have a name, and permissions as dumpdata writes them")
}

func (f *findings) permission(pk int64, fields []byte) error {
	var p struct {
		Codename    string
		ContentType json.RawMessage `json:"content_type"`
	}
	wrong := errors.New("a permission must have a codename, and a content_type as dumpdata writes it")
	if json.Unmarshal(fields, &p) != nil || p.Codename == "" || len(p.ContentType) == 0 {
		return wrong
	}
	found := permission{pk: pk, codename: p.Codename}
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

func (f *findings) contentType(pk int64, fields []byte) error {
	var t struct {
		App   string `json:"app_label"`
		Model string
	}
	if json.Unmarshal(fields, &t) != nil || t.App == "" || t.Model == "" {
		return errors.New("a content type must have app_label and model")
	}
	f.types[pk] = contentType{t.App, t.Model}
	return nil
}

// choose finds the customers' model among those of the files; nil where there is none.
func (f *findings) choose(o Options) (*model, error) {
	if o.Model != "" {
		if m := f.models[o.Model]; m != nil || len(f.models) == 0 {
			return m, nil
		}
		return nil, fmt.Errorf("there is no object of %s in it, but of %s", o.Model, strings.Join(f.labels(), ", "))
	}
	maps.DeleteFunc(f.models, func(_ string, m *model) bool { return !slices.Contains(m.fields, "password") })
	if m := f.models[o.Known.Model]; m != nil {
		return m, nil
	}
	switch labels := f.labels(); len(labels) {
	case 0:
		return nil, nil
	case 1:
		return f.models[labels[0]], nil
	default:
		return nil, fmt.Errorf("objects of several models have a password: say which are the customers (%s)",
			strings.Join(labels, ", "))
	}
}

func (f *findings) labels() []string { return slices.Sorted(maps.Keys(f.models)) }
