package store_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// One account revokes very many families. What a check costs, for that account and for others, and what memory there is
// beside the index, do not depend on how many; and once they have ended, the file is small again. With a million:
//
//	EDGETOKEN_FAMILIES=1000000 go test -count=1 -v -run ManyRevoked ./store
//
// On two busy processors, a million records took 16 MiB of index, 2 MiB of other memory, and a file of 204 MiB, which
// opened in 0.7 s. A check took 3.5 µs, against 2.9 µs in an empty store. A thousand purges of a thousand records
// each took 18 s together, and a compaction then left 24 KiB. On the secure wire, where all but 4096 fold into a
// cut-off, the file had 1 MiB and opened in 7 ms.
func TestManyRevokedFamilies(t *testing.T) {
	families := howMany(t, "EDGETOKEN_FAMILIES", 10_000)
	empty := newMany(t)
	for _, wire := range []core.Wire{core.Exact, core.Secure} {
		m := newMany(t)
		heap := heapBytes()
		m.revoke(t, families, wire)
		s, grown := stats(t, &member{DB: m.DB}), heapBytes()-heap
		t.Logf("%v: %d families revoked, %d records, file of %d MiB, index of %d KiB, heap grown by %d KiB", wire,
			families, s.Families, s.Bytes>>20, s.FamilyIndexBytes>>10, grown>>10)
		own, others, none := time.Hour, time.Hour, time.Hour
		for range 20 { // the three in turn, since a machine is now fast, now slow
			own, others = min(own, m.checks(t, m.ada)), min(others, m.checks(t, m.bea))
			none = min(none, empty.checks(t, empty.bea))
		}
		t.Logf("%v: a check takes %v, for that account %v; in an empty store %v: ratio %.2f", wire, others, own, none,
			float64(others)/float64(none))
		// Each record has a slot of 8 bytes in a table that is a quarter full or more.
		if want := max(int64(s.Families)*8*4, 1024); s.FamilyIndexBytes == 0 || s.FamilyIndexBytes > want {
			t.Errorf("%v: the index takes %d bytes, want at most %d", wire, s.FamilyIndexBytes, want)
		}
		if other := grown - s.FamilyIndexBytes; other > 8<<20 {
			t.Errorf("%v: the heap has grown by %d bytes beside the index", wire, other)
		}
		if want := map[core.Wire]int{core.Exact: families, core.Secure: min(families, 4096)}[wire]; s.Families != want {
			t.Errorf("%v: %d records, want %d", wire, s.Families, want)
		}
		m.reopen(t)
		for range 100 {
			if f := m.family(rand.IntN(families)); !m.ended(t, f) {
				t.Fatalf("%v: family %+v is alive", wire, f)
			}
		}
		m.expire(t)
	}
}

// howMany is the number in an environment variable, if there is one.
func howMany(t *testing.T, variable string, usual int) int {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	must(t, err)
	return n
}

// many is a store of which one customer, ada, revokes families.
type many struct {
	*store.DB
	clock    *clock
	config   store.Config
	ada, bea core.CustomerID
}

func newMany(t *testing.T) *many {
	m := &many{clock: newClock(), ada: core.Integer(1), bea: core.Integer(2)}
	m.config = store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: m.clock.now, Elapsed: m.clock.elapsed}
	var err error
	m.DB, err = store.Open(m.config)
	must(t, err)
	t.Cleanup(func() { m.Close() })
	must(t, m.Impatient())
	add(t, m.DB, m.ada, "ada")
	add(t, m.DB, m.bea, "bea")
	return m
}

func (m *many) family(i int) core.Family {
	return core.Family{Listed: true, Ours: true, Bits: uint64(i) * 0x9e3779b97f4a7c15 >> 17, Start: start + int64(i)}
}

// revoke revokes families of ada, in the order of their starts.
func (m *many) revoke(t *testing.T, families int, wire core.Wire) {
	t.Helper()
	for done := 0; done < families; {
		var list []core.Effect
		for ; done < families && len(list) < 4000; done++ {
			list = append(list, core.Effect{Kind: core.RevokeFamily, Family: m.family(done).Key("", m.ada),
				Until: start/1000 + 86400})
		}
		if wire == core.Secure {
			list = append(list, core.Effect{Kind: core.FoldFamilies, Customer: m.ada, At: 4096})
		}
		must(t, m.Settle(bg, core.Effects{List: list}))
	}
}

// checks is how long it takes to load what a check of a token needs, of a family that has no record.
func (m *many) checks(t *testing.T, customer core.CustomerID) time.Duration {
	t.Helper()
	const checks = 200
	begun := time.Now()
	for range checks {
		f := core.Family{Listed: true, Ours: true, Bits: rand.Uint64() >> 17, Start: start + rand.Int64N(1e9)}
		if s := state(t, m.DB, customer, f); s.Family.Version != 0 {
			t.Fatalf("family %+v has a record", f)
		}
	}
	return time.Since(begun) / checks
}

// ended reports whether a family of ada is dead.
func (m *many) ended(t *testing.T, f core.Family) bool {
	t.Helper()
	s := state(t, m.DB, m.ada, f)
	return s.Family.Dead || f.Start <= s.CutOff
}

// reopen opens the store anew.
func (m *many) reopen(t *testing.T) {
	t.Helper()
	must(t, m.Close())
	begun := time.Now()
	var err error
	m.DB, err = store.Open(m.config)
	must(t, err)
	t.Logf("opened in %v", time.Since(begun).Round(time.Millisecond))
}

// expire purges all families once they have ended, and compacts the file.
func (m *many) expire(t *testing.T) {
	t.Helper()
	m.clock.ms.Add(2 * day)
	begun := time.Now()
	purge(t, m.DB, m.clock)
	s := stats(t, &member{DB: m.DB})
	t.Logf("purged in %v; index of %d KiB", time.Since(begun).Round(time.Millisecond), s.FamilyIndexBytes>>10)
	done, err := m.Compact(bg, nil)
	must(t, err)
	t.Logf("compacted from %d to %d KiB", done.Before.Bytes>>10, done.After.Bytes>>10)
	if s.Families != 0 || done.After.Bytes > 2<<20 {
		t.Errorf("%d families are left, and the file has %d bytes", s.Families, done.After.Bytes)
	}
}

// heapBytes is what is alive on the heap.
func heapBytes() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
