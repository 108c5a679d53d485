package store_test

import (
	"fmt"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Families with equal bits and different starts do not touch each other. A record without a start is about all of them.
func TestStartIsPartOfTheName(t *testing.T) {
	const bits = 5
	first := core.Family{Listed: true, Ours: true, Bits: bits, Start: start}
	second := first
	second.Start++
	foreign := core.Family{Listed: true, Bits: bits, Start: start}
	families := []core.Family{first, second, foreign}
	revoke := func(customer core.CustomerID, start int64) core.FamilyKey {
		return core.FamilyKey{Customer: customer, Bits: bits, Start: start}
	}
	ada, nobody := core.Integer(1), core.CustomerID{}
	for _, c := range []struct {
		name     string
		revoked  core.FamilyKey
		dead     [3]bool // of families, by a token of ada's
		anyStart bool
	}{
		{"the first", revoke(ada, start), [3]bool{true, false, true}, false},
		{"the second", revoke(ada, start+1), [3]bool{false, true, true}, false},
		{"the first, at a node that does not know ada", revoke(nobody, start), [3]bool{true, false, true}, false},
		{"all of ada's", revoke(ada, 0), [3]bool{true, true, true}, true},
		{"all", revoke(nobody, 0), [3]bool{true, true, true}, true},
		{"another customer's", revoke(core.Integer(2), 0), [3]bool{}, false},
		{"another issuer's", core.FamilyKey{Issuer: "x", Customer: ada, Bits: bits}, [3]bool{}, false},
	} {
		db, _ := fresh(t)
		add(t, db, ada, "ada")
		var before [3]core.State
		for i, f := range families {
			before[i] = state(t, db, ada, f)
		}
		must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: c.revoked,
			Until: start/1000 + 100}}}))
		for i, f := range families {
			s := state(t, db, ada, f).Family
			if s.Dead != c.dead[i] || (s.Version != 0) != c.dead[i] || f.Ours && s.AnyStart != c.anyStart {
				t.Errorf("%s: family %d is %+v, want dead: %v", c.name, i, s, c.dead[i])
			}
			// A decision that rests on the state before is made again where that has changed.
			err := db.Settle(bg, core.Effects{Reads: core.Reads{Customer: ada,
				CustomerVersion: before[i].Customer.Version, HasFamily: true, Family: f.Key("", ada)}})
			want := map[bool]error{true: store.ErrConflict}[c.dead[i]]
			wantErr(t, fmt.Sprintf("%s: Settle of family %d", c.name, i), err, want)
		}
	}
}

// The generation of a family is the highest of all its records.
func TestGenerationOfSeveralRecords(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada").ID
	f := core.Family{Listed: true, Ours: true, Bits: 5, Start: start}
	last := core.FamilyState{}
	for i, k := range []core.FamilyKey{{Bits: 5}, {Customer: ada, Bits: 5}, f.Key("", ada)} {
		for generation := uint32(2*i + 1); generation <= uint32(2*i+2); generation++ {
			must(t, db.Settle(bg, core.Effects{
				Reads: core.Reads{Customer: ada, CustomerVersion: state(t, db, ada, f).Customer.Version,
					HasFamily: true, Family: f.Key("", ada), FamilyVersion: last.Version},
				List: []core.Effect{{Kind: core.AdvanceFamily, Family: k, At: start, Until: start/1000 + 100,
					Generation: generation, Issued: start * 1000}}}))
			s := state(t, db, ada, f).Family
			if s.Generation != generation || s.Version <= last.Version || !s.AnyStart {
				t.Errorf("advanced to generation %d under %+v, it is %+v", generation, k, s)
			}
			last = s
		}
	}
}
