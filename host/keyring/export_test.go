package keyring

import "crypto/sha256"

// Signatures is the memory of a key for what it signed.
type Signatures struct{ *signatures }

func NewSignatures() Signatures { return Signatures{newSignatures()} }

func (s Signatures) Keep(input, signature []byte) { s.keep(sha256.Sum256(input), signature) }

func (s Signatures) Len() int { return len(s.now) + len(s.old) }
