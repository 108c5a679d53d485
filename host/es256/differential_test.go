package es256_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"filippo.io/nistec"

	"github.com/edgetoken/edgetoken/host/es256"
)

var (
	n = elliptic.P256().Params().N
	p = elliptic.P256().Params().P
)

// subject is a public key that is checked with.
type subject struct {
	public *ecdsa.PublicKey
	table  *es256.Table
	d      *big.Int // the private key; nil: nobody knows it
	// samples are signatures for a key that was made for them.
	samples []sample
}

// sample is a digest and what may be its signature.
type sample struct{ digest, r, s *big.Int }

// agree compares the verdict of the table with that of crypto/ecdsa, and gives it. A value beyond 32 bytes is cut.
func (k *subject) agree(t testing.TB, c sample) bool {
	digest, signature := c.bytes()
	want := ecdsa.Verify(k.public, digest, number(signature[:32]), number(signature[32:]))
	if got := k.table.Verify(digest, signature); got != want {
		t.Errorf("key %v: digest %x, signature %x: the table says %v, crypto/ecdsa %v", k.public, digest, signature,
			got, want)
	}
	return want
}

func (c sample) bytes() (digest, signature []byte) {
	limit := new(big.Int).Lsh(big.NewInt(1), 256)
	var b [96]byte
	for i, v := range []*big.Int{c.digest, c.r, c.s} {
		new(big.Int).Mod(v, limit).FillBytes(b[32*i : 32*i+32])
	}
	return b[:32], b[32:]
}

// maker makes keys and signatures that are hard on an implementation.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 0))} }

// below is a random number from 0 to limit-1.
func (m maker) below(limit *big.Int) *big.Int {
	var b [40]byte
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], m.Uint64())
	}
	v := new(big.Int).SetBytes(b[:])
	return v.Mod(v, limit)
}

// number is a big-endian number.
func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func plus(v *big.Int, i int64) *big.Int { return new(big.Int).Add(v, big.NewInt(i)) }

func power(bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), bits) }

// edges are numbers near 0, the order, the prime, the difference of both, and powers of two.
func edges() (list []*big.Int) {
	half, beyond := new(big.Int).Rsh(n, 1), new(big.Int).Sub(p, n)
	for _, v := range []*big.Int{new(big.Int), half, n, p, beyond, plus(power(256), -3)} {
		for i := int64(-2); i <= 2; i++ {
			if e := plus(v, i); e.Sign() >= 0 {
				list = append(list, e)
			}
		}
	}
	for bits := uint(0); bits < 256; bits += 8 {
		list = append(list, power(bits), plus(power(bits), -1), new(big.Int).Sub(n, power(bits)))
	}
	return list
}

var edgeNumbers = edges()

// number is an edge, a number with few bits, with few zeros, or any one, of 256 bits.
func (m maker) number() *big.Int {
	switch m.IntN(5) {
	case 0:
		return edgeNumbers[m.IntN(len(edgeNumbers))]
	case 1:
		v := new(big.Int)
		for range 1 + m.IntN(4) {
			v.SetBit(v, m.IntN(256), 1)
		}
		return v
	case 2:
		v := plus(power(256), -1)
		for range 1 + m.IntN(4) {
			v.SetBit(v, m.IntN(256), 0)
		}
		return v
	}
	return m.below(power(256))
}

// scalar is a number below the order.
func (m maker) scalar() *big.Int { return new(big.Int).Mod(m.number(), n) }

func mulMod(a, b *big.Int) *big.Int {
	c := new(big.Int).Mul(a, b)
	return c.Mod(c, n)
}

// signature is one whose check computes u1·G + u2·Q, so that it is good unless that is infinity or its x is 0.
func (m maker) signature(t testing.TB, d, u1, u2 *big.Int) (c sample, good bool) {
	k := new(big.Int).Add(u1, mulMod(u2, d))
	k.Mod(k, n)
	r := m.scalar()
	if k.Sign() != 0 {
		r = abscissa(t, k)
		r.Mod(r, n)
	}
	inverse := new(big.Int).ModInverse(u2, n)
	if inverse == nil { // u2 = 0
		return sample{m.number(), new(big.Int), m.number()}, false
	}
	s := mulMod(r, inverse)
	digest := mulMod(u1, s)
	if wider := new(big.Int).Add(digest, n); wider.BitLen() <= 256 && m.IntN(2) == 0 {
		digest = wider
	}
	return sample{digest, r, s}, k.Sign() != 0 && r.Sign() != 0
}

// abscissa is the x of k·G.
func abscissa(t testing.TB, k *big.Int) *big.Int {
	var b [32]byte
	point, err := nistec.NewP256Point().ScalarBaseMult(k.FillBytes(b[:]))
	if err != nil {
		t.Fatal(err)
	}
	x, err := point.BytesX()
	if err != nil {
		t.Fatal(err)
	}
	return new(big.Int).SetBytes(x)
}

// scalars are u1 and u2 for a key: any, or such that u1·G and u2·Q are equal, opposite, or one of them infinity.
func (m maker) scalars(d *big.Int) (u1, u2 *big.Int) {
	u1, u2 = m.scalar(), m.scalar()
	switch m.IntN(8) {
	case 0:
		u1 = mulMod(u2, d)
	case 1:
		u1 = mulMod(new(big.Int).Sub(n, u2), d)
	case 2:
		u1 = new(big.Int)
	}
	return u1, u2
}

