package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/store"
)

// sid is an id of a session.
func sid(i int) store.SessionID {
	return store.SessionID{0: 1, 29: byte(i >> 16), 30: byte(i >> 8), 31: byte(i)}
}

// begin starts a session of an hour.
func begin(t testing.TB, db *store.DB, clock *clock, c store.Customer, id store.SessionID) {
	t.Helper()
	must(t, db.StartSession(t.Context(), store.NewSession{ID: id, Customer: c, Expires: clock.now().Add(time.Hour)}))
}

// alive reports whether a session is that of a customer.
func alive(t testing.TB, db *store.DB, id store.SessionID, c store.Customer) bool {
	t.Helper()
	s, got, err := db.LoadSession(t.Context(), id, store.Query{})
	must(t, err)
	if (s == store.Session{}) != got.ID.IsZero() {
		t.Errorf("LoadSession = %+v, %+v: one without the other", s, got)
	}
	return s.ID == id && got.ID == c.ID
}

func TestSession(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	must(t, db.PutGroup(bg, "editors", []string{"customers.change_customer"}))
	must(t, db.ChangeRights(bg, ada.ID, store.RightsChange{Join: []string{"editors"}}))
	begin(t, db, clock, ada, sid(1))
	s, c, err := db.LoadSession(bg, sid(1), store.Query{Rights: true})
	want := store.Session{ID: sid(1), Customer: ada.ID, Started: start,
		Expires: time.UnixMilli(start + 3_600_000).UTC()}
	if err != nil || s != want {
		t.Errorf("LoadSession = %+v, %v, want %+v", s, err, want)
	}
	if c.ID != ada.ID || !c.LastLogin.Equal(clock.now()) || fmt.Sprint(c.Rights) != "[customers.change_customer]" ||
		fmt.Sprint(c.Groups) != "[editors]" {
		t.Errorf("LoadSession gives customer %+v, want one who just logged in with the rights of a group", c)
	}
	if _, c, err := db.LoadSession(bg, sid(1), store.Query{}); err != nil || c.Rights != nil {
		t.Errorf("LoadSession without Rights gives %v, %v", c.Rights, err)
	}
	before := db.LastTransaction()
	for range 10 {
		alive(t, db, sid(1), ada)
		alive(t, db, sid(2), ada)
	}
	if after := db.LastTransaction(); after != before {
		t.Errorf("reading sessions made %d commits", after-before)
	}
	must(t, db.EndSession(bg, sid(1)))
	must(t, db.EndSession(bg, sid(1)))
	if alive(t, db, sid(1), ada) {
		t.Error("session is alive after its end")
	}
	if s, err := db.Stats(bg); err != nil || s.Sessions != 0 {
		t.Errorf("%d sessions are left, %v, want none", s.Sessions, err)
	}
}

// What ends the families of a customer also ends its sessions and removes their records, whatever the clock does.
// Sessions of others go on.
func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*store.DB, core.CustomerID) error
		left int // records
	}{
		{"password change", func(db *store.DB, id core.CustomerID) error { return db.SetPassword(bg, id, "new") }, 1},
		{"disable", func(db *store.DB, id core.CustomerID) error { return db.SetActive(bg, id, false) }, 1},
		{"disable and enable", func(db *store.DB, id core.CustomerID) error {
			return errors.Join(db.SetActive(bg, id, false), db.SetActive(bg, id, true))
		}, 1},
		{"removal", func(db *store.DB, id core.CustomerID) error { return db.Remove(bg, id, time.Hour) }, 1},
		{"removal, and another with the id", func(db *store.DB, id core.CustomerID) error {
			if err := db.Remove(bg, id, time.Hour); err != nil {
				return err
			}
			_, err := db.Add(bg, store.NewCustomer{ID: id, Email: "new", IsActive: true})
			return err
		}, 1},
		{"log out everywhere", func(db *store.DB, id core.CustomerID) error { return db.Revoke(bg, id) }, 1},
		{"log out of the node", func(db *store.DB, _ core.CustomerID) error { return db.RevokeAll(bg) }, 4},
		{"log out everywhere, as a decision", func(db *store.DB, id core.CustomerID) error {
			return db.Settle(bg, core.Effects{List: change.LogOut.Ends(id, "")})
		}, 1},
		{"log out of the node, as a decision", func(db *store.DB, id core.CustomerID) error {
			return db.Settle(bg, core.Effects{List: change.LogOutAll.Ends(id, "")})
		}, 4},
	} {
		for name, back := range map[string]int64{"clock goes on": -1000, "clock stands": 0,
			"clock is set back": 7_200_000} {
			db, clock := fresh(t)
			ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
			for i := range 3 {
				begin(t, db, clock, ada, sid(i))
			}
			begin(t, db, clock, bea, sid(9))
			clock.ms.Add(-back)
			must(t, c.do(db, ada.ID))
			for i := range 3 {
				if alive(t, db, sid(i), ada) {
					t.Errorf("%s, %s: session %d is alive", c.name, name, i)
				}
			}
			if got := alive(t, db, sid(9), bea); got != (c.left == 1) {
				t.Errorf("%s, %s: the other customer's session is alive: %v", c.name, name, got)
			}
			if s, err := db.Stats(bg); err != nil || s.Sessions != c.left {
				t.Errorf("%s, %s: %d records, %v, want %d", c.name, name, s.Sessions, err, c.left)
			}
		}
	}
}

