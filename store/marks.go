package store

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/edgetoken/edgetoken/core"
)

// marks say when what a Load rests on was changed last, by DB.Changes: what was read earlier no longer counts.
//
// writer.put and writer.remove, through which every change goes, mark the key that they change with the odd number of
// their commit, before any reader can see the commit. A reader notes what it read with the even number before its
// transaction began. So what a commit changes never counts from then on, whether the commit is under way, has failed or
// is durable; what was read after it counts again.
//
// Keys share a fixed number of spots by their hash, so a change of one key also ends what rests on a few others.
type marks struct {
	seed maphash.Seed // secret, so that nobody can choose keys that share a spot
	at   []atomic.Uint64
	all  atomic.Uint64 // of what everything rests on
}

// spot is where a key has its mark.
type spot uint16

const spots = 1 << 16

func newMarks() marks { return marks{seed: maphash.MakeSeed(), at: make([]atomic.Uint64, spots)} }

// hash is that of a key.
func (m *marks) hash(key []byte) uint64 { return maphash.Bytes(m.seed, key) }

// hashOf is the hash of the key of a customer.
func (m *marks) hashOf(id core.CustomerID) uint64 {
	if id.Kind == core.TextID {
		return maphash.String(m.seed, id.Text)
	}
	var key [8]byte
	return m.hash(appendInteger(key[:0], id.Int))
}

// nodeCutOff stands for a key of the bucket meta, in a part of the record of the tally that every Load reads.
var nodeCutOff = []byte("tally.cutOff")

// familyHash is that of all families with an issuer and bits, whatever their customer and start.
func (m *marks) familyHash(k core.FamilyKey) uint64 {
	issuer := uint64(0)
	if k.Issuer != "" {
		issuer = maphash.String(m.seed, k.Issuer)
	}
	return maphash.Comparable(m.seed, [2]uint64{issuer, k.Bits})
}

// holds reports whether what was read at a number of changes still counts, if it rests on these spots.
func (m *marks) holds(at uint64, on ...spot) bool {
	if at < m.all.Load() {
		return false
	}
	for _, p := range on {
		if at < m.at[p].Load() {
			return false
		}
	}
	return true
}

// touch marks a key that a commit changes. Of a bucket that it does not know it takes all to be changed.
func (m *marks) touch(commit uint64, bucket, key []byte) {
	switch string(bucket) {
	case "customers", "last_login", "cutoffs", "emails":
		m.at[spot(m.hash(key))].Store(commit)
	case "families":
		k, ok := readFamilyKey(key)
		if !ok {
			m.all.Store(commit)
			return
		}
		m.at[spot(m.familyHash(k))].Store(commit)
	case "meta":
		if !ofNoLoad(key) {
			m.all.Store(commit)
		}
	case "folded", "sessions", "customer_sessions", "session_expiry", "parked", "contested", "outbox", "heads",
		"waiting", "quarantine", "keys", "sealed", "revoked", "hashes", "imports", "origin", "members", "leases",
		"invitations", "logins", "login_expiry", "tombstones", "expiry": // no Load reads them
	default: // groups
		m.all.Store(commit)
	}
}

// ofNoLoad reports whether no Load reads what a key of the bucket meta has. Of the tally a Load reads nodeCutOff alone.
func ofNoLoad(key []byte) bool {
	switch string(key) {
	case "tally", "fleet", "node", "purge_clock", "sessions", "logins", "followed", "trimmed", "pending", "issued",
		"bundle_epoch":
		return true
	}
	return false
}
