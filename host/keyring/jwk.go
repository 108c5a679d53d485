package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

var (
	errNotJWK = errors.New("is neither a JWK nor a JWK Set (RFC 7517)")
	// errBadJWK says that a member of a JWK is missing, or not what it must be.
	errBadJWK = errors.New("it is no JWK (RFC 7517)")
)

// readJSON reads a JWK or a JWK Set (RFC 7517 §4 and §5).
func readJSON(text []byte, algorithm string) ([]entry, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil, errNotJWK
	}
	keys, set := members["keys"]
	if !set && members["kty"] == nil {
		return nil, errNotJWK
	}
	var list []json.RawMessage
	if !set {
		list = append(list, text)
	} else if json.Unmarshal(keys, &list) != nil || len(list) == 0 {
		return nil, errNotJWK
	}
	if len(list) > maxKeys {
		return nil, errTooMany
	}
	entries := make([]entry, len(list))
	for i, key := range list {
		entries[i] = readJWK(key, algorithm)
	}
	return entries, nil
}

// readJWK reads one key. Errors of jwx are not passed on, since they may quote it.
func readJWK(text []byte, algorithm string) (e entry) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return unusable(errBadJWK)
	}
	if id := textMember(members, "kid"); goodID(id) {
		e.id = id
	}
	if e.err = checkKind(members); e.err != nil {
		return e
	}
	k, err := jwk.ParseKey(text)
	if err != nil {
		e.err = errBadJWK
		return e
	}
	e.key, e.err = usable(k, algorithm)
	return e
}

// textMember is a member of a JWK; "" if it has none, or one that is no text.
func textMember(members map[string]json.RawMessage, name string) (text string) {
	_ = json.Unmarshal(members[name], &text)
	return text
}

// otherKinds are known values of kty and crv that are refused.
var otherKinds = map[string]string{
	"AKP":       "it is a key of the type AKP, such as for ML-DSA, which is not known here",
	"secp256k1": "it is on the curve secp256k1, for ES256K, which is not known here",
	"Ed448":     "it is an Ed448 key; EdDSA signs with Ed25519 here",
	"X25519":    "it is an X25519 key, which cannot sign",
	"X448":      "it is an X448 key, which cannot sign",
}

// checkKind refuses kinds of keys that nothing here can use.
func checkKind(members map[string]json.RawMessage) error {
	kty, crv := textMember(members, "kty"), textMember(members, "crv")
	for _, name := range []string{kty, crv} {
		if reason := otherKinds[name]; reason != "" {
			return errors.New(reason)
		}
	}
	switch kty {
	case "RSA", "oct":
		return nil
	case "EC", "OKP":
		if !slices.Contains([]string{"P-256", "P-384", "P-521", "Ed25519"}, crv) {
			return errors.New("the JWK's crv is none that is known here")
		}
		return nil
	}
	return errors.New("the JWK's kty is none that is known here: RSA, EC, OKP and oct are")
}

// usable returns the key of a JWK that is for signatures.
func usable(k jwk.Key, algorithm string) (FoundKey, error) {
	if k.KeyUsage() != "" && k.KeyUsage() != "sig" {
		return FoundKey{}, errors.New("the JWK's use is not sig")
	}
	if ops := k.KeyOps(); len(ops) > 0 && !slices.Contains(ops, jwk.KeyOpSign) &&
		!slices.Contains(ops, jwk.KeyOpVerify) {
		return FoundKey{}, errors.New("the JWK's key_ops are neither sign nor verify")
	}
	if e, is := k.Get("e"); is && k.KeyType() == jwa.RSA { // Raw would take what its lowest bits say
		if n, _ := e.([]byte); new(big.Int).SetBytes(n).BitLen() > maxExponent {
			return FoundKey{}, fmt.Errorf("the JWK's public exponent has more than %d bits", maxExponent)
		}
	}
	var raw any
	if err := k.Raw(&raw); err != nil {
		return FoundKey{}, errNumbers
	}
	raw = signer(raw)
	key, err := named(k.KeyID(), k.Algorithm().String(), algorithm, raw)
	if err != nil {
		return FoundKey{}, err
	}
	if err := prove(key, raw); err != nil {
		return FoundKey{}, err
	}
	end, err := notAfter(k)
	return FoundKey{Key: key, NotAfter: end}, err
}

// maxExponent is the length of the longest public exponent of RSA that the standard library checks with, in bits.
const maxExponent = 31

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

var errNumbers = errors.New("the JWK's numbers are no key, or its private and its public ones are not of one key")

// prove refuses a private key whose private numbers are those of another key than the public ones.
func prove(k Key, raw any) error {
	switch private := raw.(type) {
	case *rsa.PrivateKey:
		if private.Primes[0].Sign() == 0 || private.Primes[1].Sign() == 0 {
			return errors.New("the JWK has no p and q (RFC 7518 §6.3.2), which a private key must have here")
		}
		bits := private.N.BitLen()
		for _, n := range append([]*big.Int{private.D}, private.Primes...) {
			if n.BitLen() > bits { // the time of Validate has no bound of its own
				return errNumbers
			}
		}
		private.Precompute()
		if private.Validate() != nil {
			return errNumbers
		}
	case *ecdsa.PrivateKey:
		input := []byte("edgetoken")
		signature, err := k.jws.Sign(input, nil) // deterministic
		if err != nil || !k.jws.Check(input, signature) {
			return errNumbers
		}
	}
	return nil // jwx has compared the numbers of an Ed25519 key
}
