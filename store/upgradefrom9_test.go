package store_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// The files schema9-*.db.gz.base64 in testdata were made by the last version that wrote schema 9, with
// 2026-01-01T00:00:00Z and the second after it as its clock: five customers, one of whom was removed, with rights, a
// group, a key, a log-in, two sessions of an hour, revoked families and cut-offs. Beside each, schema9-*.says.gz.base64
// has what that version said of the store. schema9-hub is the store of hubStore, as that version made it.
func ofSchema9(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "schema9-"+name+".gz.base64"))
	must(t, err)
	packed, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	must(t, err)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	b, err := io.ReadAll(z)
	must(t, err)
	return b
}

// An upgrade from schema 9 changes nothing, and log-ins can be listed; those from before once they are used.
func TestUpgradeFrom9(t *testing.T) {
	for kind, name := range kindNames {
		b := ofSchema9(t, name+".db")
		path := filepath.Join(t.TempDir(), "store.db")
		must(t, os.WriteFile(path, b, 0o600))
		before, err := store.Check(path)
		if err != nil || !before.Sound() || before.Schema != 9 || !before.Older || before.Sessions != 2 {
			t.Errorf("%s: Check before = %+v, %v", name, before, err)
		}
		clock := newClock()
		clock.ms.Add(minute)
		db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
		must(t, err)
		if from, to, done := db.Upgraded(); from != 9 || to != store.Schema || !done {
			t.Errorf("%s: upgraded from %d to %d: %v", name, from, to, done)
		}
		differ(t, name, says(t, db, 7), ofSchema9(t, name+".says"))
		one := numbered(kind, 1)
		list, err := db.SessionsOf(bg, one)
		if err != nil || len(list) != 1 || list[0].ID != sid(0) || list[0].Client != (store.Client{}) ||
			list[0].Used.UnixMilli() != list[0].Started {
			t.Errorf("%s: the sessions are %+v, %v", name, list, err)
		}
		if list, n, err := db.Logins(bg, one, 0, 9); err != nil || len(list) != 0 || n != 0 {
			t.Errorf("%s: %d log-ins are listed: %+v, %v", name, n, list, err)
		}
		before9 := core.Family{Listed: true, Ours: true, Bits: 77, Start: start + 1000}
		db.UseLogin(store.NewLogin{Family: before9.Key("", one), Until: start/1000 + 86400, Client: curl})
		db.UseSession(sid(0), curl)
		must(t, db.FlushUses(bg))
		listLogin(t, db, one, 78, clock.now().UnixMilli(), curl)
		if list, n, err := db.Logins(bg, one, 0, 9); err != nil || n != 2 || list[1].Family.Start != start+1000 {
			t.Errorf("%s: %d log-ins are listed: %+v, %v", name, n, list, err)
		}
		if list, err := db.SessionsOf(bg, one); err != nil || list[0].Client != curl ||
			!list[0].Used.Equal(clock.now()) {
			t.Errorf("%s: the sessions are %+v, %v", name, list, err)
		}
		must(t, db.Close())
		if r, err := store.Check(path); err != nil || !r.Sound() || r.Schema != store.Schema || r.Older ||
			r.Customers != before.Customers || r.Logins != 2 {
			t.Errorf("%s: Check after = %+v, %v", name, r, err)
		}
	}
}

// The hub of a fleet stays one.
func TestUpgradeOfAHubFrom9(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	must(t, os.WriteFile(path, ofSchema9(t, "hub.db"), 0o600))
	clock := newClock()
	clock.ms.Add(time.Hour.Milliseconds())
	db := open(t, store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	if m := db.Membership(); m.Role != store.Hub {
		t.Errorf("the membership is %+v", m)
	}
	must(t, db.Invite(bg, store.Invitation{Digest: [32]byte{6}, Name: "oslo", Until: clock.now().UnixMicro() + 1e6}))
}
