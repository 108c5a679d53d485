package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
	"github.com/edgetoken/edgetoken/store/fact"
	"github.com/edgetoken/edgetoken/testdata/faultdisk"
)

// copyForEdge writes a copy of a hub's store to a file, and returns the path.
func copyForEdge(t testing.TB, hub *member) string {
	t.Helper()
	b, err := hub.CopyForEdge(bg)
	must(t, err)
	defer b.Close()
	path := filepath.Join(t.TempDir(), "copy")
	f, err := os.Create(path)
	must(t, err)
	n, err := io.Copy(f, b)
	must(t, err)
	must(t, f.Close())
	if n != b.Size {
		t.Errorf("a copy of %d bytes has %d", b.Size, n)
	}
	return path
}

func adopt(t testing.TB, edge *member, path string, replace bool) {
	t.Helper()
	must(t, edge.Adopt(bg, path, replace))
}

// fleetApart is a fleet of two whose edge was away: the hub has written much since, and so has the edge.
func fleetApart(t testing.TB) (hub, edge *member) {
	t.Helper()
	hub, edge = fleetOfTwo(t)
	for i, m := range []*member{hub, edge} {
		bea := add(t, hub.DB, core.Integer(int64(5+i)), fmt.Sprint(i, "@example.com"))
		followLog(t, edge, hub)
		bea, err := m.Get(bg, bea.ID)
		must(t, err)
		must(t, m.StartSession(bg, store.NewSession{ID: store.SessionID{byte(i + 1)}, Customer: bea,
			Expires: edge.clock.now().Add(time.Hour)}))
	}
	must(t, update(hub.DB, store.KeyUpdate{Put: []store.Key{newKey("k")}, Seal: map[string][]byte{"k": {1}}}))
	followLog(t, edge, hub)
	must(t, update(edge.DB, store.KeyUpdate{Seal: map[string][]byte{"k": {2}}}))
	advanceTo(t, edge, began(2, 1), 1)
	sendUp(t, edge, hub)
	advanceTo(t, edge, began(2, 2), 3)
	revokeAt(t, edge, began(1, 9), start/1000+1000)
	must(t, edge.Settle(bg, login(state(t, edge.DB, seven, core.Family{}), start+5)))
	must(t, edge.RaiseLifetimes(bg, core.Lifetimes{Access: 90, Refresh: 600}))
	must(t, hub.RaiseLifetimes(bg, core.Lifetimes{Access: 60, Refresh: 900}))

	must(t, hub.PutGroup(bg, "editors", []string{"a.b"}))
	must(t, hub.SetPassword(bg, seven, "new"))
	add(t, hub.DB, core.Integer(8), "eve@example.com")
	gone := add(t, hub.DB, core.Integer(9), "gone@example.com")
	must(t, hub.Remove(bg, gone.ID, time.Hour))
	revokeAt(t, hub, began(1, 10), start/1000+1000)
	advanceTo(t, hub, began(1, 11), 4)
	hub.clock.ms.Add(5000)
	edge.clock.ms.Add(2000)
	must(t, hub.Acknowledge(bg, hub.Head())) // the log has nothing more
	return hub, edge
}

