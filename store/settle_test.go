package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

var (
	ours    = core.Family{Listed: true, Ours: true, Bits: 5, Start: start}
	foreign = core.Family{Listed: true, Bits: 5, Start: start}
)

func revokeFamily(s core.State, key core.FamilyKey, until int64) core.Effects {
	return core.Effects{
		Reads: core.Reads{Customer: s.Customer.ID, CustomerVersion: s.Customer.Version, CutOff: s.CutOff,
			HasFamily: true, Family: key, FamilyVersion: s.Family.Version},
		List: []core.Effect{{Kind: core.RevokeFamily, Family: key, Until: until}},
	}
}

func TestLoad(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.Integer(7), "ada@example.com")
	must(t, db.Settle(t.Context(), login(state(t, db, ada.ID, ours), start)))
	must(t, db.Settle(t.Context(), revokeFamily(state(t, db, ada.ID, ours), ours.Key("", ada.ID), start/1000+9)))
	must(t, db.Settle(t.Context(), revokeFamily(core.State{}, foreign.Key("other", core.CustomerID{}), start/1000+9)))
	must(t, db.Settle(t.Context(), revokeFamily(core.State{}, ours.Key("", core.CustomerID{}), start/1000+9)))
	clock.ms.Add(5000)
	must(t, db.Revoke(t.Context(), ada.ID))

	known := core.Customer{ID: ada.ID, UserID: ada.ID, Active: true, RevokeClaim: ada.RevokeClaim, Version: ada.Version}
	byEmail := known
	byEmail.UserID = core.Text("ada@example.com")
	dead := func(version uint64) core.FamilyState { return core.FamilyState{Version: version, Dead: true} }
	other := core.Family{Listed: true, Ours: true, Bits: 6}
	for _, c := range []struct {
		name string
		q    store.Query
		want core.State
	}{
		{"nothing", store.Query{}, core.State{HighWater: start + 60_000}},
		{"login", store.Query{HasLogin: true, Login: "ada@example.com"},
			core.State{Customer: known, CutOff: start + 5000, HighWater: start + 60_000}},
		{"login, nobody", store.Query{HasLogin: true, Login: "Ada@example.com"}, core.State{HighWater: start + 60_000}},
		{"login, e-mail as USER_ID_FIELD", store.Query{HasLogin: true, Login: "ada@example.com",
			Field: store.FieldEmail},
			core.State{Customer: byEmail, CutOff: start + 5000, HighWater: start + 60_000}},
		{"by id, revoked family", store.Query{HasUser: true, UserID: ada.ID, HasFamily: true, Family: ours},
			core.State{Customer: known, Family: dead(4), CutOff: start + 5000, HighWater: start + 60_000}},
		{"by id, other family", store.Query{HasUser: true, UserID: ada.ID, HasFamily: true, Family: other},
			core.State{Customer: known, CutOff: start + 5000, HighWater: start + 60_000}},
		{"by id, family of another issuer", store.Query{HasUser: true, UserID: ada.ID, HasFamily: true, Family: ours,
			Issuer: "other"},
			core.State{Customer: known, CutOff: start + 5000, HighWater: start + 60_000}},
		{"by id, foreign family of another issuer", store.Query{HasUser: true, UserID: ada.ID, HasFamily: true,
			Family: foreign, Issuer: "other"},
			core.State{Customer: known, Family: core.FamilyState{Version: 3, Dead: true, AnyStart: true},
				CutOff: start + 5000, HighWater: start + 60_000}},
		{"unlisted family", store.Query{HasFamily: true, Family: core.Family{Bits: 5, Ours: true}},
			core.State{HighWater: start + 60_000}},
		{"family of nobody", store.Query{HasUser: true, UserID: core.Integer(8), HasFamily: true, Family: ours},
			core.State{Unheld: core.Integer(8), Family: dead(4), HighWater: start + 60_000}},
		{"text for an integer", store.Query{HasUser: true, UserID: core.Text("7")},
			core.State{HighWater: start + 60_000}},
		{"integer for an e-mail", store.Query{HasUser: true, UserID: ada.ID, Field: store.FieldEmail},
			core.State{HighWater: start + 60_000}},
	} {
		got, customer, err := db.Load(t.Context(), c.q)
		if err != nil || got != c.want {
			t.Errorf("%s: Load = %+v, %v, want %+v", c.name, got, err, c.want)
		}
		if customer.ID != c.want.Customer.ID || customer.Version != c.want.Customer.Version {
			t.Errorf("%s: Load gave customer %+v with state %+v", c.name, customer, got)
		}
	}
}

