// Package jws makes and checks signatures with the algorithms of RFC 7518 §3.1, RFC 8037 §3.1 and, of RFC 9864 §2.2,
// Ed25519. The standard library computes them.
//
// Its type is Key: a key bound to an algorithm, which is a row of a table. The one rule: the algorithm belongs to the
// key, never to the token (RFC 8725 §3.1). The self-contained guests link this package and host/keyring uses it
// natively. It knows nothing of tokens, and one encoding: Material, in which keys enter a guest.
package jws

import (
	"crypto"
	"errors"
)

// Errors about a key, beside WeakKeyError.
var (
	ErrUnknownAlgorithm = errors.New("unknown algorithm")
	ErrOtherKey         = errors.New("the key is not one for this algorithm")
	ErrCannotSign       = errors.New("the key can only check signatures")
	ErrMaterial         = errors.New("the key cannot be read")
)

// WeakKeyError says why a key is too weak for its algorithm.
type WeakKeyError struct{ Reason string }

func (e *WeakKeyError) Error() string { return e.Reason }

// algorithm is one row of the table.
type algorithm struct {
	name string
	hash crypto.Hash
	// use binds a key to the algorithm: a []byte, a public key or a crypto.Signer. For a weak key that works it returns
	// operations and a *WeakKeyError.
	use func(a *algorithm, key any) (operations, error)
	// read makes a private or public key from the numbers that Material wrote.
	read func(a *algorithm, numbers [][]byte, private bool) (any, error)
}

// operations are what a key can do. They are safe for concurrent use.
type operations interface {
	sign(input, entropy []byte) ([]byte, error)
	check(input, signature []byte) bool
	// numbers are what Material writes; an error if the key cannot be exported.
	numbers() (numbers [][]byte, private bool, err error)
}

// table has a row for each algorithm. It is plain data: a guest does no work for it at start-up.
var table = [...]algorithm{
	{"HS256", crypto.SHA256, useHMAC, readHMAC},
	{"HS384", crypto.SHA384, useHMAC, readHMAC},
	{"HS512", crypto.SHA512, useHMAC, readHMAC},
	{"RS256", crypto.SHA256, usePKCS1, readRSA},
	{"RS384", crypto.SHA384, usePKCS1, readRSA},
	{"RS512", crypto.SHA512, usePKCS1, readRSA},
	{"PS256", crypto.SHA256, usePSS, readRSA},
	{"PS384", crypto.SHA384, usePSS, readRSA},
	{"PS512", crypto.SHA512, usePSS, readRSA},
	{"ES256", crypto.SHA256, useECDSA, readECDSA},
	{"ES384", crypto.SHA384, useECDSA, readECDSA},
	{"ES512", crypto.SHA512, useECDSA, readECDSA},
	{"EdDSA", 0, useEd25519, readEd25519},
	{"Ed25519", 0, useEd25519, readEd25519}, // EdDSA by its newer name
}

// Algorithms are the names of the table, in its order.
func Algorithms() []string {
	names := make([]string, len(table))
	for i, row := range table {
		names[i] = row.name
	}
	return names
}

// find returns nil for an unknown name.
func find(name string) *algorithm {
	for i := range table {
		if table[i].name == name {
			return &table[i]
		}
	}
	return nil
}

// Key signs and checks with one algorithm. It is safe for concurrent use, and prints as its algorithm alone.
type Key struct {
	name string
	ops  operations
}

// NewKey binds a key to the named algorithm. For HMAC the key is the secret, a []byte. For the others it is a public
// key of the standard library (*rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey), which only checks, or a
// crypto.Signer with such a public key, which may be in a KMS.
//
// Errors: ErrUnknownAlgorithm, ErrOtherKey, or a *WeakKeyError: HMAC secrets must be as long as the hash (RFC 7518
// §3.2), RSA keys must have 2048 bits (§3.3).
func NewKey(name string, key any) (*Key, error) {
	k, err := bind(find(name), key)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// NewWeakKey is NewKey for an HMAC secret that may be shorter than the hash, as some Django sites have one. It refuses
// an empty one.
func NewWeakKey(name string, secret []byte) (*Key, error) {
	k, err := bind(find(name), secret)
	if k == nil || len(secret) == 0 {
		return nil, err
	}
	return k, nil
}

// bind returns a key, an error, or both where the key is weak but works.
func bind(a *algorithm, key any) (*Key, error) {
	if a == nil {
		return nil, ErrUnknownAlgorithm
	}
	ops, err := a.use(a, key)
	if ops == nil {
		return nil, err
	}
	return &Key{name: a.name, ops: ops}, err
}

// Algorithm is the registered name, such as HS256.
func (k *Key) Algorithm() string { return k.name }

// Sign returns the signature of input: the third part of a token before base64url. RSASSA-PSS takes its salt from
// entropy (at least 32 random bytes) and input; the other algorithms are deterministic, ECDSA by RFC 6979.
// ErrCannotSign for a public key.
func (k *Key) Sign(input, entropy []byte) ([]byte, error) { return k.ops.sign(input, entropy) }

// Check reports whether signature is this key's over input.
func (k *Key) Check(input, signature []byte) bool { return k.ops.check(input, signature) }

// String is the algorithm; keys never print what they consist of.
func (k *Key) String() string   { return "jws.Key(" + k.name + ")" }
func (k *Key) GoString() string { return k.String() }
