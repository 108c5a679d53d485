package customerfile

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/edgetoken/edgetoken/host/terminal"
)

// keys says which groups and permissions Django's primary keys are, and what is known of each.
type keys struct {
	groups      map[int64]string
	permissions map[int64]string // "app_label.codename"
	named       Origin           // its Groups and Permissions
	here        map[string]bool  // the groups that the files name
}

// newKeys takes what earlier files said, and then what these say. customers is their model, or nil. A key with two
// names is refused: whoever has it would get the permissions of either.
func newKeys(known Origin, f *findings, customers *model) (keys, error) {
	k := keys{groups: map[int64]string{}, permissions: map[int64]string{}, here: map[string]bool{}, named: Origin{
		Groups: map[string]Group{}, Permissions: map[string]Permission{},
	}}
	if f.ofOther(known, customers) {
		known = known.withoutKeys()
	}
	for name, p := range known.Permissions {
		k.addPermission(name, p)
	}
	for name, g := range known.Groups {
		k.addGroup(name, g)
	}
	said := map[string]string{}
	for _, p := range f.permissions {
		if name, model := f.nameOf(p); name != "" {
			if err := once(said, "permission", p.pk, name); err != nil {
				return keys{}, err
			}
			k.addPermission(name, Permission{PK: p.pk, Model: model})
		}
	}
	for _, g := range f.groups {
		if err := once(said, "group", g.pk, g.name); err != nil {
			return keys{}, err
		}
		k.addGroup(g.name, k.explained(g))
		k.here[g.name] = true
	}
	for name, permissions := range f.lines {
		if k.here[name] = true; permissions != nil {
			k.addGroup(name, Group{Explained: true, Permissions: permissions})
		} else {
			k.addGroup(name, k.named.Groups[name])
		}
	}
	if customers != nil {
		for name, t := range customers.permissions {
			k.addPermission(name, Permission{Model: t.model})
		}
		for name := range customers.groups {
			k.here[name] = true
			k.addGroup(name, k.named.Groups[name])
		}
	}
	return k, nil
}

// once refuses a second name of a primary key.
func once(said map[string]string, what string, pk int64, name string) error {
	key := fmt.Sprintf("%s %d", what, pk)
	if old := said[key]; pk != 0 && old != "" && old != name {
		return fmt.Errorf("the %s is both %s and %s: import what one system wrote at one time", key,
			terminal.Brief(old), terminal.Brief(name))
	}
	said[key] = name
	return nil
}

// ofOther reports whether the files are of another system than what is known, where the same keys are others: of
// another model of customers, or with other keys of permissions, which no system changes.
func (f *findings) ofOther(known Origin, customers *model) bool {
	if customers != nil && known.Model != "" && !strings.EqualFold(known.Model, customers.label) {
		return true
	}
	names := map[int64]string{}
	for name, p := range known.Permissions {
		names[p.PK] = name
	}
	for _, p := range f.permissions {
		name, model := f.nameOf(p)
		before, old := known.Permissions[name], names[p.pk]
		if name == "" || p.pk == 0 {
			continue
		}
		if old != "" && old != name || before.PK != 0 && before.PK != p.pk && before.Model == model {
			return true
		}
	}
	return false
}

// withoutKeys is o without primary keys, which then explain nothing.
func (o Origin) withoutKeys() Origin {
	o.Groups, o.Permissions = maps.Clone(o.Groups), maps.Clone(o.Permissions)
	for name, g := range o.Groups {
		g.PK, g.Kept = 0, nil
		o.Groups[name] = g
	}
	for name, p := range o.Permissions {
		o.Permissions[name] = Permission{Model: p.Model}
	}
	return o
}

// nameOf is the name of a permission and the model of its content type; empty where no file says that.
func (f *findings) nameOf(p permission) (name, model string) {
	t := p.of
	if t.app == "" {
		t = f.types[p.ofKey]
	}
	if t.app == "" {
		return "", ""
	}
	return t.app + "." + p.codename, t.model
}

// explained is a group with the names of its permissions.
func (k *keys) explained(g group) Group {
	there := Group{PK: g.pk, Explained: true, Permissions: []string{}}
	for _, key := range g.permissions {
		if key.natural != nil {
			k.addPermission(key.name(), Permission{Model: key.natural[2]})
		}
		if name, ok := k.permission(key); ok {
			there.Permissions = append(there.Permissions, name)
		} else {
			there.Kept = append(there.Kept, key.pk)
		}
	}
	return there
}

// addGroup takes what a file says of a group. Without a primary key it keeps the one that it had. A group that had the
// same key loses it.
func (k *keys) addGroup(name string, g Group) {
	before := k.named.Groups[name].PK
	if g.PK = cmp.Or(g.PK, before); g.PK != before {
		delete(k.groups, before)
	}
	if g.PK != 0 {
		if old, taken := k.groups[g.PK]; taken && old != name {
			other := k.named.Groups[old]
			other.PK = 0
			k.named.Groups[old] = other
		}
		k.groups[g.PK] = name
	}
	k.named.Groups[name] = g
}

// addPermission is addGroup for a permission, of which each model of an app may have one by the same name.
func (k *keys) addPermission(name string, p Permission) {
	if p.PK = cmp.Or(p.PK, k.named.Permissions[name].PK); p.PK != 0 {
		if old, taken := k.permissions[p.PK]; taken && old != name {
			k.named.Permissions[old] = Permission{Model: k.named.Permissions[old].Model}
		}
		k.permissions[p.PK] = name
	}
	k.named.Permissions[name] = p
}

// permission is the name of the permission with this key, if something explains it. A natural key explains itself.
func (k *keys) permission(key key) (name string, ok bool) {
	if key.natural != nil {
		return key.name(), true
	}
	name, ok = k.permissions[key.pk]
	return name, ok
}

// group is permission for a group.
func (k *keys) group(key key) (name string, ok bool) {
	if key.natural != nil {
		return key.natural[0], true
	}
	name, ok = k.groups[key.pk]
	return name, ok
}

// origin is the new origin: the customers' model as the files have it, if they do, and all groups and permissions.
func (k *keys) origin(o Options, chosen *model) Origin {
	origin := o.Known
	if chosen != nil {
		origin = Origin{Model: chosen.label, Email: o.Email, Fields: chosen.fields}
	}
	origin.Groups, origin.Permissions = k.named.Groups, k.named.Permissions
	return origin
}