func TestSettleChecksWhatWasRead(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*store.DB, core.CustomerID) error // after reading, before settling
		want   error
	}{
		{"nothing", func(*store.DB, core.CustomerID) error { return nil }, nil},
		{"another customer's password", func(db *store.DB, _ core.CustomerID) error {
			return db.SetPassword(bg,
				core.Integer(2), "x")
		}, nil},
		{"another family", func(db *store.DB, id core.CustomerID) error {
			return db.Settle(bg, revokeFamily(core.State{}, core.FamilyKey{Customer: id, Bits: 6}, start/1000))
		}, nil},
		{"log-in recorded", func(db *store.DB, id core.CustomerID) error {
			return db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RecordLogin, Customer: id, At: start}}})
		}, nil},
		{"enabled again", func(db *store.DB, id core.CustomerID) error { return db.SetActive(bg, id, true) }, nil},
		{"password", func(db *store.DB, id core.CustomerID) error { return db.SetPassword(bg, id, "x") },
			store.ErrConflict},
		{"rehash", func(db *store.DB, id core.CustomerID) error { return db.Rehash(bg, id, "hash of ada", "x") },
			store.ErrConflict},
		{"disabled", func(db *store.DB, id core.CustomerID) error { return db.SetActive(bg, id, false) },
			store.ErrConflict},
		{"removed", func(db *store.DB, id core.CustomerID) error { return db.Remove(bg, id, time.Hour) },
			store.ErrConflict},
		{"removed and added", func(db *store.DB, id core.CustomerID) error {
			if err := db.Remove(bg, id, time.Hour); err != nil {
				return err
			}
			_, err := db.Add(bg, store.NewCustomer{ID: id, Email: "ada", IsActive: true})
			return err
		}, store.ErrConflict},
		{"logged out everywhere", func(db *store.DB, id core.CustomerID) error { return db.Revoke(bg, id) },
			store.ErrConflict},
		{"node's cut-off", func(db *store.DB, _ core.CustomerID) error { return db.RevokeAll(bg) }, store.ErrConflict},
		{"family revoked", func(db *store.DB, id core.CustomerID) error {
			return db.Settle(bg, revokeFamily(core.State{}, ours.Key("", id), start/1000))
		}, store.ErrConflict},
	} {
		// With effects it takes the way of the committer, without them that of readers.
		for _, effects := range [][]core.Effect{nil, {{Kind: core.ReserveStart, At: 1}}} {
			name := fmt.Sprintf("%s, %d effects", c.name, len(effects))
			db, _ := fresh(t)
			ada := add(t, db, core.Integer(1), "ada")
			add(t, db, core.Integer(2), "bea")
			s := state(t, db, ada.ID, ours)
			e := core.Effects{Reads: core.Reads{Customer: ada.ID, CustomerVersion: s.Customer.Version, CutOff: s.CutOff,
				HasFamily: true,
				Family:    ours.Key("", ada.ID), FamilyVersion: s.Family.Version}, List: effects}
			if err := c.change(db, ada.ID); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			wantErr(t, name+": Settle", db.Settle(t.Context(), e), c.want)
		}
	}
}

func TestSettleOfNobody(t *testing.T) {
	db, _ := fresh(t)
	reads := core.Reads{Customer: core.Integer(1)}
	wantErr(t, "nobody, still nobody", db.Settle(t.Context(), core.Effects{Reads: reads}), nil)
	add(t, db, core.Integer(1), "ada")
	wantErr(t, "nobody, now somebody", db.Settle(t.Context(), core.Effects{Reads: reads}), store.ErrConflict)
	must(t, db.Remove(t.Context(), core.Integer(1), time.Hour))
	// Reads names nobody, and its cut-off came from the tombstone.
	s := state(t, db, core.Integer(1), core.Family{})
	if s.CutOff != start {
		t.Fatalf("Load after Remove: cut-off %d, want %d", s.CutOff, int64(start))
	}
	wantErr(t, "removed", db.Settle(t.Context(), core.Effects{Reads: core.Reads{CutOff: s.CutOff}}), nil)
}

