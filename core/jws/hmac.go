package jws

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strconv"
)

// table has one row for each algorithm.
var table = map[string]algorithm{
	"HS256": {read: hmacKey(sha256.New, sha256.Size)},
	"HS384": {read: hmacKey(sha512.New384, sha512.Size384)},
	"HS512": {read: hmacKey(sha512.New, sha512.Size)},
}

// WeakKeyError says that an HMAC secret is shorter than its hash (RFC 7518 §3.2), both in bytes.
type WeakKeyError struct{ Length, Need int }

func (e *WeakKeyError) Error() string {
	return "the secret has " + strconv.Itoa(e.Length) + " bytes and needs at least " + strconv.Itoa(e.Need) + " (RFC 7518 §3.2)"
}

// hmacSecret is a secret with its hash (RFC 7518 §3.2).
type hmacSecret struct {
	secret []byte
	hash   func() hash.Hash
}

// hmacKey makes keys with the given hash. Where the secret is too short it gives the key and a *WeakKeyError beside it.
func hmacKey(h func() hash.Hash, size int) func([]byte) (operations, error) {
	return func(material []byte) (operations, error) {
		k := &hmacSecret{secret: append([]byte(nil), material...), hash: h}
		if len(material) < size {
			return k, &WeakKeyError{Length: len(material), Need: size}
		}
		return k, nil
	}
}

func (k *hmacSecret) sign(input []byte) ([]byte, error) {
	mac := hmac.New(k.hash, k.secret)
	mac.Write(input)
	return mac.Sum(nil), nil
}

func (k *hmacSecret) check(input, signature []byte) bool {
	want, _ := k.sign(input)
	return hmac.Equal(want, signature)
}
