package store

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
)

// recordVersion is the first byte of every value. If a value has another version, an unknown flag or bytes left over, a
// newer program wrote it. It is an error, since writing it back would lose what this program does not understand.
const recordVersion = 1

// corrupt says which kind of record cannot be read; never its bytes.
func corrupt(what string) error {
	return fmt.Errorf("%s record: %w or of a newer version", what, ErrCorrupt)
}

// begin starts to read a record.
func begin(value []byte) reader {
	r := reader{codec.Reader{Rest: value}}
	r.Bad = r.U8() != recordVersion
	return r
}

const (
	flagActive = 1 << iota
	flagStaff
	flagSuperuser
	allFlags = 1<<iota - 1
)

// encodeCustomer: version 1 | u64 version | u8 flags | i64 joined | e-mail | first name | last name | u32 attributes
// | hash | revoke claim. ID and LastLogin are kept elsewhere.
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
	b := codec.U64([]byte{recordVersion}, c.Version)
	b = append(b, flags)
	b = codec.I64(b, c.DateJoined.UnixMicro())
	for _, s := range []string{c.Email, c.FirstName, c.LastName} {
		b = codec.Text(b, s)
	}
	b = codec.Bytes(b, c.Attributes)
	b = codec.Text(b, c.PasswordHash)
	return codec.Text(b, c.RevokeClaim)
}

func decodeCustomer(id core.CustomerID, value []byte) (Customer, error) {
	r := begin(value)
	c := Customer{ID: id, Version: r.U64()}
	flags := r.U8()
	c.IsActive, c.IsStaff, c.IsSuperuser = flags&flagActive != 0, flags&flagStaff != 0, flags&flagSuperuser != 0
	c.DateJoined = r.moment()
	c.Email, c.FirstName, c.LastName = r.text(), r.text(), r.text()
	c.Attributes = r.bytes()
	c.PasswordHash, c.RevokeClaim = r.text(), r.text()
	if !r.Done() || flags > allFlags || c.Version == 0 {
		return Customer{}, corrupt("customer")
	}
	return c, nil
}

// family is the record of a revoked family.
type family struct {
	version uint64
	dead    bool
	until   int64 // Unix seconds; purged after it
	// when the family began, Unix milliseconds; 0: not known, and the record is about any family of its name
	start int64
}

// startedVersion is the first byte of the record of a family whose start is known.
const startedVersion = 2

// encode: version 1 | u64 version | u8 dead | i64 until, or with a start: version 2 | u64 version | u8 dead | i64
// until | i64 start.
func (f family) encode() []byte {
	first := byte(recordVersion)
	if f.start != 0 {
		first = startedVersion
	}
	b := codec.I64(codec.Bool(codec.U64([]byte{first}, f.version), f.dead), f.until)
	if f.start != 0 {
		b = codec.I64(b, f.start)
	}
	return b
}

func decodeFamily(value []byte) (family, error) {
	r := reader{codec.Reader{Rest: value}}
	first := r.U8()
	f := family{version: r.U64(), dead: r.Bool(), until: r.I64()}
	if first == startedVersion {
		f.start = r.I64()
	}
	if !r.Done() || f.version == 0 || first != recordVersion && (first != startedVersion || f.start <= 0) {
		return family{}, corrupt("family")
	}
	return f, nil
}

// tombstone is what the store keeps of a removed customer.
type tombstone struct {
	cutOff int64 // Unix milliseconds
	until  int64 // Unix seconds; purged after it
}

// encode: version 1 | i64 cut-off | i64 until.
func (t tombstone) encode() []byte {
	return codec.I64(codec.I64([]byte{recordVersion}, t.cutOff), t.until)
}

func decodeTombstone(value []byte) (tombstone, error) {
	r := begin(value)
	t := tombstone{cutOff: r.I64(), until: r.I64()}
	if !r.Done() {
		return tombstone{}, corrupt("tombstone")
	}
	return t, nil
}

// encodeNumber: version 1 | i64. A cut-off in milliseconds, a last log-in in microseconds.
func encodeNumber(v int64) []byte { return codec.I64([]byte{recordVersion}, v) }

func decodeNumber(what string, value []byte) (int64, error) {
	r := begin(value)
	v := r.I64()
	if !r.Done() {
		return 0, corrupt(what)
	}
	return v, nil
}

// encodeOwner: version 1 | key of the customer whose e-mail address it is.
func encodeOwner(key []byte) []byte { return append([]byte{recordVersion}, key...) }

func decodeOwner(value []byte) ([]byte, error) {
	r := begin(value)
	if key := r.rest(); r.Done() {
		return key, nil
	}
	return nil, corrupt("e-mail")
}

// tally is what the store knows of itself. It is written with every commit.
type tally struct {
	committed  int64  // time of the latest commit under a plausible clock, Unix microseconds; 0: there was none
	sequence   uint64 // the version given last; no version is given twice
	mark       int64  // high-water mark of family starts, Unix milliseconds
	cutOff     int64  // of the node, Unix milliseconds; 0 where there is none
	highest    int64  // the highest integer id ever held; 0 where there was none above
	customers  uint64
	families   uint64
	tombstones uint64
}

// lastCommit is committed as a time; zero where there was none.
func (t tally) lastCommit() time.Time {
	if t.committed == 0 {
		return time.Time{}
	}
	return time.UnixMicro(t.committed).UTC()
}

// nodeCutOff is the cut-off of the node as it counts.
func (t tally) nodeCutOff() int64 { return bounded(t.cutOff) }

// bounded bounds a kept start or cut-off. Schemas 1 and 2 did not bound them, so a clock far ahead may have left one
// that no token id can carry. It counts as core.LastCutOff.
func bounded(at int64) int64 {
	if at > core.LastStart {
		return core.LastCutOff
	}
	return at
}

// encode: version 1 | i64 committed | u64 sequence | i64 mark | i64 cut-off | i64 highest | u64 customers | u64
// families | u64 tombstones.
func (t tally) encode() []byte {
	b := codec.I64([]byte{recordVersion}, t.committed)
	b = codec.U64(b, t.sequence)
	b = codec.I64(codec.I64(codec.I64(b, t.mark), t.cutOff), t.highest)
	return codec.U64(codec.U64(codec.U64(b, t.customers), t.families), t.tombstones)
}

func decodeTally(value []byte) (tally, error) {
	r := begin(value)
	t := tally{committed: r.I64(), sequence: r.U64(), mark: r.I64(), cutOff: r.I64(), highest: r.I64(),
		customers: r.U64(), families: r.U64(), tombstones: r.U64()}
	if !r.Done() {
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
	copy(i.id[:], r.Take(16))
	i.ids = core.IDKind(r.U8())
	if !r.Done() || i.ids != core.IntegerID && i.ids != core.TextID {
		return identity{}, corrupt("identity")
	}
	return i, nil
}
