// Package linkkey derives the link key of a node: the Ed25519 key by which the nodes of a fleet know each other. It is
// the key of TLS and of NATS, and signs what a node says to others.
//
// No link key is stored. It comes from the node secret, which seals the keys in the store, and from the fleet, so that
// a node that moves to another fleet is a stranger there. A node whose secret changes is a stranger too: it has to join
// again.
package linkkey

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// info separates link keys from what else is derived from the node secret (host/keyring.Sealer). The id of the fleet
// follows it.
const info = "edgetoken fleet link key"

// Derive gives the link key of the node with this secret in the fleet with this id:
// HKDF-SHA256(secret, no salt, info ‖ id) is the seed (RFC 5869, RFC 8032 §5.1.5).
func Derive(secret []byte, fleet [16]byte) (ed25519.PrivateKey, error) {
	seed, err := hkdf.Key(sha256.New, secret, nil, info+string(fleet[:]), ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("derive the link key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// Public gives the public part of a link key, as the store keeps it.
func Public(key ed25519.PrivateKey) [ed25519.PublicKeySize]byte {
	return [ed25519.PublicKeySize]byte(key.Public().(ed25519.PublicKey))
}
