package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"math/big"
)

// ecdsaKey is a key on the curve of its algorithm (RFC 7518 §3.4). A signature is R and S, each as long as the order of
// the curve. Signing is deterministic (RFC 6979), so that no signature depends on the quality of a random number.
type ecdsaKey struct {
	public  *ecdsa.PublicKey
	private crypto.Signer // nil for a key that only checks
	hash    crypto.Hash
	size    int // bytes of R and of S
}

// curve is the curve of the algorithm, which its hash implies.
func (a *algorithm) curve() elliptic.Curve {
	switch a.hash {
	case crypto.SHA384:
		return elliptic.P384()
	case crypto.SHA512:
		return elliptic.P521()
	}
	return elliptic.P256()
}

func useECDSA(a *algorithm, key any) (operations, error) {
	curve := a.curve()
	public, private := pair(key)
	k := &ecdsaKey{private: private, hash: a.hash, size: (curve.Params().BitSize + 7) / 8}
	var ok bool
	if k.public, ok = public.(*ecdsa.PublicKey); !ok || k.public.Curve != curve {
		return nil, ErrOtherKey
	}
	if _, err := k.public.Bytes(); err != nil {
		return nil, &WeakKeyError{"the point of the key is not on the curve " + curve.Params().Name}
	}
	return k, nil
}

func readECDSA(a *algorithm, numbers [][]byte, private bool) (any, error) {
	switch {
	case private && len(numbers) == 2:
		return privateECDSA(a.curve(), numbers[1])
	case !private && len(numbers) == 1:
		return ecdsa.ParseUncompressedPublicKey(a.curve(), numbers[0])
	}
	return nil, ErrMaterial
}

func (k *ecdsaKey) sign(input, _ []byte) ([]byte, error) {
	if k.private == nil {
		return nil, ErrCannotSign
	}
	der, err := k.private.Sign(nil, digest(k.hash, input), k.hash) // no reader: RFC 6979
	if err != nil {
		return nil, err
	}
	return k.fixed(der)
}

// fixed converts a signature from a DER sequence of two integers (RFC 3279 §2.2.3), as a crypto.Signer returns it, to R
// and S.
func (k *ecdsaKey) fixed(der []byte) ([]byte, error) {
	signature := make([]byte, 2*k.size)
	sequence, rest, ok := element(der, 0x30)
	for i := 0; ok && i < 2; i++ {
		var integer []byte
		integer, sequence, ok = element(sequence, 0x02)
		for len(integer) > 0 && integer[0] == 0 {
			integer = integer[1:]
		}
		if ok = ok && len(integer) <= k.size; ok {
			copy(signature[(i+1)*k.size-len(integer):], integer)
		}
	}
	if !ok || len(sequence)+len(rest) > 0 {
		return nil, errors.New("the signer gave something else than a sequence of two integers")
	}
	return signature, nil
}

// element cuts a DER element with the given tag and less than 256 bytes off the front of b.
func element(b []byte, tag byte) (content, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, false
	}
	size, at := int(b[1]), 2
	if size == 0x81 && len(b) > 2 {
		size, at = int(b[2]), 3
	} else if size >= 0x80 {
		return nil, nil, false
	}
	if len(b) < at+size {
		return nil, nil, false
	}
	return b[at : at+size], b[at+size:], true
}

func (k *ecdsaKey) check(input, signature []byte) bool {
	if len(signature) != 2*k.size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:k.size]), new(big.Int).SetBytes(signature[k.size:])
	return ecdsa.Verify(k.public, digest(k.hash, input), r, s)
}

func (k *ecdsaKey) numbers() ([][]byte, bool, error) {
	point, err := k.public.Bytes()
	if err != nil || k.private == nil {
		return [][]byte{point}, false, err
	}
	private, ok := k.private.(*ecdsa.PrivateKey)
	if !ok {
		return nil, false, ErrMaterial
	}
	scalar, err := private.Bytes()
	return [][]byte{point, scalar}, true, err
}