// An edge that takes over a copy knows what the hub does, and has what is its own. From there it follows the log.
func TestAdopt(t *testing.T) {
	hub, edge := fleetApart(t)
	must(t, edge.Close())
	b, err := bbolt.Open(edge.config.Path, 0o600, nil)
	must(t, err)
	kept := fact.Quarantine{Node: 1, Raw: fact.Append(nil, unread(t, 63, 1, 5))}
	must(t, b.Update(func(tx *bbolt.Tx) error {
		var counts [8]int64
		meta := tx.Bucket([]byte("meta"))
		for i := range counts {
			counts[i] = int64(binary.LittleEndian.Uint64(meta.Get([]byte("fleet"))[1+8*i:]))
		}
		if err := quarantine(kept)(tx); err != nil {
			return err
		}
		counts[4], counts[5] = 1, int64(len(fact.Append(nil, kept)))
		return meta.Put([]byte("fleet"), store.EncodeCounts(counts))
	}))
	must(t, b.Close())
	edge.open(t)

	path := copyForEdge(t, hub)
	id, frames, version := edge.ID(), edge.frames(t), edge.KeysVersion()
	node, err := edge.Node(bg)
	must(t, err)
	before := stats(t, edge)
	adopt(t, edge, path, false)
	check := func(when string) {
		t.Helper()
		after := stats(t, edge)
		now, err := edge.Node(bg)
		must(t, err)
		if edge.ID() != id || now.Number != 2 || edge.Membership().Role != store.Edge || edge.Number() != 2 ||
			!slices.EqualFunc(edge.frames(t), frames, bytes.Equal) || after.OutboxFrames != len(frames) ||
			after.Quarantined != 1 || after.Sessions != 1 || after.HighWater < before.HighWater {
			t.Errorf("%s: the edge is %+v, %+v, was %+v, %+v", when, now, after, node, before)
		}
		want, err := hub.List(bg, core.CustomerID{}, 10)
		must(t, err)
		got, err := edge.List(bg, core.CustomerID{}, 10)
		must(t, err)
		if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 4 {
			t.Errorf("%s: customers are %+v, want %+v", when, got, want)
		}
		if groups, err := edge.Groups(bg); err != nil || len(groups) != 1 {
			t.Errorf("%s: groups are %+v, %v", when, groups, err)
		}
		if sealedOf(t, edge.DB, "k") != "\x02" {
			t.Errorf("%s: the private part of the edge's key is gone", when)
		}
		if position, err := edge.Position(bg); err != nil || !bytes.Equal(position, logPosition(t, hub)) {
			t.Errorf("%s: Position = %x, %v, want %x", when, position, err, logPosition(t, hub))
		}
		if l, err := edge.Lifetimes(bg); err != nil || l.Access != 90 || l.Refresh != 900 {
			t.Errorf("%s: the longest lives are %+v, %v", when, l, err)
		}
		if s, _, err := edge.LoadSession(bg, store.SessionID{2}, store.Query{}); err != nil || s.Started == 0 {
			t.Errorf("%s: the session at the edge: %v", when, err)
		}
		for f, dead := range map[core.Family]bool{began(1, 9): true, began(1, 10): true, began(2, 1): false} {
			if s := state(t, edge.DB, seven, f); s.Family.Dead != dead {
				t.Errorf("%s: family %+v is %+v, want it dead: %v", when, f, s.Family, dead)
			}
		}
		for f, generation := range map[core.Family]uint32{began(2, 1): 1, began(2, 2): 3} {
			s := state(t, edge.DB, seven, f).Family
			if s.Generation != generation || s.Issued == 0 || s.Age != 2*time.Second {
				t.Errorf("%s: family %+v is %+v, want generation %d with its window", when, f, s, generation)
			}
		}
		if s := state(t, edge.DB, seven, began(1, 11)).Family; s.Generation != 4 || s.Issued != 0 &&
			s.Age < core.MaxGrace {
			t.Errorf("%s: the hub's family is %+v, want no window", when, s)
		}
		if s := state(t, edge.DB, core.Integer(9), core.Family{}); s.CutOff < start {
			t.Errorf("%s: the cut-off of who was removed is %d", when, s.CutOff)
		}
	}
	check("at once")
	if now, err := edge.Node(bg); err != nil || now.Incarnation != node.Incarnation || edge.KeysVersion() == version {
		t.Errorf("the node is %+v, %v, was %+v; KeysVersion is %d, was %d", now, err, node, edge.KeysVersion(), version)
	}
	// What the edge writes goes on in its chain, and what the hub writes in the hub's.
	advanceTo(t, edge, began(2, 3), 1)
	advanceTo(t, edge, began(2, 3), 2)
	list := parsed(t, edge.frames(t))
	if last := list[len(list)-1]; last.Previous != list[len(list)-2].Hash() {
		t.Errorf("frame %v does not follow %v", last.Position(), list[len(list)-2].Position())
	}
	must(t, hub.RaiseLifetimes(bg, core.Lifetimes{Access: 61}))
	frames = edge.frames(t)
	edge.restart(t, nil)
	check("after a restart")
	if refused := sendUp(t, edge, hub); len(refused) > 0 {
		t.Errorf("the hub refuses %+v", refused)
	}
	if s := state(t, hub.DB, seven, began(1, 9)).Family; !s.Dead {
		t.Error("the hub does not know what the edge revoked")
	}
	must(t, hub.SetActive(bg, seven, false))
	followLog(t, edge, hub)
	if c, err := edge.Get(bg, seven); err != nil || c.IsActive {
		t.Errorf("what the hub wrote after the copy is missing: %+v, %v", c, err)
	}
	if list := names(t, filepath.Dir(edge.config.Path)); !slices.Equal(list, []string{"store.db"}) {
		t.Errorf("beside the store are %v", list)
	}
}

