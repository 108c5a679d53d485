package store

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// An index has all records that were added and not removed, whatever the order, and gives up slots that it needs no
// more.
func TestFamilyIndex(t *testing.T) {
	x := newFamilyIndex(1 << 20)
	x.table.Store(x.resized(nil, 0))
	r := rand.New(rand.NewPCG(1, 2))
	records := map[core.FamilyKey]int{}
	for step := range 200_000 {
		k := core.FamilyKey{Issuer: []string{"", "x"}[r.IntN(2)], Bits: r.Uint64N(2000)}
		switch grows := step/20_000%2 == 0; {
		case r.IntN(3) > 0 == grows:
			x.add(k)
			records[k]++
		case records[k] > 0:
			x.remove(step, []core.FamilyKey{k})
			records[k]--
		}
		if has := x.mayHave(step, k); records[k] > 0 && !has {
			t.Fatalf("step %d: %v has %d records, and the index does not have it", step, k, records[k])
		}
	}
	wrong := 0
	for bits := range uint64(2000) {
		for _, issuer := range []string{"", "x"} {
			k := core.FamilyKey{Issuer: issuer, Bits: bits}
			for records[k] > 0 {
				x.remove(1, []core.FamilyKey{k})
				records[k]--
			}
			if x.mayHave(1, k) {
				wrong++
			}
		}
	}
	if last := x.table.Load(); last.live != 0 || wrong != 0 || last.used > len(last.slots)/2 {
		t.Errorf("without records the index has %d, %d slots of %d are used, and %d families may have one", last.live,
			last.used, len(last.slots), wrong)
	}
	// A reader of an earlier commit may still see a record that is gone.
	if !x.mayHave(0, core.FamilyKey{Bits: 1}) {
		t.Error("a reader who began before a removal goes by the index")
	}
}

// Families that have one hash take one slot however many they are, so that nobody who chooses them makes others wait;
// and an index that has lost count of them keeps the hash.
func TestFamilyIndexOfEqualBits(t *testing.T) {
	x := newFamilyIndex(1 << 20)
	x.table.Store(x.resized(nil, 0))
	before := x.bytes()
	k := core.FamilyKey{Bits: 7}
	for range 1 << 20 {
		x.add(k)
	}
	if x.bytes() != before {
		t.Errorf("the index grew from %d to %d bytes", before, x.bytes())
	}
	for range 1 << 20 {
		if !x.mayHave(1, k) {
			t.Fatal("the index has forgotten families")
		}
		x.remove(1, []core.FamilyKey{k})
	}
	few := core.FamilyKey{Bits: 8}
	x.add(few)
	x.add(few)
	x.remove(1, []core.FamilyKey{few})
	if !x.mayHave(1, few) {
		t.Error("the index does not have the second of two")
	}
	x.remove(1, []core.FamilyKey{few})
	if x.mayHave(1, few) {
		t.Error("the index has two that are removed")
	}
}

