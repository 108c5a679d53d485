package store_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

var curl = store.Client{Agent: "curl/8", Address: "192.0.2.0/24"}

// listLogin begins a family of a customer that is listed and ends a day after its start.
func listLogin(t testing.TB, db *store.DB, id core.CustomerID, bits uint64, at int64, c store.Client) core.Family {
	t.Helper()
	f := core.Family{Listed: true, Ours: true, Bits: bits, Start: at}
	must(t, db.SettleLogin(bg, login(state(t, db, id, core.Family{}), at),
		store.NewLogin{Family: f.Key("", id), Until: at/1000 + 86400, Client: c}))
	return f
}

// bitsOf are the families of the listed log-ins of a customer, in their order.
func bitsOf(t testing.TB, db *store.DB, id core.CustomerID, offset, limit int) (bits []uint64, count int) {
	t.Helper()
	list, count, err := db.Logins(bg, id, offset, limit)
	must(t, err)
	for _, l := range list {
		bits = append(bits, l.Family.Bits)
	}
	return bits, count
}

// listRecords counts the records of lists of log-ins in a file that nobody has open.
func listRecords(t testing.TB, path string) int {
	t.Helper()
	found := all(t, path)
	if len(found["logins"]) != len(found["login_expiry"]) {
		t.Errorf("there are %d log-ins and %d ends", len(found["logins"]), len(found["login_expiry"]))
	}
	return len(found["logins"])
}

func TestLogins(t *testing.T) {
	db, clock := fresh(t)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	for i := range uint64(7) {
		listLogin(t, db, ada.ID, i, clock.ms.Load(), curl)
		clock.ms.Add(1000)
	}
	other := listLogin(t, db, bea.ID, 99, clock.ms.Load(), store.Client{})
	must(t, db.Settle(bg, login(state(t, db, ada.ID, core.Family{}), clock.ms.Load()))) // not listed
	for _, c := range []struct {
		offset, limit int
		want          string
	}{{0, 3, "[6 5 4]"}, {3, 3, "[3 2 1]"}, {6, 3, "[0]"}, {7, 3, "[]"}, {100, 1, "[]"}, {-1, 1, "[6]"},
		{0, -1, "[]"}} {
		if bits, n := bitsOf(t, db, ada.ID, c.offset, c.limit); fmt.Sprint(bits) != c.want || n != 7 {
			t.Errorf("offset %d, limit %d: %v of %d, want %s of 7", c.offset, c.limit, bits, n, c.want)
		}
	}
	list, _, err := db.Logins(bg, ada.ID, 0, 1)
	want := store.Login{Family: core.FamilyKey{Customer: ada.ID, Bits: 6, Start: start + 6000},
		Used: time.UnixMilli(start + 6000).UTC(), Client: curl}
	if err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("Logins = %+v, %v, want %+v", list, err, want)
	}
	id := list[0].ListID()
	if got, err := db.ListedLogin(bg, want.Family); err != nil || got != want {
		t.Errorf("ListedLogin = %+v, %v", got, err)
	}
	if k, ok := store.ReadListID(id); !ok || k.Start != want.Family.Start || k.Bits != 6 || len(id) != 22 {
		t.Errorf("%q names %+v", id, k)
	}
	for _, k := range []core.FamilyKey{{}, other.Key("", ada.ID), other.Key("x", bea.ID),
		other.Key("", core.Text("bea")), {Customer: ada.ID, Bits: 6, Start: start}} {
		_, err := db.ListedLogin(bg, k)
		wantErr(t, fmt.Sprintf("%+v", k), err, store.ErrNotFound)
	}
	for name, bad := range map[string]string{"empty": "", "short": id[1:], "long": id + "A", "padded": id + "==",
		"other bits at the end": id[:21] + "B"} {
		if k, ok := store.ReadListID(bad); ok {
			t.Errorf("%s: %q names %+v", name, bad, k)
		}
	}
	for _, id := range []core.CustomerID{{}, core.Text("ada"), core.Integer(99)} {
		if bits, n := bitsOf(t, db, id, 0, 9); n != 0 || len(bits) != 0 {
			t.Errorf("customer %v has %v", id, bits)
		}
	}
}

