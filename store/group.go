package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// Group is Django's group: a name, and the permissions that all its members have.
type Group struct {
	Name        string   // 1 to 150 characters, unique, compared exactly
	Permissions []string // "app_label.codename", sorted
}

// Groups returns all groups, sorted by the bytes of their names.
func (db *DB) Groups(ctx context.Context) (list []Group, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(groupsBucket).ForEach(func(k, v []byte) error {
			g, err := decodeGroup(v)
			list = append(list, Group{Name: string(k), Permissions: g.permissions})
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return list, nil
}

// AddGroup makes a group with these permissions; ErrExists if there is a group of this name.
func (db *DB) AddGroup(ctx context.Context, name string, permissions []string) error {
	return db.putGroup(ctx, name, permissions, true)
}

// PutGroup makes a group with these permissions, or replaces the permissions of the group of this name. They count for
// its members at once.
func (db *DB) PutGroup(ctx context.Context, name string, permissions []string) error {
	return db.putGroup(ctx, name, permissions, false)
}

func (db *DB) putGroup(ctx context.Context, name string, permissions []string, isNew bool) error {
	if err := checkGroupName(name); err != nil {
		return err
	}
	permissions, err := checkPermissions(permissions)
	if err != nil {
		return fmt.Errorf("group %q: %w", name, err)
	}
	return db.write(ctx, func(w *writer) error {
		g, err := w.group(name)
		if err != nil {
			return err
		}
		if g.number != 0 && isNew {
			return fmt.Errorf("group %q is %w", name, ErrExists)
		}
		if g.number == 0 {
			if err := checkNewGroupName(name); err != nil {
				return err
			}
			if w.count(groupsBucket, maxGroups) == maxGroups {
				return fmt.Errorf("group %q %w: there are %d groups, which is the most", name, ErrInvalid, maxGroups)
			}
		}
		return w.putGroup(name, g, permissions)
	})
}

// count counts the records of a bucket, up to a bound.
func (t tables) count(bucket []byte, most int) (n int) {
	cursor := t.tx.Bucket(bucket).Cursor()
	for k, _ := cursor.First(); k != nil && n < most; k, _ = cursor.Next() {
		n++
	}
	return n
}

// putGroup writes a group with these permissions; old is what was read of it.
func (w *writer) putGroup(name string, old group, permissions []string) error {
	if old.number != 0 && slices.Equal(old.permissions, permissions) {
		return nil
	}
	g := group{number: old.number, permissions: permissions}
	if err := checkSize(fmt.Sprintf("permissions of group %q", name), g.encode()); err != nil {
		return err
	}
	if g.number == 0 {
		g.number = w.version()
	}
	w.put(groupsBucket, []byte(name), g.encode())
	return nil
}

// ChangeGroup gives permissions to a group and takes others from it; this counts for its members at once. The error is
// ErrNoGroup if there is no such group, ErrNotHeld if it lacks what should be taken; then nothing changes.
func (db *DB) ChangeGroup(ctx context.Context, name string, grant, withdraw []string) error {
	grant, err := checkPermissions(grant)
	if err == nil {
		withdraw, err = checkPermissions(withdraw)
	}
	if err != nil {
		return fmt.Errorf("group %q: %w", name, err)
	}
	return db.write(ctx, func(w *writer) error {
		g, err := w.existingGroup(name)
		if err != nil {
			return err
		}
		permissions, err := changed(g.permissions, grant, withdraw)
		if err != nil {
			return fmt.Errorf("group %q: %w", name, err)
		}
		return w.putGroup(name, g, permissions)
	})
}

// existingGroup reads a group; ErrNoGroup if there is none.
func (t tables) existingGroup(name string) (group, error) {
	g := group{}
	var err error
	if checkGroupName(name) == nil {
		g, err = t.group(name)
	}
	if err == nil && g.number == 0 {
		err = fmt.Errorf("group %q: %w", name, ErrNoGroup)
	}
	return g, err
}

// changed adds permissions to a sorted list and removes others.
func changed(list, grant, withdraw []string) ([]string, error) {
	list = sorted(slices.Concat(list, grant))
	for _, p := range withdraw {
		at, has := slices.BinarySearch(list, p)
		if !has {
			return nil, fmt.Errorf("permission %q is %w", p, ErrNotHeld)
		}
		list = slices.Delete(list, at, at+1)
	}
	return list, nil
}

// RemoveGroup removes a group and all memberships in it. A later group of the same name has none of its members. The
// error is ErrNoGroup if there is no such group.
func (db *DB) RemoveGroup(ctx context.Context, name string) error {
	return db.write(ctx, func(w *writer) error {
		if _, err := w.existingGroup(name); err != nil {
			return err
		}
		w.remove(groupsBucket, []byte(name))
		return nil
	})
}

// RightsChange is what a customer gets and loses.
type RightsChange struct {
	Grant, Withdraw []string // its own permissions
	Join, Leave     []string // groups, by name
}

// ChangeRights gives a customer permissions and groups, and takes others away. It may give what the customer already
// has. The customer gets a new version, which the next Load sees. The error is ErrNotFound if there is no such
// customer, ErrNoGroup if there is no group to join, ErrNotHeld if the customer lacks what should be taken; then
// nothing changes.
func (db *DB) ChangeRights(ctx context.Context, id core.CustomerID, change RightsChange) error {
	grant, err := checkPermissions(change.Grant)
	if err != nil {
		return err
	}
	withdraw, err := checkPermissions(change.Withdraw)
	if err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) error {
		c, _, err := w.existing(id)
		if err != nil {
			return err
		}
		key := idKey(id)
		old, err := w.rights(key)
		if err != nil {
			return err
		}
		r := rights{groups: slices.Clone(old.groups)}
		if r.permissions, err = changed(old.permissions, grant, withdraw); err != nil {
			return fmt.Errorf("customer %q: %w", id, err)
		}
		if err := w.regroup(&r, change); err != nil {
			return fmt.Errorf("customer %q: %w", id, err)
		}
		if err := r.check(); err != nil {
			return fmt.Errorf("customer %q: %w", id, err)
		}
		if slices.Equal(r.permissions, old.permissions) && slices.Equal(r.groups, old.groups) {
			return nil
		}
		c.Version = w.version()
		w.put(customersBucket, key, encodeCustomer(c))
		w.give(key, r)
		return nil
	})
}

// regroup joins and leaves groups.
func (t tables) regroup(r *rights, change RightsChange) error {
	find := func(name string) (int, bool) {
		return slices.BinarySearchFunc(r.groups, name, func(m membership,
			name string) int {
			return strings.Compare(m.group, name)
		})
	}
	for _, name := range change.Join {
		g, err := t.existingGroup(name)
		if err != nil {
			return err
		}
		if at, has := find(name); !has {
			r.groups = slices.Insert(r.groups, at, membership{name, g.number})
		}
	}
	for _, name := range change.Leave {
		at, has := find(name)
		if !has {
			return fmt.Errorf("group %q is %w", name, ErrNotHeld)
		}
		r.groups = slices.Delete(r.groups, at, at+1)
	}
	return nil
}
