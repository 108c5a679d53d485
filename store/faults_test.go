package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// step is something that changes a store.
type step struct {
	name string
	do   func(*member) error
}

// state is what callers and other nodes see of a store, without times and versions: what was done and then taken back
// has moved those on.
func (m *member) state(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	list, err := m.List(bg, core.CustomerID{}, 100)
	must(t, err)
	for _, c := range list {
		c.Version, c.DateJoined = 0, time.Time{}
		s, _, err := m.Load(bg, store.Query{UserID: c.ID, HasUser: true, Family: ours, HasFamily: true})
		must(t, err)
		fmt.Fprintf(&b, "%+v, family dead %v, cut-off %v\n", c, s.Family.Dead, s.CutOff > start)
		logins, _, err := m.Logins(bg, c.ID, 0, 100)
		must(t, err)
		sessions, err := m.SessionsOf(bg, c.ID)
		must(t, err)
		fmt.Fprintf(&b, "listed %+v", logins)
		for _, s := range sessions {
			fmt.Fprintf(&b, ", session %x by %+v", s.ID[:2], s.Client)
		}
		fmt.Fprintln(&b)
	}
	groups, err := m.Groups(bg)
	must(t, err)
	at, err := m.Position(bg)
	must(t, err)
	node, err := m.Node(bg)
	must(t, err)
	s := stats(t, m)
	for _, k := range keysOf(t, m.DB) {
		fmt.Fprintf(&b, "%+v, sealed %q\n", k, sealedOf(t, m.DB, k.ID))
	}
	fmt.Fprintf(&b, "groups %v, dead %d, position %s, node %d, epoch %d\n", groups, deadOf(t, m, 10), at, node.Number,
		node.Epoch)
	fmt.Fprintf(&b, "%d families, %d tombstones, %d sessions, %d log-ins, ", s.Families, s.Tombstones, s.Sessions,
		s.Logins)
	fmt.Fprintf(&b, "%d frames, %d wait, %d in quarantine, cut-off %v\n", s.OutboxFrames, s.WaitingFrames,
		s.Quarantined, s.CutOff > start)
	var before *fact.Frame
	for _, f := range parsed(t, m.frames(t)) {
		if before != nil && before.Incarnation == f.Incarnation && (f.Sequence != before.Sequence+1 ||
			f.Previous != before.Hash()) {
			t.Errorf("frame %v of the outbox does not follow %v", f.Position(), before.Position())
		}
		for _, x := range f.Facts {
			fmt.Fprintf(&b, "%v, ", x.Kind())
		}
		fmt.Fprintln(&b)
		before = f
	}
	return b.String()
}

// renewing has what the store itself writes on opening go through faultdisk, too.
var renewing = []faultdisk.Fault{
	{Source: "store/upgrade.go", Was: "renew(f.handle,", Is: "renew(faultdisk.File{File: f.handle},"},
	{Source: "store/upgrade.go", Was: "\"go.etcd.io/bbolt\"\n",
		Is: "\"github.com/edgetoken/edgetoken/testdata/faultdisk\"\n\t\"go.etcd.io/bbolt\"\n"},
}

