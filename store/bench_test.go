package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"

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
				list = append(list, store.NewCustomer{Email: fmt.Sprintf("customer-%d@example.com", j), IsActive: true, PasswordHash: "!"})
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
				must(b, db.Settle(bg, core.Effects{Reads: core.Reads{Customer: id, CustomerVersion: uint64(id.Int), HasFamily: true, Family: ours.Key("", id)}}))
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
					if err := db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: bits.Add(1)}}}}); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(db.LastTransaction()-before)/float64(b.N), "commits/op")
		})
	}
}
