// Package jws signs and checks with the algorithms of RFC 7518 §3.1, over the standard library.
//
// There are two types: an algorithm is a row of a table, and a Key is key material bound to one. The one rule: the
// algorithm belongs to the key, never to the token (RFC 8725 §3.1). The package is linked into the self-contained
// guests and used natively by host/keyring; it knows nothing of tokens.
package jws

import (
	"errors"
	"sort"
)

// ErrUnknownAlgorithm says that no row of the table has this name.
var ErrUnknownAlgorithm = errors.New("unknown algorithm")

// ErrCannotSign says that a key can only check.
var ErrCannotSign = errors.New("the key can only check signatures")

// algorithm is one row: how key material becomes a key.
type algorithm struct {
	// read makes a key of material: the secret of an HMAC key.
	read func(material []byte) (operations, error)
}

// operations are what a key can do. They are safe for concurrent use.
type operations interface {
	sign(input []byte) ([]byte, error)
	check(input, signature []byte) bool
}

// Key signs and checks with one algorithm. It is safe for concurrent use, and prints as its algorithm alone.
type Key struct {
	name string
	operations
}

// NewKey reads the material of a key for the named algorithm ("HS256"): for HMAC the secret, at least as long as the
// hash (RFC 7518 §3.2). ErrUnknownAlgorithm, *WeakKeyError, or what is wrong with the material.
func NewKey(name string, material []byte) (*Key, error) {
	return newKey(name, material, false)
}

// NewWeakKey is NewKey, but admits an HMAC secret that is shorter than its hash, as Django shops may have one. An empty one it refuses.
func NewWeakKey(name string, material []byte) (*Key, error) {
	return newKey(name, material, true)
}

func newKey(name string, material []byte, weak bool) (*Key, error) {
	row, ok := table[name]
	if !ok {
		return nil, ErrUnknownAlgorithm
	}
	ops, err := row.read(material)
	var tooShort *WeakKeyError
	if errors.As(err, &tooShort) && weak && len(material) > 0 {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return &Key{name: name, operations: ops}, nil
}

// Algorithm is the registered name, such as HS256.
func (k *Key) Algorithm() string { return k.name }

// Sign is the signature of input, as the third part of a token holds it before base64url. ErrCannotSign for a public key.
func (k *Key) Sign(input []byte) ([]byte, error) { return k.sign(input) }

// Check reports whether signature is that of this key over input.
func (k *Key) Check(input, signature []byte) bool { return k.check(input, signature) }

// String is the algorithm; keys never print their material.
func (k *Key) String() string   { return "jws.Key(" + k.name + ")" }
func (k *Key) GoString() string { return k.String() }

// Algorithms are the names of the table, sorted.
func Algorithms() []string {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
