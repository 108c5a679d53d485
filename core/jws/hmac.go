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
	"sync"
	"sync/atomic"
)

// hmacSecret is a secret with its hash (RFC 7518 §3.2).
type hmacSecret struct {
	secret []byte
	hash   crypto.Hash
	// idle keeps as many used macs as there are processors, since a used one has the state of the key already. A
	// sync.Pool would keep the secret of a discarded key until the collector came twice.
	idle []place
}

// hints say where a caller looks for an idle mac: where the last one on the same processor found some, so that callers
// seldom meet at a place, and a mac stays near its processor.
var hints = sync.Pool{New: func() any { return new(hint) }}

type hint struct{ place int }

// place fills a cache line, so that processors do not share one.
type place struct {
	mac atomic.Pointer[mac]
	_   [56]byte
}

// mac is a MAC being computed, and room for the result.
type mac struct {
	hash.Hash
	sum []byte
	at  int // of idle: its place
}

func useHMAC(a *algorithm, key any) (operations, error) {
	secret, ok := key.([]byte)
	if !ok {
		return nil, ErrOtherKey
	}
	k := &hmacSecret{secret: bytes.Clone(secret), hash: a.hash, idle: make([]place, runtime.GOMAXPROCS(0))}
	for range 2 { // no token pays for the first ones: the second saves the state of the key
		k.put(k.sum(nil))
	}
	if size := a.hash.Size(); len(secret) < size {
		return k, &WeakKeyError{"the secret has " + strconv.Itoa(len(secret)) + " bytes and needs at least " +
			strconv.Itoa(size) + " (RFC 7518 §3.2)"}
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

// sum computes the MAC of input. The caller hands the mac back to put.
func (k *hmacSecret) sum(input []byte) *mac {
	m := k.take()
	m.Write(input)
	m.sum = m.Sum(m.sum[:0])
	return m
}

// take takes an idle mac, or makes one.
func (k *hmacSecret) take() *mac {
	h := hints.Get().(*hint)
	defer hints.Put(h)
	at := min(h.place, len(k.idle)-1)
	for range k.idle {
		idle := &k.idle[at].mac
		if m := idle.Load(); m != nil && idle.CompareAndSwap(m, nil) {
			m.at, h.place = at, at
			m.Reset()
			return m
		}
		if at++; at == len(k.idle) {
			at = 0
		}
	}
	return &mac{Hash: hmac.New(k.hash.New, k.secret), at: at}
}

// put drops m if every place is taken.
func (k *hmacSecret) put(m *mac) {
	at := m.at
	for range k.idle {
		idle := &k.idle[at].mac
		if idle.Load() == nil && idle.CompareAndSwap(nil, m) {
			return
		}
		if at++; at == len(k.idle) {
			at = 0
		}
	}
}

func (k *hmacSecret) numbers() ([][]byte, bool, error) { return [][]byte{k.secret}, true, nil }
