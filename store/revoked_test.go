package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// accessLife is how long the access tokens of the histories below live.
const accessLife = 300 * time.Second

// shop is a store with customers who come and go, and the tokens that it has issued.
type shop struct {
	*testing.T
	*store.DB
	clock  *clock
	random *rand.Rand
	field  store.Field
	tokens []issued
	bits   uint64
	log    []string
}

// Log is that of the test, not that of the store.
func (s *shop) Log(args ...any) { s.T.Log(args...) }

// issued is an access token.
type issued struct {
	id     core.CustomerID
	email  string
	family core.Family
	issuer string
	at     time.Time
}

func (s *shop) query(i issued) store.Query {
	q := store.Query{UserID: i.id, HasUser: true, Field: s.field, Family: i.family, Issuer: i.issuer, HasFamily: true}
	if s.field == store.FieldEmail {
		q.UserID = core.Text(i.email)
	}
	return q
}

// dead is what the store says of a token.
func (s *shop) dead(i issued) bool {
	state, _, err := s.Load(bg, s.query(i))
	must(s, err)
	return state.Family.Dead || i.family.EndedBy(state.CutOff, 0)
}

// listed is what a verifier says of it, who has only the revocations.
func (s *shop) listed(r store.Revocations, i issued) bool {
	k := i.family.Key(i.issuer, core.CustomerID{})
	whole, some := store.RevokedFamily{k.Issuer, k.Bits, k.Start}, store.RevokedFamily{Issuer: k.Issuer, Bits: k.Bits}
	for _, f := range r.Families {
		if f == whole || f == some {
			return true
		}
	}
	subject, cutOff := fact.ByID(i.id), r.Node
	if s.field == store.FieldEmail {
		subject = fact.ByAddress(i.email)
	}
	for _, c := range r.CutOffs {
		if c.Subject == subject {
			cutOff = max(cutOff, c.At)
		}
	}
	inGap := r.GapAfter < i.family.Start && i.family.Start <= r.GapUntil
	return inGap || i.family.EndedBy(cutOff, 0)
}

// compare wants both to say the same of each token that has not expired.
func (s *shop) compare() error {
	now := s.clock.now()
	r, err := s.Revocations(bg, s.field, now.Add(-accessLife), 1000)
	must(s, err)
	for _, i := range s.tokens {
		if now.Before(i.at.Add(accessLife)) && s.dead(i) != s.listed(r, i) {
			return fmt.Errorf("the store says that %+v is dead: %v, and the revocations are %+v", i, s.dead(i), r)
		}
	}
	return nil
}

// some is a customer who exists; ok is false if there is none.
func (s *shop) some() (c store.Customer, ok bool) {
	list, err := s.List(bg, core.CustomerID{}, 100)
	must(s, err)
	if len(list) == 0 {
		return c, false
	}
	return list[s.random.IntN(len(list))], true
}

// issue issues an access token of a family, if that is alive.
func (s *shop) issue(i issued) {
	if i.at = s.clock.now(); !s.dead(i) {
		s.tokens = append(s.tokens, i)
	}
}

// revoke revokes the family of a token as core does, and folds the customer's beyond two.
func (s *shop) revoke(i issued) {
	k := i.family.Key(i.issuer, i.id)
	list := []core.Effect{{Kind: core.RevokeFamily, Family: k, At: i.family.Start,
		Until: s.clock.now().Unix() + 86400}}
	if i.issuer == "" {
		if k.Start == 0 {
			list = append(list, list[0])
			list[1].Family.Customer = i.id
		}
		list = append(list, core.Effect{Kind: core.FoldFamilies, Customer: i.id, At: 2})
	}
	must(s, s.Settle(bg, core.Effects{List: list, Reads: core.Reads{CutOff: core.LastCutOff}}))
}

