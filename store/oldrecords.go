package store

import (
	"github.com/edgetoken/edgetoken/store/fact"
)

// The records that schema 4 has in another form than schemas 1 to 3. What they say has the stamp fact.Before, except
// that the number of a group is the stamp of its making.

// oldRemoval is the stamp of all removals in an old store: later than fact.Before, so that they count.
var oldRemoval = fact.Stamp{Time: 2}

// decodeOldPerson reads the record of a customer: version 1 | u64 version | u8 flags | i64 joined | e-mail | first name
// | last name | u32 attributes | hash | revoke claim.
func decodeOldPerson(value []byte) (person, error) {
	r := begin(value)
	p := person{version: r.U64(), made: fact.Before}
	flags := r.U8()
	joined := r.moment()
	email, firstName, lastName := r.text(), r.text(), r.text()
	attributes := r.bytes()
	hash, claim := r.text(), r.text()
	if !r.Done() || flags > allFlags || p.version == 0 {
		return person{}, corrupt("customer")
	}
	p.join(fact.Customer{Made: fact.Before, Stamp: fact.Before, Set: fact.AllFields,
		Email: email, FirstName: firstName, LastName: lastName, Active: flags&flagActive != 0,
		Staff: flags&flagStaff != 0, Superuser: flags&flagSuperuser != 0, PasswordHash: hash, RevokeClaim: claim,
		Attributes: attributes, Joined: joined.UnixMicro()})
	return p, nil
}

// decodeOldRights reads the rights of a customer: version 1 | u16 count | permissions | u16 count | count × (text
// group | u64 its number).
func decodeOldRights(value []byte) (permissions, groups members, err error) {
	r := begin(value)
	permissions = oldMembers(r.texts())
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		m := member{name: r.text(), at: fact.Before, has: true, number: oldNumber(r.U64())}
		r.Bad = r.Bad || m.number.IsZero() || len(groups) > 0 && groups[len(groups)-1].name >= m.name
		groups = append(groups, m)
	}
	if !r.Done() {
		return nil, nil, corrupt("rights")
	}
	return permissions, groups, nil
}

// decodeOldGroup reads the record of a group: version 1 | u64 number | u16 count | permissions.
func decodeOldGroup(value []byte) (group, error) {
	r := begin(value)
	g := group{made: oldNumber(r.U64()), permissions: oldMembers(r.texts())}
	if !r.Done() || g.made.IsZero() {
		return group{}, corrupt("group")
	}
	for i := range g.permissions {
		g.permissions[i].at = g.made
	}
	return g, nil
}

// oldNumber is the number of a group as a stamp.
func oldNumber(n uint64) fact.Stamp { return fact.Stamp{Time: int64(n)} }

func oldMembers(names []string) (s members) {
	for _, name := range names {
		s = append(s, member{name: name, at: fact.Before, has: true})
	}
	return s
}

// oldTombstone is what was kept of a removed customer: one record under the key of its id, and an equal one under
// that of its e-mail address (subjectKey).
type oldTombstone struct {
	cutOff int64 // Unix milliseconds
	until  int64 // Unix seconds
}

// decodeOldTombstone: version 1 | i64 cut-off | i64 until.
func decodeOldTombstone(value []byte) (oldTombstone, error) {
	r := begin(value)
	t := oldTombstone{cutOff: r.I64(), until: r.I64()}
	if !r.Done() {
		return oldTombstone{}, corrupt("tombstone")
	}
	return t, nil
}

// upgrading says how far the upgrade of a file to schema 4 or 7 has come.
type upgrading struct {
	stage byte
	after []byte // the last key that is done in the bucket of the stage; empty: none
}

// encode: version 1 | u8 stage | key.
func (u upgrading) encode() []byte { return append([]byte{recordVersion, u.stage}, u.after...) }

func decodeUpgrading(value []byte) (upgrading, error) {
	r := begin(value)
	u := upgrading{stage: r.U8()}
	u.after = append(u.after, r.Rest...)
	if r.Bad {
		return upgrading{}, corrupt("upgrade")
	}
	return u, nil
}
