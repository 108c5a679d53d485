package store

import (
	"hash/maphash"
	"math/bits"
	"runtime/debug"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// DefaultMaxFamilyIndex is the default of Config.MaxFamilyIndex: room for three million records.
const DefaultMaxFamilyIndex = 64 << 20

// familyIndex says which families have no record, so that looking up one that was never revoked or advanced reads
// nothing of the file. It has the keyed hashes of issuer and bits of all records, and how many have each. Families that
// differ only in customer or start have one hash, so a family that the index has may still have no record: the file
// decides.
//
// The index has at least what any reader can find. The committer adds a record before the commit can be seen, and
// removes it once the commit that removes it is durable. Readers who began before that commit then read the file.
// Readers need no lock, since only the committer changes the index.
//
// Its memory is bounded. An index that would need more is dropped, and all look-ups read the file until that is opened
// anew or compacted.
type familyIndex struct {
	seed  maphash.Seed
	most  int64                 // bytes, a table that is being replaced included
	table atomic.Pointer[table] // nil: dropped
	// removed is the last transaction whose removals have left the index.
	removed atomic.Int64
	// passed counts the look-ups that read the file since the index was dropped.
	passed atomic.Uint64
}

// table is a hash table with open addressing and linear probing.
type table struct {
	// A power of two of them: a hash, which leaves the lower bits to the number of records that have it; emptySlot or
	// removedSlot.
	slots []atomic.Uint64
	// The committer's own.
	used int // slots that are not empty
	live int // hashes
}

const (
	emptySlot   = 0
	removedSlot = 1
	slotBytes   = 8
	countBits   = 16
	// countMask are the bits of the number of records. A hash that so many have stays.
	countMask = 1<<countBits - 1
)

func newFamilyIndex(most int64) *familyIndex {
	return &familyIndex{seed: maphash.MakeSeed(), most: most}
}

// refill replaces the index by that of a file. If the file is damaged the index stays dropped, since damage concerns
// only the requests that read it.
func (x *familyIndex) refill(bolt *bbolt.DB) {
	x.table.Store(nil)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { _ = recover() }()
	_ = bolt.View(x.fill)
}

// fill indexes the records that a transaction sees.
func (x *familyIndex) fill(tx *bbolt.Tx) error {
	own, err := decodeTally(tx.Bucket(metaBucket).Get(tallyKey))
	if err != nil {
		return err
	}
	t := x.resized(nil, int(min(own.families, uint64(x.most))))
	cursor := tx.Bucket(familiesBucket).Cursor()
	for k, _ := cursor.First(); k != nil && t != nil; k, _ = cursor.Next() {
		if name, ok := readFamilyKey(k); ok {
			t = x.added(t, name)
		}
	}
	x.table.Store(t)
	return nil
}

// hash is that of all families with an issuer and bits. Its seed is secret, so that nobody can choose families whose
// hashes collide.
func (x *familyIndex) hash(k core.FamilyKey) uint64 {
	issuer := uint64(0)
	if k.Issuer != "" {
		issuer = maphash.String(x.seed, k.Issuer)
	}
	return max(maphash.Comparable(x.seed, [2]uint64{issuer, k.Bits})&^countMask, countMask+1)
}

// mayHave reports whether a reader of a transaction may find a record of a family, whatever its customer and start.
func (x *familyIndex) mayHave(transaction int, k core.FamilyKey) bool {
	t := x.table.Load()
	if t == nil {
		x.passed.Add(1)
		return true
	}
	return t.find(x.hash(k)) >= 0 || int64(transaction) < x.removed.Load()
}

// has reports whether a reader of the latest commit may find a record of a family, whatever its customer and start.
func (x *familyIndex) has(k core.FamilyKey) bool {
	t := x.table.Load()
	return t == nil || t.find(x.hash(k)) >= 0
}

// find is the slot of a hash; -1: there is none.
func (t *table) find(hash uint64) int {
	last := len(t.slots) - 1
	for i := t.first(hash); ; i = (i + 1) & last {
		switch slot := t.slots[i].Load(); {
		case slot&^countMask == hash:
			return i
		case slot == emptySlot:
			return -1
		}
	}
}

// first is the slot where a hash is looked for first.
func (t *table) first(hash uint64) int { return int(hash >> countBits & uint64(len(t.slots)-1)) }

// add adds a record.
func (x *familyIndex) add(k core.FamilyKey) {
	if t := x.table.Load(); t != nil {
		x.table.Store(x.added(t, k))
	}
}

// added is a table with one more record: the table itself, or a larger one if it is full; nil if that has no room.
func (x *familyIndex) added(t *table, k core.FamilyKey) *table {
	if 4*(t.used+1) > 3*len(t.slots) {
		if t = x.resized(t, t.live+1); t == nil {
			return nil
		}
	}
	t.add(x.hash(k))
	return t
}

// resized is a table with the hashes of an old one, less than half full with a number of hashes; nil if there is no
// room for it.
func (x *familyIndex) resized(old *table, hashes int) *table {
	size := max(16, 1<<bits.Len(uint(2*hashes)))
	if slotBytes*int64(size)+old.bytes() > x.most {
		return nil
	}
	t := &table{slots: make([]atomic.Uint64, size)}
	if old != nil {
		for i := range old.slots {
			if slot := old.slots[i].Load(); slot > removedSlot {
				t.put(slot)
			}
		}
	}
	return t
}

func (t *table) add(hash uint64) {
	i := t.find(hash)
	if i < 0 {
		t.put(hash + 1)
	} else if t.slots[i].Load()&countMask != countMask {
		t.slots[i].Store(t.slots[i].Load() + 1)
	}
}

// put takes a slot for a hash that has none.
func (t *table) put(slot uint64) {
	last := len(t.slots) - 1
	i := t.first(slot)
	for t.slots[i].Load() > removedSlot {
		i = (i + 1) & last
	}
	if t.slots[i].Load() == emptySlot {
		t.used++
	}
	t.slots[i].Store(slot)
	t.live++
}

// remove removes records that a durable transaction has removed.
func (x *familyIndex) remove(transaction int, list []core.FamilyKey) {
	if len(list) == 0 {
		return
	}
	x.removed.Store(int64(transaction)) // before the first goes
	t := x.table.Load()
	if t == nil {
		return
	}
	for _, k := range list {
		t.remove(x.hash(k))
	}
}

func (t *table) remove(hash uint64) {
	i := t.find(hash)
	if i < 0 {
		return
	}
	switch slot := t.slots[i].Load(); slot & countMask {
	case countMask: // nobody knows how many more have it
	case 1:
		t.free(i)
	default:
		t.slots[i].Store(slot - 1)
	}
}

// free gives up a slot.
func (t *table) free(i int) {
	t.slots[i].Store(removedSlot)
	t.live--
	last := len(t.slots) - 1
	if t.slots[(i+1)&last].Load() != emptySlot {
		return
	}
	for ; t.slots[i].Load() == removedSlot; i = (i - 1) & last { // nothing lies behind it
		t.slots[i].Store(emptySlot)
		t.used--
	}
}

// bytes are what the index takes.
func (x *familyIndex) bytes() int64 { return x.table.Load().bytes() }

func (t *table) bytes() int64 {
	if t == nil {
		return 0
	}
	return slotBytes * int64(len(t.slots))
}
