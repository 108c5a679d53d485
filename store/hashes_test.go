package store_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// costing is a hash of so many iterations.
func costing(iterations int) string {
	return fmt.Sprintf("pbkdf2_sha256$%d$salt$hlaZvx+fQUB7nsOXctgpvyJ4ixMmVOdSfNbS+6nH3wk=", iterations)
}

// drawn counts what a thousand even draws give.
func drawn(t *testing.T, db *store.DB) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for i := range uint64(1000) {
		encoded, err := db.Decoy(bg, i*(math.MaxUint64/1000))
		must(t, err)
		counts[encoded]++
	}
	return counts
}

// decoys are what drawn should give, by iterations.
func decoys(shares map[int]int) map[string]int {
	counts := map[string]int{}
	for iterations, n := range shares {
		if iterations == 0 {
			counts[""] = n
			continue
		}
		decoy, _ := password.Decoy(costing(iterations))
		counts[decoy] = n
	}
	return counts
}

func near(got, want map[string]int) bool {
	for k, n := range want {
		if d := got[k] - n; d < -1 || d > 1 {
			return false
		}
	}
	return len(got) == len(want)
}

// A decoy costs what the hash of a customer costs, by how many customers have such a hash; whatever changes hashes
// changes the mix. Nobody whose hash cannot be checked counts.
func TestDecoys(t *testing.T) {
	clock := newClock()
	path := filepath.Join(t.TempDir(), "store.db")
	config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
	db, err := store.Open(config)
	must(t, err)
	with := func(what string, shares map[int]int) {
		t.Helper()
		if got := drawn(t, db); !near(got, decoys(shares)) {
			t.Errorf("%s: drawn %v, want %v", what, got, decoys(shares))
		}
	}
	with("nobody", map[int]int{0: 1000})
	hash := func(i int, hash string) store.NewCustomer {
		return store.NewCustomer{ID: core.Integer(int64(i)), Email: fmt.Sprint(i), PasswordHash: hash}
	}
	_, err = db.AddAll(bg, []store.NewCustomer{hash(1, "!"), hash(2, "plain"), hash(3, "")})
	must(t, err)
	with("nobody who can log in", map[int]int{0: 1000})
	_, err = db.AddAll(bg, []store.NewCustomer{hash(4, costing(2000)), hash(5, costing(2000)), hash(6, costing(3000)),
		hash(7, costing(4000))})
	must(t, err)
	with("added", map[int]int{2000: 500, 3000: 250, 4000: 250})
	must(t, db.Rehash(bg, core.Integer(4), costing(2000), costing(3000)))
	with("hashed again", map[int]int{2000: 250, 3000: 500, 4000: 250})
	must(t, db.SetPassword(bg, core.Integer(7), costing(3000)))
	with("a new password", map[int]int{2000: 250, 3000: 750})
	must(t, db.Remove(bg, core.Integer(5), time.Hour))
	with("removed", map[int]int{3000: 1000})
	_, err = db.Import(bg, []store.ImportRow{{NewCustomer: hash(8, costing(5000))}}, store.ImportConfig{})
	must(t, err)
	with("imported", map[int]int{3000: 750, 5000: 250})

	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error { // back to schema 7
		return backTo(tx, 7, "hashes", "imports", "origin", "members", "leases", "invitations")
	})
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != 7 || !r.Older {
		t.Errorf("Check of schema 7 = %v, %v", shown(r), err)
	}
	db, err = store.Open(config)
	must(t, err)
	with("upgraded", map[int]int{3000: 750, 5000: 250})

	// Many different costs are counted up to a bound.
	var many []store.NewCustomer
	for i := range 300 {
		many = append(many, hash(100+i, costing(10_000+i)))
	}
	_, err = db.AddAll(bg, many)
	must(t, err)
	if n := len(drawn(t, db)); n < 100 || n > 256 {
		t.Errorf("%d different costs are drawn, want at most 256", n)
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
		decoy, _ := password.Decoy(costing(3000))
		return tx.Bucket([]byte("hashes")).Put([]byte(decoy), []byte{1, 9, 0, 0, 0, 0, 0, 0, 0})
	})
	if r, err := store.Check(path); err != nil || r.Sound() {
		t.Errorf("Check of a wrong count = %v, %v", shown(r), err)
	}
}