// Whatever write or sync of an operation fails, it is done or it is not, all of it: the state, the outbox, the position
// and what the store knows of other nodes' frames. The store answers again by itself, and after a repetition all is
// done. So it is in the file.
func TestEveryWriteFails(t *testing.T) {
	if faultdisk.Rerun(t, renewing...) {
		return
	}
	faultdisk.Use(faultdisk.Sound)
	base := alone(t, 7)
	ada, bea := add(t, base.DB, core.Integer(1), "ada"), add(t, base.DB, core.Integer(2), "bea")
	must(t, base.PutGroup(bg, "editors", []string{"a.b"}))
	must(t, update(base.DB, store.KeyUpdate{Put: []store.Key{newKey("a"), newKey("c"), newKey("d")},
		Seal: map[string][]byte{"c": {1}, "d": {1}}}))
	session := store.SessionID{1}
	must(t, base.StartSession(bg, store.NewSession{ID: session, Customer: ada,
		Expires: base.clock.now().Add(time.Hour)}))
	listed := listLogin(t, base.DB, ada.ID, 77, start, curl)
	hub, edge := chain{node: 1, incarnation: 5}, chain{node: 4, incarnation: 6}
	frames := [][]byte{hub.frame(t, revoked(1)), hub.frame(t, revoked(2), unread(t, 40, 1, 1)),
		hub.frame(t, revoked(3)), hub.frame(t, revoked(4))}
	apply(t, base, frames[2]) // it waits
	others := [][]byte{edge.frame(t, revoked(5)), edge.frame(t, revoked(6))}
	end := parsed(t, base.frames(t))[1].Position()
	must(t, base.Close())
	file, err := os.ReadFile(base.config.Path)
	must(t, err)

	// allOrNone says whether a delivery was taken as a whole.
	allOrNone := func(d store.Delivered, err error, n int) error {
		if err == nil && d.Applied != n && (d.Applied != 0 || d.Skipped == 0) {
			return fmt.Errorf("%+v: a part of it was known", d)
		}
		return err
	}
	for _, s := range []step{
		{"revocation", func(m *member) error {
			return m.Settle(bg, revokeFamily(core.State{}, ours.Key("", bea.ID), start/1000+9))
		}},
		{"log-in", func(m *member) error {
			k, _, err := m.Load(bg, store.Query{UserID: ada.ID, HasUser: true})
			if err != nil {
				return err
			}
			e := login(k, max(start, k.CutOff)+5)
			e.List = append(e.List, core.Effect{Kind: core.RecordLogin, Customer: ada.ID, At: start * 1000})
			return m.Settle(bg, e)
		}},
		{"listed log-in", func(m *member) error {
			k, _, err := m.Load(bg, store.Query{UserID: bea.ID, HasUser: true})
			if err != nil {
				return err
			}
			return m.SettleLogin(bg, login(k, start+5), store.NewLogin{Client: curl, Until: start/1000 + 60,
				Family: core.FamilyKey{Customer: bea.ID, Bits: 78, Start: start + 5}})
		}},
		{"uses", func(m *member) error {
			wget := store.Client{Agent: "wget"}
			m.UseLogin(store.NewLogin{Family: listed.Key("", ada.ID), Until: start/1000 + 90_000, Client: wget})
			m.UseSession(session, wget)
			return m.FlushUses(bg)
		}},
		{"end of a listed log-in", func(m *member) error {
			return m.Settle(bg, revokeFamily(core.State{}, listed.Key("", ada.ID), start/1000+9))
		}},
		{"session", func(m *member) error {
			return m.StartSession(bg, store.NewSession{ID: store.SessionID{2}, Customer: ada,
				Expires: m.clock.now().Add(time.Hour), Replaces: store.SessionID{2}, Listed: true, Client: curl})
		}},
		{"end of a session", func(m *member) error { return m.EndSession(bg, session) }},
		{"customer", func(m *member) error {
			_, err := m.Add(bg, store.NewCustomer{ID: core.Integer(3), Email: "cat",
				Groups: map[string][]string{"readers": {"c.d"}}})
			return err
		}},
		{"password", func(m *member) error { return m.SetPassword(bg, ada.ID, "new") }},
		{"re-hash", func(m *member) error { return m.Rehash(bg, ada.ID, ada.PasswordHash, "another hash of it") }},
		{"inactive", func(m *member) error { return m.SetActive(bg, ada.ID, false) }},
		{"rights", func(m *member) error {
			return m.ChangeRights(bg, ada.ID, store.RightsChange{Grant: []string{"a.b"}, Join: []string{"editors"}})
		}},
		{"group", func(m *member) error { return m.PutGroup(bg, "editors", []string{"c.d"}) }},
		{"end of a group", func(m *member) error { return m.RemoveGroup(bg, "editors") }},
		{"end of log-ins", func(m *member) error { return m.Revoke(bg, ada.ID) }},
		{"end of all log-ins", func(m *member) error { return m.RevokeAll(bg) }},
		{"removal", func(m *member) error { return m.Remove(bg, ada.ID, time.Hour) }},
		{"lifetimes", func(m *member) error { return m.RaiseLifetimes(bg, core.Lifetimes{Access: 60, Refresh: 600}) }},
		{"keys", func(m *member) error {
			k := newKey("a")
			k.SignsFrom = start / 1000
			return update(m.DB, store.KeyUpdate{Put: []store.Key{k, newKey("b")}, Unseal: []string{"c"},
				Seal: map[string][]byte{"b": []byte(private), "d": []byte(private)}})
		}},
		{"lives of keys", func(m *member) error { return m.RaiseLongest(bg, []string{"a", "c"}, 60) }},
		{"clock", func(m *member) error { _, err := m.AcceptClock(bg); return err }},
		{"number", func(m *member) error { return m.Enter(bg, 8, 0, fleetOf) }},
		{"restore", func(m *member) error { return m.Restored(bg) }},
		{"acknowledgement", func(m *member) error { return m.Acknowledge(bg, end) }},
		{"Apply", func(m *member) error {
			d, err := m.Apply(bg, store.Delivery{Frames: [][]byte{frames[0], frames[1], frames[3]},
				Position: []byte("there")})
			return allOrNone(d, err, 4)
		}},
		{"Apply of what waits", func(m *member) error {
			d, err := m.Apply(bg, store.Delivery{Frames: frames[3:], Position: []byte("there")})
			return allOrNone(d, err, 0)
		}},
		{"Accept", func(m *member) error {
			d, err := m.Accept(bg, 4, store.Delivery{Frames: others})
			return allOrNone(d, err, 2)
		}},
	} {
		t.Run(s.name, func(t *testing.T) { everyWriteFails(t, file, s) })
	}
	t.Run("opening", everyWriteOfOpeningFails)
	t.Run("backup", everyWriteOfBackupFails)
	t.Run("reseal", everyWriteOfResealFails)
	t.Run("killed reseal", killWhileResealing)
	t.Run("upgrade", everyWriteOfUpgradeFails)
	t.Run("upgrade on a disk that forgets", everySyncOfUpgradeLoses)
	t.Run("killed upgrade", killWhileUpgrading)
}