// step does something at random, and says what.
func (s *shop) step() string {
	s.clock.ms.Add(s.random.Int64N(40_000))
	c, ok := s.some()
	email := fmt.Sprint("customer ", s.random.IntN(5))
	action := s.random.IntN(16)
	if !ok {
		action = 0
	}
	switch action {
	case 0, 1:
		id := core.Integer(s.random.Int64N(4) + 1)
		_, err := s.Add(bg, store.NewCustomer{ID: id, Email: email, IsActive: true})
		return fmt.Sprint("add ", id, email, err)
	case 2, 3, 4:
		q := s.query(issued{id: c.ID, email: c.Email})
		q.HasFamily = false
		state, _, err := s.Load(bg, q)
		must(s, err)
		s.bits++
		f := core.Family{Listed: true, Ours: true, Bits: s.bits, Start: max(s.clock.now().UnixMilli(), state.CutOff+1)}
		if s.random.IntN(5) > 0 {
			must(s, s.Settle(bg, login(state, f.Start)))
		} else {
			f.Ours, f.Start = false, f.Start/1000*1000 // an id of another program, whose iat has whole seconds
		}
		issuer := []string{"", "", "", "other"}[s.random.IntN(4)]
		s.issue(issued{id: c.ID, email: c.Email, family: f, issuer: issuer})
		return fmt.Sprint("log in ", c.ID, f)
	case 5, 6, 7:
		if len(s.tokens) > 0 {
			s.issue(s.tokens[s.random.IntN(len(s.tokens))])
		}
		return "refresh"
	case 8, 9, 10:
		if len(s.tokens) == 0 {
			return ""
		}
		i := s.tokens[s.random.IntN(len(s.tokens))]
		s.revoke(i)
		return fmt.Sprint("revoke ", i)
	case 11:
		_, err := s.Set(bg, c.ID, store.Change{Email: &email}, time.Duration(s.random.IntN(400))*time.Second)
		return fmt.Sprint("readdress ", c.ID, email, err)
	case 12:
		must(s, s.Remove(bg, c.ID, time.Duration(s.random.IntN(400))*time.Second))
		return fmt.Sprint("remove ", c.ID)
	case 13:
		err := []error{nil, nil, nil}
		switch s.random.IntN(4) {
		case 0:
			err[0] = s.SetActive(bg, c.ID, s.random.IntN(2) == 0)
		case 1:
			err[1] = s.SetPassword(bg, c.ID, "!")
		case 2:
			err[2] = s.Revoke(bg, c.ID)
		default:
			if s.random.IntN(3) == 0 {
				must(s, s.RevokeAll(bg))
			}
		}
		return fmt.Sprint("end ", c.ID, err)
	case 14:
		_, err := s.Purge(bg, s.clock.now(), 0)
		return fmt.Sprint("purge ", err)
	default:
		return s.restore()
	}
}

// restore restores a backup that is some steps old.
func (s *shop) restore() string {
	b := backUp(s, s.DB)
	for range s.random.IntN(3) {
		s.step()
	}
	config := store.Config{Path: filepath.Join(s.TempDir(), "store.db"), Now: s.clock.now, Elapsed: s.clock.elapsed}
	keep := s.random.IntN(2) == 0
	_, err := restore(config, b, store.Restoring{KeepSessions: keep})
	must(s, err)
	s.DB = open(s, config)
	return fmt.Sprint("restore ", keep)
}

// A verifier who has the revocations says of each token what the store says, whatever happens.
func TestRevocations(t *testing.T) {
	for seed := range uint64(40) {
		db, clock := fresh(t)
		s := &shop{T: t, DB: db, clock: clock, random: rand.New(rand.NewPCG(1, seed)), field: store.Field(seed % 2)}
		must(t, s.RaiseLifetimes(bg, core.Lifetimes{Access: int64(accessLife.Seconds()), Refresh: 3600}))
		for range 40 {
			s.log = append(s.log, s.step())
			if err := s.compare(); err != nil {
				t.Fatalf("seed %d: %v, after %q", seed, err, s.log)
			}
		}
	}
}

// What is listed goes once no token can be alive that was issued before, and what was not revoked is never listed.
func TestRevocationsEnd(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	must(t, db.RaiseLifetimes(bg, core.Lifetimes{Access: 3600}))
	list := func(since time.Duration) store.Revocations {
		r, err := db.Revocations(bg, store.FieldID, clock.now().Add(-since), 1000)
		must(t, err)
		return r
	}
	if r := list(time.Hour); len(r.Families)+len(r.CutOffs) != 0 || r.Node != 0 || r.GapUntil != 0 {
		t.Errorf("of a new store they are %+v", r)
	}
	f := core.Family{Listed: true, Ours: true, Bits: 7, Start: start}
	for range 2 {
		blacklist(t, db, f, ada.ID, 0)
		must(t, db.Revoke(bg, ada.ID))
		clock.ms.Add(60_000)
	}
	r := list(time.Hour)
	if len(r.Families) != 1 || r.Families[0] != (store.RevokedFamily{Bits: 7, Start: start}) || len(r.CutOffs) != 1 ||
		r.CutOffs[0] != (fact.CutOff{Subject: fact.ByID(ada.ID), At: start + 60_000}) {
		t.Errorf("they are %+v", r)
	}
	if r := list(90 * time.Second); len(r.Families) != 0 || len(r.CutOffs) != 1 {
		t.Errorf("what was revoked before is listed: %+v", r)
	}
	if _, err := db.Revocations(bg, store.FieldID, clock.now().Add(-time.Hour), 1); err == nil {
		t.Error("there are more than were asked for, and no error")
	}
	clock.ms.Add(24 * hour)
	purge(t, db, clock)
	if n := len(list(time.Hour*1000).Families) + len(list(time.Hour*1000).CutOffs); n != 2 {
		t.Errorf("%d are left within an hour and a day, want 2", n)
	}
	clock.ms.Add(hour)
	purge(t, db, clock)
	if r := list(1000 * time.Hour); len(r.Families)+len(r.CutOffs) != 0 {
		t.Errorf("after an hour and a day %+v is left", r)
	}
}

