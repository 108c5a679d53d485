package store_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
	"github.com/edgetoken/edgetoken/store/fact"
)

func clockOf(m *member) time.Time { return m.clock.now() }

func offerOf(m *member) func([]byte, int) ([]fact.Fact, []byte, error) {
	return func(after []byte, most int) ([]fact.Fact, []byte, error) { return m.Offer(bg, after, most) }
}

// restoredHub is a hub as a backup of it has it, restored.
func restoredHub(t testing.TB, hub *member) *member {
	t.Helper()
	return restoredFrom(t, hub, backUp(t, hub.DB))
}

// restoredFrom is a hub as an earlier backup of it has it, restored.
func restoredFrom(t testing.TB, hub *member, made []byte) *member {
	t.Helper()
	return restoredSo(t, hub, made, store.Restoring{KeepSessions: true})
}

func restoredSo(t testing.TB, hub *member, made []byte, how store.Restoring) *member {
	t.Helper()
	r, err := backup.NewReader(bytes.NewReader(made))
	must(t, err)
	m := &member{config: hub.config, clock: hub.clock}
	m.config.Path = filepath.Join(t.TempDir(), "store.db")
	_, err = store.Restore(bg, m.config, r, how)
	must(t, err)
	m.open(t)
	t.Cleanup(func() { m.Close() })
	return m
}

// R3, in a fleet: what ended after the backup of the hub was made is over again once the edges have offered what they
// know. Until then the hub says whose offer is missing.
func TestOfferAfterARestore(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	gone := add(t, hub.DB, core.Integer(8), "eve@example.com")
	followLog(t, edge, hub)
	again := restoredHub(t, hub)
	missing, err := again.Pending(bg)
	others := []uint16{3, 4, 5, 6, 7, 8, 9}
	if !slices.Equal(missing, append([]uint16{2}, others...)) || err != nil {
		t.Fatalf("Pending = %d, %v", missing, err)
	}

	revokeAt(t, edge, began(2, 1), start/1000+1000)
	revokeAt(t, edge, began(1, 2), start/1000+1000)
	must(t, hub.Revoke(bg, gone.ID))
	must(t, hub.Remove(bg, gone.ID, time.Hour))
	must(t, hub.RaiseLifetimes(bg, core.Lifetimes{Access: 60, Refresh: 600}))
	followLog(t, edge, hub)
	must(t, edge.RaiseLifetimes(bg, core.Lifetimes{Access: 60, Refresh: 600}))
	var all []fact.Fact
	for _, most := range []int{0, 1 << 20} {
		var pages int
		if all, pages = paged(t, most, offerOf(edge)); len(all) != 5 || (pages == 1) != (most > 0) {
			t.Errorf("an offer of %d facts in %d pages of %d bytes, want 2 families, 2 cut-offs and lives", len(all),
				pages, most)
		}
	}
	taken, err := again.Take(bg, 2, all)
	if len(taken.Refused) != 0 || taken.Revoked != 2 || err != nil {
		t.Errorf("Take = %+v, %v", taken, err)
	}
	head := again.Head()
	if taken, err = again.Take(bg, 2, all[3:]); len(taken.Refused) != 0 || taken.Revoked != 0 || err != nil ||
		again.Head() != head {
		t.Errorf("once more, Take = %+v, %v, and the log goes on to %v from %v", taken, err, again.Head(), head)
	}
	for _, f := range []core.Family{began(2, 1), began(1, 2)} {
		if !state(t, again.DB, seven, f).Family.Dead {
			t.Errorf("%+v lives", f)
		}
	}
	if s := state(t, again.DB, gone.ID, core.Family{}); s.CutOff < start {
		t.Errorf("the cut-off is %d", s.CutOff)
	}
	third := join(t, 3)
	adopt(t, third, copyForEdge(t, hub), false)
	apply(t, third, again.frames(t)...)
	if !state(t, third.DB, seven, began(2, 1)).Family.Dead {
		t.Error("what the hub took does not go down its log")
	}

	must(t, again.Offered(bg, 2))
	must(t, again.Offered(bg, 2))
	if missing, err = again.Pending(bg); !slices.Equal(missing, others) || err != nil {
		t.Errorf("Pending = %d, %v, want %d after the offer", missing, err, others)
	}
	if taken, err = again.Take(bg, 2, all); len(taken.Refused) != 2 || err != nil {
		t.Errorf("once nothing is missing, Take refuses %+v, %v, want the two cut-offs", taken.Refused, err)
	}
	again.restart(t, nil)
	for _, n := range others {
		if missing, err = again.Pending(bg); len(missing) == 0 || missing[0] != n || err != nil {
			t.Errorf("Pending = %d, %v, want %d first", missing, err, n)
		}
		must(t, again.Offered(bg, n))
	}
	if missing, err = again.Pending(bg); len(missing) != 0 || err != nil {
		t.Errorf("Pending = %d, %v after all offers", missing, err)
	}
}

