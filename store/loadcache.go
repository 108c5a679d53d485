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

// MaxRecent bounds the memory that a store's recent reads keep alive, in bytes.
const MaxRecent = 16 << 20

// maxRecentEntry bounds one entry, so that it cannot displace very many others.
const maxRecentEntry = MaxRecent / 32

// loadCache remembers what Load read until the next commit, since most requests of a customer ask for the same state as
// the one before. The bytes that it keeps alive are bounded. It keeps no text of a request alive: its keys are copies.
type loadCache struct{ reads atomic.Pointer[reads] }

// reads are what was read from one state of the store. A commit drops them before anybody can see the next state.
type reads struct {
	changes uint64
	bytes   atomic.Int64
	loaded  sync.Map // Query → *loaded
	// uint64, the hash of a list → []string: keeps equal lists, such as those of a group's members, once
	lists sync.Map
}

// loaded is what Load read.
type loaded struct {
	state    core.State
	customer Customer
	advanced int64  // when the commit of the family's latest advance began: see windows
	home     uint16 // of the node that made it
}

// recurs reports whether an answer is worth remembering. That of a log-in is not: hashing the password takes a thousand
// times as long, and strangers could fill the cache with addresses that do not exist.
func (q Query) recurs() bool { return !q.HasLogin }

// find returns what was read for a query while the store had that many changes. The caller must not change what it
// points to.
func (r *loadCache) find(changes uint64, q Query) (loaded, bool) {
	if now := r.reads.Load(); now != nil && now.changes == changes && q.recurs() {
		if found, ok := now.loaded.Load(q); ok {
			return *found.(*loaded), true
		}
	}
	return loaded{}, false
}

// keep remembers what a transaction read that began when the store had that many changes. It keeps nothing while a
// commit is under way, since a reader may still see what the commit replaces. If there is no room left, it empties the
// cache first.
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

// replace begins anew with an empty cache; nil if somebody else has done so.
func (r *loadCache) replace(old *reads, changes uint64) *reads {
	fresh := &reads{changes: changes}
	if !r.reads.CompareAndSwap(old, fresh) {
		return nil
	}
	return fresh
}

// share makes l point to equal lists that are remembered already, and remembers the others. It returns how many bytes
// it added.
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

// seed keeps anybody from choosing lists with equal hashes.
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

// Sizes besides the texts: about what the maps take for an entry or a list, and what an entry takes.
const (
	mapBytes = 192
	perEntry = int64(unsafe.Sizeof(Query{})+unsafe.Sizeof(loaded{})) + mapBytes
)

// entryBytes are the bytes of an entry, without its lists.
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

// allocated returns at least what n bytes take of the heap. Its sizes are multiples of 16 bytes, and at most an eighth
// apart.
func allocated(n int) int64 { return int64(n+15)&^15 + int64(n)/8 }

// Changes returns a number that grows before a commit can be seen, and again before it is acknowledged. If the number
// is the same before a Load and after the decision, nothing was acknowledged meanwhile. A Settle without effects would
// then find that all still holds.
func (db *DB) Changes() uint64 { return db.changes.Load() }

// underWay reports whether a commit has begun and is not yet acknowledged.
func underWay(changes uint64) bool { return changes&1 == 1 }
