package store

import (
	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// What follows checks records that schemas 1 to 3 wrote: in an old file, and in one that is not fully upgraded yet.

// form says which form those records of a file have that schema 4 has changed.
type form byte

const (
	present form = iota
	old          // as in schemas 1 to 3
	both         // some are upgraded, others not yet
)

// formOf says which form they have in a file. b is its bucket meta.
func formOf(version int64, b *bbolt.Bucket) form {
	switch {
	case version < 4:
		return old
	case b.Get(upgradeKey) != nil:
		return both
	}
	return present
}

// isOld reports whether a record has the form of schemas 1 to 3, or should have.
func (a *recordCheck) isOld(value []byte) bool {
	return a.form == old || a.form == both && len(value) > 0 && value[0] == recordVersion
}

func (a *recordCheck) readPerson(value []byte) (person, error) {
	if a.isOld(value) {
		return decodeOldPerson(value)
	}
	return decodePerson(value)
}

func (a *recordCheck) readGroup(value []byte) (group, error) {
	if a.form == old { // the first step of an upgrade brings all groups into their new form
		return decodeOldGroup(value)
	}
	return decodeGroup(value)
}

func (a *recordCheck) readRemoval(value []byte) (removal, error) {
	if a.isOld(value) {
		t, err := decodeOldTombstone(value)
		return removal{oldRemoval, t.until}, err
	}
	return decodeRemoval(value)
}

// ends is when a record may be purged, in Unix seconds.
func (a *recordCheck) ends(kind fact.Record, value []byte) (int64, error) {
	if kind == fact.RemovalRecord {
		gone, err := a.readRemoval(value)
		return gone.until, err
	}
	return ends(kind, value)
}

func (a *recordCheck) rights(e *entry) {
	if _, ok := a.id(e); ok && !a.has(customersBucket, e.key) {
		e.wrong("there is no such customer")
	}
	permissions, groups, err := decodeOldRights(e.value)
	if err != nil {
		e.wrong(unreadable)
		return
	}
	a.permissions(e, permissions.names())
	a.groups(e, groups)
}