// changed is a sample with something of it changed: a bit, r and s exchanged, a sum with the order, an edge, the other
// s.
func (m maker) changed(c sample) sample {
	values := []*big.Int{c.digest, c.r, c.s}
	i := m.IntN(3)
	switch m.IntN(6) {
	case 0:
		values[1], values[2] = c.s, c.r
	case 1:
		values[i] = new(big.Int).Add(values[i], n)
	case 2:
		values[i] = m.number()
	case 3:
		values[2] = new(big.Int).Sub(n, new(big.Int).Mod(c.s, n)) // as good as s
	default:
		bit := m.IntN(256)
		values[i] = new(big.Int).SetBit(values[i], bit, values[i].Bit(bit)^1)
	}
	return sample{values[0], values[1], values[2]}
}

// subjects are keys by private ones: small and large multiples of G and of its opposite, powers of two, random ones;
// and keys that were made for signatures where the x of R is not below the order.
func (m maker) subjects(t testing.TB) (list []*subject) {
	var privates []*big.Int
	for i := int64(1); i <= 17; i++ {
		privates = append(privates, big.NewInt(i), plus(n, -i))
	}
	half := new(big.Int).Rsh(n, 1)
	privates = append(privates, half, plus(half, 1))
	for bits := uint(8); bits < 256; bits += 8 {
		privates = append(privates, power(bits), plus(power(bits), 1), new(big.Int).Sub(n, power(bits)))
	}
	for range 60 {
		privates = append(privates, plus(m.below(plus(n, -1)), 1))
	}
	for _, d := range privates {
		var b [32]byte
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(b[:]))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, newSubject(t, &key.PublicKey, d))
	}
	for x := new(big.Int).Set(n); len(list) < len(privates)+40; x = plus(x, 1) {
		if k := m.wrapping(t, x); k != nil {
			list = append(list, k)
		}
	}
	return list
}

func newSubject(t testing.TB, public *ecdsa.PublicKey, d *big.Int) *subject {
	t.Helper()
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	table, err := es256.NewTable(point)
	if err != nil {
		t.Fatal(err)
	}
	return &subject{public: public, table: table, d: d}
}

// wrapping is a key with a good signature whose R has the abscissa x, from the order up; nil if no point has it.
func (m maker) wrapping(t testing.TB, x *big.Int) *subject {
	encoded := append([]byte{byte(2 + m.IntN(2))}, x.FillBytes(make([]byte, 32))...)
	point, err := nistec.NewP256Point().SetBytes(encoded)
	if err != nil {
		return nil
	}
	// Q = (R - u1·G) / u2
	u1, u2 := plus(m.below(plus(n, -1)), 1), plus(m.below(plus(n, -1)), 1)
	var b [32]byte
	back, err := nistec.NewP256Point().ScalarBaseMult(new(big.Int).Sub(n, u1).FillBytes(b[:]))
	if err != nil {
		t.Fatal(err)
	}
	q, err := nistec.NewP256Point().ScalarMult(point.Add(point, back), new(big.Int).ModInverse(u2, n).FillBytes(b[:]))
	if err != nil {
		t.Fatal(err)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), q.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	k := newSubject(t, public, nil)
	r := new(big.Int).Sub(x, n)
	s := mulMod(r, new(big.Int).ModInverse(u2, n))
	c := sample{mulMod(u1, s), r, s}
	if good := k.agree(t, c); good != (r.Sign() != 0) {
		t.Errorf("a signature for R with x = n + %v is good: %v", r, good)
	}
	k.samples = []sample{c}
	return k
}

// A table says the same as crypto/ecdsa of every signature. ES256_SIGNATURES sets how many are compared, and ES256_SEED
// begins others.
func TestTableAgreesWithStandardLibrary(t *testing.T) {
	count, seed := 10_000, 1
	for name, value := range map[string]*int{"ES256_SIGNATURES": &count, "ES256_SEED": &seed} {
		if text := os.Getenv(name); text != "" {
			var err error
			if *value, err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	m := newMaker(uint64(seed))
	subjects := m.subjects(t)
	good := 0
	compare := func(k *subject, c sample) bool {
		count--
		if k.agree(t, c) {
			good++
			return true
		}
		return false
	}
	all := count
	for count > 0 && !t.Failed() {
		k := subjects[m.IntN(len(subjects))]
		var c sample
		if k.d != nil {
			u1, u2 := m.scalars(k.d)
			var want bool
			if c, want = m.signature(t, k.d, u1, u2); compare(k, c) != want {
				t.Errorf("d %v, u1 %v, u2 %v: good %v, want %v", k.d, u1, u2, !want, want)
			}
		} else {
			c = k.samples[m.IntN(len(k.samples))]
			compare(k, c)
		}
		compare(k, m.changed(c))
		if m.IntN(4) == 0 {
			compare(k, sample{m.number(), m.number(), m.number()})
		}
	}
	t.Logf("%d signatures compared, %d of them good", all-count, good)
	if good < all/4 {
		t.Errorf("only %d of %d signatures were good", good, all)
	}
}
