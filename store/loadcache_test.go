package store_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// liveHeap is the size of the heap after garbage collection, in bytes.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// permissionsOf are n permissions whose names begin with the same word.
func permissionsOf(word string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s.permission_%04d", word, i)
	}
	return list
}

// TestRememberedIsBounded loads far more than what may be remembered, of each kind that a client can ask for, and
// looks at what stays alive.
func TestRememberedIsBounded(t *testing.T) {
	const customers = 600
	db, _ := fresh(t)
	must(t, db.AddGroup(bg, "editors", permissionsOf("editors", 1500)))
	attributes := json.RawMessage(`{"about":"` + strings.Repeat("x", 32<<10) + `"}`)
	for first := 0; first < customers; first += 200 {
		var list []store.NewCustomer
		for i := first; i < first+200; i++ {
			n := store.NewCustomer{Email: fmt.Sprintf("%d@example.com", i), IsActive: true,
				Groups: map[string][]string{"editors": nil}}
			switch {
			case i < 100:
				n.Attributes = attributes
			case i < 200:
				n.Permissions = permissionsOf(fmt.Sprintf("own%d", i), 300)
			}
			list = append(list, n)
		}
		_, err := db.AddAll(bg, list)
		must(t, err)
	}
	for _, c := range []struct {
		name  string
		count int
		most  int64 // bytes that stay alive
		query func(i int) store.Query
	}{
		{"log-ins of nobody", 20_000, 1 << 20, func(i int) store.Query {
			return store.Query{HasLogin: true, Login: fmt.Sprintf("%d@example.net", i)}
		}},
		{"log-ins cut from long bodies", 30, 1 << 20, func(i int) store.Query {
			body := fmt.Sprintf("%07d", i) + strings.Repeat("x", 1<<20)
			return store.Query{HasLogin: true, Login: body[:100]}
		}},
		{"log-ins with long addresses", 30, 1 << 20, func(i int) store.Query {
			return store.Query{HasLogin: true, Login: fmt.Sprintf("%07d", i) + strings.Repeat("x", 1<<20)}
		}},
		{"ids cut from long tokens", 1000, store.MaxRecent, func(i int) store.Query {
			token := fmt.Sprintf("%07d@example.net", i) + strings.Repeat("x", 32<<10)
			return store.Query{HasUser: true, Field: store.FieldEmail, UserID: core.Text(token[:19])}
		}},
		{"long ids of nobody", 20_000, store.MaxRecent, func(i int) store.Query {
			return store.Query{HasUser: true, Field: store.FieldEmail,
				UserID: core.Text(fmt.Sprintf("%07d", i) + strings.Repeat("x", 1500))}
		}},
		{"families", 40_000, store.MaxRecent, func(i int) store.Query {
			return store.Query{HasUser: true, UserID: core.Integer(1), HasFamily: true,
				Family: core.Family{Listed: true, Bits: uint64(i)}}
		}},
		{"members of a large group", customers, store.MaxRecent, func(i int) store.Query {
			return store.Query{HasUser: true, UserID: core.Integer(int64(customers - i)), Rights: true}
		}},
	} {
		before := liveHeap()
		for i := range c.count {
			_, _, err := db.Load(bg, c.query(i))
			must(t, err)
		}
		if more := liveHeap() - before; more > c.most {
			t.Errorf("%s: %d of them keep %d KiB alive, want at most %d", c.name, c.count, more>>10, c.most>>10)
		}
		db.Forget()
	}
}

// TestMembersShareTheirRights: what a group may do is kept once, however many of its members are remembered.
func TestMembersShareTheirRights(t *testing.T) {
	const members = 300
	db, _ := fresh(t)
	must(t, db.AddGroup(bg, "editors", permissionsOf("editors", 1500)))
	var list []store.NewCustomer
	for i := range members {
		list = append(list, store.NewCustomer{Email: fmt.Sprintf("%d@example.com", i), IsActive: true,
			Groups: map[string][]string{"editors": nil}})
	}
	_, err := db.AddAll(bg, list)
	must(t, err)
	load := func() {
		for i := range members {
			_, c, err := db.Load(bg, store.Query{HasUser: true, UserID: core.Integer(int64(i + 1)), Rights: true})
			must(t, err)
			if len(c.Rights) != 1500 {
				t.Fatalf("customer %d has %d rights, want those of the group", i+1, len(c.Rights))
			}
		}
	}
	state(t, db, core.Integer(1), core.Family{}) // makes the table
	before := liveHeap()
	load()
	if more := liveHeap() - before; more > 2<<20 {
		t.Errorf("%d members of a group keep %d KiB alive, want as much as the group's rights and themselves", members,
			more>>10)
	}
	if allocations := testing.AllocsPerRun(1, load); allocations > members {
		t.Errorf("%d members were loaded again with %v allocations, want all of them to be remembered", members,
			allocations)
	}
}