// A log-in right after a cut-off is alive, in the same millisecond and with the clock set back.
func TestSessionAfterCutOff(t *testing.T) {
	for name, back := range map[string]int64{"same millisecond": 0, "clock is set back": 7_200_000} {
		db, clock := fresh(t)
		ada := add(t, db, core.CustomerID{}, "ada")
		must(t, db.Revoke(bg, ada.ID))
		must(t, db.RevokeAll(bg))
		clock.ms.Add(-back)
		begin(t, db, clock, ada, sid(1))
		if !alive(t, db, sid(1), ada) {
			t.Errorf("%s: the session is dead", name)
		}
		if s := state(t, db, ada.ID, core.Family{}); s.HighWater < start+1 {
			t.Errorf("%s: high-water mark %d is below the start of a session", name, s.HighWater)
		}
		must(t, db.Revoke(bg, ada.ID))
		if alive(t, db, sid(1), ada) {
			t.Errorf("%s: the session outlives the next cut-off", name)
		}
	}
}

// The clock is set back and a new process opens the store. It ends the sessions of the old process by what the file
// says.
func TestSessionEndsInALaterProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada := add(t, db, core.CustomerID{}, "ada")
	begin(t, db, clock, ada, sid(1))
	must(t, db.Close())
	clock.ms.Add(-7_200_000)
	db = open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, db.RevokeAll(bg))
	if alive(t, db, sid(1), ada) {
		t.Error("the session outlives a cut-off of the node that was set with an earlier clock")
	}
}

// Log-in against password change, disable and removal: nothing new is issued, and the old password is dead.
func TestSessionConflicts(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*store.DB, core.CustomerID) error
		want error
	}{
		{"nothing", func(*store.DB, core.CustomerID) error { return nil }, nil},
		{"password change", func(db *store.DB, id core.CustomerID) error { return db.SetPassword(bg, id, "new") },
			store.ErrConflict},
		{"the same password again", func(db *store.DB, id core.CustomerID) error {
			return db.Rehash(bg, id,
				"hash of ada", "other hash")
		}, nil},
		{"disable", func(db *store.DB, id core.CustomerID) error { return db.SetActive(bg, id, false) },
			store.ErrConflict},
		{"removal", func(db *store.DB, id core.CustomerID) error { return db.Remove(bg, id, 0) }, store.ErrConflict},
		{"log out everywhere", func(db *store.DB, id core.CustomerID) error { return db.Revoke(bg, id) }, nil},
		{"another name", func(db *store.DB, id core.CustomerID) error {
			email := "Ada"
			_, err := db.Set(bg, id, store.Change{Email: &email}, 0)
			return err
		}, nil},
	} {
		db, clock := fresh(t)
		ada := add(t, db, core.CustomerID{}, "ada")
		must(t, c.do(db, ada.ID))
		err := db.StartSession(bg, store.NewSession{ID: sid(1), Customer: ada, Expires: clock.now().Add(time.Hour)})
		wantErr(t, c.name+": StartSession", err, c.want)
		if got := alive(t, db, sid(1), ada); got != (c.want == nil) {
			t.Errorf("%s: session is alive: %v", c.name, got)
		}
	}
}

