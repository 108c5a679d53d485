package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// said is all that a store says.
type said struct {
	Customers, Families, Tombstones, Sessions int
	HighWater, CutOff                         int64
	List                                      []store.Customer // with Rights
	Groups                                    []store.Group
	CutOffs                                   []int64 // of each id from 1 on, and of the address that it had at first
	Dead                                      []bool  // families of customers 1 to 9, and those of another issuer
	Alive                                     []store.Session
	Lifetimes                                 string
}

// says asks a store for all that it knows of the ids from 1 to a highest one.
func says(t *testing.T, db *store.DB, highest int) []byte {
	t.Helper()
	var s said
	stats, err := db.Stats(bg)
	must(t, err)
	s.Customers, s.Families, s.Tombstones = stats.Customers, stats.Families, stats.Tombstones
	s.Sessions, s.HighWater, s.CutOff = stats.Sessions, stats.HighWater, stats.CutOff
	for c, err := range db.Each(bg) {
		must(t, err)
		_, with, err := db.Load(bg, store.Query{UserID: c.ID, HasUser: true, Rights: true})
		must(t, err)
		c.Rights = with.Rights
		s.List = append(s.List, c)
	}
	s.Groups, err = db.Groups(bg)
	must(t, err)
	for i := 1; i <= highest; i++ {
		s.CutOffs = append(s.CutOffs, state(t, db, numbered(db.IDs(), i), core.Family{}).CutOff,
			stateByEmail(t, db, addressOf(i)).CutOff)
	}
	for i := range 10 {
		for _, issuer := range []string{"", "https://other.example.com"} {
			f := core.Family{Listed: true, Ours: issuer == "", Bits: uint64(i), Start: start}
			state, _, err := db.Load(bg, store.Query{UserID: numbered(db.IDs(), i), HasUser: i > 0, Family: f,
				HasFamily: true, Issuer: issuer})
			must(t, err)
			s.Dead = append(s.Dead, state.Family.Dead)
		}
		session, _, err := db.LoadSession(bg, sid(i), store.Query{})
		must(t, err)
		s.Alive = append(s.Alive, session)
	}
	l, err := db.Lifetimes(bg)
	must(t, err)
	s.Lifetimes = fmt.Sprintf("%+v", l)
	b, err := json.Marshal(s)
	must(t, err)
	return bytes.ReplaceAll(b, []byte(`},{`), []byte("},\n{"))
}

// numbered is an id of a kind.
func numbered(kind core.IDKind, i int) core.CustomerID {
	if kind == core.TextID {
		return core.Text(fmt.Sprintf("customer-%d", i))
	}
	return core.Integer(int64(i))
}

// addressOf is the e-mail address of the customer with an id, in the files schema3-*.
func addressOf(i int) string {
	if i%7 == 3 {
		return fmt.Sprintf("Customer-%d@Example.com", i)
	}
	return fmt.Sprintf("customer-%d@example.com", i)
}