// A copy for an edge has nothing of what is the hub's alone.
func TestCopyForEdgeHasNoSecrets(t *testing.T) {
	hub, _ := fleetApart(t)
	must(t, hub.SetOrigin(bg, []byte(`{}`)))
	_, err := hub.Register(bg, 2, 5)
	must(t, err)
	must(t, hub.Invite(bg, store.Invitation{Digest: [32]byte{5}, Until: start*1000 + 60_000_000}))
	path := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	raw, err := os.Open(copyForEdge(t, hub))
	must(t, err)
	defer raw.Close()
	b, err := backup.NewReader(raw)
	must(t, err)
	must(t, b.Extract(f))
	records := all(t, path)
	for _, bucket := range []string{"sealed", "outbox", "sessions", "customer_sessions", "session_expiry", "heads",
		"waiting", "quarantine", "imports", "origin", "leases", "invitations", "logins", "login_expiry"} {
		if n := len(records[bucket]); n != 0 {
			t.Errorf("bucket %s has %d records", bucket, n)
		}
	}
	for _, key := range []string{"membership", "followed", "root_chain"} {
		if _, ok := records["meta"][key]; ok {
			t.Errorf("meta has the record %s", key)
		}
	}
	if len(records["customers"]) != 4 || len(records["members"]) == 0 || len(records["keys"]) != 1 {
		t.Error("what an edge needs is missing")
	}
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
}

// What is no copy for this node changes nothing.
func TestAdoptRefuses(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	good := copyForEdge(t, hub)
	b, err := os.ReadFile(good)
	must(t, err)
	write := func(b []byte) string {
		path := filepath.Join(t.TempDir(), "copy")
		must(t, os.WriteFile(path, b, 0o600))
		return path
	}
	own := join(t, 0)
	add(t, own.DB, core.CustomerID{}, "bea@example.com")
	must(t, own.Enter(bg, 3, 0, fleetOf))
	texts := &member{clock: newClock(), config: store.Config{Path: filepath.Join(t.TempDir(), "store.db"),
		IDs: core.TextID}}
	texts.open(t)
	defer texts.Close()
	must(t, texts.Enter(bg, 3, 0, fleetOf))
	for _, c := range []struct {
		name string
		at   *member
		path string
		want error
	}{
		{"at a hub", hub, good, store.ErrInvalid}, {"at a single node", join(t, 0), good, store.ErrInvalid},
		{"over customers of its own", own, good, store.ErrInvalid}, {"of the other kind", texts, good, store.ErrIDKind},
		{"of a backup", edge, write(backUp(t, hub.DB)), store.ErrInvalid},
		{"of an edge's backup", edge, write(backUp(t, edge.DB)), store.ErrInvalid},
		{"cut short", edge, write(b[:len(b)-5]), backup.ErrDamaged},
		{"with a bit flipped", edge, write(append(append([]byte(nil), b[:9000]...), append([]byte{b[9000] ^ 1},
			b[9001:]...)...)), backup.ErrDamaged},
		{"of something else", edge, write([]byte("hello")), backup.ErrForeign},
		{"of nothing", edge, filepath.Join(t.TempDir(), "none"), os.ErrNotExist},
	} {
		before, err := c.at.Count(bg)
		must(t, err)
		wantErr(t, "Adopt "+c.name, c.at.Adopt(bg, c.path, false), c.want)
		if n, err := c.at.Count(bg); n != before || err != nil {
			t.Errorf("Adopt %s: %d customers, %v, were %d", c.name, n, err, before)
		}
		if list := names(t, filepath.Dir(c.at.config.Path)); !slices.Equal(list, []string{"store.db"}) {
			t.Errorf("Adopt %s: beside the store are %v", c.name, list)
		}
	}
	_, err = edge.CopyForEdge(bg)
	wantErr(t, "CopyForEdge at an edge", err, store.ErrInvalid)
	adopt(t, own, good, true)
	if c, err := own.List(bg, core.CustomerID{}, 9); err != nil || len(c) != 1 || c[0].ID != seven {
		t.Errorf("customers are %+v, %v, want those of the hub", c, err)
	}
}

// R9: while an edge takes over copies, no read is refused, none sees half of one, and no write is lost.
func TestAdoptAmidRequests(t *testing.T) {
	hub, edge := fleetOfTwo(t)
	stop := make(chan struct{})
	var clients sync.WaitGroup
	var revoked [3]uint64
	for i := range revoked {
		clients.Go(func() {
			for n := uint64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				f := began(2, uint64(i+1)<<24|n)
				f.Start = start + 1
				for err := store.ErrConflict; err != nil; { // its customer changes
					err = edge.Settle(bg, revokeFamily(state(t, edge.DB, seven, f), f.Key("", seven),
						start/1000+5*day/1000))
					if err != nil && !errors.Is(err, store.ErrConflict) {
						t.Error(err)
						return
					}
				}
				revoked[i] = n
				if s := state(t, edge.DB, seven, f); !s.Family.Dead || !s.Customer.Active {
					t.Errorf("family %+v is alive after its revocation was acknowledged, or its customer gone", f)
					return
				}
			}
		})
	}
	for i := range 8 {
		email := fmt.Sprint(i, "@example.com")
		_, err := hub.Set(bg, seven, store.Change{Email: &email}, time.Hour)
		must(t, err)
		adopt(t, edge, copyForEdge(t, hub), false)
		if c, err := edge.Get(bg, seven); err != nil || c.Email != email {
			t.Errorf("customer 7 is %+v, %v, want the address %s", c, err, email)
		}
	}
	close(stop)
	clients.Wait()
	for i, last := range revoked {
		for n := uint64(1); n <= last; n++ {
			f := began(2, uint64(i+1)<<24|n)
			f.Start = start + 1
			if s := state(t, edge.DB, seven, f); !s.Family.Dead {
				t.Fatalf("family %+v is alive again", f)
			}
		}
	}
	if s := stats(t, edge); s.Failures != 0 {
		t.Errorf("Stats = %+v, want no failure", s)
	}
}