// After an upgrade all that is dead is listed, and cut-offs that are recent or that families folded into.
func TestUpgradeFrom6(t *testing.T) {
	clock := newClock()
	path := filepath.Join(t.TempDir(), "store.db")
	config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
	db, err := store.Open(config)
	must(t, err)
	ada, bea, eve := add(t, db, core.CustomerID{}, "a"), add(t, db, core.CustomerID{}, "b"),
		add(t, db, core.CustomerID{}, "e")
	const families = 4500 // more than a batch
	var effects []core.Effect
	for i := range int64(families) {
		effects = append(effects, core.Effect{Kind: core.RevokeFamily, Until: start/1000 + 1e6,
			Family: core.FamilyKey{Customer: ada.ID, Bits: uint64(i), Start: start + i}})
	}
	effects = append(effects, core.Effect{Kind: core.FoldFamilies, Customer: ada.ID, At: families - 10})
	must(t, db.Settle(bg, core.Effects{List: effects}))
	must(t, db.Revoke(bg, bea.ID))
	clock.ms.Add(3 * day)
	must(t, db.Revoke(bg, eve.ID))
	must(t, db.Close())
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error { // back to schema 6
		return backTo(tx, 6, "revoked", "hashes", "imports", "origin", "members", "leases", "invitations")
	})
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != 6 || !r.Older || r.Upgrading {
		t.Errorf("Check before = %v, %v", shown(r), err)
	}
	clock.ms.Add(hour)
	db, err = store.Open(config)
	must(t, err)
	r, err := db.Revocations(bg, store.FieldID, clock.now(), 10_000)
	must(t, err)
	if len(r.Families) != families-10 || len(r.CutOffs) != 2 {
		t.Errorf("%d families and the cut-offs %+v are listed", len(r.Families), r.CutOffs)
	}
	for _, c := range r.CutOffs {
		if c.Subject.ID != ada.ID && c.Subject.ID != eve.ID {
			t.Errorf("the cut-off %+v is listed", c)
		}
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older {
		t.Errorf("Check after = %v, %v", shown(r), err)
	}
}

// No epoch is given twice: the mark outlives the process and a restore.
func TestEpochMark(t *testing.T) {
	db, clock := fresh(t)
	mark := func(db *store.DB) int64 {
		m, err := db.EpochMark(bg)
		must(t, err)
		return m
	}
	if m := mark(db); m != 0 {
		t.Errorf("the mark of a new store is %d", m)
	}
	must(t, db.ReserveEpochs(bg, start+5))
	must(t, db.ReserveEpochs(bg, start))
	if m := mark(db); m != start+5 {
		t.Errorf("the mark is %d, not the highest", m-start)
	}
	b := backUp(t, db)
	must(t, db.ReserveEpochs(bg, start+60_000))
	config := store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now, Elapsed: clock.elapsed}
	_, err := restore(config, b, store.Restoring{})
	must(t, err)
	if m := mark(open(t, config)); m < start+60_000 {
		t.Errorf("after the restore the mark is %d, below that of before", m-start)
	}
}

// The cut-off of an address is listed for each customer who has the address, even one who waits for it, and for one who
// gets it from the hub.
func TestRevocationsOfAnAddress(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.Integer(7), "ada")
	gone := add(t, db, core.Integer(8), "gone")
	must(t, db.Remove(bg, gone.ID, time.Hour))
	clock.ms.Add(1000)
	var last fact.Frame
	deliver := func(f fact.Customer) {
		f.Made = fact.Stamp{Epoch: 1, Time: start*1000 + 7, Node: 3}
		next := fact.Frame{Node: 3, Incarnation: 1, Sequence: last.Sequence + 1, Made: start * 1000}
		if last.Sequence != 0 {
			next.Previous = last.Hash()
		}
		f.Stamp = fact.Stamp{Epoch: 1, Time: start*1000 + 6 + int64(next.Sequence), Node: 3}
		next.Facts = []fact.Fact{f}
		last = next
		raw, err := last.Append(nil)
		must(t, err)
		_, err = db.Apply(bg, store.Delivery{Frames: [][]byte{raw}})
		must(t, err)
	}
	check := func(want int64) {
		t.Helper()
		cutOff := state(t, db, core.Integer(9), core.Family{}).CutOff
		r, err := db.Revocations(bg, store.FieldID, clock.now().Add(-time.Second), 1000)
		must(t, err)
		listed := int64(0)
		for _, c := range r.CutOffs {
			if c.Subject.ID == core.Integer(9) {
				listed = c.At
			}
		}
		if cutOff != listed || (cutOff != 0) != (want != 0) || cutOff < want {
			t.Errorf("the store has a cut-off at %d, and lists %d, want %d", cutOff, listed, want)
		}
	}
	deliver(fact.Customer{ID: core.Integer(9), Set: fact.AllFields, Email: "ada", Joined: start * 1000})
	check(0)
	must(t, db.Remove(bg, ada.ID, time.Hour))
	check(start)
	clock.ms.Add(5000)
	deliver(fact.Customer{ID: core.Integer(9), Set: fact.Email, Email: "gone"})
	check(start)
}
