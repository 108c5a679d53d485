package store_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// kindsIn are the kinds of the facts in frames, in their order.
func kindsIn(t testing.TB, frames [][]byte) (list []fact.Kind) {
	t.Helper()
	for _, f := range parsed(t, frames) {
		for _, x := range f.Facts {
			list = append(list, x.Kind())
		}
	}
	return list
}

// A node is alone, founds or enters a fleet, knows so after a restart, and leaves it.
func TestMembership(t *testing.T) {
	hub, edge := fleetOf, fleetOf
	hub.Role, edge.Role = store.Hub, store.Edge
	moved := fleetOf
	moved.Addresses = []string{"other:1"}
	other := fleetOf
	other.ID[0]++
	m := alone(t, 0)
	want := func(name string, membership store.Membership, number uint16) {
		t.Helper()
		for range 2 {
			n, err := m.Node(bg)
			if got := m.Membership(); !reflect.DeepEqual(got, membership) || m.Number() != number ||
				n.Number != number || err != nil {
				t.Errorf("%s: the node is %+v of %+v, %v, want number %d of %+v", name, n, got, err, number, membership)
			}
			m.restart(t, nil)
		}
	}
	want("new", store.Membership{}, 0)
	for _, number := range []uint16{0, 1, fact.MaxNumber + 1} {
		wantErr(t, "Enter with a wrong number", m.Enter(bg, number, 0, fleetOf), store.ErrInvalid)
	}
	wantErr(t, "Found of no fleet", m.Found(bg, store.Membership{}), store.ErrInvalid)
	wantErr(t, "Enter of no fleet", m.Enter(bg, 2, 0, store.Membership{}), store.ErrInvalid)
	want("refused", store.Membership{}, 0)

	add(t, m.DB, core.CustomerID{}, "ada")
	_, err := m.Apply(bg, store.Delivery{Position: []byte("of another hub")})
	must(t, err)
	must(t, m.Enter(bg, 3, start, fleetOf))
	want("edge", edge, 3)
	if n, err := m.Node(bg); n.Homes != start || err != nil {
		t.Errorf("the mark of homes is %d, %v", n.Homes, err)
	}
	if s := stats(t, m); s.OutboxFrames != 0 {
		t.Errorf("%d frames go to the hub that were made before there was one", s.OutboxFrames)
	}
	if p, err := m.Position(bg); len(p) != 20 || strings.Trim(string(p), "\x00") != "" || err != nil {
		t.Errorf("the position is %q, %v, want one that is before all of the hub", p, err)
	}
	before := m.Previous()
	must(t, m.Enter(bg, 3, 0, moved))
	movedEdge := edge
	movedEdge.Addresses = moved.Addresses
	want("moved hub", movedEdge, 3)
	if m.Previous() <= before {
		t.Errorf("a restart has the previous incarnation %x, was %x", m.Previous(), before)
	}
	must(t, m.RaiseLifetimes(bg, core.Lifetimes{Access: 60}))
	wantErr(t, "Found by an edge", m.Found(bg, fleetOf), store.ErrInvalid)
	must(t, m.Leave(bg))
	must(t, m.Leave(bg))
	want("alone again", store.Membership{}, 0)
	if s := stats(t, m); s.OutboxFrames != 0 || s.Customers != 1 {
		t.Errorf("Stats = %+v", s)
	}

	must(t, m.Found(bg, fleetOf))
	want("hub", hub, 1)
	wantErr(t, "Enter by a hub", m.Enter(bg, 3, 0, fleetOf), store.ErrInvalid)
	wantErr(t, "Found of another fleet", m.Found(bg, other), store.ErrInvalid)
	must(t, m.UpdateMembers(bg, func([]store.Member) ([]store.Member, error) {
		return []store.Member{{Number: 2, Name: "lyon", Key: [32]byte{2}}}, nil
	}))
	must(t, m.Leave(bg))
	list, err := m.Members(bg)
	if err != nil || len(list) != 2 || list[0].Withdrawn != 0 || list[1].Withdrawn == 0 || !list[1].AtHub {
		t.Errorf("the members are %+v, %v, want the edge withdrawn", list, err)
	}
}

