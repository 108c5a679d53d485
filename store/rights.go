package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core/codec"
)

const (
	// maxGroupName bounds the name of a group, in characters (Django's Group.name).
	maxGroupName = 150
	// maxPermissionPart bounds each part of a permission, in characters (Django's ContentType.app_label and
	// Permission.codename).
	maxPermissionPart = 100
	// maxRights bounds the record of what a customer or a group has, in bytes: some 2000 permissions.
	maxRights = 64 * 1024
	// maxGroups bounds the number of groups, so that one call can list them all.
	maxGroups = 10_000
)

// checkPermission returns nil for "app_label.codename", each part of 1 to 100 characters. Else it returns an ErrInvalid
// that says why the text is no permission.
func checkPermission(p string) error {
	label, codename, dotted := strings.Cut(p, ".")
	switch {
	case checkText("", p) != nil:
		return fmt.Errorf("permission %w: it is not UTF-8, or too long", ErrInvalid)
	case !dotted || label == "" || codename == "":
		return fmt.Errorf("permission %q %w: it must be app_label.codename, such as customers.view_customer", p,
			ErrInvalid)
	case utf8.RuneCountInString(label) > maxPermissionPart || utf8.RuneCountInString(codename) > maxPermissionPart:
		return fmt.Errorf("permission %q %w: each of its parts has at most %d characters", p, ErrInvalid,
			maxPermissionPart)
	}
	return nil
}

// checkNewGroupName returns nil for 1 to 150 characters without white space around them, which nobody sees and Django's
// forms cut off. Else it returns an ErrInvalid that says why no new group can have the name.
func checkNewGroupName(name string) error {
	if err := checkGroupName(name); err != nil {
		return err
	}
	if strings.TrimSpace(name) != name {
		return fmt.Errorf("group name %q %w: it has white space at an end", name, ErrInvalid)
	}
	return nil
}

// checkGroupName says why no group, new or old, can have a text as its name.
func checkGroupName(name string) error {
	if err := checkText("group name", name); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(name); n == 0 || n > maxGroupName {
		return fmt.Errorf("group name %w: it has %d characters, not 1 to %d", ErrInvalid, n, maxGroupName)
	}
	return nil
}

// checkPermissions returns the list, sorted and without duplicates; nil if it is empty.
func checkPermissions(list []string) ([]string, error) {
	for _, p := range list {
		if err := checkPermission(p); err != nil {
			return nil, err
		}
	}
	return sorted(list), nil
}

// sorted returns a sorted copy without duplicates; nil if it is empty.
func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// rights is what a customer was given: its own permissions, and groups.
type rights struct {
	permissions []string     // sorted
	groups      []membership // sorted by name
}

// membership is a customer's membership in a group. It counts only while the group of this name has this number. A
// group that was removed and made again has another number, and so none of its former members.
type membership struct {
	group  string
	number uint64
}

// encode: version 1 | u16 count | permissions | u16 count | count × (text group | u64 its number).
func (r rights) encode() []byte {
	b := putTexts([]byte{recordVersion}, r.permissions)
	b = codec.U16(b, uint16(len(r.groups)))
	for _, m := range r.groups {
		b = codec.U64(codec.Text(b, m.group), m.number)
	}
	return b
}

func decodeRights(value []byte) (rights, error) {
	r := begin(value)
	var all rights
	all.permissions = r.texts()
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		m := membership{group: r.text(), number: r.U64()}
		r.Bad = r.Bad || m.number == 0 || len(all.groups) > 0 && all.groups[len(all.groups)-1].group >= m.group
		all.groups = append(all.groups, m)
	}
	if !r.Done() {
		return rights{}, corrupt("rights")
	}
	return all, nil
}

// check returns an error if the record would be too long.
func (r rights) check() error { return checkSize("permissions and groups", r.encode()) }

func checkSize(what string, record []byte) error {
	if len(record) > maxRights {
		return fmt.Errorf("%s %w: they take %d bytes, the most is %d", what, ErrInvalid, len(record), maxRights)
	}
	return nil
}

// group is the record of a group.
type group struct {
	number      uint64 // see membership; a version
	permissions []string
}

// encode: version 1 | u64 number | u16 count | permissions.
func (g group) encode() []byte {
	return putTexts(codec.U64([]byte{recordVersion}, g.number), g.permissions)
}

