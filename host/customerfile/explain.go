package customerfile

import (
	"encoding/json"
	"errors"
	"fmt"
)

type contentType struct{ app, model string }

// permission is an object auth.permission.
type permission struct {
	pk       int64
	codename string
	of       contentType // by natural keys; else
	ofKey    int64       // its primary key
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

func (f *findings) group(o *object) error {
	var g struct {
		Name        string
		Permissions json.RawMessage
	}
	if json.Unmarshal(o.fields, &g) == nil && g.Name != "" {
		if list, ok := readKeys(g.Permissions, 3); ok {
			f.groups = append(f.groups, group{o.number(), g.Name, list})
			f.keep(len(g.Name) + len(list)*keyBytes)
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
	f.keep(len(found.codename))
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
	pk, found := o.number(), contentType{t.App, t.Model}
	if old, twice := f.types[pk]; twice && old != found {
		return fmt.Errorf("the content type %d was another one before: import what one system wrote at one time", pk)
	}
	if pk != 0 && f.types[pk] != found {
		f.types[pk] = found
		f.keep(len(found.app) + len(found.model))
	}
	return nil
}

// line reads a group that is a line of its own.
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

// explain takes the permissions that a file gives a group, or nil if it only names the group. Several customers may
// each give some.
func (f *findings) explain(group string, permissions []string) {
	if group == "" {
		return // the store refuses such a customer
	}
	all, known := f.lines[group]
	if !known {
		f.keep(len(group))
	}
	if permissions != nil && all == nil {
		all = []string{}
	}
	if len(permissions) > 0 {
		all = f.union(all, permissions)
	}
	f.lines[group] = all
}

// union appends to all those permissions that it does not have.
func (f *findings) union(all, permissions []string) []string {
	has := make(map[string]bool, len(all)+len(permissions))
	for _, p := range all {
		has[p] = true
	}
	for _, p := range permissions {
		if !has[p] {
			has[p] = true
			all = append(all, p)
			f.keep(len(p))
		}
	}
	return all
}

// customersGroups reads the member groups of a customer: names, or groups with the permissions of each.
func (f *findings) customersGroups(raw []byte) {
	var names []string
	var groups map[string][]string
	if json.Unmarshal(raw, &names) == nil {
		for _, name := range names {
			f.explain(name, nil)
		}
	} else if json.Unmarshal(raw, &groups) == nil {
		for name, permissions := range groups {
			f.explain(name, permissions)
		}
	}
}