// An edge writes nothing that only the hub may write, says who does, and nothing of it stays. All else it does itself.
func TestEdgeWritesNothingOfTheHub(t *testing.T) {
	hub, edge := join(t, 1), join(t, 2)
	ada, bea := add(t, hub.DB, core.CustomerID{}, "ada"), add(t, hub.DB, core.CustomerID{}, "bea")
	must(t, hub.PutGroup(bg, "editors", nil))
	must(t, update(hub.DB, store.KeyUpdate{Put: []store.Key{newKey("k")}}))
	must(t, hub.ChangeRights(bg, ada.ID, store.RightsChange{Join: []string{"editors"}}))
	apply(t, edge, hub.frames(t)...)
	email := "eve"
	for name, do := range map[string]func() error{
		"customer": func() error {
			_, err := edge.Add(bg, store.NewCustomer{Email: "cat"})
			return err
		},
		"import": func() error {
			_, err := edge.Import(bg, []store.ImportRow{{NewCustomer: store.NewCustomer{ID: core.Integer(9),
				Email: "dan", PasswordHash: "!"}}}, store.ImportConfig{})
			return err
		},
		"address": func() error {
			_, err := edge.Set(bg, ada.ID, store.Change{Email: &email}, time.Hour)
			return err
		},
		"password": func() error { return edge.SetPassword(bg, ada.ID, "new") },
		"inactive": func() error { return edge.SetActive(bg, ada.ID, false) },
		"rights": func() error {
			return edge.ChangeRights(bg, ada.ID, store.RightsChange{Grant: []string{"a.b"}})
		},
		"removal":        func() error { return edge.Remove(bg, bea.ID, time.Hour) },
		"group":          func() error { return edge.PutGroup(bg, "readers", nil) },
		"end of a group": func() error { return edge.RemoveGroup(bg, "editors") },
		"end of log-ins": func() error { return edge.Revoke(bg, ada.ID) },
		"log-out everywhere": func() error {
			return edge.Settle(bg, core.Effects{Reads: core.Reads{Customer: ada.ID,
				CustomerVersion: state(t, edge.DB, ada.ID, core.Family{}).Customer.Version, CutOff: 1 << 50},
				List: []core.Effect{{Kind: core.EndLogins, Customer: ada.ID}}})
		},
		"key":         func() error { return update(edge.DB, store.KeyUpdate{Put: []store.Key{newKey("l")}}) },
		"life of key": func() error { return edge.RaiseLongest(bg, []string{"k"}, 1<<30) },
		"members": func() error {
			return edge.UpdateMembers(bg, func(have []store.Member) ([]store.Member, error) { return have[1:2], nil })
		},
	} {
		before := edge.state(t)
		err := do()
		wantErr(t, name, err, store.ErrHub)
		if err != nil && !strings.Contains(err.Error(), "hub:1") {
			t.Errorf("%s: %v names no address of the hub", name, err)
		}
		if after := edge.state(t); after != before {
			t.Errorf("%s changes the state to\n%s\nwas\n%s", name, after, before)
		}
	}

	must(t, update(edge.DB, store.KeyUpdate{Seal: map[string][]byte{"k": {1}}}))
	must(t, edge.Rehash(bg, ada.ID, ada.PasswordHash, "another hash of it"))
	must(t, edge.RaiseLifetimes(bg, core.Lifetimes{Access: 3600}))
	must(t, edge.Settle(bg, login(state(t, edge.DB, ada.ID, core.Family{}), start+5)))
	blacklist(t, edge.DB, core.Family{Listed: true, Ours: true, Bits: 8, Start: start + 1}, ada.ID, 1)
	blacklist(t, edge.DB, core.Family{Listed: true, Ours: true, Bits: 9, Start: start + 2}, ada.ID, 1)
	must(t, edge.RevokeAll(bg))
	must(t, update(edge.DB, store.KeyUpdate{Unseal: []string{"k"}}))
	edge.clock.ms.Add(366 * 24 * 3600 * 1000)
	_, err := edge.Purge(bg, edge.clock.now(), 0)
	must(t, err)
	if got, want := kindsIn(t, edge.frames(t)), []fact.Kind{fact.LifetimesKind, fact.RevokeFamilyKind,
		fact.RevokeFamilyKind}; !slices.Equal(got, want) {
		t.Errorf("the edge sends up %v, want %v", got, want)
	}
}

