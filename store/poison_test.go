package store_test

import (
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// A customer without an address is kept until it has one.
func TestApplyCustomerWithoutAddress(t *testing.T) {
	m, hub := join(t, 1), chain{node: 9, incarnation: 5}
	at := fact.Stamp{Time: start * 1000, Node: 9}
	f := whole(1, "", at)
	f.Set &^= fact.Email
	wantDelivered(t, "Apply", apply(t, m, hub.frame(t, f)), store.Delivered{Applied: 1})
	_, err := m.Get(bg, core.Integer(1))
	wantErr(t, "Get", err, store.ErrNotFound)
	wantDelivered(t, "Apply", apply(t, m, hub.frame(t, whole(1, "ada", at))), store.Delivered{Applied: 1})
	if c, err := m.GetByEmail(bg, "ada"); err != nil || c.ID != core.Integer(1) {
		t.Errorf("GetByEmail = %+v, %v", c, err)
	}
}

// A damaged group keeps out the fact about it alone.
func TestApplyToDamagedGroup(t *testing.T) {
	m, hub := join(t, 1), chain{node: 9, incarnation: 5}
	must(t, m.AddGroup(bg, "editors", nil))
	var good []byte
	m.restart(t, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("groups"))
		good = append(good, b.Get([]byte("editors"))...)
		return b.Put([]byte("editors"), []byte{99})
	})
	at := fact.Stamp{Epoch: 1, Time: start*1000 + 1e9, Node: 9}
	d := apply(t, m, hub.frame(t, fact.RemoveGroup{Name: "editors", Stamp: at, Until: start / 1000}, revoked(1)))
	wantDelivered(t, "Apply", d, store.Delivered{Applied: 1, Quarantined: 1})
	if list := deadOf(t, m, 3); len(list) != 1 {
		t.Errorf("dead are %d, want 1", list)
	}
	m.restart(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("groups")).Put([]byte("editors"), good) })
	if list, err := m.Groups(bg); err != nil || len(list) != 0 {
		t.Errorf("Groups = %v, %v", list, err)
	}
}

// A record of the e-mail index that is lost takes nothing else along.
func TestLostAddress(t *testing.T) {
	m := join(t, 1)
	add(t, m.DB, core.Integer(1), "ada")
	m.restart(t, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("emails")).Delete([]byte("ada")) })
	must(t, m.Remove(bg, core.Integer(1), time.Hour))
	m.restart(t, func(*bbolt.Tx) error { return nil })
}

// Effects that no decision has are refused before anything changes.
func TestSettleFamilyOfAnotherKind(t *testing.T) {
	db, _ := fresh(t)
	err := db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.ReserveStart, At: start + 60_000},
		{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: core.Text("ada")}, At: start,
			Until: start/1000 + 60}}})
	wantErr(t, "Settle", err, store.ErrInvalid)
}
