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
	"sync/atomic"
)

// hmacSecret is a secret with its hash (RFC 7518 §3.2).
type hmacSecret struct {
	secret []byte
	hash   crypto.Hash
	idle   atomic.Pointer[mac] // one that was used before keeps the state of its key; the collector takes those in macs
	macs   sync.Pool           // of *mac, for who finds none there
}

// mac is a MAC under way, with the room for its result.
type mac struct {
	hash.Hash
	sum []byte
}

func useHMAC(a *algorithm, key any) (operations, error) {
	secret, ok := key.([]byte)
	if !ok {
		return nil, ErrOtherKey
	}
	k := &hmacSecret{secret: bytes.Clone(secret), hash: a.hash}
	for range 2 { // so that no token pays for the first ones: the second keeps the state of the key
		k.put(k.sum(nil))
	}
	if size := a.hash.Size(); len(secret) < size {
		return k, &WeakKeyError{"the secret has " + strconv.Itoa(len(secret)) + " bytes and needs at least " + strconv.Itoa(size) + " (RFC 7518 §3.2)"}
	}
	return k, nil
}

func readHMAC(_ *algorithm, numbers [][]byte, private bool) (any, error) {
	if len(numbers) != 1 || !private {
		return nil, ErrMaterial
	}
	return numbers[0], nil
}

func (k *hmacSecret) sign(input, _ []byte) ([]byte, error) {
	m := k.sum(input)
	defer k.put(m)
	return bytes.Clone(m.sum), nil
}

func (k *hmacSecret) check(input, signature []byte) bool {
	m := k.sum(input)
	defer k.put(m)
	return hmac.Equal(m.sum, signature)
}

// sum is input's, in a mac that goes back by put.
func (k *hmacSecret) sum(input []byte) *mac {
	m := k.idle.Load()
	if m == nil || !k.idle.CompareAndSwap(m, nil) {
		m, _ = k.macs.Get().(*mac)
	}
	if m == nil {
		m = &mac{Hash: hmac.New(k.hash.New, k.secret)}
	} else {
		m.Reset()
	}
	m.Write(input)
	m.sum = m.Sum(m.sum[:0])
	return m
}

func (k *hmacSecret) put(m *mac) {
	if k.idle.Load() != nil || !k.idle.CompareAndSwap(nil, m) {
		k.macs.Put(m)
	}
}

func (k *hmacSecret) numbers() ([][]byte, bool, error) { return [][]byte{k.secret}, true, nil }
