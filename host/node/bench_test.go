package node_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// BenchmarkWhileOthersLogOut measures how long one client waits, alone and while another one does nothing but end
// log-ins: whoever reads what is being committed waits for the commit.
func BenchmarkWhileOthersLogOut(b *testing.B) {
	for _, others := range []int{0, 1} {
		w := newWorld(b, nil)
		r, err := w.Login(b.Context(), client, "ana@example.com", "right")
		if err != nil || len(r.Tokens) != 2 {
			b.Fatal(r, err)
		}
		refresh, access := r.Tokens[0].Value, r.Tokens[1].Value
		if r.Tokens[0].Type != core.RefreshToken {
			refresh, access = access, refresh
		}
		stop := make(chan struct{})
		var group sync.WaitGroup
		for range others {
			group.Go(func() {
				for bits := uint64(1); ; bits++ {
					select {
					case <-stop:
						return
					default:
					}
					effect := core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: bits % 1000},
						Until: w.now.Unix() + int64(bits)}
					if err := w.store.Settle(b.Context(), core.Effects{List: []core.Effect{effect}}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		for name, do := range map[string]func() (bool, error){
			"log-in": func() (bool, error) {
				r, err := w.Login(b.Context(), client, "ana@example.com", "right")
				return r.Refused(), err
			},
			"refresh": func() (bool, error) { r, err := w.Refresh(b.Context(), refresh); return r.Refused(), err },
			"check":   func() (bool, error) { r, err := w.Authenticate(b.Context(), access); return r.Refused(), err },
		} {
			b.Run(fmt.Sprintf("%s/others=%d", name, others), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begun := time.Now()
					if refused, err := do(); refused || err != nil {
						b.Fatal(refused, err)
					}
					took = append(took, time.Since(begun))
				}
				slices.Sort(took)
				for _, percent := range []int{50, 90, 99} {
					b.ReportMetric(float64(took[len(took)*percent/100].Nanoseconds())/1000,
						fmt.Sprintf("p%d-µs", percent))
				}
			})
		}
		close(stop)
		group.Wait()
	}
}
