package store

import (
	"encoding/hex"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
)

// recordVersion is the first byte of every value. A value with another one, with an unknown flag or with bytes left over comes from
// a version of this program that knows more: it is an error, since writing it back would lose what is not understood.
const recordVersion = 1

// corrupt says which kind of record cannot be read; never its bytes.
func corrupt(what string) error {
	return fmt.Errorf("%s record: %w or of a newer version", what, ErrCorrupt)
}

// begin starts to read a record.
func begin(value []byte) reader {
	r := reader{rest: value}
	r.bad = r.u8() != recordVersion
	return r
}

const (
	flagActive = 1 << iota
	flagStaff
	flagSuperuser
	allFlags = 1<<iota - 1
)

// encodeCustomer: version 1 | u64 version | u8 flags | i64 joined | e-mail | first name | last name | u32 attributes | hash |
// revoke claim. ID and LastLogin are kept elsewhere.
func encodeCustomer(c Customer) []byte {
	var flags byte
	for _, f := range []struct {
		on  bool
		bit byte
	}{{c.IsActive, flagActive}, {c.IsStaff, flagStaff}, {c.IsSuperuser, flagSuperuser}} {
		if f.on {
			flags |= f.bit
		}
	}
	b := putU64([]byte{recordVersion}, c.Version)
	b = append(b, flags)
	b = putI64(b, c.DateJoined.UnixMicro())
	for _, s := range []string{c.Email, c.FirstName, c.LastName} {
		b = putText(b, s)
	}
	b = putBytes(b, c.Attributes)
	b = putText(b, c.PasswordHash)
	return putText(b, c.RevokeClaim)
}

func decodeCustomer(id core.CustomerID, value []byte) (Customer, error) {
	r := begin(value)
	c := Customer{ID: id, Version: r.u64()}
	flags := r.u8()
	c.IsActive, c.IsStaff, c.IsSuperuser = flags&flagActive != 0, flags&flagStaff != 0, flags&flagSuperuser != 0
	c.DateJoined = r.moment()
	c.Email, c.FirstName, c.LastName = r.text(), r.text(), r.text()
	c.Attributes = r.bytes()
	c.PasswordHash, c.RevokeClaim = r.text(), r.text()
	if !r.done() || flags > allFlags || c.Version == 0 {
		return Customer{}, corrupt("customer")
	}
	return c, nil
}

// family is the record of a revoked family.
type family struct {
	version uint64
	dead    bool
	until   int64 // Unix seconds; purged after it
}

// encode: version 1 | u64 version | u8 dead | i64 until.
func (f family) encode() []byte {
	b := putU64([]byte{recordVersion}, f.version)
	dead := byte(0)
	if f.dead {
		dead = 1
	}
	return putI64(append(b, dead), f.until)
}

func decodeFamily(value []byte) (family, error) {
	r := begin(value)
	f := family{version: r.u64()}
	dead := r.u8()
	f.dead, f.until = dead == 1, r.i64()
	if !r.done() || dead > 1 || f.version == 0 {
		return family{}, corrupt("family")
	}
	return f, nil
}

// tombstone is what is left of a removed customer.
type tombstone struct {
	cutOff int64 // Unix milliseconds
	until  int64 // Unix seconds; purged after it
}

// encode: version 1 | i64 cut-off | i64 until.
func (t tombstone) encode() []byte {
	return putI64(putI64([]byte{recordVersion}, t.cutOff), t.until)
}

func decodeTombstone(value []byte) (tombstone, error) {
	r := begin(value)
	t := tombstone{cutOff: r.i64(), until: r.i64()}
	if !r.done() {
		return tombstone{}, corrupt("tombstone")
	}
	return t, nil
}

// encodeNumber: version 1 | i64. A cut-off in milliseconds, a last log-in in microseconds.
func encodeNumber(v int64) []byte { return putI64([]byte{recordVersion}, v) }

func decodeNumber(what string, value []byte) (int64, error) {
	r := begin(value)
	v := r.i64()
	if !r.done() {
		return 0, corrupt(what)
	}
	return v, nil
}

// encodeOwner: version 1 | key of the customer whose e-mail address it is.
func encodeOwner(key []byte) []byte { return append([]byte{recordVersion}, key...) }

func decodeOwner(value []byte) ([]byte, error) {
	r := begin(value)
	if r.bad || len(r.rest) == 0 {
		return nil, corrupt("e-mail")
	}
	return r.rest, nil
}

// tally is what the store knows of itself. It is written with every commit.
type tally struct {
	committed  int64  // time of the last commit, Unix microseconds
	sequence   uint64 // the version given last; no version is given twice
	mark       int64  // high-water mark of family starts, Unix milliseconds
	cutOff     int64  // of the node, Unix milliseconds; 0 where there is none
	highest    int64  // the highest integer id ever held; 0 where there was none above
	customers  uint64
	families   uint64
	tombstones uint64
}

// encode: version 1 | i64 committed | u64 sequence | i64 mark | i64 cut-off | i64 highest | u64 customers | u64 families | u64
// tombstones.
func (t tally) encode() []byte {
	b := putI64([]byte{recordVersion}, t.committed)
	b = putU64(b, t.sequence)
	b = putI64(putI64(putI64(b, t.mark), t.cutOff), t.highest)
	return putU64(putU64(putU64(b, t.customers), t.families), t.tombstones)
}

func decodeTally(value []byte) (tally, error) {
	r := begin(value)
	t := tally{committed: r.i64(), sequence: r.u64(), mark: r.i64(), cutOff: r.i64(), highest: r.i64(),
		customers: r.u64(), families: r.u64(), tombstones: r.u64()}
	if !r.done() {
		return tally{}, corrupt("tally")
	}
	return t, nil
}

// identity is what never changes in the life of a store.
type identity struct {
	id  [16]byte // random
	ids core.IDKind
}

// name is the id as hex digits.
func (i identity) name() string { return hex.EncodeToString(i.id[:]) }

// encode: version 1 | 16 bytes id | u8 kind of ids.
func (i identity) encode() []byte {
	return append(append([]byte{recordVersion}, i.id[:]...), byte(i.ids))
}

func decodeIdentity(value []byte) (identity, error) {
	r := begin(value)
	var i identity
	copy(i.id[:], r.take(16))
	i.ids = core.IDKind(r.u8())
	if !r.done() || i.ids != core.IntegerID && i.ids != core.TextID {
		return identity{}, corrupt("identity")
	}
	return i, nil
}
