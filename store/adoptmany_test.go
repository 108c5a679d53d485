package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What a new edge waits for: the copy of the hub's store, and taking that over. Both take time in proportion to the
// customers. With a million:
//
//	EDGETOKEN_CUSTOMERS=1000000 go test -count=1 -v -run AdoptMany ./store
func TestAdoptMany(t *testing.T) {
	customers := howMany(t, "EDGETOKEN_CUSTOMERS", 5000)
	hub, edge := fleetOfTwo(t)
	must(t, hub.Impatient())
	var list []store.NewCustomer
	for i := range customers {
		if list = append(list, store.NewCustomer{ID: core.Integer(int64(100 + i)), IsActive: true,
			Email: fmt.Sprintf("Customer-%d@example.com", i), FirstName: "Ada", LastName: "Lovelace",
			PasswordHash: "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHRzYWx0c2E$" + fmt.Sprintf("%043d", i),
			LastLogin:    hub.clock.now(), Groups: map[string][]string{"customers": {"shop.buy"}}}); len(list) == 5000 {
			_, err := hub.AddAll(bg, list)
			must(t, err)
			list = list[:0]
		}
	}
	begun := time.Now()
	path := copyForEdge(t, hub)
	copied := time.Since(begun)
	begun = time.Now()
	adopt(t, edge, path, false)
	adopted := time.Since(begun)
	begun = time.Now()
	adopt(t, edge, path, false)
	t.Logf("%d customers, %d MiB: copied in %v, adopted in %v, again in %v", customers, size(t, path)>>20,
		copied.Round(time.Millisecond), adopted.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
	if n, err := edge.Count(bg); n != customers+1 || err != nil {
		t.Errorf("%d customers, %v, want %d", n, err, customers+1)
	}
}
