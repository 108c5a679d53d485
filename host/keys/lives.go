package keys

import (
	"cmp"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// lives says where each key of the store is in its life. The keys of one node take over from one another, and what
// another node signs with moves none of them. The indexes are those of the records.
type lives struct {
	keys  []core.KeyInfo
	nodes []uint16                     // whose schedule a key is in, by index
	turns map[uint16][]core.SigningKey // the schedules, by node
	own   uint16                       // this node
}

// mine reports whether a key is one of this node's own, among which another takes over.
func (r *records) mine(k *store.Key) bool {
	return r.schedule(k) == store.ScheduleOf(r.number) && !r.left(k)
}

// schedule is the node in whose schedule a key is. A node that has left a fleet goes on with its own keys as they are.
func (r *records) schedule(k *store.Key) uint16 {
	if r.number == 0 && !r.left(k) {
		return store.ScheduleOf(0)
	}
	return store.ScheduleOf(k.Node)
}

// left reports whether a key is of another node of a fleet that this node has left: it checks tokens and signs none.
func (r *records) left(k *store.Key) bool {
	return r.number == 0 && k.Node != 0 && !k.Sealed && k.Origin != store.KeyFromSigner
}

// life describes records to core.
func (r *records) life() lives {
	l := lives{turns: map[uint16][]core.SigningKey{}, own: store.ScheduleOf(r.number)}
	for i, k := range r.list {
		end := k.Ends
		if k.Retired {
			end = 1 // whatever the clock says
		}
		l.keys = append(l.keys, core.KeyInfo{ID: k.ID, Algorithm: k.Algorithm, RefreshOnly: k.RefreshOnly,
			NotAfter: end, Longest: k.Longest, Node: k.Node})
		node := r.schedule(&k)
		l.nodes = append(l.nodes, node)
		if k.SignsFrom != 0 && !r.left(&k) {
			l.turns[node] = append(l.turns[node], core.SigningKey{Key: i, From: k.SignsFrom})
		}
	}
	for _, turns := range l.turns {
		slices.SortStableFunc(turns, func(a, b core.SigningKey) int { return cmp.Compare(a.From, b.From) })
		// A first start under a clock that was ahead keeps nobody from logging in.
		if first := &turns[0]; first.From <= r.list[first.Key].Added {
			first.From = 0
		}
	}
	return l
}

// set describes the keys to core as they take over at a node.
func (l lives) set(node uint16) core.KeySet { return core.KeySet{Keys: l.keys, Signing: l.turns[node]} }

// State is where a key is in its life.
func (l lives) State(i int, now time.Time) core.KeyState { return l.set(l.nodes[i]).State(i, now) }

// Ends is from when on a key checks and signs nothing, in Unix seconds; 0: it has no end.
func (l lives) Ends(i int) int64 { return l.set(l.nodes[i]).Ends(i) }

// SigningAt is the key with which this node signs at a time; -1: none.
func (l lives) SigningAt(now time.Time) int { return l.set(l.own).SigningAt(now) }

// Signing is the schedule of this node.
func (l lives) Signing() []core.SigningKey { return l.turns[l.own] }

// NextChange is the next time after now at which the state of a key changes by itself, in Unix seconds; 0: none does.
func (l lives) NextChange(now time.Time) int64 {
	var next int64
	at := func(t int64) {
		if t > now.Unix() && (next == 0 || t < next) {
			next = t
		}
	}
	for i := range l.keys {
		at(l.Ends(i))
	}
	for _, turns := range l.turns {
		for _, s := range turns {
			at(s.From)
		}
	}
	return next
}