// copyOf opens a store on a copy of a file.
func copyOf(t testing.TB, file []byte) *member {
	t.Helper()
	c := newClock()
	m := &member{clock: c, config: store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now,
		Elapsed: c.elapsed, Outbox: true}}
	must(t, os.WriteFile(m.config.Path, file, 0o600))
	m.open(t)
	return m
}

// done are the errors of an operation that was done before.
func done(err error) bool {
	for _, e := range []error{store.ErrExists, store.ErrNotFound, store.ErrNoGroup, store.ErrConflict} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// failOperation has the nth operation of the disk fail, and says in failed whether there was one.
func failOperation(n int, failed *bool) {
	operations := 0
	*failed = false
	faultdisk.Use(faultdisk.Before(func(faultdisk.Op) error {
		if operations++; operations == n {
			*failed = true
			return errNoFile
		}
		return nil
	}))
}

func everyWriteFails(t *testing.T, file []byte, s step) {
	m := copyOf(t, file)
	before := m.state(t)
	must(t, s.do(m))
	after := m.state(t)
	must(t, m.Close())
	for n, failed := 1, true; failed; n++ {
		m := copyOf(t, file)
		failOperation(n, &failed)
		err := s.do(m)
		healthy(m.DB)
		faultdisk.Use(faultdisk.Sound)
		if (err != nil) != failed || failed && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("failure of operation %d: the answer is %v", n, err)
		}
		is := m.state(t)
		if is != after && (is != before || err == nil) {
			t.Errorf("failure of operation %d, answered with %v: the state is\n%s\nwas\n%s\nwant\n%s", n, err, is,
				before, after)
		}
		if err := s.do(m); err != nil && !(done(err) && is == after) {
			t.Errorf("the same again after a failure of operation %d: %v", n, err)
		}
		if is == before {
			is = m.state(t)
			if is != after {
				t.Errorf("the same again after a failure of operation %d: the state is\n%s\nwant\n%s", n, is, after)
			}
		}
		is = m.state(t)
		m.restart(t, nil)
		if again := m.state(t); again != is {
			t.Errorf("failure of operation %d: the state in the file is\n%s\nwant\n%s", n, again, is)
		}
		must(t, m.Close())
		if r, err := store.Check(m.config.Path); err != nil || !r.Sound() {
			t.Errorf("failure of operation %d: Check = %v, %v", n, shown(r), err)
		}
	}
}

// An opening that fails amid what it applies of the quarantine leaves all of it to the next one.
func everyWriteOfOpeningFails(t *testing.T) {
	base := alone(t, 9)
	c := chain{node: 1, incarnation: 5}
	must(t, base.Close())
	b, err := bbolt.Open(base.config.Path, 0o600, nil)
	must(t, err)
	must(t, b.Update(quarantine(fact.Quarantine{Node: 1, Raw: fact.Append(nil, revoked(4))},
		fact.Quarantine{IsFrame: true, Raw: c.frame(t, revoked(1))},
		fact.Quarantine{IsFrame: true, Raw: c.frame(t, revoked(2))})))
	must(t, b.Close())
	file, err := os.ReadFile(base.config.Path)
	must(t, err)
	for n, failed := 1, true; failed; n++ {
		path := filepath.Join(t.TempDir(), "store.db")
		must(t, os.WriteFile(path, file, 0o600))
		failOperation(n, &failed)
		db, err := store.Open(store.Config{Path: path})
		if (err != nil) != failed {
			t.Errorf("Open while operation %d fails = %v", n, err)
		}
		faultdisk.Use(faultdisk.Sound)
		if err != nil {
			db, err = store.Open(store.Config{Path: path})
			must(t, err)
		}
		m := &member{DB: db}
		if list := deadOf(t, m, 9); !slices.Equal(list, []uint64{1, 2, 4}) || stats(t, m).Quarantined != 0 {
			t.Errorf("dead are %d after operation %d failed, and %d are in quarantine", list, n,
				stats(t, m).Quarantined)
		}
		must(t, db.Close())
	}
}