// What ends a log-in takes it off the list, and takes its record away.
func TestLoginsEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(db *store.DB, ada core.CustomerID, f core.Family) error
		left string // what ada's list shows of 1 and 2
		kept int    // records, bea's included
	}{
		{"log-out", func(db *store.DB, ada core.CustomerID, f core.Family) error {
			return db.Settle(bg, revokeFamily(state(t, db, ada, f), f.Key("", ada), start/1000+1e6))
		}, "[2]", 2},
		{"log-out by a name without the customer", func(db *store.DB, ada core.CustomerID, f core.Family) error {
			return db.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
				Family: f.Key("", core.CustomerID{}), Until: start/1000 + 1e6}}})
		}, "[2]", 3},
		{"log-out everywhere", func(db *store.DB, ada core.CustomerID, _ core.Family) error {
			return db.Revoke(bg, ada)
		}, "[]", 1},
		{"a new password", func(db *store.DB, ada core.CustomerID, _ core.Family) error {
			return db.SetPassword(bg, ada, "new")
		}, "[]", 1},
		{"disabled", func(db *store.DB, ada core.CustomerID, _ core.Family) error {
			return db.SetActive(bg, ada, false)
		}, "[]", 1},
		{"removed", func(db *store.DB, ada core.CustomerID, _ core.Family) error {
			return db.Remove(bg, ada, time.Hour)
		}, "[]", 1},
		{"all end", func(db *store.DB, _ core.CustomerID, _ core.Family) error { return db.RevokeAll(bg) }, "[]", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			clock := newClock()
			config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
			db, err := store.Open(config)
			must(t, err)
			ada, bea := add(t, db, core.CustomerID{}, "ada").ID, add(t, db, core.CustomerID{}, "bea").ID
			f := listLogin(t, db, ada, 1, start, curl)
			listLogin(t, db, ada, 2, start, curl)
			listLogin(t, db, bea, 3, start, curl)
			must(t, c.do(db, ada, f))
			// A late word of it does not bring it back.
			db.UseLogin(store.NewLogin{Family: f.Key("", ada), Until: start/1000 + 1e6, Client: curl})
			must(t, db.FlushUses(bg))
			if bits, n := bitsOf(t, db, ada, 0, 9); fmt.Sprint(bits) != c.left || n != len(bits) {
				t.Errorf("listed are %v, want %s", bits, c.left)
			}
			_, err = db.ListedLogin(bg, f.Key("", ada))
			wantErr(t, "ListedLogin", err, store.ErrNotFound)
			if bits, _ := bitsOf(t, db, bea, 0, 9); len(bits) != 1 && c.name != "all end" {
				t.Errorf("bea has %v", bits)
			}
			must(t, db.Close())
			if n := listRecords(t, path); n != c.kept {
				t.Errorf("%d records are left, want %d", n, c.kept)
			}
			if r, err := store.Check(path); err != nil || !r.Sound() || r.Logins != c.kept {
				t.Errorf("Check = %v, %v", shown(r), err)
			}
		})
	}
}

// A log-in is listed until its last token ends; then it is purged.
func TestPurgeLogins(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada").ID
	for i := range uint64(5) {
		listLogin(t, db, ada, i, start+int64(i)*1000, curl)
	}
	clock.ms.Add(86400 * 1000)
	if _, n := bitsOf(t, db, ada, 0, 9); n != 5 {
		t.Errorf("%d are listed when the first ends", n)
	}
	clock.ms.Add(2000)
	if bits, n := bitsOf(t, db, ada, 0, 9); n != 3 {
		t.Errorf("%d are listed after the second has ended: %v", n, bits)
	}
	for _, want := range []store.Purged{{Logins: 1, More: true}, {Logins: 1}, {}} {
		if got, err := db.Purge(bg, clock.now(), 1); err != nil || got != want {
			t.Errorf("Purge = %+v, %v, want %+v", got, err, want)
		}
	}
	if s, err := db.Stats(bg); err != nil || s.Logins != 3 {
		t.Errorf("Stats = %+v, %v", s, err)
	}
}

