package store

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// group is the record of a group.
type group struct {
	made        fact.Stamp // its number, see tables.memberships; zero: there is no such group
	permissions members
}

// groupVersion is the first byte of the record of a group. Schemas 2 and 3 wrote version 1, with a number as its
// making.
const groupVersion = 2

// encode: version 2 | u16 count | stamps | u16 made | permissions.
func (g group) encode() []byte {
	var table stampTable
	tail := codec.U16(nil, table.of(g.made))
	tail = g.permissions.encode(tail, &table)
	return append(table.encode([]byte{groupVersion}), tail...)
}

func decodeGroup(value []byte) (group, error) {
	r := beginVersion(value, groupVersion)
	table := r.stamps()
	g := group{made: r.stamp(table), permissions: r.members(table)}
	if !r.Done() || g.made.IsZero() {
		return group{}, corrupt("group")
	}
	return g, nil
}

// madeAs reads only the making from the record of a group; zero if there is no record.
func madeAs(value []byte) (fact.Stamp, error) {
	if value == nil {
		return fact.Stamp{}, nil
	}
	r := beginVersion(value, groupVersion)
	made := r.stamp(r.stamps())
	if r.Bad || made.IsZero() {
		return fact.Stamp{}, corrupt("group")
	}
	return made, nil
}

// group reads a group; its making is zero if there is none.
func (t tables) group(name string) (group, error) { return groupIn(t.tx.Bucket(groupsBucket), name) }

func groupIn(bucket *bbolt.Bucket, name string) (group, error) {
	if name == "" {
		return group{}, nil
	}
	value := bucket.Get([]byte(name))
	if value == nil {
		return group{}, nil
	}
	g, err := decodeGroup(value)
	if err != nil {
		return group{}, fmt.Errorf("group %q: %w", name, err)
	}
	return g, nil
}

// join joins a fact about the group, or about one that was made later under its name and replaces it. It reports
// whether the fact says anything new.
func (g *group) join(f fact.Group) (changed bool) {
	if f.Made.After(g.made) {
		*g, changed = group{made: f.Made}, true
	}
	for _, name := range f.Granted {
		changed = g.permissions.set(member{name: name, at: f.Stamp, has: true}) || changed
	}
	for _, name := range f.Withdrawn {
		changed = g.permissions.set(member{name: name, at: f.Stamp}) || changed
	}
	return changed
}

// joinGroup joins a fact to its group. Of two groups that are made under one name, the later one counts.
func (w *writer) joinGroup(f fact.Group) error {
	gone, err := w.removal(removedGroupKey(f.Name))
	if err != nil || !f.Made.After(gone.at) {
		return err
	}
	g, err := w.group(f.Name)
	if err != nil || g.made.After(f.Made) {
		return err
	}
	changed := g.join(f)
	if changed {
		g.permissions.prune(w.at.purge - remembered)
		w.put(groupsBucket, []byte(f.Name), g.encode())
	}
	return nil
}

// removeGroup removes the groups of a name that were made before a stamp.
func (w *writer) removeGroup(f fact.RemoveGroup) error {
	g, err := w.group(f.Name) // before anything changes
	if err != nil {
		return err
	}
	if err := w.joinRemoval(removedGroupKey(f.Name), f.Stamp, f.Until); err != nil {
		return err
	}
	if !g.made.IsZero() && !g.made.After(f.Stamp) {
		w.remove(groupsBucket, []byte(f.Name))
		w.disown(removedGroupKey(f.Name))
	}
	return nil
}