func TestSettleRefuses(t *testing.T) {
	db, _ := fresh(t)
	advance := func(x core.Effect) core.Effects {
		x.Kind, x.Until = core.AdvanceFamily, start/1000
		return core.Effects{List: []core.Effect{x}}
	}
	for _, c := range []struct {
		name string
		e    core.Effects
		want error
	}{
		{"kind 0", core.Effects{List: []core.Effect{{}}}, store.ErrInvalid},
		{"log-in of a text", core.Effects{List: []core.Effect{{Kind: core.RecordLogin, Customer: core.Text("1")}}},
			store.ErrInvalid},
		{"log-in in the year 10000", core.Effects{List: []core.Effect{{Kind: core.RecordLogin,
			Customer: core.Integer(1), At: 253402300800000000}}}, store.ErrInvalid},
		{"log-in of nobody", core.Effects{List: []core.Effect{{Kind: core.RecordLogin, Customer: core.Integer(1)}}},
			store.ErrConflict},
		{"log-ins of a text", core.Effects{List: []core.Effect{{Kind: core.EndLogins, Customer: core.Text("1")}}},
			store.ErrInvalid},
		{"log-ins of nobody", core.Effects{List: []core.Effect{{Kind: core.EndLogins, Customer: core.Integer(1)}}},
			store.ErrConflict},
		{"an address", core.Effects{List: []core.Effect{{Kind: core.EndAddress, Customer: core.Text("ada")}}},
			store.ErrInvalid},
		{"long issuer", core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
			Family: core.FamilyKey{Issuer: string(make([]byte, 1025))}}}}, store.ErrInvalid},
		{"advance to no generation", advance(core.Effect{}), store.ErrInvalid},
		{"advance to a lifetime below 0", advance(core.Effect{Generation: 1, Access: -1}), store.ErrInvalid},
		{"advance in the year 10000", advance(core.Effect{Generation: 1, Issued: 253402300800000000}),
			store.ErrInvalid},
		{"advance that is over", core.Effects{List: []core.Effect{{Kind: core.AdvanceFamily, Generation: 1}}},
			store.ErrInvalid},
		{"advance without the family", advance(core.Effect{Generation: 1}), store.ErrInvalid},
		{"read a text", core.Effects{Reads: core.Reads{Customer: core.Text("1")}}, store.ErrInvalid},
	} {
		wantErr(t, c.name, db.Settle(t.Context(), c.e), c.want)
	}
}

func TestSettleStart(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	s := state(t, db, ada.ID, core.Family{})
	begin := func(at int64, list ...core.Effect) error {
		e := login(s, at)
		e.List = list
		return db.Settle(t.Context(), e)
	}
	if s.HighWater != start+1 {
		t.Fatalf("HighWater = %d, want just after the stamp of the customer, %d", s.HighWater, int64(start+1))
	}
	wantErr(t, "no start is reserved", begin(start+2), store.ErrConflict)
	wantErr(t, "reserved too little", begin(start+2, core.Effect{Kind: core.ReserveStart, At: start + 1}),
		store.ErrConflict)
	if got := state(t, db, ada.ID, core.Family{}).HighWater; got != start+1 {
		t.Errorf("HighWater after refusals = %d, want %d", got, int64(start+1))
	}
	wantErr(t, "reserved", begin(start, core.Effect{Kind: core.ReserveStart, At: start + 10}), nil)
	wantErr(t, "reserved before", begin(start+10), nil)
	wantErr(t, "beyond", begin(start+11), store.ErrConflict)
	wantErr(t, "a lower reservation", begin(start+10, core.Effect{Kind: core.ReserveStart, At: 1}), nil)
	if got := state(t, db, ada.ID, core.Family{}).HighWater; got != start+10 {
		t.Errorf("HighWater = %d, want %d", got, int64(start+10))
	}
	must(t, db.Revoke(t.Context(), ada.ID))
	s = state(t, db, ada.ID, core.Family{})
	wantErr(t, "at the cut-off", begin(s.CutOff, core.Effect{Kind: core.ReserveStart, At: s.CutOff}), store.ErrConflict)
	wantErr(t, "after the cut-off", begin(s.CutOff+1, core.Effect{Kind: core.ReserveStart, At: s.CutOff + 1}), nil)
}

func TestRecordLogin(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	must(t, db.Settle(t.Context(), core.Effects{List: []core.Effect{{Kind: core.RecordLogin, Customer: ada.ID,
		At: start*1000 + 123456}}}))
	got, err := db.Get(t.Context(), ada.ID)
	if err != nil || !got.LastLogin.Equal(time.UnixMicro(start*1000+123456)) || got.Version != ada.Version {
		t.Errorf("Get = last login %v, version %d, %v, want 123456 µs after the start, version %d", got.LastLogin,
			got.Version, err, ada.Version)
	}
}

func TestRevokeFamilyTwice(t *testing.T) {
	db, _ := fresh(t)
	key := core.FamilyKey{Bits: 5}
	revoke := core.Effect{Kind: core.RevokeFamily, Family: key, Until: start / 1000}
	later := revoke
	later.Until += 100
	for _, c := range []struct {
		name    string
		list    []core.Effect
		version uint64
	}{
		{"first, twice in one decision", []core.Effect{revoke, revoke}, 1},
		{"the same again", []core.Effect{revoke}, 1},
		{"later", []core.Effect{later}, 2},
		{"earlier", []core.Effect{revoke}, 2},
	} {
		must(t, db.Settle(t.Context(), core.Effects{List: c.list}))
		s, _, err := db.Load(t.Context(), store.Query{HasFamily: true, Family: foreign})
		if want := (core.FamilyState{Version: c.version, Dead: true, AnyStart: true}); err != nil || s.Family != want {
			t.Errorf("%s: Load = %+v, %v, want %+v", c.name, s.Family, err, want)
		}
		if stats, err := db.Stats(t.Context()); err != nil || stats.Families != 1 {
			t.Errorf("%s: Stats = %+v, %v, want 1 family", c.name, stats, err)
		}
	}
}