// Beyond 1,000 the log-in of a customer is listed no longer that was used least recently. It goes on.
func TestLoginsOfACustomerAreBounded(t *testing.T) {
	db, clock := fresh(t)
	ada, bea := add(t, db, core.CustomerID{}, "ada").ID, add(t, db, core.CustomerID{}, "bea").ID
	listLogin(t, db, bea, 5000, start, curl)
	for i := range uint64(1000) {
		listLogin(t, db, ada, i, clock.ms.Load(), curl)
		clock.ms.Add(1)
	}
	first := core.Family{Listed: true, Ours: true, Bits: 0, Start: start}
	db.UseLogin(store.NewLogin{Family: first.Key("", ada), Until: start/1000 + 86400, Client: store.Client{Agent: "x"}})
	must(t, db.FlushUses(bg))
	clock.ms.Add(1)
	for i := range uint64(3) {
		listLogin(t, db, ada, 1000+i, clock.ms.Load(), curl)
		clock.ms.Add(1)
	}
	bits, n := bitsOf(t, db, ada, 0, 2000)
	if n != 1000 || bits[0] != 1002 || bits[3] != 0 || bits[999] != 4 {
		t.Errorf("%d are listed: %v … %v", n, bits[:5], bits[len(bits)-3:])
	}
	if s := state(t, db, ada, core.Family{Listed: true, Ours: true, Bits: 1, Start: start + 1}); s.Family.Dead ||
		s.CutOff != 0 {
		t.Errorf("a log-in that is listed no longer has ended: %+v", s)
	}
	if _, n := bitsOf(t, db, bea, 0, 9); n != 1 {
		t.Errorf("bea has %d", n)
	}
	if s, err := db.Stats(bg); err != nil || s.Logins != 1001 {
		t.Errorf("%d in all, %v", s.Logins, err)
	}
}

// Beyond the bound on all, those are listed no longer that end first.
func TestLoginsOfAllAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed, MaxLogins: 10}
	db, err := store.Open(config)
	must(t, err)
	var ids []core.CustomerID
	for i := range 5 {
		ids = append(ids, add(t, db, core.CustomerID{}, fmt.Sprint(i)).ID)
	}
	logIn := func(n int) {
		for range n {
			listLogin(t, db, ids[n%5], uint64(clock.ms.Load()%1000), clock.ms.Load(), curl)
			clock.ms.Add(1000)
		}
	}
	count := func(want int) {
		t.Helper()
		if s, err := db.Stats(bg); err != nil || s.Logins != want {
			t.Errorf("%d log-ins are listed, %v, want %d", s.Logins, err, want)
		}
	}
	logIn(30)
	count(10)
	if list, _, err := db.Logins(bg, ids[0], 0, 20); err != nil || len(list) != 10 ||
		list[9].Family.Start != start+20_000 {
		t.Errorf("listed are %+v, %v", list, err)
	}
	// One that would end first is not listed.
	must(t, db.SettleLogin(bg, login(state(t, db, ids[1], core.Family{}), clock.ms.Load()), store.NewLogin{
		Family: core.FamilyKey{Customer: ids[1], Bits: 7, Start: clock.ms.Load()}, Until: start/1000 + 60}))
	count(10)
	must(t, db.Close())
	config.MaxLogins = 4
	db = open(t, config)
	logIn(1)
	count(4)
}

// A use is stored if it is five minutes later, another client's, or the record would end soon.
func TestUses(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada")
	f := listLogin(t, db, ada.ID, 1, start, curl).Key("", ada.ID)
	must(t, db.StartSession(bg, store.NewSession{ID: sid(1), Customer: ada, Expires: clock.now().Add(24 * time.Hour),
		Listed: true, Client: curl}))
	wget := store.Client{Agent: "wget\x00\n" + strings.Repeat("é", 200), Address: "198.51.100.0/24"}
	cut := store.Client{Agent: "wget" + strings.Repeat("é", 126), Address: "198.51.100.0/24"}
	for _, c := range []struct {
		name  string
		after time.Duration
		by    store.Client
		until int64 // after the start, seconds
		want  time.Duration
		shown store.Client
	}{
		{"at once", time.Second, curl, 86400, 0, curl},
		{"soon", 4 * time.Minute, curl, 86400 + 240, 0, curl},
		{"another client", 5 * time.Second, wget, 86400, 4*time.Minute + 6*time.Second, cut},
		{"the same client", time.Second, wget, 86400, 4*time.Minute + 6*time.Second, cut},
		{"late", 6 * time.Minute, wget, 2 * 86400, 10*time.Minute + 7*time.Second, cut},
		{"at the end", 48*time.Hour - 15*time.Minute, wget, 2*86400 + 60, 47*time.Hour + 55*time.Minute + 7*time.Second,
			cut},
		{"and again", time.Minute, wget, 3 * 86400, 47*time.Hour + 56*time.Minute + 7*time.Second, cut},
	} {
		clock.ms.Add(c.after.Milliseconds())
		before := db.LastTransaction()
		db.UseLogin(store.NewLogin{Family: f, Until: start/1000 + c.until, Client: c.by})
		db.UseSession(sid(1), c.by)
		if db.LastTransaction() != before {
			t.Errorf("%s: a use is written at once", c.name)
		}
		must(t, db.FlushUses(bg))
		list, _, err := db.Logins(bg, ada.ID, 0, 1)
		if err != nil || len(list) != 1 || list[0].Used.Sub(time.UnixMilli(start)) != c.want ||
			list[0].Client != c.shown {
			t.Errorf("%s: listed is %+v, %v", c.name, list, err)
		}
		sessions, err := db.SessionsOf(bg, ada.ID)
		if clock.ms.Load() < start+24*3_600_000 && (err != nil || len(sessions) != 1 ||
			sessions[0].Used.Sub(time.UnixMilli(start)) != c.want || sessions[0].Client != c.shown) {
			t.Errorf("%s: the sessions are %+v, %v", c.name, sessions, err)
		}
	}
	before := db.LastTransaction()
	must(t, db.FlushUses(bg))
	db.UseLogin(store.NewLogin{})
	db.UseSession(sid(7), curl)
	must(t, db.FlushUses(bg))
	if after := db.LastTransaction(); after != before {
		t.Errorf("uses of nothing made %d commits", after-before)
	}
}