// dieAdopting has the store at a path take over the copy beside it, and dies after a step.
func dieAdopting(path, step string) {
	db, err := store.OpenReached(store.Config{Path: path}, func(at string) {
		if at == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	if err != nil {
		os.Exit(2)
	}
	_ = db.Adopt(bg, path+".copy", false)
	os.Exit(2)
}

// R9: a process that is killed while it takes over a copy leaves the store as it was, or the copy with what the edge
// keeps. Then another Adopt does it.
func TestKillAdopting(t *testing.T) {
	hub, edge := fleetApart(t)
	b, err := os.ReadFile(copyForEdge(t, hub))
	must(t, err)
	must(t, edge.Close())
	file, err := os.ReadFile(edge.config.Path)
	must(t, err)
	for _, step := range []string{"unpacked", "transplanted", "adopted"} {
		m := &member{clock: newClock(), config: store.Config{Path: filepath.Join(t.TempDir(), "store.db")}}
		must(t, os.WriteFile(m.config.Path, file, 0o600))
		must(t, os.WriteFile(m.config.Path+".copy", b, 0o600))
		if err := child(t, "adopt="+step, m.config.Path).Run(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("%s: the child: %v", step, err)
		}
		m.open(t)
		if list := names(t, filepath.Dir(m.config.Path)); !slices.Equal(list, []string{"store.db", "store.db.copy"}) {
			t.Errorf("%s: beside the store are %v", step, list)
		}
		if n, err := m.Count(bg); err != nil || (n == 4) != (step == "adopted") {
			t.Errorf("%s: %d customers, %v", step, n, err)
		}
		for range 2 {
			if s := state(t, m.DB, seven, began(2, 2)).Family; s.Generation != 3 {
				t.Errorf("%s: the edge's own family is %+v", step, s)
			}
			must(t, m.Adopt(bg, m.config.Path+".copy", false))
		}
		if n, err := m.Count(bg); err != nil || n != 4 {
			t.Errorf("%s: %d customers, %v, after another Adopt", step, n, err)
		}
		must(t, m.Close())
		if r, err := store.Check(m.config.Path); err != nil || !r.Sound() {
			t.Errorf("%s: Check = %v, %v", step, shown(r), err)
		}
	}
}

// Whatever write or sync fails while an edge takes over a copy, the store is as it was or has taken it over, answers by
// itself, and after a repetition it has.
func TestAdoptOnAFailingDisk(t *testing.T) {
	if faultdisk.Rerun(t, renewing...) {
		return
	}
	faultdisk.Use(faultdisk.Sound)
	hub, edge := fleetApart(t)
	path := copyForEdge(t, hub)
	must(t, edge.Close())
	file, err := os.ReadFile(edge.config.Path)
	must(t, err)
	for n, failed := 1, true; failed; n++ {
		m := &member{clock: newClock(), config: store.Config{Path: filepath.Join(t.TempDir(), "store.db")}}
		m.config.Now, m.config.Elapsed = m.clock.now, m.clock.elapsed
		must(t, os.WriteFile(m.config.Path, file, 0o600))
		m.open(t)
		failOperation(n, &failed)
		err := m.Adopt(bg, path, false)
		faultdisk.Use(faultdisk.Sound)
		healthy(m.DB)
		customers, bad := m.Count(bg)
		must(t, bad)
		if (err != nil) != failed || (customers == 4) != (err == nil) {
			t.Errorf("failure of operation %d: Adopt = %v, and there are %d customers", n, err, customers)
		}
		must(t, m.Adopt(bg, path, false))
		is := m.state(t)
		m.restart(t, nil)
		if again := m.state(t); again != is {
			t.Errorf("failure of operation %d: in the file is\n%s\nwant\n%s", n, again, is)
		}
		must(t, m.Close())
		if r, err := store.Check(m.config.Path); err != nil || !r.Sound() {
			t.Errorf("failure of operation %d: Check = %v, %v", n, shown(r), err)
		}
		if list := names(t, filepath.Dir(m.config.Path)); !slices.Equal(list, []string{"store.db"}) {
			t.Errorf("failure of operation %d: beside the store are %v", n, list)
		}
	}
}
