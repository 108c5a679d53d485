package store_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// text and flag are values to set.
func text(s string) *string { return &s }
func flag(b bool) *bool     { return &b }

func TestSet(t *testing.T) {
	for _, c := range []struct {
		name   string
		change store.Change
		want   store.Customer // what differs
		err    string
	}{
		{"nothing", store.Change{}, store.Customer{Email: "ada", Attributes: []byte(`{"a":1}`)}, ""},
		{"what it is", store.Change{Email: text("ada"), IsStaff: flag(false), Attributes: []byte(`{ "a": 1 }`)},
			store.Customer{Email: "ada", Attributes: []byte(`{"a":1}`)}, ""},
		{"names", store.Change{FirstName: text("Ada"), LastName: text("L")},
			store.Customer{Email: "ada", FirstName: "Ada", LastName: "L", Attributes: []byte(`{"a":1}`)}, ""},
		{"staff and superuser", store.Change{IsStaff: flag(true), IsSuperuser: flag(true)},
			store.Customer{Email: "ada", IsStaff: true, IsSuperuser: true, Attributes: []byte(`{"a":1}`)}, ""},
		{"attributes", store.Change{Attributes: []byte(`{"b": [2]}`)},
			store.Customer{Email: "ada", Attributes: []byte(`{"b":[2]}`)}, ""},
		{"no attributes", store.Change{Attributes: []byte(`null`)}, store.Customer{Email: "ada"}, ""},
		{"address", store.Change{Email: text("Ada")}, store.Customer{Email: "Ada", Attributes: []byte(`{"a":1}`)}, ""},
		{"address is taken", store.Change{Email: text("bea"), FirstName: text("B")}, store.Customer{},
			`customer "1": e-mail address is already taken`},
		{"no address", store.Change{Email: text("")}, store.Customer{},
			`customer "1": e-mail address cannot be stored: it is empty`},
		{"long name", store.Change{FirstName: text(strings.Repeat("x", 1025))}, store.Customer{},
			`customer "1": first name cannot be stored: it has 1025 bytes, the most is 1024`},
		{"attributes are a list", store.Change{Attributes: []byte(`[]`)}, store.Customer{},
			"attributes cannot be stored: they are no JSON object in UTF-8"},
		{"null character", store.Change{Email: text("a\x00")}, store.Customer{},
			`customer "1": e-mail address cannot be stored: it contains a null character`},
	} {
		db, clock := fresh(t)
		before, err := db.Add(bg, store.NewCustomer{Email: "ada", IsActive: true, PasswordHash: "hash",
			Attributes: []byte(`{"a": 1}`), Permissions: []string{"a.b"}})
		must(t, err)
		add(t, db, core.CustomerID{}, "bea")
		begin(t, db, clock, before, sid(1))
		before, err = db.Get(bg, before.ID)
		must(t, err)
		got, err := db.Set(bg, before.ID, c.change, time.Hour)
		if text := errorText(err); text != c.err {
			t.Errorf("%s: Set = %q, want %q", c.name, text, c.err)
		}
		want := before
		if c.err == "" {
			want.Email, want.FirstName, want.LastName, want.IsStaff, want.IsSuperuser = c.want.Email, c.want.FirstName,
				c.want.LastName, c.want.IsStaff, c.want.IsSuperuser
			want.Attributes = c.want.Attributes
			if !reflect.DeepEqual(want, before) {
				want.Version = got.Version
				if got.Version <= before.Version {
					t.Errorf("%s: version %d after %d", c.name, got.Version, before.Version)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: Set = %+v, want %+v", c.name, got, want)
			}
		}
		if stored, err := db.Get(bg, before.ID); err != nil || !reflect.DeepEqual(stored, want) {
			t.Errorf("%s: stored %+v, %v, want %+v", c.name, stored, err, want)
		}
		if !alive(t, db, sid(1), before) {
			t.Errorf("%s: the session ended", c.name)
		}
	}
	db, _ := fresh(t)
	_, err := db.Set(bg, core.Integer(9), store.Change{}, 0)
	wantErr(t, "Set of nobody", err, store.ErrNotFound)
	_, err = db.Set(bg, core.Text("9"), store.Change{}, 0)
	wantErr(t, "Set of another kind of id", err, store.ErrNotFound)
	_, err = db.Set(bg, core.Integer(9), store.Change{Attributes: json.RawMessage("{}")}, -1)
	wantErr(t, "Set that keeps for less than no time", err, store.ErrInvalid)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// With USER_ID_FIELD email, tokens name an address. When the customer gives up the address, they name nobody, and they
// do not work for its next owner. With USER_ID_FIELD id they go on.
func TestSetEmailEndsTokensOfTheOldAddress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	set := func(c store.Customer, email string) {
		t.Helper()
		clock.ms.Add(1000)
		if _, err := db.Set(bg, c.ID, store.Change{Email: &email}, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	begin(t, db, clock, ada, sid(1))
	begin(t, db, clock, bea, sid(2))
	for _, c := range []struct {
		name   string
		do     func()
		email  string
		owner  core.CustomerID
		cutOff int64 // of the address
		alive  [2]bool
	}{
		{"before", func() {}, "ada", ada.ID, 0, [2]bool{true, true}},
		{"nobody has it", func() { set(ada, "new") }, "ada", core.CustomerID{}, start + 1000, [2]bool{true, true}},
		{"the new address", func() {}, "new", ada.ID, 0, [2]bool{true, true}},
		{"another has it: what was his ends too", func() { set(bea, "ada") }, "ada", bea.ID, start + 1000,
			[2]bool{true, false}},
		{"the other's old one", func() {}, "bea", core.CustomerID{}, start + 2000, [2]bool{true, false}},
		{"a new customer has that", func() { add(t, db, core.CustomerID{}, "bea") }, "bea", core.Integer(3),
			start + 2000, [2]bool{true, false}},
		{"there and back", func() { set(ada, "x"); set(ada, "new") }, "new", ada.ID, start + 3000,
			[2]bool{false, false}},
	} {
		// What a session began by now reserved is taken for granted after a restart.
		must(t, db.Close())
		db, err = store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
		must(t, err)
		c.do()
		s := stateByEmail(t, db, c.email)
		if s.Customer.ID != c.owner || s.CutOff != c.cutOff {
			t.Errorf("%s: address %q is that of customer %v with cut-off %d, want %v with %d", c.name, c.email,
				s.Customer.ID, s.CutOff, c.owner, c.cutOff)
		}
		for i, customer := range []store.Customer{ada, bea} {
			if got := alive(t, db, sid(i+1), customer); got != c.alive[i] {
				t.Errorf("%s: session of customer %v is alive: %v", c.name, customer.ID, got)
			}
		}
	}
	if s, err := db.Stats(bg); err != nil || s.Tombstones != 0 || s.Sessions != 0 {
		t.Errorf("Stats = %+v, %v, want no tombstones of ids and no sessions", s, err)
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// A removal and the cut-offs of what was given up stay as long as any token can live. Neither the present lifetimes nor
// the caller can shorten that.
func TestCutOffOutlivesTheLongestToken(t *testing.T) {
	const day = 24 * 3600
	for _, c := range []struct {
		name string
		ever []core.Lifetimes
		keep time.Duration
		want int64 // seconds after the removal that it is still there
	}{
		{"nothing is known", nil, time.Hour, 3600},
		{"longest refresh token", []core.Lifetimes{{Access: 60, Refresh: 30 * day}, {Access: 60, Refresh: day}},
			time.Hour, 31 * day},
		{"longest access token", []core.Lifetimes{{Access: 40 * day, Refresh: day}}, time.Hour, 41 * day},
		{"longer than both", []core.Lifetimes{{Access: 60, Refresh: day}}, 90 * 24 * time.Hour, 90 * day},
	} {
		for _, what := range []struct {
			name    string
			records int // the removal, and the cut-offs of the id and of the address
			do      func(*store.DB, core.CustomerID) error
		}{
			{"removal", 3, func(db *store.DB, id core.CustomerID) error { return db.Remove(bg, id, c.keep) }},
			{"another address", 1, func(db *store.DB, id core.CustomerID) error {
				_, err := db.Set(bg, id, store.Change{Email: text("new")}, c.keep)
				return err
			}},
		} {
			db, clock := fresh(t)
			ada := add(t, db, core.CustomerID{}, "ada")
			for _, l := range c.ever {
				must(t, db.RaiseLifetimes(bg, l))
			}
			must(t, what.do(db, ada.ID))
			for _, at := range []struct {
				seconds int64
				records int
			}{{c.want, what.records}, {c.want + 2, 0}} {
				clock.ms.Store(start + at.seconds*1000)
				must(t, db.RevokeAll(bg)) // the last commit is now
				_, err := db.Purge(bg, clock.now(), 0)
				must(t, err)
				if n := db.EndingRecords(); n != at.records {
					t.Errorf("%s, %s: %d records after %d s, want %d", c.name, what.name, n, at.seconds, at.records)
				}
			}
		}
	}
}