// Uses that wait take a bounded room, and say when it fills. None is lost to a store that is away.
func TestUsesAreBounded(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada").ID
	long := store.Client{Agent: strings.Repeat("a", store.MaxAgent)}
	crowded := 0
	for i := range uint64(40_000) {
		db.UseLogin(store.NewLogin{Family: core.FamilyKey{Customer: ada, Bits: i, Start: start}, Until: start/1000 + 99,
			Client: long})
		select {
		case <-db.Crowded():
			crowded++
		default:
		}
	}
	held := store.UsesWaiting(db)
	if held < 10_000 || held*(store.MaxAgent+200) > store.MaxUses || crowded != 1 {
		t.Errorf("%d uses wait, and it was crowded %d times", held, crowded)
	}
	ended, cancel := context.WithCancel(bg)
	cancel()
	if err := db.FlushUses(ended); err == nil || store.UsesWaiting(db) != held {
		t.Errorf("FlushUses = %v, and %d wait", err, store.UsesWaiting(db))
	}
	select {
	case <-db.Crowded():
		t.Error("what could not be written is to be written at once")
	default:
	}
	clock.ms.Add(1)
	must(t, db.FlushUses(bg))
	if s, err := db.Stats(bg); err != nil || s.Logins != 1000 || store.UsesWaiting(db) != 0 {
		t.Errorf("%d are listed, %v, and %d wait", s.Logins, err, store.UsesWaiting(db))
	}
}

// SettleLogin refuses what no list has, and lists nothing of what is not settled.
func TestSettleLoginRefuses(t *testing.T) {
	db, _ := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada").ID
	e := login(state(t, db, ada, core.Family{}), start)
	good := core.FamilyKey{Customer: ada, Bits: 1, Start: start}
	for name, n := range map[string]store.NewLogin{
		"an issuer":              {Family: core.FamilyKey{Issuer: "x", Customer: ada, Start: start}, Until: 1},
		"no customer":            {Family: core.FamilyKey{Start: start}, Until: 1},
		"another kind of ids":    {Family: core.FamilyKey{Customer: core.Text("a"), Start: start}, Until: 1},
		"no start":               {Family: core.FamilyKey{Customer: ada}, Until: 1},
		"no end":                 {Family: good},
		"an end after all times": {Family: good, Until: core.LastUntil + 1},
	} {
		wantErr(t, name, db.SettleLogin(bg, e, n), store.ErrInvalid)
	}
	must(t, db.Revoke(bg, ada))
	wantErr(t, "after a cut-off", db.SettleLogin(bg, e, store.NewLogin{Family: good, Until: start/1000 + 60}),
		store.ErrConflict)
	if s, err := db.Stats(bg); err != nil || s.Logins != 0 {
		t.Errorf("%d are listed, %v", s.Logins, err)
	}
}

