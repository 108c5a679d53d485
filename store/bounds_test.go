package store_test

import (
	"math"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// A decision that is wrong must not reserve all starts there are, which would push every later cut-off and log-in
// into the far future for good.
func TestSettleReservesNoFarStart(t *testing.T) {
	const most = 10 * 60 * 1000
	for _, c := range []struct {
		name  string
		now   int64 // of the clock, Unix milliseconds
		reads core.Reads
		at    []int64
		want  error
	}{
		{"10 minutes ahead of the clock", start, core.Reads{}, []int64{start + most}, nil},
		{"1 ms more", start, core.Reads{}, []int64{start + most + 1}, store.ErrInvalid},
		{"for ever", start, core.Reads{}, []int64{math.MaxInt64}, store.ErrInvalid},
		{"before all times", start, core.Reads{}, []int64{math.MinInt64 + most}, nil},
		{"reads name a far cut-off", start, core.Reads{CutOff: math.MaxInt64}, []int64{start + most + 1},
			store.ErrInvalid},
		{"step by step in one decision", start, core.Reads{}, []int64{start + most, start + 2*most}, store.ErrInvalid},
		{"good and bad", start, core.Reads{}, []int64{start, math.MaxInt64}, store.ErrInvalid},
		{"clock is set back, 10 minutes ahead of it", start - 3_600_000, core.Reads{CutOff: start + 1000},
			[]int64{start - 3_600_000 + most}, nil},
		{"clock is set back, beyond the mark", start - 3_600_000, core.Reads{CutOff: start + 1000},
			[]int64{start + 2001}, store.ErrInvalid},
	} {
		db, clock := fresh(t)
		before := int64(0)
		if c.now < start {
			before = start + 2000
			must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.ReserveStart, At: before}}}))
		}
		clock.ms.Store(c.now)
		var list []core.Effect
		last := before
		for _, at := range c.at {
			list = append(list, core.Effect{Kind: core.ReserveStart, At: at})
			last = max(last, at)
		}
		wantErr(t, c.name+": Settle", db.Settle(bg, core.Effects{Reads: c.reads, List: list}), c.want)
		if c.want != nil {
			last = before
		}
		if got := state(t, db, core.CustomerID{}, core.Family{}).HighWater; got != last {
			t.Errorf("%s: high-water mark %d, want %d", c.name, got, last)
		}
	}
}

// A reserved start is no reason to reserve a later one. Otherwise each request could raise the mark by ten minutes.
func TestSettleReservesNoFarStartStepByStep(t *testing.T) {
	const most = 10 * 60 * 1000
	db, clock := fresh(t)
	reserve := func(at int64) error {
		return db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.ReserveStart, At: at}}})
	}
	must(t, reserve(start+most))
	wantErr(t, "1 ms more", reserve(start+most+1), store.ErrInvalid)
	clock.ms.Add(1)
	wantErr(t, "1 ms more, 1 ms later", reserve(start+most+1), nil)
	if got := state(t, db, core.CustomerID{}, core.Family{}).HighWater; got != start+most+1 {
		t.Errorf("high-water mark %d, want %d", got, start+most+1)
	}
}

// After a cut-off that is ahead of the clock, log-ins go on.
func TestSettleReservesBeyondACutOffAhead(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	must(t, db.Revoke(bg, ada.ID))
	clock.ms.Store(start - 3_600_000)
	wantErr(t, "log-in an hour before the cut-off", db.Settle(bg, login(state(t, db, ada.ID, core.Family{}), start+1)),
		nil)
}

// A revocation that ends at once is none, and one without end is never purged.
func TestSettleRevokesForATime(t *testing.T) {
	const now, lastOf9999 = start / 1000, 253402300799
	for _, c := range []struct {
		name  string
		until int64
		want  error
	}{
		{"an hour ago", now - 3600, nil},
		{"1 s before", now - 3601, store.ErrInvalid},
		{"1970", 0, store.ErrInvalid},
		{"before all times", math.MinInt64, store.ErrInvalid},
		{"a year after 9999", lastOf9999 + 366*86400, nil},
		{"1 s later", lastOf9999 + 366*86400 + 1, store.ErrInvalid},
		{"milliseconds", start, store.ErrInvalid},
		{"never", math.MaxInt64, store.ErrInvalid},
	} {
		db, _ := fresh(t)
		// The good one before it is not applied either.
		list := []core.Effect{{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 1}, Until: now},
			{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 2}, Until: c.until}}
		wantErr(t, c.name+": Settle", db.Settle(bg, core.Effects{List: list}), c.want)
		families := 2
		if c.want != nil {
			families = 0
		}
		if got, err := db.Stats(bg); err != nil || got.Families != families {
			t.Errorf("%s: %d families, %v, want %d", c.name, got.Families, err, families)
		}
	}
}

// A lifetime that was made shorter must not let a revocation end before tokens that were issued under the longer one.
func TestRememberKeepsTheLongest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	for _, c := range []struct {
		name    string
		seconds int64
		err     error
		want    int64
		commits uint64 // in all
	}{
		{"nothing", 0, nil, 0, 0},
		{"an hour", 3600, nil, 3600, 1},
		{"the same", 3600, nil, 3600, 1},
		{"less", 60, nil, 3600, 1},
		{"negative", -1, store.ErrInvalid, 3600, 1},
		{"more than a duration", math.MaxInt64/1_000_000_000 + 1, store.ErrInvalid, 3600, 1},
		{"a day", 86400, nil, 86400, 2},
	} {
		wantErr(t, c.name+": RaiseLifetimes", db.RaiseLifetimes(bg, core.Lifetimes{Access: c.seconds}), c.err)
		if got := state(t, db, core.CustomerID{}, core.Family{}).Longest.Access; got != c.want {
			t.Errorf("%s: State.Longest = %d, want %d", c.name, got, c.want)
		}
		if got, err := db.Stats(bg); err != nil || got.Commits != c.commits {
			t.Errorf("%s: %d commits, %v, want %d", c.name, got.Commits, err, c.commits)
		}
	}
	must(t, db.Close())
	db, err = store.Open(store.Config{Path: path})
	must(t, err)
	must(t, db.RaiseLifetimes(bg, core.Lifetimes{Access: 60, Refresh: 600}))
	must(t, db.RaiseLifetimes(bg, core.Lifetimes{Refresh: 60}))
	if got, err := db.Lifetimes(bg); err != nil || got != (core.Lifetimes{Access: 86400, Refresh: 600}) {
		t.Errorf("Lifetimes in a new process = %+v, %v, want a day and ten minutes", got, err)
	}
	if got := state(t, db, core.CustomerID{}, core.Family{}).Longest.Access; got != 86400 {
		t.Errorf("State.Longest in a new process = %d, want 86400", got)
	}
	must(t, db.Close())

	// An older store has no such record, which counts as 0. A record that cannot be read does not.
	inMeta := func(fn func(*bbolt.Bucket) error) {
		otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error { return fn(tx.Bucket([]byte("meta"))) })
	}
	inMeta(func(b *bbolt.Bucket) error { return b.Put([]byte("longest"), []byte{2}) })
	if db, err = store.Open(store.Config{Path: path}); err == nil {
		db.Close()
	}
	wantErr(t, "Open with a damaged record", err, store.ErrCorrupt)
	inMeta(func(b *bbolt.Bucket) error { return b.Delete([]byte("longest")) })
	if got := state(t, open(t, store.Config{Path: path}), core.CustomerID{}, core.Family{}).Longest.Access; got != 0 {
		t.Errorf("State.Longest of a store without the record = %d, want 0", got)
	}
}
