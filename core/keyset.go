package core

import (
	"context"
	"errors"
)

// KeyInfo describes a key; it holds no secret.
type KeyInfo struct {
	ID        string // kid; "" where tokens name none
	Algorithm string // alg (RFC 7518 §3.1) of the tokens that it signs; a token never chooses it
	Issuer    string // whose key it is; "" for our own
	// Default: the key checks tokens without kid, and AnyID those whose kid names no other key.
	Default, AnyID bool
	// RefreshOnly: it checks refresh tokens and no others. This is for a secret that others hold too.
	RefreshOnly bool
	// NotAfter is the end of the key, in Unix seconds: from that second on it checks no token and signs none. LEEWAY
	// does not count. 0: it has none.
	NotAfter int64
	// Longest is how many seconds after it was issued a token of the key can still be valid, by the longest lifetimes
	// that were in use while it could sign (Settings.LongestLifetime): so long it checks after another key took over.
	// 0: a take-over does not end it.
	Longest int64
	// Node is the number in its fleet of the node that signs with it; 0: it was in none. No engine reads it.
	Node uint16
}

// Takes reports whether a token of the key may have alg in its header. The key has one algorithm. For Ed25519 that has
// two names, which mean the same: EdDSA, since here it knows no other curve (RFC 8037 §3.1), and Ed25519 (RFC 9864
// §2.2). Either key takes both, and writes its own.
func (k *KeyInfo) Takes(alg []byte) bool {
	return string(alg) == k.Algorithm || isEd25519(k.Algorithm) && isEd25519(string(alg))
}

func isEd25519(name string) bool { return name == "EdDSA" || name == "Ed25519" }

// KeySet describes a set of keys and when each of them signs; it holds no secret. It never changes: another set has
// another epoch.
type KeySet struct {
	Epoch uint64
	Keys  []KeyInfo
	// Signing is the order in which keys take over from one another; From never descends. Empty: none ever signs.
	Signing []SigningKey
}

// SigningKey is a key that signs from a time on, until the next one of KeySet.Signing takes over. Before and after that
// it only checks.
type SigningKey struct {
	Key  int   // index in KeySet.Keys
	From int64 // Unix seconds; 0: since ever
}

// Validate reports what is wrong with a description of keys.
func (s KeySet) Validate() error {
	for i, k := range s.Signing {
		switch {
		case k.Key < 0 || k.Key >= len(s.Keys):
			return errors.New("KeySet.Signing names a key that is no index of Keys")
		case k.From < 0 || k.From > maxTime || i > 0 && k.From < s.Signing[i-1].From:
			return errors.New("KeySet.Signing is not in the order of From, in Unix seconds between 1970 and the year " +
				"9999")
		}
	}
	for _, k := range s.Keys {
		if k.Algorithm == "" || len(k.ID) > 1024 || len(k.Issuer) > 1024 {
			return errors.New("a key has no algorithm, or its id or issuer has more than 1024 bytes")
		}
		if k.NotAfter < 0 || k.NotAfter > maxTime {
			return errors.New("the end of a key is before 1970 or beyond the year 9999; it is in Unix seconds, and 0 " +
				"for none")
		}
		if k.Longest < 0 || k.Longest > maxTime {
			return errors.New("the longest lifetime of a key's tokens is negative, or longer than time itself; it is " +
				"in seconds")
		}
	}
	return nil
}

// Keys is a set of keys that can check and sign. Implementations are safe for concurrent use.
type Keys interface {
	Set() KeySet
	// Check reports whether signature is that of the key with the given index over input. An instance of the sandbox
	// waits for it: it must be quick, and must not call the engine.
	Check(ctx context.Context, key int, input, signature []byte) (bool, error)
	// Sign signs input with the key of the given index. entropy are EntropyBytes random bytes, for algorithms that
	// are not deterministic.
	Sign(ctx context.Context, key int, input, entropy []byte) ([]byte, error)
}

// KeyMaterial is implemented by Keys whose keys may enter a self-contained guest.
type KeyMaterial interface {
	// Material is the key as it enters the guest: what Key.Material of package jws gives.
	Material(key int) ([]byte, error)
}