// The sessions of a customer, the most recently used first, and one of them by its name.
func TestSessionsOf(t *testing.T) {
	db, clock := fresh(t)
	ada, bea := add(t, db, core.CustomerID{}, "ada"), add(t, db, core.CustomerID{}, "bea")
	for i := range 3 {
		must(t, db.StartSession(bg, store.NewSession{ID: sid(i << 16), Customer: ada, Listed: i > 0, Client: curl,
			Expires: clock.now().Add(time.Hour)}))
		clock.ms.Add(1000)
	}
	begin(t, db, clock, bea, store.SessionID{9})
	db.UseSession(sid(1<<16), store.Client{})
	must(t, db.FlushUses(bg))
	list, err := db.SessionsOf(bg, ada.ID)
	must(t, err)
	var order []store.SessionID
	for _, s := range list {
		order = append(order, s.ID)
		if s.Customer != ada.ID || s.Client != curl && s.ID == sid(2<<16) || s.Client == curl && s.ID != sid(2<<16) {
			t.Errorf("session %+v", s)
		}
	}
	if !slices.Equal(order, []store.SessionID{sid(1 << 16), sid(2 << 16), sid(0)}) {
		t.Errorf("the order is %x", order)
	}
	unique := store.SessionID{5, 15: 7, 31: 1}
	must(t, db.StartSession(bg, store.NewSession{ID: unique, Customer: ada, Expires: clock.now().Add(time.Hour)}))
	id := store.Session{ID: unique}.ListID()
	if want := base64.RawURLEncoding.EncodeToString(unique[:16]); id != want {
		t.Errorf("the session is named %s, want %s", id, want)
	}
	if s, err := db.ListedSession(bg, ada.ID, id); err != nil || s.ID != unique {
		t.Errorf("ListedSession = %+v, %v", s, err)
	}
	_, err = db.ListedSession(bg, bea.ID, id)
	wantErr(t, "another's", err, store.ErrNotFound)
	must(t, db.EndSession(bg, unique))
	_, err = db.ListedSession(bg, ada.ID, id)
	wantErr(t, "ended", err, store.ErrNotFound)
	must(t, db.Revoke(bg, ada.ID))
	if list, err := db.SessionsOf(bg, ada.ID); err != nil || len(list) != 0 {
		t.Errorf("after the end of all there are %+v, %v", list, err)
	}
}

// A damaged record keeps nobody from logging in, nor others from the list.
func TestDamagedLogins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	clock := newClock()
	config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed}
	db, err := store.Open(config)
	must(t, err)
	ada := add(t, db, core.CustomerID{}, "ada").ID
	f := listLogin(t, db, ada, 1, start, curl)
	listLogin(t, db, ada, 2, start+1, curl)
	must(t, db.Close())
	otherBolt(t, path, bbolt.Options{}, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("logins"))
		k, _ := b.Cursor().First()
		return b.Put(k, []byte{9})
	})
	if r, err := store.Check(path); err != nil || len(r.Problems) == 0 || !strings.Contains(shown(r)[0], unreadable) {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
	db, err = store.Open(config)
	must(t, err)
	db.UseLogin(store.NewLogin{Family: f.Key("", ada), Until: start/1000 + 9, Client: curl})
	listLogin(t, db, ada, 3, start+2, curl)
	must(t, db.FlushUses(bg))
	if bits, _ := bitsOf(t, db, ada, 0, 9); fmt.Sprint(bits) != "[3 2]" {
		t.Errorf("listed are %v", bits)
	}
	clock.ms.Add(2 * 86400 * 1000)
	purge(t, db, clock)
	must(t, db.Close())
	if n := listRecords(t, path); n != 0 {
		t.Errorf("%d records are left after a purge", n)
	}
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check after a purge = %v, %v", shown(r), err)
	}
}

// Log-ins have ended after a restore, and so have their records; with KeepSessions those go on that a backup has.
func TestRestoreOfLogins(t *testing.T) {
	db, clock := fresh(t)
	ada := add(t, db, core.CustomerID{}, "ada").ID
	listLogin(t, db, ada, 1, start, curl)
	b := backUp(t, db)
	for _, keep := range []bool{false, true} {
		clock.ms.Store(start + 60_000)
		c := store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: clock.now, Elapsed: clock.elapsed}
		_, err := restore(c, b, store.Restoring{KeepSessions: keep})
		must(t, err)
		restored, err := store.Open(c)
		must(t, err)
		// One that began after the backup has ended either way.
		restored.UseLogin(store.NewLogin{Family: core.FamilyKey{Customer: ada, Bits: 2, Start: start + 30_000},
			Until: start/1000 + 86400})
		must(t, restored.FlushUses(bg))
		want := "[]"
		if keep {
			want = "[1]"
		}
		if bits, _ := bitsOf(t, restored, ada, 0, 9); fmt.Sprint(bits) != want {
			t.Errorf("KeepSessions %v: listed are %v, want %s", keep, bits, want)
		}
		clock.ms.Add(2 * 86400 * 1000)
		purge(t, restored, clock)
		must(t, restored.Close())
		if n := listRecords(t, c.Path); n != 0 {
			t.Errorf("KeepSessions %v: %d records are left a day later", keep, n)
		}
	}
}
