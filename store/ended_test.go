package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Pages of any size have each family once, as it was revoked or advanced.
func TestFamiliesPages(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	ours := core.Family{Listed: true, Ours: true, Bits: 5, Start: start}
	foreign := core.Family{Listed: true, Bits: 6, Start: start - 1}
	blacklist(t, db, ours, ada.ID, 0)
	blacklist(t, db, foreign, core.CustomerID{}, 0)
	until := time.Unix(start/1000+86400, 0).UTC()
	want := []store.Family{
		{FamilyKey: core.FamilyKey{Bits: 6, Start: start - 1}, AnyStart: true, Dead: true, Until: until},
		{FamilyKey: core.FamilyKey{Customer: ada.ID, Bits: 5, Start: start}, Dead: true, Until: until},
	}
	for i := range uint64(5) {
		k := core.FamilyKey{Customer: ada.ID, Bits: 10 + i, Start: start}
		e := core.Effects{Reads: core.Reads{Customer: ada.ID, CustomerVersion: ada.Version, HasFamily: true, Family: k}}
		e.List = []core.Effect{{Kind: core.AdvanceFamily, Family: k, At: start, Until: until.Unix(), Generation: 3,
			Issued: start * 1000, Access: 300, Refresh: 86400}}
		must(t, db.Settle(bg, e))
		want = append(want, store.Family{FamilyKey: k, Generation: 3, Issued: time.UnixMilli(start).UTC(),
			Access: 5 * time.Minute, Refresh: 24 * time.Hour, Until: until})
	}
	for limit := range 9 {
		var got []store.Family
		for after, pages := "", 0; pages == 0 || after != ""; pages++ {
			page, next, err := db.Families(bg, after, limit)
			must(t, err)
			if limit > 0 && len(page) > limit || pages > len(want) {
				t.Fatalf("page %d with a limit of %d has %d families", pages, limit, len(page))
			}
			got, after = append(got, page...), next
		}
		if !slices.Equal(got, want) {
			t.Errorf("by pages of %d:\n got %+v\nwant %+v", limit, got, want)
		}
	}
}

// Cut-offs of ids count, and that of the node, but only later ones.
func TestCountCutOffs(t *testing.T) {
	db, clock := fresh(t)
	add(t, db, core.Integer(1), "ada")
	add(t, db, core.Integer(2), "bea")
	began := db.Time().Add(-time.Hour)
	count := func(since time.Time) store.CutOffs {
		t.Helper()
		c, err := db.CutOffs(bg, since)
		must(t, err)
		return c
	}
	if c := count(began); c != (store.CutOffs{}) {
		t.Errorf("at first %+v", c)
	}
	must(t, db.Revoke(bg, core.Integer(1)))
	clock.ms.Add(1000)
	must(t, db.Revoke(bg, core.Integer(2)))
	c := count(began)
	if c.Customers != 2 || c.All || c.Latest.Before(began) {
		t.Errorf("after two log-outs everywhere %+v", c)
	}
	if c := count(c.Latest.Add(-time.Millisecond)); c.Customers != 1 {
		t.Errorf("the later one alone: %+v", c)
	}
	if c := count(c.Latest); c != (store.CutOffs{}) {
		t.Errorf("none is later: %+v", c)
	}
	clock.ms.Add(1000)
	must(t, db.RevokeAll(bg))
	if all := count(c.Latest); !all.All || all.Customers != 0 || !all.Latest.After(c.Latest) {
		t.Errorf("after all were logged out %+v", all)
	}
}
