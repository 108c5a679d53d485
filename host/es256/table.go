package es256

import (
	"crypto/elliptic"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"filippo.io/nistec"
)

const (
	scalarBytes = 32 // also of a coordinate and of a digest

	teeth   = 8                       // bits of a scalar that one addition takes; they lie a row apart
	row     = 8 * scalarBytes / teeth // bits
	blocks  = 2                       // of each row
	columns = row / blocks            // of each block
)

// order is the order of the group, n.
var order = elliptic.P256().Params().N

// table is a comb of a public key Q (Lim and Lee, "More flexible exponentiation with precomputation", 1994): at
// [b][i] is the sum of 2^(row·j + columns·b)·Q over the bits j of i. It takes 48 KiB and never changes.
//
// Time and memory accesses depend on the scalar, which everybody may know: nothing secret may go through here.
type table [blocks][1 << teeth]nistec.P256Point

// newTable makes the table of a point, encoded without compression (SEC 1 §2.3.3), within a millisecond.
func newTable(point []byte) (*table, error) {
	if len(point) != 1+2*scalarBytes {
		return nil, errors.New("es256: the key is no point without compression")
	}
	q, err := nistec.NewP256Point().SetBytes(point)
	if err != nil {
		return nil, fmt.Errorf("es256: the key is no point: %w", err)
	}
	t := new(table)
	for j := range teeth {
		for b := range blocks {
			sums := &t[b]
			sums[0].Set(nistec.NewP256Point())
			for i := range 1 << j {
				sums[1<<j+i].Add(&sums[i], q)
			}
			for range columns {
				q.Double(q)
			}
		}
	}
	return t, nil
}

// multiply is k·Q for a big-endian k.
func (t *table) multiply(k *[scalarBytes]byte) *nistec.P256Point {
	var rows [teeth]uint32 // the least significant first
	for j := range rows {
		rows[j] = binary.BigEndian.Uint32(k[scalarBytes-4*(j+1):])
	}
	p := nistec.NewP256Point()
	for c := columns - 1; c >= 0; c-- {
		p.Double(p)
		for b := range t {
			i := uint32(0)
			for j, bits := range rows {
				i |= bits >> (columns*b + c) & 1 << j
			}
			if i != 0 {
				p.Add(p, &t[b][i])
			}
		}
	}
	return p
}

// verify reports whether r and s, each 32 bytes, are a signature of a digest (FIPS 186-5 §6.4.2).
func (t *table) verify(digest, signature []byte) bool {
	r, s := new(big.Int).SetBytes(signature[:scalarBytes]), new(big.Int).SetBytes(signature[scalarBytes:])
	if r.Sign() == 0 || s.Sign() == 0 || r.Cmp(order) >= 0 || s.Cmp(order) >= 0 {
		return false
	}
	inverse := s.ModInverse(s, order)
	u1, u2 := product(new(big.Int).SetBytes(digest), inverse), product(r, inverse)
	p, err := nistec.NewP256Point().ScalarBaseMult(u1[:])
	if err != nil {
		return false // it is never of another length
	}
	x, err := p.Add(p, t.multiply(u2)).BytesX()
	if err != nil {
		return false // the point at infinity
	}
	v := new(big.Int).SetBytes(x)
	return v.Mod(v, order).Cmp(r) == 0
}

// product is a·b modulo the order, big-endian.
func product(a, b *big.Int) *[scalarBytes]byte {
	c := new(big.Int).Mul(a, b)
	var bytes [scalarBytes]byte
	c.Mod(c, order).FillBytes(bytes[:])
	return &bytes
}