func decodeGroup(value []byte) (group, error) {
	r := begin(value)
	g := group{number: r.U64(), permissions: r.texts()}
	if !r.Done() || g.number == 0 {
		return group{}, corrupt("group")
	}
	return g, nil
}

// group reads a group; its number is 0 if there is none.
func (t tables) group(name string) (group, error) {
	if name == "" {
		return group{}, nil
	}
	value := t.get(groupsBucket, []byte(name))
	if value == nil {
		return group{}, nil
	}
	g, err := decodeGroup(value)
	if err != nil {
		return group{}, fmt.Errorf("group %q: %w", name, err)
	}
	return g, nil
}

// rights reads what a customer was given, without memberships that no longer count.
func (t tables) rights(key []byte) (rights, error) {
	value := t.get(rightsBucket, key)
	if value == nil {
		return rights{}, nil
	}
	all, err := decodeRights(value)
	if err != nil {
		return rights{}, err
	}
	counts := all.groups[:0]
	for _, m := range all.groups {
		g, err := t.group(m.group)
		if err != nil {
			return rights{}, err
		}
		if g.number == m.number {
			counts = append(counts, m)
		}
	}
	all.groups = counts
	return all, nil
}

// names are the groups' names, sorted; nil for none.
func (r rights) names() (names []string) {
	for _, m := range r.groups {
		names = append(names, m.group)
	}
	return names
}

// effective returns all permissions that a customer has, its own and those of its groups, sorted. An inactive customer
// has none (django.contrib.auth ModelBackend). A superuser may do everything; the list does not say so.
func (t tables) effective(c Customer) ([]string, error) {
	if !c.IsActive {
		return nil, nil
	}
	all := slices.Clone(c.Permissions)
	for _, name := range c.Groups {
		g, err := t.group(name)
		if err != nil {
			return nil, err
		}
		all = append(all, g.permissions...)
	}
	return sorted(all), nil
}

// give writes what a customer has now.
func (w *writer) give(key []byte, r rights) {
	if len(r.permissions) > 0 || len(r.groups) > 0 {
		w.put(rightsBucket, key, r.encode())
	} else if w.get(rightsBucket, key) != nil {
		w.remove(rightsBucket, key)
	}
}

// join returns what each new customer of list is given, and makes the groups that do not exist yet. Of all that can
// fail it comes last, so nothing is put before it.
func (w *writer) join(list []NewCustomer, customers []Customer, named func(int, error) error) ([]rights, error) {
	made := map[string][]string{} // groups that do not exist yet, with their permissions
	numbers := map[string]uint64{}
	for i, n := range list {
		for name, permissions := range n.Groups {
			g, err := w.group(name)
			if err != nil {
				return nil, named(i, err)
			}
			numbers[name] = g.number
			switch {
			case permissions == nil:
			case g.number == 0:
				made[name] = append(made[name], permissions...)
			case !slices.Equal(g.permissions, sorted(permissions)):
				return nil, named(i, fmt.Errorf("group %q is %w with other permissions", name, ErrExists))
			}
		}
	}
	for i, n := range list {
		for _, name := range customers[i].Groups {
			if _, makes := made[name]; n.Groups[name] == nil && !makes && numbers[name] == 0 {
				return nil, named(i, fmt.Errorf("group %q: %w", name, ErrNoGroup))
			}
		}
	}
	if len(made) > 0 && w.count(groupsBucket, maxGroups)+len(made) > maxGroups {
		return nil, fmt.Errorf("groups %w: there would be more than %d", ErrInvalid, maxGroups)
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		made[name] = sorted(made[name])
		if err := checkNewGroupName(name); err != nil {
			return nil, err
		}
		if err := checkSize(fmt.Sprintf("permissions of group %q", name),
			group{permissions: made[name]}.encode()); err != nil {
			return nil, err
		}
	}
	given := make([]rights, len(list))
	for i, c := range customers {
		given[i].permissions = c.Permissions
		for _, name := range c.Groups {
			given[i].groups = append(given[i].groups, membership{name, 1})
		}
		if err := given[i].check(); err != nil {
			return nil, named(i, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		numbers[name] = w.version()
		w.put(groupsBucket, []byte(name), group{numbers[name], made[name]}.encode())
	}
	for i := range given {
		for j := range given[i].groups {
			given[i].groups[j].number = numbers[given[i].groups[j].group]
		}
	}
	return given, nil
}
