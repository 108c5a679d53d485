package store_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The clock of these tests goes on only while all wait, so that a commit takes exactly what its hook sleeps, and work
// takes nothing.
const commitTime = 8 * time.Millisecond

// inSlowStore runs fn on a store whose commits take commitTime. revoke is one write of a client.
func inSlowStore(t *testing.T, fn func(db *store.DB, revoke func())) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := store.OpenSlow(store.Config{Path: path}, func() { time.Sleep(commitTime) })
		must(t, err)
		var bits atomic.Uint64
		fn(db, func() {
			if err := db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
				Family: core.FamilyKey{Bits: bits.Add(1)}, Until: time.Now().Unix()}}}); err != nil {
				t.Error(err)
			}
		})
		must(t, db.Close())
	})
}

// clients runs so many clients. Each writes so often and thinks between two writes. It returns how long all took
// together.
func clients(n, writes int, think time.Duration, write func()) time.Duration {
	begun := time.Now()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			for range writes {
				write()
				time.Sleep(think)
			}
		})
	}
	all.Wait()
	return time.Since(begun)
}

// Clients that come back at once share nearly every commit, and are not answered by turns.
func TestClientsShareCommits(t *testing.T) {
	for _, n := range []int{2, 7, 64} {
		inSlowStore(t, func(db *store.DB, revoke func()) {
			took := clients(n, 100, 0, revoke)
			// A few commits are made before all clients are known; taking turns would be 200.
			if most := 105 * commitTime; took > most {
				t.Errorf("%d clients that write 100 times took %v, want at most %v", n, took, most)
			}
			s, err := db.Stats(bg)
			must(t, err)
			if s.Requests != uint64(100*n) || s.Commits < 100 || s.CommitTime != time.Duration(s.Commits)*commitTime ||
				s.LastCommitTook != commitTime {
				t.Errorf("%d clients: Stats = %+v, want %d requests, and %v for each commit", n, s, 100*n, commitTime)
			}
		})
	}
}

// They are waited for when they need a while, if it is less than a commit: as long as 64 requests keep two processors.
func TestClientsWhoThinkAreWaitedFor(t *testing.T) {
	for _, think := range []time.Duration{commitTime / 4, commitTime * 9 / 16} {
		inSlowStore(t, func(_ *store.DB, revoke func()) {
			took := clients(64, 100, think, revoke)
			if most := 120 * (commitTime + think); took > most {
				t.Errorf("64 clients that think for %v and write 100 times took %v, want at most %v", think, took, most)
			}
		})
	}
}

// A client alone waits for nobody, at whatever pace it writes.
func TestOneClientWaitsForNobody(t *testing.T) {
	for _, think := range []time.Duration{0, time.Millisecond, commitTime, time.Second} {
		inSlowStore(t, func(_ *store.DB, revoke func()) {
			if took, want := clients(1, 100, think, revoke), 100*(commitTime+think); took != want {
				t.Errorf("a client alone that thinks for %v and writes 100 times took %v, want %v", think, took, want)
			}
		})
	}
}

// If nobody comes back, ever more commits pass without a wait, so waiting in vain costs next to nothing.
func TestWaitingInVainIsGivenUp(t *testing.T) {
	for _, every := range []time.Duration{commitTime / 9, commitTime * 3 / 4, commitTime * 6 / 5} {
		latency := map[bool]time.Duration{}
		for _, waits := range []bool{false, true} {
			inSlowStore(t, func(db *store.DB, revoke func()) {
				if !waits {
					must(t, db.Impatient())
				}
				var sum atomic.Int64
				var all sync.WaitGroup
				for range 400 {
					all.Go(func() {
						begun := time.Now()
						revoke()
						sum.Add(int64(time.Since(begun)))
					})
					time.Sleep(every)
				}
				all.Wait()
				latency[waits] = time.Duration(sum.Load()) / 400
			})
		}
		if most := latency[false] * 8 / 7; latency[true] > most {
			t.Errorf("a write every %v takes %v, and %v where nobody is waited for: want at most %v", every,
				latency[true], latency[false], most)
		}
		t.Logf("a write every %v takes %v, and %v where nobody is waited for", every, latency[true], latency[false])
	}
}

// Close does not wait for clients to come back, and each request under way is answered.
func TestCloseAmidAWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := store.OpenSlow(store.Config{Path: path}, func() { time.Sleep(commitTime) })
		must(t, err)
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { wantErr(t, "Revoke", db.RevokeAll(bg), nil) })
		}
		all.Wait()
		// The commits after this one wait for two to come back, and one comes.
		all.Go(func() { wantErr(t, "Revoke", db.RevokeAll(bg), nil) })
		synctest.Wait()
		begun := time.Now()
		must(t, db.Close())
		all.Wait()
		if took := time.Since(begun); took > commitTime {
			t.Errorf("Close took %v, want at most one commit, %v", took, commitTime)
		}
	})
}
