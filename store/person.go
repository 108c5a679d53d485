package store

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// person is the record of a customer: what facts have said so far of the customer who was made under an id with a
// stamp.
type person struct {
	version                    uint64 // of this store: it grows with each change here
	made                       fact.Stamp
	email, firstName, lastName register[string]
	active, staff, superuser   register[bool]
	password                   register[secret]
	attributes                 register[string] // JSON
	joined                     register[int64]  // Unix microseconds
	permissions, groups        members
}

// secret is a password as it is kept. rehashed says that the hash was made on this node; other nodes have the hash that
// came with the claim.
type secret struct {
	hash, claim string
	rehashed    bool
}

// passwordWins decides between two passwords with one stamp. A re-hash never loses to another hash of its password,
// which has the same claim.
func passwordWins(value, old secret) bool {
	if value.claim != old.claim {
		return value.claim > old.claim
	}
	return !old.rehashed && value.hash > old.hash
}

// whole reports whether the fact that makes the customer has come. It alone sets joined, and it sets the address.
func (p *person) whole() bool { return !p.joined.at.IsZero() && p.email.value != "" }

// join joins a fact about the same customer, and reports whether it says anything new.
func (p *person) join(f fact.Customer) (changed bool) {
	at := f.Stamp
	if f.Set&fact.Email != 0 {
		changed = p.email.set(at, f.Email, larger) || changed
	}
	if f.Set&fact.FirstName != 0 {
		changed = p.firstName.set(at, f.FirstName, larger) || changed
	}
	if f.Set&fact.LastName != 0 {
		changed = p.lastName.set(at, f.LastName, larger) || changed
	}
	if f.Set&fact.Active != 0 {
		changed = p.active.set(at, f.Active, off) || changed
	}
	if f.Set&fact.Staff != 0 {
		changed = p.staff.set(at, f.Staff, off) || changed
	}
	if f.Set&fact.Superuser != 0 {
		changed = p.superuser.set(at, f.Superuser, off) || changed
	}
	if f.Set&fact.Password != 0 {
		changed = p.password.set(at, secret{hash: f.PasswordHash, claim: f.RevokeClaim}, passwordWins) || changed
	}
	if f.Set&fact.Attributes != 0 {
		changed = p.attributes.set(at, string(f.Attributes), larger) || changed
	}
	if f.Set&fact.Joined != 0 {
		changed = p.joined.set(at, f.Joined, larger) || changed
	}
	p.permissions = slices.Grow(p.permissions, len(f.Granted))
	for _, name := range f.Granted {
		changed = p.permissions.set(member{name: name, at: at, has: true}) || changed
	}
	for _, name := range f.Withdrawn {
		changed = p.permissions.set(member{name: name, at: at}) || changed
	}
	for _, m := range f.Entered {
		changed = p.groups.set(member{name: m.Group, at: at, has: true, number: m.Number}) || changed
	}
	for _, name := range f.Left {
		changed = p.groups.set(member{name: name, at: at}) || changed
	}
	return changed
}

// rehash replaces the hash of a password, unless another password was set since.
func (p *person) rehash(f fact.Rehash) (changed bool) {
	if p.made != f.Made || p.password.at != f.Password || p.password.value.hash == f.Hash {
		return false
	}
	p.password.value.hash, p.password.value.rehashed = f.Hash, true
	return true
}

// customer is p as a Customer, without LastLogin and Groups: those take other records.
func (p *person) customer(id core.CustomerID) Customer {
	var attributes json.RawMessage
	if p.attributes.value != "" {
		attributes = json.RawMessage(p.attributes.value)
	}
	return Customer{ID: id, Email: p.email.value, FirstName: p.firstName.value, LastName: p.lastName.value,
		IsActive: p.active.value, IsStaff: p.staff.value, IsSuperuser: p.superuser.value,
		DateJoined: time.UnixMicro(p.joined.value).UTC(), Attributes: attributes,
		PasswordHash: p.password.value.hash, RevokeClaim: p.password.value.claim,
		Permissions: p.permissions.names(), Version: p.version}
}

