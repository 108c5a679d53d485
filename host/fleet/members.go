package fleet

import (
	"crypto/ed25519"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// members knows the link keys of the nodes of a fleet.
type members struct {
	store *store.DB
	hub   ed25519.PublicKey
}

func newMembers(db *store.DB, m fact.Membership) *members {
	return &members{db, ed25519.PublicKey(m.HubKey[:])}
}

// key is the link key of a node; nil for one that is no member, or not any more. The hub's was pinned when the node
// joined.
func (m *members) key(number uint16) ed25519.PublicKey {
	if number == HubNumber {
		return m.hub
	}
	member, ok := m.store.Member(number)
	if !ok || member.Withdrawn != 0 {
		return nil
	}
	return ed25519.PublicKey(member.Key[:])
}