// A restore waits for no node that was withdrawn, and an edge that is restored waits for nobody.
func TestNothingIsPending(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	for n := range uint16(8) {
		withdraw(t, hub, n+2, 0, false)
	}
	for _, m := range []*member{restoredHub(t, hub), restoredHub(t, edge)} {
		if missing, err := m.Pending(bg); len(missing) != 0 || err != nil {
			t.Errorf("Pending = %d, %v", missing, err)
		}
	}
}

// A restore ends all log-ins up to a time that is still ahead, so that what begins elsewhere begins just after it. A
// cut-off that the restored hub writes ends that too.
func TestCutOffAfterRestore(t *testing.T) {
	hub, _ := fleetOfTwo(t)
	hub.config.Staleness, hub.config.Skew = 10*time.Second, time.Second
	again := restoredHub(t, hub)
	next := state(t, again.DB, seven, core.Family{}).CutOff + 1
	must(t, again.Revoke(bg, seven))
	if at := state(t, again.DB, seven, core.Family{}).CutOff; at < next {
		t.Errorf("the cut-off is %d, and log-ins of before begin at %d", at, next)
	}
}

// A log-in at an edge that began just after the cut-off of a restore ends by a cut-off that the hub writes once it is
// restored from the same backup again. It has forgotten the cut-off of the first restore, which lies behind its mark.
func TestCutOffAfterTwoRestores(t *testing.T) {
	for _, keep := range []bool{false, true} {
		hub, _ := fleetOfTwo(t)
		hub.config.Staleness, hub.config.Skew = 10*time.Second, time.Second
		for range 3 { // each process begins behind the mark of the one before
			hub.restart(t, nil)
			must(t, hub.Revoke(bg, seven))
			s := state(t, hub.DB, seven, core.Family{})
			must(t, hub.Settle(bg, login(s, s.CutOff+1)))
		}
		made := backUp(t, hub.DB)
		first := restoredSo(t, hub, made, store.Restoring{KeepSessions: keep})
		begins := state(t, first.DB, core.Integer(8), core.Family{}).CutOff + 1
		second := restoredSo(t, hub, made, store.Restoring{KeepSessions: !keep})
		must(t, second.Revoke(bg, seven))
		if at := state(t, second.DB, seven, core.Family{}).CutOff; at < begins {
			t.Errorf("log-ins kept first: %v: the cut-off is %d, and a log-in of before began at %d", keep, at, begins)
		}
	}
}

