package jws

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"hash"
	"strconv"
	"sync"
)

// hmacSecret is a secret with its hash (RFC 7518 §3.2).
type hmacSecret struct {
	secret []byte
	hash   crypto.Hash
	macs   sync.Pool // of hash.Hash: one that was used before keeps the state of its key
}

func hmacRow(name string, algorithmHash crypto.Hash) algorithm {
	return algorithm{
		name: name,
		use: func(key any) (operations, error) {
			secret, ok := key.([]byte)
			if !ok {
				return nil, ErrOtherKey
			}
			k := &hmacSecret{secret: bytes.Clone(secret), hash: algorithmHash}
			if len(secret) < algorithmHash.Size() {
				return k, &WeakKeyError{"the secret has " + strconv.Itoa(len(secret)) + " bytes and needs at least " + strconv.Itoa(algorithmHash.Size()) + " (RFC 7518 §3.2)"}
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
	return k.sum(nil, input), nil
}

func (k *hmacSecret) check(input, signature []byte) bool {
	var want [64]byte
	return hmac.Equal(k.sum(want[:0], input), signature)
}

func (k *hmacSecret) sum(dst, input []byte) []byte {
	mac, _ := k.macs.Get().(hash.Hash)
	if mac == nil {
		mac = hmac.New(k.hash.New, k.secret)
	} else {
		mac.Reset()
	}
	mac.Write(input)
	dst = mac.Sum(dst)
	k.macs.Put(mac)
	return dst
}

func (k *hmacSecret) numbers() ([][]byte, bool, error) { return [][]byte{k.secret}, true, nil }
