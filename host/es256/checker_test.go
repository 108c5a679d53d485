package es256_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"unsafe"

	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/es256"
)

// pair is a key pair with a signature.
type pair struct {
	private          *jws.Key
	public           jwk.Key
	input, signature []byte
}

func newPair(t testing.TB) *pair {
	t.Helper()
	raw, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := jws.NewKey("ES256", raw)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jws.NewKey("ES256", &raw.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	material, err := public.Material()
	if err != nil {
		t.Fatal(err)
	}
	k := &pair{private: private, input: []byte("header.claims"),
		public: jwk.Key{Algorithm: "ES256", Material: material, Key: public}}
	if k.signature, err = private.Sign(k.input, nil); err != nil {
		t.Fatal(err)
	}
	return k
}

// use checks the good signature some times.
func (k *pair) use(t testing.TB, c *es256.Checker, times int) {
	t.Helper()
	for range times {
		if !c.Check(&k.public, k.input, k.signature) {
			t.Error("a good signature is refused")
		}
	}
}

// misuse checks what others may send.
func (k *pair) misuse(t testing.TB, c *es256.Checker, times int) {
	t.Helper()
	bad := append([]byte(nil), k.signature...)
	bad[10] ^= 1
	for range times {
		for _, signature := range [][]byte{bad, bad[:63], append(k.signature[:64:64], 0), make([]byte, 64), nil} {
			if c.Check(&k.public, k.input, signature) {
				t.Errorf("the signature %x is taken", signature)
			}
		}
		if c.Check(&k.public, []byte("header.other"), k.signature) {
			t.Error("a signature is taken for another input")
		}
	}
}

// A key gets a table once it has checked enough good signatures, and the verdicts stay what they were.
func TestCheckerMakesTables(t *testing.T) {
	var c es256.Checker
	k := newPair(t)
	k.misuse(t, &c, es256.Earned)
	k.use(t, &c, es256.Earned-1)
	if n := c.Tables(); n != 0 {
		t.Errorf("%d tables before the key has earned one", n)
	}
	k.use(t, &c, 1)
	if n := c.Tables(); n != 1 {
		t.Errorf("%d tables after %d good signatures", n, es256.Earned)
	}
	k.use(t, &c, 10)
	k.misuse(t, &c, 10)
}

// Beyond the bound keys have no table, and bad signatures neither make nor drop one.
func TestCheckerIsBounded(t *testing.T) {
	var c es256.Checker
	for range es256.MaxKeys {
		newPair(t).use(t, &c, es256.Earned)
	}
	late := newPair(t)
	late.use(t, &c, es256.Earned)
	late.misuse(t, &c, 100)
	if n := c.Tables(); n != es256.MaxKeys {
		t.Errorf("%d tables, want %d", n, es256.MaxKeys)
	}
	if size := es256.MaxKeys * unsafe.Sizeof(es256.Table{}); size > 1536<<10 {
		t.Errorf("the tables take %d KiB", size>>10)
	}
}

// A key that is no longer used makes room for one that is; one that is used now and then does not.
func TestCheckerDropsIdleKeys(t *testing.T) {
	var c es256.Checker
	var pairs []*pair
	for range es256.MaxKeys {
		k := newPair(t)
		k.use(t, &c, es256.Earned)
		pairs = append(pairs, k)
	}
	for range es256.Idle { // all but the last go on
		pairs[0].use(t, &c, 1)
	}
	for _, k := range pairs[:es256.MaxKeys-1] {
		k.use(t, &c, 1)
	}
	late, later := newPair(t), newPair(t)
	late.use(t, &c, 1)
	if n := c.Tables(); n != es256.MaxKeys-1 {
		t.Errorf("%d tables, want %d", n, es256.MaxKeys-1)
	}
	late.use(t, &c, es256.Earned)
	later.use(t, &c, es256.Earned)
	pairs[es256.MaxKeys-1].use(t, &c, es256.Earned)
	if n := c.Tables(); n != es256.MaxKeys {
		t.Errorf("%d tables, want %d", n, es256.MaxKeys)
	}
}

// Keys of other algorithms check as they do by themselves.
func TestCheckerLeavesOtherAlgorithms(t *testing.T) {
	var c es256.Checker
	raw, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := jws.NewKey("ES384", raw)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := k.Sign([]byte("input"), nil)
	if err != nil {
		t.Fatal(err)
	}
	public := jwk.Key{Algorithm: "ES384", Key: k}
	for range 2 * es256.Earned {
		if !c.Check(&public, []byte("input"), signature) || c.Check(&public, []byte("other"), signature) {
			t.Fatal("ES384 is checked wrongly")
		}
	}
	if n := c.Tables(); n != 0 {
		t.Errorf("%d tables", n)
	}
}

// Goroutines that check at once agree, while tables are made and dropped.
func TestCheckerAtOnce(t *testing.T) {
	var c es256.Checker
	var pairs []*pair
	for range es256.MaxKeys + 4 {
		pairs = append(pairs, newPair(t))
	}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range pairs {
				k := pairs[(i+j)%len(pairs)]
				k.use(t, &c, es256.Earned/2)
				k.misuse(t, &c, 1)
			}
		})
	}
	all.Wait()
	if n := c.Tables(); n != es256.MaxKeys {
		t.Errorf("%d tables, want %d", n, es256.MaxKeys)
	}
}

// In FIPS 140-3 mode, which a process has from its start, there are no tables.
func TestCheckerInFIPSMode(t *testing.T) {
	if !fips140.Enabled() {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "GODEBUG=fips140=on")
		out, err := child.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	var c es256.Checker
	k := newPair(t)
	k.use(t, &c, 2*es256.Earned)
	k.misuse(t, &c, 1)
	if n := c.Tables(); n != 0 {
		t.Errorf("%d tables", n)
	}
}

func TestNewTableRefusesWhatIsNoPoint(t *testing.T) {
	good := newPair(t).public.Material[3:]
	off := append([]byte(nil), good...)
	off[64] ^= 1
	for _, point := range [][]byte{nil, {0}, good[:64], off, append([]byte{2}, good[1:33]...)} {
		if _, err := es256.NewTable(point); err == nil {
			t.Errorf("a table of %x", point)
		}
	}
	if _, err := es256.NewTable(good); err != nil {
		t.Error(err)
	}
}

// A signature by the key and by its table, and what the table costs.
func BenchmarkCheck(b *testing.B) {
	k := newPair(b)
	b.Run("ecdsa", func(b *testing.B) {
		for b.Loop() {
			k.public.Check(k.input, k.signature)
		}
	})
	b.Run("table", func(b *testing.B) {
		var c es256.Checker
		k.use(b, &c, es256.Earned)
		for b.Loop() {
			c.Check(&k.public, k.input, k.signature)
		}
	})
	b.Run(fmt.Sprintf("table of %d KiB made", unsafe.Sizeof(es256.Table{})>>10), func(b *testing.B) {
		for b.Loop() {
			if _, err := es256.NewTable(k.public.Material[3:]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
