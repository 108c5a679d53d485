package store_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What one request costs, as customers grow.
func BenchmarkLoad(b *testing.B) {
	for _, customers := range []int{100, 100_000} {
		db, _ := fresh(b)
		list := make([]store.NewCustomer, 0, 1000)
		for i := 0; i < customers; i += len(list) {
			list = list[:0]
			for j := i; j < min(i+1000, customers); j++ {
				list = append(list, store.NewCustomer{Email: fmt.Sprintf("customer-%d@example.com", j), IsActive: true,
					PasswordHash: "!"})
			}
			_, err := db.AddAll(bg, list)
			must(b, err)
		}
		b.Run(fmt.Sprintf("check/customers=%d", customers), func(b *testing.B) {
			b.ReportAllocs()
			q := store.Query{HasUser: true, HasFamily: true, Family: ours}
			for i := 0; b.Loop(); i++ {
				q.UserID = core.Integer(int64(i*7919%customers + 1))
				if s, _, err := db.Load(bg, q); err != nil || !s.Customer.Active {
					b.Fatal(s, err)
				}
			}
		})
		b.Run(fmt.Sprintf("settle-without-effects/customers=%d", customers), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				id := core.Integer(int64(i*7919%customers + 1))
				must(b, db.Settle(bg, core.Effects{Reads: core.Reads{Customer: id, CustomerVersion: uint64(id.Int),
					HasFamily: true, Family: ours.Key("", id)}}))
			}
		})
	}
}

// Clients that wait together share commits.
func BenchmarkSettle(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			db, _ := fresh(b)
			before := db.LastTransaction()
			var bits atomic.Uint64
			b.SetParallelism(clients)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
						Family: core.FamilyKey{Bits: bits.Add(1)}, Until: time.Now().Unix()}}}); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(db.LastTransaction()-before)/float64(b.N), "commits/op")
		})
	}
}

// What clients in a closed loop get of commits that take 5 ms longer, as on a real disk. The share is 1 if each
// commit answers every client and the next begins at once. Think stands for what a client does between an answer and
// its next request.
func BenchmarkSlowDisk(b *testing.B) {
	for _, c := range []struct {
		clients   int
		think     time.Duration
		impatient bool
	}{{1, 0, true}, {1, 0, false}, {2, 0, true}, {2, 0, false}, {64, 0, true}, {64, 0, false},
		{64, time.Millisecond, true}, {64, time.Millisecond, false}, {64, 10 * time.Millisecond, true},
		{64, 10 * time.Millisecond, false}} {
		b.Run(fmt.Sprintf("clients=%d/think=%v/waits=%v", c.clients, c.think, !c.impatient), func(b *testing.B) {
			db, err := store.OpenSlow(store.Config{Path: filepath.Join(b.TempDir(), "store.db")},
				func() { time.Sleep(5 * time.Millisecond) })
			must(b, err)
			defer db.Close()
			var bits atomic.Uint64
			revoke := func() {
				if err := db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
					Family: core.FamilyKey{Bits: bits.Add(1)}, Until: time.Now().Unix()}}}); err != nil {
					b.Error(err)
				}
			}
			if c.impatient {
				must(b, db.Impatient())
			}
			before, err := db.Stats(bg)
			must(b, err)
			b.SetParallelism((c.clients + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
			b.ResetTimer()
			if c.clients == 1 {
				for range b.N {
					revoke()
				}
			} else {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						revoke()
						time.Sleep(c.think)
					}
				})
			}
			b.StopTimer()
			after, err := db.Stats(bg)
			must(b, err)
			commits := float64(after.Commits - before.Commits)
			commit := (after.CommitTime - before.CommitTime).Seconds() / commits
			b.ReportMetric(float64(after.Requests-before.Requests)/commits, "requests/commit")
			b.ReportMetric(float64(b.N)*commit/b.Elapsed().Seconds()/float64(c.clients), "share")
			b.ReportMetric(commit*1000, "ms/commit")
		})
	}
}