// TestSessionReplacesItself begins a session anew under its own id: it lasts from then on, and is one.
func TestSessionReplacesItself(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	begin(t, db, clock, ada, sid(1))
	later := clock.now().Add(100 * time.Hour)
	must(t, db.StartSession(bg, store.NewSession{ID: sid(1), Customer: ada, Expires: later, Replaces: sid(1)}))
	if s, _, err := db.LoadSession(bg, sid(1), store.Query{}); err != nil || !s.Expires.Equal(later) ||
		s.Customer != ada.ID {
		t.Errorf("LoadSession = %+v, %v, want it to end at %v", s, err, later)
	}
	must(t, db.EndSession(bg, sid(1)))
	if alive(t, db, sid(1), ada) {
		t.Error("the session is alive after its end")
	}
}

func TestSessionRefuses(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	begin(t, db, clock, ada, sid(1))
	hour := clock.now().Add(time.Hour)
	for _, c := range []struct {
		name string
		s    store.NewSession
		want error
	}{
		{"zero id", store.NewSession{Customer: ada, Expires: hour}, store.ErrInvalid},
		{"ended already", store.NewSession{ID: sid(2), Customer: ada, Expires: clock.now()}, store.ErrInvalid},
		{"never ends", store.NewSession{ID: sid(2), Customer: ada,
			Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, store.ErrInvalid},
		{"id in use", store.NewSession{ID: sid(1), Customer: ada, Expires: hour}, store.ErrExists},
		{"nobody", store.NewSession{ID: sid(2), Expires: hour}, store.ErrConflict},
	} {
		wantErr(t, c.name+": StartSession", db.StartSession(bg, c.s), c.want)
	}
	done, cancel := context.WithCancel(bg)
	cancel()
	if err := db.StartSession(done, store.NewSession{ID: sid(2), Customer: ada, Expires: hour}); !errors.Is(err,
		context.Canceled) {
		t.Errorf("StartSession after ctx ended = %v, want context.Canceled", err)
	}
	if !alive(t, db, sid(1), ada) || alive(t, db, sid(2), ada) {
		t.Error("a refused session changed something")
	}
}

// Session fixation: a log-in ends the session that was in the browser before, whoever owned it.
func TestSessionFixation(t *testing.T) {
	db, clock := fresh(t)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	begin(t, db, clock, ada, sid(1))
	begin(t, db, clock, bea, sid(2))
	for i, replaces := range []store.SessionID{sid(1), sid(2), sid(99), {}} {
		id := sid(10 + i)
		must(t, db.StartSession(bg, store.NewSession{ID: id, Customer: ada, Expires: clock.now().Add(time.Hour),
			Replaces: replaces}))
		if s, _, err := db.LoadSession(bg, replaces, store.Query{}); err != nil || s != (store.Session{}) {
			t.Errorf("the replaced session %x = %+v, %v, want none", replaces, s, err)
		}
		if !alive(t, db, id, ada) {
			t.Errorf("session %x is dead", id)
		}
	}
	if s, err := db.Stats(bg); err != nil || s.Sessions != 4 {
		t.Errorf("%d sessions, %v, want 4", s.Sessions, err)
	}
	// A log-in that is refused ends nothing.
	stale := ada
	stale.RevokeClaim = "another"
	err := db.StartSession(bg, store.NewSession{ID: sid(20), Customer: stale, Expires: clock.now().Add(time.Hour),
		Replaces: sid(10)})
	wantErr(t, "StartSession with an old password", err, store.ErrConflict)
	if !alive(t, db, sid(10), ada) {
		t.Error("a refused log-in ended a session")
	}
}

// If one customer begins ever more sessions, its own oldest go, and nobody else's.
func TestMillionSessionsByOneClient(t *testing.T) {
	db, clock := fresh(t)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	begin(t, db, clock, bea, sid(1000))
	for i := range 200 {
		clock.ms.Add(1)
		begin(t, db, clock, ada, sid(i))
		if s, err := db.Stats(bg); err != nil || s.Sessions != min(i+1, 64)+1 {
			t.Fatalf("%d sessions after %d log-ins, %v", s.Sessions, i+1, err)
		}
	}
	for i := range 200 {
		if got := alive(t, db, sid(i), ada); got != (i >= 200-64) {
			t.Errorf("session %d is alive: %v", i, got)
		}
	}
	if !alive(t, db, sid(1000), bea) {
		t.Error("another customer's session ended")
	}
	// One that it replaces makes room.
	must(t, db.StartSession(bg, store.NewSession{ID: sid(300), Customer: ada, Expires: clock.now().Add(time.Hour),
		Replaces: sid(199)}))
	if !alive(t, db, sid(200-64), ada) {
		t.Error("the oldest session ended though another made room")
	}
}

// Beyond the bound on all sessions, the ones that would expire first go.
func TestSessionsOfAllAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed, MaxSessions: 100})
	must(t, err)
	var customers []store.Customer
	for i := range 10 {
		customers = append(customers, add(t, db, core.CustomerID{}, fmt.Sprint(i)))
	}
	start := func(i int, ends time.Duration) {
		must(t, db.StartSession(bg, store.NewSession{ID: sid(i), Customer: customers[i%10],
			Expires: clock.now().Add(ends)}))
	}
	start(0, 100*time.Hour)
	for i := 1; i < 250; i++ {
		start(i, time.Hour+time.Duration(i)*time.Second)
	}
	for i := range 250 {
		if got := alive(t, db, sid(i), customers[i%10]); got != (i == 0 || i > 150) {
			t.Errorf("session %d is alive: %v", i, got)
		}
	}
	must(t, db.Close())
	// A lower bound is reached step by step.
	db = open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed, MaxSessions: 10})
	for i := 300; i < 310; i++ {
		start(i, 50*time.Hour)
	}
	if s, err := db.Stats(bg); err != nil || s.Sessions != 10 {
		t.Errorf("%d sessions under a bound of 10, %v", s.Sessions, err)
	}
}

func TestPurgeSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada := add(t, db, core.CustomerID{}, "ada")
	for i := range 5 {
		must(t, db.StartSession(bg, store.NewSession{ID: sid(i), Customer: ada,
			Expires: clock.now().Add(time.Duration(i+1) * time.Minute)}))
	}
	must(t, db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: 1},
		Until: start/1000 + 90}}}))
	for _, c := range []struct {
		name  string
		at    time.Duration
		limit int
		want  store.Purged
		left  int
	}{
		{"nothing is due", time.Minute, 10, store.Purged{}, 5},
		{"one", time.Minute + time.Millisecond, 10, store.Purged{Sessions: 1}, 4},
		{"limit", 4*time.Minute + time.Millisecond, 2, store.Purged{Sessions: 2, More: true}, 2},
		{"the rest, and a family", 4*time.Minute + time.Millisecond, 2, store.Purged{Sessions: 1, Families: 1}, 1},
		{"last", time.Hour, 0, store.Purged{Sessions: 1}, 0},
	} {
		clock.ms.Store(start + c.at.Milliseconds())
		got, err := db.Purge(bg, clock.now(), c.limit)
		s, statsErr := db.Stats(bg)
		if err != nil || statsErr != nil || got != c.want || s.Sessions != c.left {
			t.Errorf("%s: Purge = %+v, %v, and %d are left, %v, want %+v and %d", c.name, got, err, s.Sessions,
				statsErr, c.want, c.left)
		}
	}
	clock.ms.Add(60_000)
	if alive(t, db, sid(0), ada) {
		t.Error("a session is alive when it expires")
	}
	must(t, db.Close())
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// Sessions that begin at once share commits, and each is there when it is acknowledged.
func TestSessionsShareCommits(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	release := db.HoldCommits()
	before := db.LastTransaction()
	ended := make(chan error)
	for i := range 40 {
		go func() {
			ended <- db.StartSession(bg, store.NewSession{ID: sid(i), Customer: ada,
				Expires: clock.now().Add(time.Hour)})
		}()
	}
	for db.Waiting() < 40 {
		time.Sleep(time.Millisecond)
	}
	release()
	for range 40 {
		must(t, <-ended)
	}
	if n := db.LastTransaction() - before; n > 2 {
		t.Errorf("40 sessions took %d commits, want 2 at most", n)
	}
	for i := range 40 {
		if !alive(t, db, sid(i), ada) {
			t.Errorf("session %d is not there", i)
		}
	}
}
