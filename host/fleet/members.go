package fleet

import (
	"crypto/ed25519"

	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// memberKeys gives the link keys of the nodes of a fleet: see identity.keyOf. The hub's was pinned when this node
// joined.
func memberKeys(db *store.DB, m fact.Membership) func(number uint16) ed25519.PublicKey {
	hub := ed25519.PublicKey(m.HubKey[:])
	return func(number uint16) ed25519.PublicKey {
		if number == HubNumber {
			return hub
		}
		member, ok := db.Member(number)
		if !ok || member.Withdrawn != 0 {
			return nil
		}
		return ed25519.PublicKey(member.Key[:])
	}
}

// withdrawnKeys gives the link keys of those who were withdrawn.
func withdrawnKeys(db *store.DB) func(number uint16) ed25519.PublicKey {
	return func(number uint16) ed25519.PublicKey {
		member, ok := db.Member(number)
		if !ok || member.Withdrawn == 0 {
			return nil
		}
		return ed25519.PublicKey(member.Key[:])
	}
}