// The hub's log has what goes down, also what it accepted. It folds the revoked families of a customer, since an edge
// does not.
func TestHubFolds(t *testing.T) {
	hub := join(t, 1)
	ada := add(t, hub.DB, core.CustomerID{}, "ada")
	at := hub.Head()
	node := chain{node: 4, incarnation: 5}
	var list []fact.Fact
	for i := range int64(core.MaxRevoked + 2) {
		list = append(list, fact.RevokeFamily{Family: core.FamilyKey{Customer: ada.ID, Bits: 4<<33 | uint64(i),
			Start: start + i}, Start: start + i, Until: start/1000 + 60})
	}
	d, err := hub.Accept(bg, 4, store.Delivery{Frames: [][]byte{node.frame(t, list...)}})
	must(t, err)
	wantDelivered(t, "Accept", d, store.Delivered{Applied: 1})
	if s := state(t, hub.DB, ada.ID, core.Family{}); s.CutOff != start+1 {
		t.Errorf("the cut-off is %d, want that of the second family", s.CutOff)
	}
	if s := stats(t, hub); s.Families != core.MaxRevoked {
		t.Errorf("%d families are left", s.Families)
	}
	frames, err := hub.Log(bg, at, 1<<30)
	must(t, err)
	if got := slices.Compact(kindsIn(t, frames)); !slices.Equal(got, []fact.Kind{fact.RevokeFamilyKind,
		fact.CutOffKind}) {
		t.Errorf("the hub sends down %v", got)
	}
}

// The last log-ins at an edge are in no frame: they are taken once, the latest of each customer.
func TestLastLogins(t *testing.T) {
	hub, edge := join(t, 1), join(t, 2)
	ada := add(t, hub.DB, core.CustomerID{}, "ada")
	bea := add(t, hub.DB, core.CustomerID{}, "bea")
	apply(t, edge, hub.frames(t)...)
	for i, c := range []store.Customer{ada, bea, ada} {
		must(t, edge.Settle(bg, core.Effects{List: []core.Effect{{Kind: core.RecordLogin, Customer: c.ID,
			At: start*1000 + int64(i)}}}))
	}
	if n := len(edge.frames(t)); n != 0 {
		t.Errorf("%d frames are in the outbox", n)
	}
	list := append(edge.LastLogins(1), edge.LastLogins(9)...)
	at := map[core.CustomerID]int64{}
	for _, l := range list {
		at[l.ID] = l.At - start*1000
	}
	if len(list) != 2 || at[ada.ID] != 2 || at[bea.ID] != 1 {
		t.Errorf("LastLogins = %+v", list)
	}
	if list := edge.LastLogins(9); len(list) != 0 {
		t.Errorf("LastLogins again = %+v", list)
	}
	if got := hub.LastLogins(9); len(got) != 0 {
		t.Errorf("LastLogins of the hub = %+v", got)
	}
}

