package store

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// recordVersion is the first byte of a value, unless its kind of record has a later version. A value with an unknown
// version, an unknown flag or bytes left over was written by a newer program. It is an error, since writing it back
// would lose what this program does not understand.
const recordVersion = 1

// corrupt says which kind of record cannot be read. It shows nothing of its bytes.
func corrupt(what string) error {
	return fmt.Errorf("%s record: %w or of a newer version", what, ErrCorrupt)
}

// begin starts to read a record of version 1, and beginVersion one of another version.
func begin(value []byte) reader { return beginVersion(value, recordVersion) }

func beginVersion(value []byte, version byte) reader {
	r := reader{codec.Reader{Rest: value}}
	r.Bad = r.U8() != version
	return r
}

const (
	flagActive = 1 << iota
	flagStaff
	flagSuperuser
	allFlags = 1<<iota - 1
)

// encodeNumber: version 1 | i64. What it counts, and the unit, differ with the key.
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
	running    int64  // for how long the store had been open in all when the latest commit began, µs; 0: no advance yet
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

// nodeCutOff is the cut-off of the node that counts: see bounded.
func (t tally) nodeCutOff() int64 { return bounded(t.cutOff) }

// bounded bounds a kept start or cut-off. Schemas 1 and 2 did not bound them, so a clock far ahead may have left one
// that no token id can carry. It counts as core.LastCutOff.
func bounded(at int64) int64 {
	if at > core.LastStart {
		return core.LastCutOff
	}
	return at
}

// tallyVersion is the first byte of a tally. Schema 4 wrote version 1, without running.
const tallyVersion = 2

// encode: version 2 | i64 committed | u64 sequence | i64 mark | i64 cut-off | i64 highest | u64 customers | u64
// families | u64 tombstones | i64 running.
func (t tally) encode() []byte {
	b := codec.I64([]byte{tallyVersion}, t.committed)
	b = codec.U64(b, t.sequence)
	b = codec.I64(codec.I64(codec.I64(b, t.mark), t.cutOff), t.highest)
	return codec.I64(codec.U64(codec.U64(codec.U64(b, t.customers), t.families), t.tombstones), t.running)
}

func decodeTally(value []byte) (tally, error) {
	r := reader{codec.Reader{Rest: value}}
	version := r.U8()
	t := tally{committed: r.I64(), sequence: r.U64(), mark: r.I64(), cutOff: r.I64(), highest: r.I64(),
		customers: r.U64(), families: r.U64(), tombstones: r.U64()}
	if version == tallyVersion {
		t.running = r.I64()
	}
	if !r.Done() || version != recordVersion && version != tallyVersion || t.running < 0 {
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

// lastLoginVersion is the first byte of the record of a last log-in. Schemas 1 to 3 wrote version 1, without made.
const lastLoginVersion = 2

// encode: version 2 | stamp made | i64 at.
func (l lastLogin) encode() []byte { return codec.I64(l.made.Append([]byte{lastLoginVersion}), l.at) }

func decodeLastLogin(value []byte) (lastLogin, error) {
	r := reader{codec.Reader{Rest: value}}
	l := lastLogin{made: fact.Before}
	version := r.U8()
	if version == lastLoginVersion {
		l.made = fact.ReadStamp(&r.Reader)
	}
	l.at = r.moment().UnixMicro()
	if !r.Done() || version != recordVersion && version != lastLoginVersion || l.made.IsZero() {
		return lastLogin{}, corrupt("last login")
	}
	return l, nil
}

// homesVersion is the first byte of the record of a node with a mark of homes. Others have version 1.
const homesVersion = 2

// encodeNode: version 1 | u16 number | u64 incarnation | u32 epoch. With a mark of homes: version 2 | … | i64 homes.
func encodeNode(n fact.Node) []byte {
	b := codec.U32(codec.U64(codec.U16([]byte{recordVersion}, n.Number), n.Incarnation), n.Epoch)
	if n.Homes != 0 {
		b[0] = homesVersion
		b = codec.I64(b, n.Homes)
	}
	return b
}

func decodeNode(value []byte) (fact.Node, error) {
	r := reader{codec.Reader{Rest: value}}
	version := r.U8()
	n := fact.Node{Number: r.U16(), Incarnation: r.U64(), Epoch: r.U32()}
	if version == homesVersion {
		n.Homes = r.I64()
	}
	if !r.Done() || version != recordVersion && (version != homesVersion || n.Homes <= 0) {
		return fact.Node{}, corrupt("node")
	}
	return n, nil
}
