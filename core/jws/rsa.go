package jws

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"math/big"
	"strconv"
)

// Bounds of an RSA modulus in bits: the lower is that of RFC 7518 §3.3, the upper limits the time of a check.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// rsaKey is an RSA key with its hash and padding: PKCS #1 v1.5 (RFC 7518 §3.3), or PSS with a salt as long as the hash
// (§3.5).
type rsaKey struct {
	public  *rsa.PublicKey
	private crypto.Signer // nil for a key that only checks
	hash    crypto.Hash
	pss     bool
}

func usePKCS1(a *algorithm, key any) (operations, error) { return useRSA(a, key, false) }
func usePSS(a *algorithm, key any) (operations, error)   { return useRSA(a, key, true) }

func useRSA(a *algorithm, key any, pss bool) (operations, error) {
	public, private := pair(key)
	k := &rsaKey{private: private, hash: a.hash, pss: pss}
	var ok bool
	if k.public, ok = public.(*rsa.PublicKey); !ok {
		return nil, ErrOtherKey
	}
	switch bits := k.public.N.BitLen(); {
	case bits < minRSABits:
		return nil, &WeakKeyError{"the RSA key has " + strconv.Itoa(bits) + " bits and needs at least " +
			strconv.Itoa(minRSABits) + " (RFC 7518 §3.3)"}
	case bits > maxRSABits:
		return nil, &WeakKeyError{
			"the RSA key has " + strconv.Itoa(bits) + " bits and may have " + strconv.Itoa(maxRSABits)}
	case k.public.E < 3 || k.public.E%2 == 0:
		return nil, &WeakKeyError{"the RSA key has the public exponent " + strconv.Itoa(k.public.E) +
			"; it must be odd and at least 3, usually 65537 (RFC 8017 §3.1)"}
	case roca(k.public.N):
		return nil, &WeakKeyError{"the RSA key was made by a generator whose keys can be factored " +
			"(CVE-2017-15361, ROCA); make a new one"}
	}
	return k, nil
}

// pair is the public key of a key and, if it can sign, the key itself.
func pair(key any) (public crypto.PublicKey, private crypto.Signer) {
	if s, ok := key.(crypto.Signer); ok {
		return s.Public(), s
	}
	return key, nil
}

var pssOptions = rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}

func (k *rsaKey) sign(input, entropy []byte) ([]byte, error) {
	if k.private == nil {
		return nil, ErrCannotSign
	}
	if !k.pss {
		return k.private.Sign(nil, digest(k.hash, input), k.hash)
	}
	options := pssOptions
	options.Hash = k.hash
	salt := sha512.Sum512(append(bytes.Clone(entropy), input...))
	return k.private.Sign(bytes.NewReader(salt[:]), digest(k.hash, input), &options)
}

func (k *rsaKey) check(input, signature []byte) bool {
	if k.pss {
		return rsa.VerifyPSS(k.public, k.hash, digest(k.hash, input), signature, &pssOptions) == nil
	}
	return rsa.VerifyPKCS1v15(k.public, k.hash, digest(k.hash, input), signature) == nil
}

func digest(h crypto.Hash, input []byte) []byte {
	d := h.New()
	d.Write(input)
	return d.Sum(nil)
}

func (k *rsaKey) numbers() ([][]byte, bool, error) {
	numbers := [][]byte{k.public.N.Bytes(), big.NewInt(int64(k.public.E)).Bytes()}
	switch p := k.private.(type) {
	case nil:
		return numbers, false, nil
	case *rsa.PrivateKey:
		numbers = append(numbers, p.D.Bytes())
		for _, prime := range p.Primes {
			numbers = append(numbers, prime.Bytes())
		}
		return numbers, true, nil
	}
	return nil, false, ErrMaterial
}

func readRSA(_ *algorithm, numbers [][]byte, private bool) (any, error) {
	if len(numbers) < 2 || len(numbers[1]) > 4 || private != (len(numbers) >= 5) {
		return nil, ErrMaterial
	}
	n := func(i int) *big.Int { return new(big.Int).SetBytes(numbers[i]) }
	public := rsa.PublicKey{N: n(0), E: int(n(1).Int64())}
	if !private {
		return &public, nil
	}
	return privateRSA(public, numbers[2:])
}
