package store

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/edgetoken/edgetoken/core"
)

// MaxRecent bounds what a store remembers of what it read, in bytes of what that keeps alive.
const MaxRecent = 16 << 20

// maxRecentEntry bounds one entry, so that none takes the place of very many.
const maxRecentEntry = MaxRecent / 32

// loadCache remembers what Load read, as long as nothing is committed: most requests of a customer ask for the same
// state as the one before. It is bounded by the bytes that it keeps alive, and holds no text of a request: keys are
// copies.
type loadCache struct{ reads atomic.Pointer[reads] }

// reads are those of one state of the store. A commit ends it before anybody can see the next one.
type reads struct {
	changes uint64
	bytes   atomic.Int64
	loaded  sync.Map // Query → *loaded
	// uint64, the hash of a list → []string: equal lists, as the members of a group have, are kept once
	lists sync.Map
}

// loaded is what Load read, but for State.HighWater.
type loaded struct {
	state    core.State
	customer Customer
}

// recurs reports whether an answer is worth remembering. A log-in's is not: hashing the password takes a thousand times
// as long, and strangers could fill the memory with addresses that do not exist.
func (q Query) recurs() bool { return !q.HasLogin }

// find is what was read for a query while the store had that many changes. Who gets it must not change what it points
// to.
func (r *loadCache) find(changes uint64, q Query) (loaded, bool) {
	if now := r.reads.Load(); now != nil && now.changes == changes && q.recurs() {
		if found, ok := now.loaded.Load(q); ok {
			return *found.(*loaded), true
		}
	}
	return loaded{}, false
}

// keep remembers what a transaction read that began when the store had that many changes. While a commit is under way
// nothing is kept, since a reader may still see what it replaces. Where there is no room left, the cache is emptied
// first.
func (r *loadCache) keep(changes uint64, q Query, l loaded) {
	if underWay(changes) || !q.recurs() {
		return
	}
	now := r.reads.Load()
	if now == nil || now.changes < changes {
		if now = r.replace(now, changes); now == nil {
			return
		}
	}
	alone := entryBytes(q, &l)
	lists := listBytes(l.customer.Permissions, l.customer.Groups, l.customer.Rights)
	if now.changes != changes || alone+lists > maxRecentEntry {
		return
	}
	if now.bytes.Add(alone+l.share(now)) > MaxRecent {
		if now = r.replace(now, changes); now == nil {
			return
		}
		now.bytes.Add(alone + lists)
	}
	q.UserID.Text, q.Issuer = strings.Clone(q.UserID.Text), strings.Clone(q.Issuer)
	now.loaded.Store(q, &l)
}

// replace begins to remember anew; nil where somebody else has.
func (r *loadCache) replace(old *reads, changes uint64) *reads {
	fresh := &reads{changes: changes}
	if !r.reads.CompareAndSwap(old, fresh) {
		return nil
	}
	return fresh
}

// share has l point to lists that are remembered already, where they are equal, and remembers the others. It gives
// the bytes that it added.
func (l *loaded) share(now *reads) (added int64) {
	for _, list := range []*[]string{&l.customer.Permissions, &l.customer.Groups, &l.customer.Rights} {
		if len(*list) == 0 {
			continue
		}
		found, known := now.lists.LoadOrStore(hashOf(*list), *list)
		switch same := found.([]string); {
		case !known, known && !slices.Equal(same, *list):
			added += listBytes(*list)
		default:
			*list = same
		}
	}
	return added
}

// seed keeps anybody from choosing lists whose hashes are equal.
var seed = maphash.MakeSeed()

func hashOf(list []string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, s := range list {
		// A permission or the name of a group has no null character.
		_, _ = h.WriteString(s)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// What there is beside the texts: about what the maps have for an entry or a list, and all of an entry.
const (
	mapBytes = 192
	perEntry = int64(unsafe.Sizeof(Query{})+unsafe.Sizeof(loaded{})) + mapBytes
)

// entryBytes are the bytes of an entry, but for its lists.
func entryBytes(q Query, l *loaded) int64 {
	c := &l.customer
	return perEntry + textBytes(q.UserID.Text, q.Issuer, c.ID.Text, c.Email, c.FirstName, c.LastName, c.PasswordHash,
		c.RevokeClaim) +
		allocated(len(c.Attributes))
}

// listBytes are the bytes of lists of texts.
func listBytes(lists ...[]string) (sum int64) {
	for _, list := range lists {
		if len(list) > 0 {
			sum += mapBytes + allocated(cap(list)*int(unsafe.Sizeof(""))) + textBytes(list...)
		}
	}
	return sum
}

func textBytes(texts ...string) (sum int64) {
	for _, s := range texts {
		sum += allocated(len(s))
	}
	return sum
}

// allocated is at least what n bytes take of the heap, whose sizes are multiples of 16 bytes and at most an eighth
// apart.
func allocated(n int) int64 { return int64(n+15)&^15 + int64(n)/8 }

// Changes is a number that grows before each commit can be seen, and again before it is acknowledged. Where it is the
// same before a Load and after what was decided by it, nothing that was acknowledged meanwhile bears on the decision:
// a Settle without effects would find that all of it still holds.
func (db *DB) Changes() uint64 { return db.changes.Load() }

// underWay reports whether a commit has begun that is not acknowledged.
func underWay(changes uint64) bool { return changes&1 == 1 }