// The log of a hub is never full, is trimmed by age and bytes, and goes on from the last frame that was trimmed.
func TestLog(t *testing.T) {
	c := newClock()
	m := &member{clock: c, config: store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now,
		Elapsed: c.elapsed, MaxOutbox: 1}}
	m.open(t)
	t.Cleanup(func() { m.Close() })
	if _, err := m.Log(bg, fact.Position{}, 1); err == nil || !m.Head().IsZero() {
		t.Errorf("a single node has a log, %v, with the head %v", err, m.Head())
	}
	wantErr(t, "TrimLog of a single node", m.TrimLog(bg, c.now(), 0), store.ErrInvalid)
	must(t, m.Found(bg, fleetOf))
	var heads []fact.Position
	for i := range 5 {
		c.ms.Add(1000)
		add(t, m.DB, core.CustomerID{}, fmt.Sprint(i))
		heads = append(heads, m.Head())
		select {
		case <-m.Frames():
		default:
			t.Error("nothing says that a frame was made")
		}
	}
	must(t, m.CheckOutbox())
	gone := func(after fact.Position) {
		t.Helper()
		if frames, err := m.Log(bg, after, 1<<20); len(frames) != 0 {
			t.Errorf("Log after %v = %d frames, %v", after, len(frames), err)
		} else {
			wantErr(t, "Log", err, store.ErrLogGone)
		}
	}
	has := func(after fact.Position, want int) {
		t.Helper()
		if frames, err := m.Log(bg, after, 1<<20); len(frames) != want || err != nil {
			t.Errorf("Log after %v = %d frames, %v, want %d", after, len(frames), err, want)
		}
	}
	next := heads[4]
	next.Sequence++
	for range 2 {
		has(heads[0], 4)
		has(heads[4], 0)
		gone(fact.Position{})
		gone(next)
		if m.Head() != heads[4] {
			t.Errorf("the head is %v, want %v", m.Head(), heads[4])
		}
		m.restart(t, nil)
	}
	must(t, m.TrimLog(bg, time.UnixMilli(start+3000), 1<<20)) // the frames of the first two customers are older
	gone(heads[0])
	has(heads[1], 3)
	s := stats(t, m)
	must(t, m.TrimLog(bg, time.UnixMilli(start), s.OutboxBytes-1))
	gone(heads[1])
	has(heads[2], 2)
	must(t, m.TrimLog(bg, c.now().Add(time.Hour), 0))
	m.restart(t, nil)
	has(heads[4], 0)
	gone(heads[3])
	if m.Head() != heads[4] || stats(t, m).OutboxFrames != 0 {
		t.Errorf("the head is %v, want %v, with no frame left", m.Head(), heads[4])
	}
	add(t, m.DB, core.CustomerID{}, "later")
	has(heads[4], 1)
}

// A frame of a fleet has at most 512 KiB of facts.
func TestFleetFramesAreShort(t *testing.T) {
	hub := join(t, 1)
	var list []store.NewCustomer
	for i := range 40 {
		list = append(list, store.NewCustomer{Email: fmt.Sprint(i),
			Attributes: []byte(`{"a":"` + strings.Repeat("a", 60_000) + `"}`)})
	}
	at := hub.Head()
	_, err := hub.AddAll(bg, list)
	must(t, err)
	frames, err := hub.Log(bg, at, 1<<30)
	must(t, err)
	for _, raw := range frames {
		if len(raw) > 512<<10 {
			t.Errorf("a frame has %d bytes", len(raw))
		}
	}
	if len(frames) < 5 {
		t.Errorf("there are %d frames", len(frames))
	}
}

// Begin has the next process know this incarnation, and Reincarnate begins another one with a chain of its own.
func TestIncarnationsOfANode(t *testing.T) {
	m := join(t, 1)
	m.restart(t, nil)
	n, err := m.Node(bg)
	must(t, err)
	must(t, m.Begin(bg))
	must(t, m.Begin(bg))
	m.restart(t, nil)
	if m.Previous() != n.Incarnation {
		t.Errorf("the previous incarnation is %x, want %x", m.Previous(), n.Incarnation)
	}
	add(t, m.DB, core.CustomerID{}, "ada")
	before := m.Head()
	must(t, m.Reincarnate(bg, 0))
	add(t, m.DB, core.CustomerID{}, "bea")
	after := m.Head()
	if after.Incarnation <= before.Incarnation || after.Sequence != 1 || m.Previous() != n.Incarnation {
		t.Errorf("the head is %v after %v", after, before)
	}
	f := parsed(t, m.frames(t))
	if last := f[len(f)-1]; last.Previous != [32]byte{} || last.Position() != after {
		t.Errorf("the last frame is %+v", last)
	}
}

// A store of schema 8 gets the buckets of a fleet, and is that of a single node.
func TestUpgradeFrom8(t *testing.T) {
	m := alone(t, 0)
	ada := add(t, m.DB, core.CustomerID{}, "ada")
	m.restart(t, func(tx *bbolt.Tx) error {
		return backTo(tx, 8, "members", "leases", "invitations")
	})
	if from, to, done := m.Upgraded(); from != 8 || to != store.Schema || !done {
		t.Errorf("Upgraded = %d, %d, %v", from, to, done)
	}
	if c, err := m.Get(bg, ada.ID); c.Email != "ada" || err != nil || m.Membership().Role != store.Alone {
		t.Errorf("ada is %+v, %v", c, err)
	}
	must(t, m.Found(bg, fleetOf))
}
