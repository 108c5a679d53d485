package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Sizes of BenchmarkApply.
const (
	appliedFacts = 1_000_000
	factsOfFrame = 1000
)

// BenchmarkApply applies a million facts of another node to an empty store, and then as many again. A delivery has some
// frames; one of more than 3 MiB makes several commits. Processor time is that of the whole process while it applies,
// with the system's.
func BenchmarkApply(b *testing.B) {
	for _, frames := range []int{10, 100} {
		b.Run(fmt.Sprintf("frames=%d", frames), func(b *testing.B) {
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "store.db")
				db := open(b, store.Config{Path: path})
				h := history{random: rand.New(rand.NewPCG(1, 2)), at: start * 1000}
				for _, into := range []string{"empty", "million"} {
					b.ReportMetric(0, "ns/op")
					applyMillion(b, db, &h, frames, into)
					info, err := os.Stat(path)
					must(b, err)
					b.ReportMetric(float64(info.Size())/(1<<20), into+"-file-MiB")
				}
				must(b, db.Close())
			}
		})
	}
}

func applyMillion(b *testing.B, db *store.DB, h *history, frames int, into string) {
	b.Helper()
	stop := watchAnonymous(b)
	var took, worked time.Duration
	for range appliedFacts / factsOfFrame / frames {
		var d store.Delivery
		for range frames {
			d.Frames = append(d.Frames, h.frame(b))
		}
		begun, working := time.Now(), processorTime(b)
		done, err := db.Apply(bg, d)
		took, worked = took+time.Since(begun), worked+processorTime(b)-working
		if err != nil || done.Applied != frames {
			b.Fatal(done, err)
		}
	}
	b.ReportMetric(took.Seconds(), into+"-s")
	b.ReportMetric(worked.Seconds(), into+"-processor-s")
	b.ReportMetric(float64(stop())/(1<<20), into+"-anonymous-MiB")
}

func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// history is what a hub writes: customers who come, log in and out and get rights.
type history struct {
	random    *rand.Rand
	at        int64 // Unix microseconds
	customers []fact.Stamp
	groups    []fact.Entry
	last      fact.Frame
}

func (h *history) frame(t testing.TB) []byte {
	t.Helper()
	f := fact.Frame{Node: 1, Incarnation: 1, Sequence: h.last.Sequence + 1, Made: h.at}
	if f.Sequence > 1 {
		f.Previous = h.last.Hash()
	}
	for range factsOfFrame {
		f.Facts = append(f.Facts, h.next())
	}
	raw, err := f.Append(nil)
	must(t, err)
	h.last = f
	return raw
}

// next is a revocation in half of all cases, and a customer or its rights in a quarter.
func (h *history) next() fact.Fact {
	h.at++
	at := fact.Stamp{Epoch: 1, Time: h.at, Node: 1}
	if len(h.groups) < 20 {
		h.groups = append(h.groups, fact.Entry{Group: fmt.Sprintf("group-%02d", len(h.groups)), Number: at})
		return fact.Group{Name: h.groups[len(h.groups)-1].Group, Made: at, Stamp: at, Granted: []string{"shop.buy"}}
	}
	what := h.random.IntN(100)
	if len(h.customers) == 0 || what < 15 {
		h.customers = append(h.customers, at)
		return h.customer(at)
	}
	n := h.random.IntN(len(h.customers))
	id, until := core.Integer(int64(n+1)), at.Time/1e6+86400
	switch {
	case what < 25:
		g := h.groups[h.random.IntN(len(h.groups))]
		return fact.Customer{ID: id, Made: h.customers[n], Stamp: at, Granted: []string{"shop.view_order"},
			Entered: []fact.Entry{g}}
	case what < 75:
		return fact.RevokeFamily{Family: core.FamilyKey{Customer: id, Bits: h.random.Uint64() >> 1},
			Start: at.Time / 1000, Until: until}
	case what < 90:
		return fact.LastLogin{ID: id, Made: h.customers[n], At: at.Time}
	case what < 98:
		return fact.CutOff{Subject: fact.ByID(id), At: at.Time / 1000}
	case what < 99:
		return fact.Lifetimes{Access: 300, Refresh: 86400 + h.random.Int64N(86400)}
	}
	g := h.groups[h.random.IntN(len(h.groups))]
	return fact.Group{Name: g.Group, Made: g.Number, Stamp: at, Granted: []string{"shop.return"}}
}

// customer makes a new customer.
func (h *history) customer(at fact.Stamp) fact.Customer {
	n := len(h.customers)
	return fact.Customer{ID: core.Integer(int64(n)), Made: at, Stamp: at, Set: fact.AllFields,
		Email: fmt.Sprintf("customer-%d@example.com", n), FirstName: "Ada", LastName: "Lovelace", Active: true,
		PasswordHash: "argon2$argon2id$v=19$m=102400,t=2,p=8$" + strings.Repeat("c2FsdA", 10), RevokeClaim: "claim",
		Joined: at.Time}
}

// watchAnonymous samples the anonymous memory of this process until stop, which returns the most, in bytes.
func watchAnonymous(t testing.TB) (stop func() int64) {
	t.Helper()
	end, most := make(chan struct{}), make(chan int64)
	go func() {
		highest := int64(0)
		for {
			raw, _ := os.ReadFile("/proc/self/status")
			var kilobytes int64
			_, after, _ := strings.Cut(string(raw), "RssAnon:")
			if _, err := fmt.Sscan(after, &kilobytes); err == nil {
				highest = max(highest, kilobytes<<10)
			}
			select {
			case <-end:
				most <- highest
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(end); return <-most }
}
