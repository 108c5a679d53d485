package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// FuzzApply gives a store a frame of sound facts, and one that follows it and has the bytes of the fuzzer as its facts.
// Whatever they say, the store goes on, has taken all of a delivery or nothing, and is sound.
func FuzzApply(f *testing.F) {
	at := fact.Stamp{Time: start * 1000, Node: 1}
	ada := fact.Customer{ID: core.Integer(1), Made: at, Stamp: at, Set: fact.AllFields, Email: "ada", Active: true,
		Joined: start * 1000, Granted: []string{"a.b"}, Entered: []fact.Entry{{Group: "editors", Number: at}}}
	bea := ada
	bea.ID, bea.Made, bea.Stamp = core.Integer(2), fact.Stamp{Time: 5}, fact.Stamp{Time: 5} // an earlier claim
	again := ada
	again.Made, again.Stamp, again.Email = fact.Stamp{Time: 6}, fact.Stamp{Time: 6}, "cat" // an id made twice
	later := fact.Stamp{Time: start*1000 + 1, Node: 2}
	for _, list := range [][]fact.Fact{
		{bea, again}, {fact.RemoveCustomer{ID: core.Integer(1), Stamp: later, Until: start / 1000}, ada},
		{fact.LastLogin{ID: core.Integer(1), Made: at, At: start * 1000}, fact.LastLogin{ID: core.Text("x"), Made: at}},
		{fact.Group{Name: "editors", Made: at, Stamp: at, Granted: []string{"c.d"}},
			fact.RemoveGroup{Name: "editors", Stamp: later, Until: start / 1000}},
		{fact.CutOff{Subject: fact.ByID(core.Integer(1)), At: start, Until: start},
			fact.CutOff{Subject: fact.ByAddress("ada")}},
		{revoked(1), fact.AdvanceFamily{Family: core.FamilyKey{Bits: 1}, Generation: 1, Key: "k"}},
		{fact.Customer{ID: core.Integer(1), Made: at, Stamp: later, Set: fact.Email, Email: "eve"}},
		{fact.Customer{ID: core.Text("ada"), Made: at, Stamp: later, Set: fact.Email, Email: "eve"}},
		{fact.Lifetimes{Access: 1, Refresh: 2, Foreign: 3}},
		{fact.Key{ID: "k", Made: at, Stamp: later, Algorithm: "HS256", Origin: "imported", Ends: start / 1000,
			Longest: 9},
			fact.Key{ID: "k", Made: at, Stamp: at, Algorithm: "HS256", Origin: "imported", NoKID: true, SignsFrom: 5}},
	} {
		var raw []byte
		for _, x := range list {
			raw = fact.Append(raw, x)
		}
		f.Add(raw, uint32(len(list)), uint16(0xffff), byte(0))
	}
	f.Add([]byte{200, 1, 1, 0, 0, 0, 7, byte(fact.CutOffKind), 9, 0, 0, 0, 0}, uint32(2), uint16(3), byte(4))
	f.Fuzz(func(t *testing.T, facts []byte, count uint32, flip uint16, with byte) {
		path := filepath.Join(t.TempDir(), "store.db")
		m := &member{clock: newClock(), config: store.Config{Path: path, Outbox: true}}
		m.config.Now, m.config.Elapsed = m.clock.now, m.clock.elapsed
		defer os.Remove(path)
		m.open(t)
		c := chain{node: 1, incarnation: 5}
		apply(t, m, c.frame(t, ada))
		second := withFacts(t, c.last, facts, count)
		if int(flip) < len(second) {
			second[flip] ^= with
		}
		before := m.state(t)
		d, err := m.Apply(bg, store.Delivery{Frames: [][]byte{second}, Position: []byte("there")})
		is := m.state(t)
		if err != nil && is != before {
			t.Errorf("Apply = %v, and the state is\n%s\nwas\n%s", err, is, before)
		}
		if err == nil && d.Applied+d.Skipped+d.Waiting+d.Quarantined == 0 {
			t.Errorf("Apply = %+v", d)
		}
		if err == nil && d.Applied > 0 { // once more, one by one: all of it is known
			if f, err := fact.ParseFrame(second); err == nil {
				other := chain{node: 2, incarnation: 7}
				for _, x := range f.Facts {
					apply(t, m, other.frame(t, x))
				}
				if again := m.state(t); again != is {
					t.Errorf("the same facts again change the state to\n%s\nwas\n%s", again, is)
				}
			}
		}
		must(t, m.Close())
		if r, err := store.Check(m.config.Path); err != nil || !r.Sound() {
			t.Errorf("Check = %v, %v", shown(r), err)
		}
	})
}

// withFacts is the frame behind another, with bytes in the place of its facts.
func withFacts(t testing.TB, before fact.Frame, facts []byte, count uint32) []byte {
	t.Helper()
	empty := fact.Frame{Node: before.Node, Incarnation: before.Incarnation, Sequence: before.Sequence + 1,
		Previous: before.Hash(), Made: start * 1000}
	raw := encode(t, empty)
	header := raw[:len(raw)-6]
	raw = append(append([]byte(nil), header...), byte(count), byte(count>>8), byte(count>>16), byte(count>>24))
	return append(append(raw, facts...), 0, 0)
}