// openIndexed opens a store with an index of at most so many bytes; 0: of the default size.
func openIndexed(t testing.TB, most int64) *DB {
	t.Helper()
	db, err := Open(Config{Path: filepath.Join(t.TempDir(), "store.db"), MaxFamilyIndex: most})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// endedFamilies are the first ones that revokeFamilies revokes: until a minute ago, so that a purge takes their
// records.
const endedFamilies = 29

// revokeFamilies revokes families by their bits, from one to before another, in one commit.
func revokeFamilies(t testing.TB, db *DB, customer core.CustomerID, from, to int) {
	t.Helper()
	var list []core.Effect
	for i := from; i < to; i++ {
		until := db.Time().Unix() + 3600
		if i < endedFamilies {
			until = db.Time().Unix() - 60
		}
		list = append(list, core.Effect{Kind: core.RevokeFamily, Until: until, At: db.Time().UnixMilli(),
			Family: core.FamilyKey{Customer: customer, Bits: uint64(i)}})
	}
	if err := db.Settle(bg, core.Effects{List: list}); err != nil {
		t.Fatal(err)
	}
}

// deadFamilies counts the families of a customer that a store calls dead.
func deadFamilies(t testing.TB, db *DB, customer core.CustomerID, from, to int) (dead int) {
	t.Helper()
	start := db.Time().UnixMicro() // another one each time: no answer is remembered
	for i := from; i < to; i++ {
		f := core.Family{Listed: true, Ours: true, Bits: uint64(i), Start: start}
		state, _, err := db.Load(bg, Query{UserID: customer, HasUser: true, Family: f, HasFamily: true})
		if err != nil {
			t.Fatal(err)
		}
		if state.Family.Dead {
			dead++
		}
	}
	return dead
}

// An index that would take more than it may is dropped: then look-ups read the file. It comes back once the file is
// compacted and there is room.
func TestFamilyIndexIsBounded(t *testing.T) {
	db := openIndexed(t, 1000) // 64 slots, and while they are filled the 32 before them
	c, err := db.Add(bg, NewCustomer{Email: "ada", IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	wants := func(when string, families int, dropped bool) {
		t.Helper()
		before, err := db.Stats(bg)
		if err != nil {
			t.Fatal(err)
		}
		if dead := deadFamilies(t, db, c.ID, 0, families+10); dead != families {
			t.Errorf("%s: %d families are dead, want %d", when, dead, families)
		}
		after, _ := db.Stats(bg)
		if read := after.UnindexedReads - before.UnindexedReads; read > 0 != dropped ||
			after.FamilyIndexBytes == 0 != dropped || after.FamilyIndexBytes > 1000 {
			t.Errorf("%s: the index has %d bytes, and %d look-ups passed it; want it dropped: %v", when,
				after.FamilyIndexBytes, read, dropped)
		}
	}
	wants("at first", 0, false)
	revokeFamilies(t, db, c.ID, 0, 48)
	wants("with 48", 48, false)
	revokeFamilies(t, db, c.ID, 48, 49)
	wants("with 49", 49, true)
	compacts := func() {
		t.Helper()
		if done, err := db.Compact(bg, nil); err != nil || !done.Done {
			t.Fatalf("Compact = %+v, %v", done, err)
		}
	}
	compacts()
	wants("compacted", 49, true)
	if done, err := db.Purge(bg, db.Time(), 100); err != nil || done.Families != endedFamilies {
		t.Fatalf("Purge = %+v, %v, want %d families gone", done, err, endedFamilies)
	}
	compacts()
	s, err := db.Stats(bg)
	if err != nil || s.Families != 20 || s.FamilyIndexBytes == 0 {
		t.Errorf("after families ended, Stats = %+v, %v", s, err)
	}
	revokeFamilies(t, db, c.ID, 100, 101)
	if deadFamilies(t, db, c.ID, 100, 101) != 1 || deadFamilies(t, db, c.ID, 101, 200) != 0 {
		t.Error("the index of the compacted file is not as the file")
	}
}

// R3: while families are revoked, fold into cut-offs and are compacted, no reader finds a log-in alive that has ended.
func TestFamilyIndexWhileReading(t *testing.T) {
	db := openIndexed(t, 0)
	c, err := db.Add(bg, NewCustomer{Email: "ada", IsActive: true})
	if err != nil {
		t.Fatal(err)
	}
	var ended, reads atomic.Int64
	var starts sync.Map // by number
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := ended.Load()
				if n == 0 {
					continue
				}
				i := n - rand.Int64N(min(n, 4))
				start, _ := starts.Load(i)
				f := core.Family{Listed: true, Ours: true, Bits: uint64(i), Start: start.(int64)}
				state, _, err := db.Load(bg, Query{UserID: c.ID, HasUser: true, Family: f, HasFamily: true})
				if err != nil || !state.Family.Dead && f.Start > state.CutOff {
					t.Errorf("family %d of %d that ended is alive, %v", i, n, err)
					return
				}
				reads.Add(1)
			}
		})
	}
	for i := int64(1); i <= 60; i++ {
		start := int64(1767225600000) + i
		starts.Store(i, start)
		err := db.Settle(bg, core.Effects{List: []core.Effect{
			{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: c.ID, Bits: uint64(i)}, At: start,
				Until: time.Now().Unix() + 3600},
			{Kind: core.FoldFamilies, Customer: c.ID, At: 2}}})
		if err != nil {
			t.Fatal(err)
		}
		ended.Store(i)
		for seen := reads.Load(); reads.Load() == seen && !t.Failed(); { // somebody looks at it
			runtime.Gosched()
		}
		if i%20 == 0 {
			if _, err := db.Compact(bg, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	group.Wait()
}
