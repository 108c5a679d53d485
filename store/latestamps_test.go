package store_test

import (
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// whole is the fact that makes a customer.
func whole(id int64, email string, at fact.Stamp) fact.Customer {
	return fact.Customer{ID: core.Integer(id), Made: at, Stamp: at, Set: fact.AllFields, Email: email, Active: true,
		PasswordHash: "old", RevokeClaim: "old"}
}

// What an operator changes counts, whatever stamps the authority has used before: also after a restart, and beyond the
// last start that a token id can carry (R4, R5).
func TestChangesCountAfterLateStamps(t *testing.T) {
	for name, at := range map[string]fact.Stamp{
		"beyond the last start": {Time: 95617584000000000, Node: 9}, // the year 5000
		"of a later epoch":      {Epoch: 7, Time: start * 1000, Node: 9},
		"at the last start":     {Time: core.LastStart * 1000, Node: 9},
	} {
		t.Run(name, func(t *testing.T) {
			m, hub := join(t, 1), chain{node: 9, incarnation: 5}
			apply(t, m, hub.frame(t, whole(1, "ada", at)))
			id := core.Integer(1)
			for i := range 3 {
				m.restart(t, func(*bbolt.Tx) error { return nil })
				hash := fmt.Sprint("new", 3-i)
				must(t, m.SetPassword(bg, id, hash))
				must(t, m.SetActive(bg, id, false))
				if c, err := m.Get(bg, id); err != nil || c.PasswordHash != hash || c.IsActive {
					t.Errorf("after restart %d: %+v, %v", i, c, err)
				}
				m.restart(t, func(*bbolt.Tx) error { return nil })
				must(t, m.SetActive(bg, id, true))
				if c, err := m.Get(bg, id); err != nil || !c.IsActive {
					t.Errorf("enabled after restart %d: %+v, %v", i, c, err)
				}
			}
			must(t, m.Remove(bg, id, time.Hour))
			m.restart(t, func(*bbolt.Tx) error { return nil })
			if add(t, m.DB, id, "ada"); !state(t, m.DB, id, core.Family{}).Customer.Active {
				t.Error("a customer who was added again is not there")
			}
		})
	}
}