// personVersion is the first byte of the record of a customer. Schemas 1 to 3 wrote version 1, without stamps.
const personVersion = 2

const flagRehashed = allFlags + 1

// expectedBytes is about what all fields of a fixed length take, or one member of a set. A record that takes more only
// costs another allocation.
const expectedBytes = 40

// encode: version 2 | u64 version | u8 flags | u16 count | stamps | u16 made | 9 × u16 stamp of a field, in the order
// of fact.Fields, ffff where it was never set | i64 joined | e-mail | first name | last name | u32 attributes | hash |
// revoke claim | permissions | groups.
func (p *person) encode() []byte {
	var flags byte
	for _, f := range []struct {
		on  bool
		bit byte
	}{
		{p.active.value, flagActive}, {p.staff.value, flagStaff}, {p.superuser.value, flagSuperuser},
		{p.password.value.rehashed, flagRehashed},
	} {
		if f.on {
			flags |= f.bit
		}
	}
	table := stampTable{list: make([]fact.Stamp, 0, fewStamps)}
	texts := len(p.email.value) + len(p.firstName.value) + len(p.lastName.value) + len(p.attributes.value) +
		len(p.password.value.hash) + len(p.password.value.claim)
	tail := codec.U16(make([]byte, 0, texts+expectedBytes*(2+len(p.permissions)+len(p.groups))), table.of(p.made))
	for _, at := range []fact.Stamp{p.email.at, p.firstName.at, p.lastName.at, p.active.at, p.staff.at, p.superuser.at,
		p.password.at, p.attributes.at, p.joined.at} {
		tail = codec.U16(tail, table.of(at))
	}
	tail = codec.I64(tail, p.joined.value)
	for _, s := range []string{p.email.value, p.firstName.value, p.lastName.value} {
		tail = codec.Text(tail, s)
	}
	tail = codec.Bytes(tail, []byte(p.attributes.value))
	tail = codec.Text(codec.Text(tail, p.password.value.hash), p.password.value.claim)
	tail = p.groups.encode(p.permissions.encode(tail, &table), &table)
	b := append(make([]byte, 0, len(tail)+expectedBytes+len(table.list)*fact.StampBytes), personVersion)
	return append(table.encode(append(codec.U64(b, p.version), flags)), tail...)
}

// versionOf reads from the record of a customer its version alone; 0 if there is no record.
func versionOf(value []byte) uint64 {
	r := codec.Reader{Rest: value}
	r.U8()
	return r.U64()
}

func decodePerson(value []byte) (person, error) {
	r := beginVersion(value, personVersion)
	p := person{version: r.U64()}
	flags := r.U8()
	p.active.value, p.staff.value = flags&flagActive != 0, flags&flagStaff != 0
	p.superuser.value, p.password.value.rehashed = flags&flagSuperuser != 0, flags&flagRehashed != 0
	table := r.stamps()
	p.made = r.stamp(table)
	for _, at := range []*fact.Stamp{&p.email.at, &p.firstName.at, &p.lastName.at, &p.active.at, &p.staff.at,
		&p.superuser.at, &p.password.at, &p.attributes.at, &p.joined.at} {
		*at = r.stamp(table)
	}
	p.joined.value = r.moment().UnixMicro()
	p.email.value, p.firstName.value, p.lastName.value = r.text(), r.text(), r.text()
	p.attributes.value = string(r.Take(int(r.U32())))
	p.password.value.hash, p.password.value.claim = r.text(), r.text()
	p.permissions, p.groups = r.members(table), r.members(table)
	if !r.Done() || flags > allFlags|flagRehashed || p.version == 0 || p.made.IsZero() {
		return person{}, corrupt("customer")
	}
	return p, nil
}