// R1: of many decisions that rest on the same state, one is applied.
func TestOnlyOneOfManyWins(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	for round := range 20 {
		family := core.Family{Listed: true, Ours: true, Bits: uint64(round)}
		e := revokeFamily(state(t, db, ada.ID, family), family.Key("", ada.ID), start/1000)
		var wins, conflicts int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() {
				err := db.Settle(bg, e)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					wins++
				case errors.Is(err, store.ErrConflict):
					conflicts++
				default:
					t.Errorf("Settle = %v", err)
				}
			})
		}
		all.Wait()
		if wins != 1 || conflicts != 31 {
			t.Errorf("round %d: %d settled and %d conflicted, want 1 and 31", round, wins, conflicts)
		}
	}
}

// What waits while a commit runs shares the next one, and those of it that fail do so alone.
func TestGroupCommit(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.Integer(1), "ada")
	s := state(t, db, ada.ID, core.Family{})
	release := db.HoldCommits()
	results := make(chan error, 100)
	for i := range 100 {
		e := revokeFamily(s, core.FamilyKey{Customer: ada.ID, Bits: uint64(i)}, start/1000)
		if i%10 == 9 {
			e.Reads.CustomerVersion++
		}
		go func() { results <- db.Settle(bg, e) }()
	}
	for db.Waiting() < 100 {
		runtime.Gosched()
	}
	before := db.LastTransaction()
	release()
	done, conflicts := 0, 0
	for range 100 {
		switch err := <-results; {
		case err == nil:
			done++
		case errors.Is(err, store.ErrConflict):
			conflicts++
		default:
			t.Errorf("Settle = %v", err)
		}
	}
	if done != 90 || conflicts != 10 {
		t.Errorf("%d settled and %d conflicted, want 90 and 10", done, conflicts)
	}
	if commits := db.LastTransaction() - before; commits != 1 {
		t.Errorf("100 waiting requests took %d commits, want 1", commits)
	}
	if stats, err := db.Stats(t.Context()); err != nil || stats.Families != 90 {
		t.Errorf("Stats = %+v, %v, want 90 families", stats, err)
	}
}

func TestContextEnds(t *testing.T) {
	db, _ := fresh(t)
	ended, cancel := context.WithCancel(bg)
	cancel()
	_, err := db.Add(ended, store.NewCustomer{Email: "never"})
	wantErr(t, "Add with an ended context", err, context.Canceled)
	_, _, err = db.Load(ended, store.Query{})
	wantErr(t, "Load with an ended context", err, context.Canceled)

	// Once taken, it is applied.
	release := db.HoldCommits()
	waiting, cancel := context.WithCancel(bg)
	result := make(chan error)
	go func() {
		_, err := db.Add(waiting, store.NewCustomer{Email: "applied"})
		result <- err
	}()
	for db.Waiting() < 1 {
		runtime.Gosched()
	}
	cancel()
	wantErr(t, "Add whose context ends", <-result, context.Canceled)
	release()
	add(t, db, core.CustomerID{}, "after")
	_, err = db.GetByEmail(t.Context(), "applied")
	wantErr(t, "GetByEmail of what was taken", err, nil)
	_, err = db.GetByEmail(t.Context(), "never")
	wantErr(t, "GetByEmail of what was not taken", err, store.ErrNotFound)
}

func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	release := db.HoldCommits()
	results := make(chan error, 10)
	for i := range 10 {
		go func() {
			_, err := db.Add(bg, store.NewCustomer{Email: fmt.Sprint(i)})
			results <- err
		}()
	}
	for db.Waiting() < 10 {
		runtime.Gosched()
	}
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	release()
	for range 10 {
		wantErr(t, "Add in flight", <-results, nil)
	}
	wantErr(t, "Close", <-closed, nil)
	wantErr(t, "Close again", db.Close(), nil)
	_, err = db.Add(bg, store.NewCustomer{Email: "late"})
	wantErr(t, "Add after Close", err, store.ErrClosed)
	_, _, err = db.Load(bg, store.Query{})
	wantErr(t, "Load after Close", err, store.ErrClosed)
	wantErr(t, "Health after Close", db.Health(), store.ErrClosed)
	if n, err := open(t, store.Config{Path: path}).Count(bg); n != 10 || err != nil {
		t.Errorf("Count after opening again = %d, %v, want 10", n, err)
	}
}
