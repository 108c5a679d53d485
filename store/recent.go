package store

import (
	"sync"
	"sync/atomic"

	"github.com/edgetoken/edgetoken/core"
)

// Bounds of what recent holds: together at most some 16 MiB.
const (
	maxRecent      = 4096
	maxRecentBytes = 4 << 10 // of a customer's attributes
)

// recent remembers what Load read, as long as nothing is committed: most requests of a customer ask for the same state as the one before.
type recent struct{ reads atomic.Pointer[reads] }

// reads are those of one state of the store. A commit ends it before anybody can see the next one.
type reads struct {
	changes uint64
	count   atomic.Int64
	loaded  sync.Map // Query → loaded
}

// loaded is what Load read, but for State.HighWater.
type loaded struct {
	state    core.State
	customer Customer
}

// find is what was read for a query while the store had that many changes. Who gets it must not change what it points to.
func (r *recent) find(changes uint64, q Query) (loaded, bool) {
	if now := r.reads.Load(); now != nil && now.changes == changes {
		if found, ok := now.loaded.Load(q); ok {
			return found.(loaded), true
		}
	}
	return loaded{}, false
}

// keep remembers what was read in a transaction that began when the store had that many changes. While a commit is under way nothing is kept:
// whoever reads then may see what it replaces.
func (r *recent) keep(changes uint64, q Query, l loaded) {
	if underWay(changes) || len(l.customer.Attributes) > maxRecentBytes {
		return
	}
	now := r.reads.Load()
	if now == nil || now.changes < changes || now.changes == changes && now.count.Load() >= maxRecent {
		fresh := &reads{changes: changes}
		if !r.reads.CompareAndSwap(now, fresh) {
			return
		}
		now = fresh
	}
	if now.changes == changes {
		now.loaded.Store(q, l)
		now.count.Add(1)
	}
}

// Changes is a number that grows before each commit can be seen, and again before it is acknowledged. Where it is the same before a Load and
// after what was decided by it, nothing that was acknowledged meanwhile bears on the decision: a Settle without effects would find that all of it
// still holds.
func (db *DB) Changes() uint64 { return db.changes.Load() }

// underWay reports whether a commit has begun that is not acknowledged.
func underWay(changes uint64) bool { return changes&1 == 1 }