// What a commit writes into the file, with 10,000 customers and as many revoked families.
func BenchmarkWritten(b *testing.B) {
	const customers = 10_000
	for _, outbox := range []bool{false, true} {
		db := open(b, store.Config{Path: filepath.Join(b.TempDir(), "store.db"), Outbox: outbox})
		list := make([]store.NewCustomer, 1000)
		for i := range customers {
			list[i%1000] = store.NewCustomer{Email: fmt.Sprintf("customer-%d@example.com", i), IsActive: true,
				PasswordHash: "argon2$argon2id$v=19$m=102400,t=2,p=8$" + strings.Repeat("c2FsdA", 10)}
			if i%1000 == 999 {
				_, err := db.AddAll(bg, list)
				must(b, err)
			}
		}
		at := time.Now().Unix()
		login := func(i int) {
			must(b, db.Settle(bg, core.Effects{Reads: core.Reads{CutOff: math.MaxInt64}, List: []core.Effect{{
				Kind: core.RecordLogin, Customer: core.Integer(int64(i*7919%customers + 1)), At: at*1e6 + int64(i)}}}))
		}
		revoke := func(i int) {
			must(b, db.Settle(bg, core.Effects{Reads: core.Reads{CutOff: math.MaxInt64}, List: []core.Effect{{
				Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: uint64(i * 7919 % 1_000_003)}, At: at * 1000,
				Until: at + int64(i)}}}))
		}
		for _, c := range []struct {
			name string
			do   func(int)
		}{{"log-in", login}, {"revocation", revoke}} {
			for i := range customers {
				c.do(i)
			}
			b.Run(fmt.Sprintf("%s/outbox=%v", c.name, outbox), func(b *testing.B) {
				before, i := writtenBytes(b), customers
				for b.Loop() {
					c.do(i)
					i++
				}
				b.ReportMetric(float64(writtenBytes(b)-before)/float64(i-customers), "written-B/op")
			})
		}
	}
}

// writtenBytes is what this process has written so far.
func writtenBytes(t testing.TB) (n int64) {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/io")
	must(t, err)
	_, after, _ := strings.Cut(string(raw), "wchar: ")
	_, err = fmt.Sscan(after, &n)
	must(t, err)
	return n
}

// What a listed log-in takes of the file, beside what the customers take.
func BenchmarkListedLogins(b *testing.B) {
	for _, agent := range []string{"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
		strings.Repeat("a", store.MaxAgent)} {
		b.Run(fmt.Sprintf("agent=%d", len(agent)), func(b *testing.B) {
			const customers, each = 10_000, 10
			for b.Loop() {
				db, clock := fresh(b)
				for i := range customers / 1000 {
					list := make([]store.NewCustomer, 1000)
					for j := range list {
						list[j] = store.NewCustomer{Email: fmt.Sprint(i, "-", j), IsActive: true, PasswordHash: "!"}
					}
					_, err := db.AddAll(bg, list)
					must(b, err)
				}
				before, err := db.Stats(bg)
				must(b, err)
				begun := time.Now()
				for n := range uint64(customers * each) {
					clock.ms.Add(10)
					id := core.Integer(int64(n*7919%customers + 1))
					db.UseLogin(store.NewLogin{Until: clock.ms.Load()/1000 + 86400,
						Family: core.FamilyKey{Customer: id, Bits: n, Start: clock.ms.Load()},
						Client: store.Client{Agent: agent, Address: "203.0.113.0/24"}})
					if n%500 == 0 {
						must(b, db.FlushUses(bg))
					}
				}
				must(b, db.FlushUses(bg))
				took := time.Since(begun)
				after, err := db.Stats(bg)
				must(b, err)
				b.ReportMetric(float64(after.Bytes-before.Bytes)/(customers*each), "B/log-in")
				b.ReportMetric(float64(took.Microseconds())/(customers*each), "µs/log-in")
			}
		})
	}
}
