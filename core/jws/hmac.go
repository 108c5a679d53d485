package jws

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"hash"
	"runtime"
	"strconv"
	"sync/atomic"
)

// hmacSecret is a secret with its hash (RFC 7518 §3.2).
type hmacSecret struct {
	secret []byte
	hash   crypto.Hash
	// idle has a place for as many macs as there are processors: one that was used before keeps the state of its key. It is no sync.Pool,
	// which would hold a key that is out of use, secret and all, until the collector came twice.
	idle []place
}

// place has a cache line of its own.
type place struct {
	mac atomic.Pointer[mac]
	_   [56]byte
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
	k := &hmacSecret{secret: bytes.Clone(secret), hash: a.hash, idle: make([]place, runtime.GOMAXPROCS(0))}
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
	m := k.take()
	if m == nil {
		m = &mac{Hash: hmac.New(k.hash.New, k.secret)}
	} else {
		m.Reset()
	}
	m.Write(input)
	m.sum = m.Sum(m.sum[:0])
	return m
}

// take is nil where no mac is idle.
func (k *hmacSecret) take() *mac {
	for i := range k.idle {
		at := &k.idle[i].mac
		if m := at.Load(); m != nil && at.CompareAndSwap(m, nil) {
			return m
		}
	}
	return nil
}

// put drops m where every place is taken.
func (k *hmacSecret) put(m *mac) {
	for i := range k.idle {
		at := &k.idle[i].mac
		if at.Load() == nil && at.CompareAndSwap(nil, m) {
			return
		}
	}
}

func (k *hmacSecret) numbers() ([][]byte, bool, error) { return [][]byte{k.secret}, true, nil }
