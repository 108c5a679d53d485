package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// FromJWK makes a ring from a JWK or a JWK Set (RFC 7517 §4 and §5), at most 64 KiB of JSON. A set of private keys or
// secrets signs with its first; a set of public keys only checks. A key that stands alone also checks tokens without
// kid, and may have no kid itself. exp ends a key (OpenID Federation 1.0 §8.7.2): core.KeyInfo.NotAfter.
//
// Each key must be for signatures, by its use, key_ops and alg, and strong enough. alg may be missing where the curve
// implies it (RFC 7518 §3.4, RFC 8037 §3.1); for Ed25519 that is EdDSA, the older of its names. No two keys may have
// the same kid, and no public key may stand beside a private key or secret, since whoever may read the former would get
// the latter. A text that breaks one of these rules is refused whole, with ErrNotKey and, for a weak key, a
// *jws.WeakKeyError. Errors never quote a key.
func FromJWK(text []byte) (*Ring, error) {
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%w: the text is too long for keys", ErrNotKey)
	}
	set, err := jwk.Parse(text) // its errors may quote the key
	if err != nil || set.Len() == 0 {
		return nil, fmt.Errorf("%w: it is neither a JWK nor a JWK Set (RFC 7517)", ErrNotKey)
	}
	var members []Member
	var signing []core.SigningKey
	secret := 0
	for i := range set.Len() {
		k, _ := set.Key(i)
		m, err := readMember(k, set.Len() == 1)
		if err == nil && slices.ContainsFunc(members, func(o Member) bool { return o.Info.ID == m.Info.ID }) {
			err = errors.New("its kid is that of another key")
		}
		if err != nil {
			return nil, fmt.Errorf("%w: key %d: %w", ErrNotKey, i+1, err)
		}
		members = append(members, m)
		if m.Key.CanSign() {
			secret++
			signing = []core.SigningKey{{Key: 0}}
		}
	}
	if secret > 0 && secret < set.Len() {
		return nil, fmt.Errorf("%w: the set has secret keys beside public ones; keep them in sets of their own",
			ErrNotKey)
	}
	return NewRing(members, signing)
}

// readMember reads a key of a set, or says why it may not be there.
func readMember(k jwk.Key, alone bool) (Member, error) {
	info, raw, err := readJWK(k)
	if err != nil {
		return Member{}, err
	}
	if info.ID == "" && !alone {
		return Member{}, errors.New("it has no kid, without which it cannot be told from the others")
	}
	key, err := NewKeyOf(info.Algorithm, raw)
	if err == nil && key.CanSign() {
		err = prove(key.jws)
	}
	if err != nil {
		return Member{}, err
	}
	info.Default = alone
	return Member{key.WithID(info.ID), info}, nil
}

// readJWK returns the description of a key and the key of the standard library. No error quotes the key.
func readJWK(k jwk.Key) (core.KeyInfo, any, error) {
	if k.KeyUsage() != "" && k.KeyUsage() != "sig" {
		return core.KeyInfo{}, nil, errors.New("the JWK's use is not sig")
	}
	if ops := k.KeyOps(); len(ops) > 0 && !slices.Contains(ops, jwk.KeyOpSign) &&
		!slices.Contains(ops, jwk.KeyOpVerify) {
		return core.KeyInfo{}, nil, errors.New("the JWK's key_ops are neither sign nor verify")
	}
	var raw any
	if err := k.Raw(&raw); err != nil {
		return core.KeyInfo{}, nil, errors.New("the JWK's numbers are no key")
	}
	raw = signer(raw)
	info := core.KeyInfo{ID: k.KeyID(), Algorithm: k.Algorithm().String()}
	if info.Algorithm == "" {
		info.Algorithm = onlyAlgorithm(raw)
	}
	var err error
	info.NotAfter, err = notAfter(k)
	return info, raw, err
}

// signer returns a pointer to a key struct that jwx gives as a value, and the other way round for Ed25519.
func signer(raw any) any {
	switch k := raw.(type) {
	case rsa.PrivateKey:
		return &k
	case rsa.PublicKey:
		return &k
	case ecdsa.PrivateKey:
		return &k
	case ecdsa.PublicKey:
		return &k
	case *ed25519.PrivateKey:
		return *k
	case *ed25519.PublicKey:
		return *k
	}
	return raw
}

// expKey is the member of a JWK that ends the key: a NumericDate (OpenID Federation 1.0 §8.7.2, RFC 7519 §2).
const expKey = "exp"

// notAfter is the end of a key in Unix seconds, rounded down; 0 where the JWK has none. An end beyond the year 9999
// is an error: it is probably in milliseconds.
func notAfter(k jwk.Key) (int64, error) {
	value, there := k.Get(expKey)
	if !there {
		return 0, nil
	}
	seconds, number := value.(float64)
	if !number || seconds < 1 || seconds >= 253402300800 {
		return 0, errors.New("the JWK's exp is no time in Unix seconds, like 1790000000, " +
			"between 1970 and the year 9999")
	}
	return int64(seconds), nil
}

// onlyAlgorithm is the algorithm that the curve of a key implies; "" where there are several, or none.
func onlyAlgorithm(raw any) string {
	if s, ok := raw.(crypto.Signer); ok {
		raw = s.Public()
	}
	switch k := raw.(type) {
	case *ecdsa.PublicKey:
		return map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[k.Params().Name]
	case ed25519.PublicKey:
		return "EdDSA"
	}
	return ""
}

// private reports whether a key of the standard library is a secret or a private key.
func private(raw any) bool {
	switch raw.(type) {
	case []byte, crypto.Signer:
		return true
	}
	return false
}

// prove signs and checks once: a JWK may have the private numbers of one key and the public ones of another.
func prove(k *jws.Key) error {
	input := []byte("edgetoken")
	signature, err := k.Sign(input, make([]byte, core.EntropyBytes))
	if err != nil || !k.Check(input, signature) {
		return errors.New("its private numbers and its public ones are not of one key")
	}
	return nil
}
