package store

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
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
			list = append(list, Group{Name: string(k), Permissions: g.permissions.names()})
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
	return db.write(ctx, func(w *writer) (resolved, error) {
		g, err := w.group(name)
		if err != nil {
			return nil, err
		}
		if !g.made.IsZero() && isNew {
			return nil, fmt.Errorf("group %q is %w", name, ErrExists)
		}
		if g.made.IsZero() {
			if w.count(groupsBucket, maxGroups) == maxGroups {
				return nil, fmt.Errorf("group %q %w: there are %d groups, which is the most", name, ErrInvalid,
					maxGroups)
			}
			return w.newGroup(name, permissions)
		}
		has := g.permissions.names()
		return w.regrant(name, g, without(permissions, has), without(has, permissions))
	})
}

// count counts the records of a bucket, up to most.
func (t tables) count(bucket []byte, most int) (n int) {
	cursor := t.tx.Bucket(bucket).Cursor()
	for k, _ := cursor.First(); k != nil && n < most; k, _ = cursor.Next() {
		n++
	}
	return n
}

// newGroup resolves the making of a group.
func (w *writer) newGroup(name string, permissions []string) (resolved, error) {
	if err := checkNewGroupName(name); err != nil {
		return nil, err
	}
	at := w.stamp()
	return group{}.with(fact.Group{Name: name, Made: at, Stamp: at, Granted: permissions})
}

// regrant resolves a change of the permissions of a group.
func (w *writer) regrant(name string, g group, granted, withdrawn []string) (resolved, error) {
	if granted == nil && withdrawn == nil {
		return nil, nil
	}
	return g.with(fact.Group{Name: name, Made: g.made, Stamp: w.stamp(), Granted: granted, Withdrawn: withdrawn})
}

// with returns a change of g, unless g would then have too many permissions.
func (g group) with(f fact.Group) (resolved, error) {
	g.permissions = slices.Clone(g.permissions)
	g.join(f)
	what := fmt.Sprintf("permissions of group %q", f.Name)
	if err := checkCount(what, len(g.permissions)); err != nil {
		return nil, err
	}
	if err := checkSize(what, g.permissions.held()); err != nil {
		return nil, err
	}
	return resolved{f}, nil
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
	return db.write(ctx, func(w *writer) (resolved, error) {
		g, err := w.existingGroup(name)
		if err != nil {
			return nil, err
		}
		granted, withdrawn, err := changed(g.permissions.names(), grant, withdraw)
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", name, err)
		}
		return w.regrant(name, g, granted, withdrawn)
	})
}

// existingGroup reads a group; ErrNoGroup if there is none.
func (t tables) existingGroup(name string) (group, error) {
	g := group{}
	var err error
	if checkGroupName(name) == nil {
		g, err = t.group(name)
	}
	if err == nil && g.made.IsZero() {
		err = fmt.Errorf("group %q: %w", name, ErrNoGroup)
	}
	return g, err
}

// RemoveGroup removes a group and all memberships in it. A later group of the same name has none of its members. The
// error is ErrNoGroup if there is no such group.
func (db *DB) RemoveGroup(ctx context.Context, name string) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		if _, err := w.existingGroup(name); err != nil {
			return nil, err
		}
		return resolved{fact.RemoveGroup{Name: name, Stamp: w.stamp(), Until: w.rememberedUntil()}}, nil
	})
}
