package jws

import (
	"crypto"
	"crypto/ed25519"
)

// ed25519Key is an Ed25519 key, for EdDSA (RFC 8037 §3.1) as for Ed25519 (RFC 9864 §2.2): the signatures are the same.
type ed25519Key struct {
	public  ed25519.PublicKey
	private crypto.Signer // nil for a key that only checks
}

func useEd25519(_ *algorithm, key any) (operations, error) {
	public, private := pair(key)
	p, ok := public.(ed25519.PublicKey)
	if !ok || len(p) != ed25519.PublicKeySize {
		return nil, ErrOtherKey
	}
	return &ed25519Key{p, private}, nil
}

func readEd25519(_ *algorithm, numbers [][]byte, private bool) (any, error) {
	switch {
	case len(numbers) != 1 || len(numbers[0]) != ed25519.PublicKeySize:
		return nil, ErrMaterial
	case private:
		return privateEd25519(numbers[0])
	}
	return ed25519.PublicKey(numbers[0]), nil
}

func (k *ed25519Key) sign(input, _ []byte) ([]byte, error) {
	if k.private == nil {
		return nil, ErrCannotSign
	}
	return k.private.Sign(nil, input, crypto.Hash(0))
}

func (k *ed25519Key) check(input, signature []byte) bool {
	return ed25519.Verify(k.public, input, signature)
}

func (k *ed25519Key) numbers() ([][]byte, bool, error) {
	switch p := k.private.(type) {
	case nil:
		return [][]byte{k.public}, false, nil
	case ed25519.PrivateKey:
		return [][]byte{p.Seed()}, true, nil
	}
	return nil, false, ErrMaterial
}