// The hub takes no cut-off that it could not have written, nothing that is over, and nothing of another node's
// families.
// What a restore ended stays over where the hub is restored once more, from a backup that knows nothing of it and with
// log-ins kept: the edges tell it. They may know of a single cut-off no more, which that of the restore covers.
func TestRestoreIsRemembered(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	old := began(2, 1)
	old.Start -= 1000 // before the backup
	made := backUp(t, hub.DB)
	first := restoredSo(t, hub, made, store.Restoring{})
	ended := state(t, first.DB, seven, core.Family{}).CutOff
	adopt(t, edge, copyForEdge(t, first), true)
	second := restoredFrom(t, hub, made)
	if at := state(t, second.DB, seven, old).CutOff; at >= ended {
		t.Fatalf("the second restore remembers %d by itself", at)
	}
	offer, _ := paged(t, 1<<20, offerOf(edge))
	for range 2 {
		if taken, err := second.Take(bg, 2, offer); len(taken.Refused) != 0 || err != nil {
			t.Fatalf("Take = %+v, %v", taken, err)
		}
	}
	third := join(t, 3)
	apply(t, third, second.frames(t)...)
	for _, m := range []*member{second, third, edge} {
		if at := state(t, m.DB, seven, old).CutOff; at != ended {
			t.Errorf("the cut-off is %d, want %d", at, ended)
		}
	}
	head := second.Head()
	if _, err := second.Take(bg, 2, offer); err != nil || second.Head() != head {
		t.Errorf("an offer that comes again goes down the log again: %v", err)
	}
}

func TestTakeJudges(t *testing.T) {
	hub, _ := fleetOfTwo(t)
	hub.config.Staleness, hub.config.Skew = 10*time.Second, time.Second
	again := restoredHub(t, hub)
	_, err := again.Register(bg, 2, 50)
	must(t, err)
	at := func(ms int64) fact.CutOff { return fact.CutOff{Subject: fact.ByID(seven), At: start + ms} }
	advance := func(number uint64, incarnation uint64) fact.Fact {
		k := began(number, 1).Key("", seven)
		return fact.AdvanceFamily{Family: k, Start: k.Start, Until: start/1000 + 60, Generation: 1,
			IssuedAt: start * 1000, Incarnation: incarnation, Sequence: 3, Home: 2}
	}
	for _, c := range []struct {
		name string
		fact fact.Fact
		ok   bool
	}{
		{"a cut-off", at(14_000), true}, {"one of a mark", at(70_000), true}, {"one too far ahead", at(day), false},
		{"one of a text", fact.CutOff{Subject: fact.ByID(core.Text("ada")), At: start}, false},
		{"one of an address", fact.CutOff{Subject: fact.ByAddress("ada@example.com"), At: start}, true},
		{"a revocation", revoked(1), true},
		{"one that is over", fact.RevokeFamily{Family: core.FamilyKey{Bits: 2}, Until: start/1000 - 4000}, false},
		{"an advance", advance(2, 50), true}, {"one of before", advance(2, 49), false},
		{"one away from home", advance(1, 50), false},
		{"a last log-in", fact.LastLogin{ID: seven, Made: fact.Stamp{Time: 1}, At: start * 1000}, true},
		{"a customer", fact.RemoveCustomer{ID: seven, Stamp: fact.Stamp{Time: 1}}, false},
	} {
		taken, err := again.Take(bg, 2, []fact.Fact{c.fact, revoked(9)})
		refused := taken.Refused
		if (len(refused) == 0) != c.ok || len(refused) > 1 || err != nil {
			t.Errorf("%s: Take refuses %+v, %v", c.name, refused, err)
		}
		if fenced := c.name == "one of before"; len(refused) == 1 && refused[0].Fenced != fenced {
			t.Errorf("%s: refused as fenced: %v", c.name, !fenced)
		}
	}
	_, err = again.Take(bg, 2, []fact.Fact{fact.NodeCutOff{At: start}})
	wantErr(t, "Take of a fact that stays on its node", err, store.ErrInvalid)
	_, err = again.Take(bg, 0, nil)
	wantErr(t, "Take of no node", err, store.ErrInvalid)
	withdraw(t, again, 3, 0, false)
	_, err = again.Take(bg, 3, []fact.Fact{revoked(3)})
	wantErr(t, "Take of a node that was withdrawn", err, store.ErrWithdrawn)
	again.clock.wrong.Store(-20 * 365 * day)
	_, err = again.Take(bg, 2, []fact.Fact{revoked(3)})
	wantErr(t, "Take by a clock that is wrong", err, core.ErrClock)
}
