package jws

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"strconv"
)

// hmacSecret is a secret with its hash (RFC 7518 §3.2).
type hmacSecret struct {
	secret []byte
	hash   crypto.Hash
}

func hmacRow(name string, hash crypto.Hash) algorithm {
	return algorithm{
		name: name,
		use: func(key any) (operations, error) {
			secret, ok := key.([]byte)
			if !ok {
				return nil, ErrOtherKey
			}
			k := &hmacSecret{secret: bytes.Clone(secret), hash: hash}
			if len(secret) < hash.Size() {
				return k, &WeakKeyError{"the secret has " + strconv.Itoa(len(secret)) + " bytes and needs at least " + strconv.Itoa(hash.Size()) + " (RFC 7518 §3.2)"}
			}
			return k, nil
		},
		read: func(numbers [][]byte, private bool) (any, error) {
			if len(numbers) != 1 || !private {
				return nil, ErrMaterial
			}
			return numbers[0], nil
		},
	}
}

func (k *hmacSecret) sign(input, _ []byte) ([]byte, error) {
	mac := hmac.New(k.hash.New, k.secret)
	mac.Write(input)
	return mac.Sum(nil), nil
}

func (k *hmacSecret) check(input, signature []byte) bool {
	want, _ := k.sign(input, nil)
	return hmac.Equal(want, signature)
}

func (k *hmacSecret) numbers() ([][]byte, bool, error) { return [][]byte{k.secret}, true, nil }
