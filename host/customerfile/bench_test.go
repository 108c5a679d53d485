package customerfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/customerfile"
	"github.com/edgetoken/edgetoken/store"
)

// many are customers as shops have them.
func many(n int) []store.Exported {
	list := make([]store.Exported, n)
	joined := time.Date(2020, 1, 2, 3, 4, 5, 678e6, time.UTC)
	for i := range list {
		list[i].Customer = store.Customer{
			ID: core.Integer(int64(i + 1)), Email: fmt.Sprintf("customer%d@example.com", i), IsActive: true,
			FirstName: "Zoë", LastName: "Ruiz", DateJoined: joined.Add(time.Duration(i) * time.Minute),
			PasswordHash: "pbkdf2_sha256$1000000$8H3Sjv9LmpOJ8H3Sjv9Lmp$/Dnvda82BI+2/ZN2hGHNfdOhh0PYwsMp+K60oKmxLxA=",
			Attributes:   []byte(fmt.Sprintf(`{"username":"customer%d","phone":"+49 30 %d"}`, i, i)),
		}
		if i%10 == 0 {
			list[i].Groups = []string{"editors"}
			list[i].LastLogin = joined.Add(time.Duration(i) * time.Second)
		}
	}
	return list
}

// BenchmarkRead reads files to their end; each operation is one customer.
func BenchmarkRead(b *testing.B) {
	origin := customerfile.Origin{
		Model: "customers.customer", Groups: map[string]customerfile.Group{"editors": {PK: 1, Explained: true}},
		Fields: []string{"password", "last_login", "is_superuser", "username", "first_name", "last_name", "is_staff",
			"is_active", "date_joined", "email", "phone", "groups", "user_permissions"},
	}
	list := many(10_000)
	for _, f := range []customerfile.Format{customerfile.Dumpdata, customerfile.JSONL, customerfile.CSV} {
		file := writeAll(b, f, origin, true, list)
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(file) / len(list)))
			b.ReportAllocs()
			for n := 0; n < b.N; {
				r, err := customerfile.Open([]customerfile.Source{{ReadSeeker: strings.NewReader(file)}},
					customerfile.Options{})
				if err != nil {
					b.Fatal(err)
				}
				for ; ; n++ {
					row, err := r.Next()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil || row.Err != nil {
						b.Fatal(err, row.Err)
					}
				}
			}
		})
	}
}

// BenchmarkWrite writes files; each operation is one customer.
func BenchmarkWrite(b *testing.B) {
	origin := customerfile.Origin{Model: "customers.customer", Fields: []string{"password", "email", "first_name",
		"last_name", "username", "phone", "date_joined", "last_login", "groups", "user_permissions"}}
	list := many(1000)
	for _, f := range []customerfile.Format{customerfile.Dumpdata, customerfile.JSONL, customerfile.CSV} {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			w := customerfile.NewWriter(io.Discard, f, origin, true)
			for n := range b.N {
				if err := w.Write(list[n%len(list)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
