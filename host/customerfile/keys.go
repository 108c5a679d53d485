package customerfile

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// keys are groups and permissions of Django's by primary key, and what is known of each name.
type keys struct {
	groups      map[int64]string
	permissions map[int64]string // "app_label.codename"
	named       Origin           // Groups and Permissions alone
	here        map[string]bool  // the groups that the files name
}

// newKeys takes what is known from before, and over it what files say now.
func newKeys(known Origin, f *findings) keys {
	k := keys{groups: map[int64]string{}, permissions: map[int64]string{}, named: Origin{
		Groups: map[string]Group{}, Permissions: map[string]Permission{},
	}, here: f.namedGroups}
	maps.Copy(k.named.Groups, known.Groups)
	maps.Copy(k.named.Permissions, known.Permissions)
	for name, p := range known.Permissions {
		k.permissions[p.PK] = name
	}
	for name, g := range known.Groups {
		k.groups[g.PK] = name
	}
	for _, p := range f.permissions {
		t := p.of
		if t.app == "" {
			t = f.types[p.ofKey]
		}
		if t.app != "" {
			k.addPermission(t.app+"."+p.codename, Permission{PK: p.pk, Model: t.model})
		}
	}
	for name, t := range f.namedPermissions {
		k.addPermission(name, Permission{Model: t.model})
	}
	for _, g := range f.groups {
		group := Group{PK: cmp.Or(g.pk, known.Groups[g.name].PK), Explained: true, Permissions: []string{}}
		for _, key := range g.permissions {
			if key.natural != nil {
				k.addPermission(key.name(), Permission{Model: key.natural[2]})
			}
			if name, ok := k.permission(key); ok {
				group.Permissions = append(group.Permissions, name)
			} else {
				group.Kept = append(group.Kept, key.pk)
			}
		}
		k.named.Groups[g.name] = group
		k.groups[group.PK] = g.name
		k.here[g.name] = true
	}
	for name, permissions := range f.explained {
		k.named.Groups[name] = Group{PK: k.named.Groups[name].PK, Explained: true, Permissions: permissions}
	}
	for name := range f.namedGroups {
		k.named.Groups[name] = k.named.Groups[name]
	}
	delete(k.groups, 0)
	delete(k.permissions, 0)
	return k
}

// addPermission is of a name that a file explains. Its primary key stays where the file does not say it.
func (k *keys) addPermission(name string, p Permission) {
	p.PK = cmp.Or(p.PK, k.named.Permissions[name].PK)
	k.named.Permissions[name] = p
	k.permissions[p.PK] = name
}

// permission is the name of a permission, where something explains the key. A natural key explains itself.
func (k *keys) permission(key key) (name string, ok bool) {
	if key.natural != nil {
		return key.name(), true
	}
	name, ok = k.permissions[key.pk]
	return name, ok
}

// group is the name of a group, where something explains the key.
func (k *keys) group(key key) (name string, ok bool) {
	if key.natural != nil {
		return key.natural[0], true
	}
	name, ok = k.groups[key.pk]
	return name, ok
}

// origin is what is known now of the customers' model, and of groups and permissions.
func (k *keys) origin(o Options, chosen *model) Origin {
	origin := o.Known
	if chosen != nil {
		origin = Origin{Model: chosen.label, Email: o.Email, Fields: chosen.fields}
	}
	origin.Groups, origin.Permissions = k.named.Groups, k.named.Permissions
	return origin
}

// key is a reference of a dump: a primary key, or a natural one.
type key struct {
	pk      int64
	natural []string // ["editors"]; ["add_customer", "customers", "customer"]; nil for a primary key
}

// name is "app_label.codename", of the natural key of a permission.
func (k key) name() string { return k.natural[1] + "." + k.natural[0] }

// readKeys reads a list of keys. A natural one has that many texts.
func readKeys(raw []byte, texts int) (list []key, ok bool) {
	if string(raw) == "[]" {
		return nil, true
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil || raw[0] != '[' {
		return nil, false
	}
	for _, e := range elements {
		var k key
		if e[0] == '[' {
			if json.Unmarshal(e, &k.natural) != nil || len(k.natural) != texts ||
				slices.Contains(k.natural, "") {
				return nil, false
			}
		} else if json.Unmarshal(e, &k.pk) != nil || k.pk <= 0 {
			return nil, false
		}
		list = append(list, k)
	}
	return list, true
}
