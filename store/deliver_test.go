package store_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// member is a store of a fleet: its file, and what Open needs.
type member struct {
	*store.DB
	config store.Config
	clock  *clock
}

// fleetOf is a fleet whose hub has the link key 1.
var fleetOf = store.Membership{Fleet: "f", ID: [16]byte{7}, HubKey: [32]byte{1}, Addresses: []string{"hub:1"}}

// join opens a store with an outbox: that of the hub of a fleet with members 2 to 9 (number 1), of an edge, or of a
// single node (0).
func join(t testing.TB, number uint16) *member {
	t.Helper()
	m := alone(t, 0)
	switch number {
	case 0:
	case 1:
		must(t, m.Found(bg, fleetOf))
		must(t, m.UpdateMembers(bg, func([]store.Member) (list []store.Member, err error) {
			for n := range uint16(8) {
				list = append(list, store.Member{Number: n + 2, Name: "edge", Key: [32]byte{byte(n + 2)}})
			}
			return list, nil
		}))
	default:
		must(t, m.Enter(bg, number, 0, fleetOf))
	}
	return m
}

// alone opens a store with an outbox that is in no fleet, but has a number.
func alone(t testing.TB, number uint16) *member {
	t.Helper()
	c := newClock()
	m := &member{clock: c, config: store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now,
		Elapsed: c.elapsed, Outbox: true}}
	m.open(t)
	if number != 0 {
		must(t, m.SetNode(bg, number, 0))
	}
	t.Cleanup(func() {
		m.Close()
		if r, err := store.Check(m.config.Path); err != nil || !r.Sound() {
			t.Errorf("Check = %v, %v", shown(r), err)
		}
	})
	return m
}

func (m *member) open(t testing.TB) {
	t.Helper()
	db, err := store.Open(m.config)
	must(t, err)
	m.DB = db
}

// restart closes the file, has fn change it, and opens it again.
func (m *member) restart(t testing.TB, fn func(*bbolt.Tx) error) {
	t.Helper()
	must(t, m.Close())
	if fn != nil {
		db, err := bbolt.Open(m.config.Path, 0o600, nil)
		must(t, err)
		must(t, db.Update(fn))
		must(t, db.Close())
	}
	m.open(t)
}

// frames are all that are in the outbox.
func (m *member) frames(t testing.TB) [][]byte {
	t.Helper()
	list, err := m.Outbox(bg, fact.Position{}, 1<<30)
	must(t, err)
	return list
}

func apply(t testing.TB, m *member, frames ...[]byte) store.Delivered {
	t.Helper()
	d, err := m.Apply(bg, store.Delivery{Frames: frames})
	must(t, err)
	return d
}

func wantDelivered(t testing.TB, name string, got, want store.Delivered) {
	t.Helper()
	got.Refused = nil
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s = %+v, want %+v", name, got, want)
	}
}

// stats are the figures, without those of time.
func stats(t testing.TB, m *member) store.Stats {
	t.Helper()
	s, err := m.Stats(bg)
	must(t, err)
	return s
}

// chain makes frames of a node, each with some facts.
type chain struct {
	node        uint16
	incarnation uint64
	last        fact.Frame
}

func (c *chain) frame(t testing.TB, facts ...fact.Fact) []byte {
	t.Helper()
	f := fact.Frame{Node: c.node, Incarnation: c.incarnation, Sequence: c.last.Sequence + 1, Made: start * 1000,
		Facts: facts}
	if c.last.Sequence > 0 {
		f.Previous = c.last.Hash()
	}
	c.last = f
	return encode(t, f)
}

func encode(t testing.TB, f fact.Frame) []byte {
	t.Helper()
	raw, err := f.Append(nil)
	must(t, err)
	return raw
}

// revoked is a fact about a family of bits of no customer.
func revoked(bits uint64) fact.RevokeFamily {
	return fact.RevokeFamily{Family: core.FamilyKey{Bits: bits}, Start: start, Until: start/1000 + 1000}
}

// deadOf says which of the first n such families a store knows as dead.
func deadOf(t testing.TB, m *member, n uint64) (list []uint64) {
	t.Helper()
	for bits := range n {
		f := core.Family{Listed: true, Bits: bits, Start: start}
		s, _, err := m.Load(bg, store.Query{HasFamily: true, Family: f})
		must(t, err)
		if s.Family.Dead {
			list = append(list, bits)
		}
	}
	return list
}

// unread is a fact that a newer program wrote.
func unread(t testing.TB, kind, version byte, payload ...byte) fact.Fact {
	t.Helper()
	x, err := fact.Decode(append([]byte{kind, version, byte(len(payload)), 0, 0, 0}, payload...))
	wantErr(t, "Decode", err, fact.ErrNewer)
	return x
}

// A store that applies all frames of another knows what that knows, and does not pass them on.
func TestApply(t *testing.T) {
	hub, edge := join(t, 1), join(t, 2)
	must(t, hub.AddGroup(bg, "editors", []string{"a.b"}))
	ada := add(t, hub.DB, core.CustomerID{}, "ada")
	bea := add(t, hub.DB, core.CustomerID{}, "bea")
	must(t, hub.ChangeRights(bg, ada.ID, store.RightsChange{Grant: []string{"c.d"}, Join: []string{"editors"}}))
	must(t, hub.SetPassword(bg, ada.ID, "new"))
	must(t, hub.Remove(bg, bea.ID, time.Hour))
	must(t, hub.Settle(bg, revokeFamily(core.State{}, core.FamilyKey{Bits: 3}, start/1000+9)))

	frames := hub.frames(t)
	got, err := edge.Apply(bg, store.Delivery{Frames: frames, Position: []byte("here")})
	must(t, err)
	wantDelivered(t, "Apply", got, store.Delivered{Applied: len(frames)})
	query := store.Query{UserID: ada.ID, HasUser: true, Rights: true}
	for _, m := range []*member{hub, edge} {
		s, c, err := m.Load(bg, query)
		must(t, err)
		if c.PasswordHash != "new" || !slices.Equal(c.Rights, []string{"a.b", "c.d"}) || s.CutOff == 0 {
			t.Errorf("ada is %+v, %+v", s, c)
		}
		_, err = m.Get(bg, bea.ID)
		wantErr(t, "Get of bea", err, store.ErrNotFound)
	}
	if list := deadOf(t, edge, 5); !slices.Equal(list, []uint64{3}) {
		t.Errorf("dead are %d, want 3", list)
	}
	if n := len(edge.frames(t)); n != 0 {
		t.Errorf("what was applied is in %d frames of the outbox", n)
	}
	before := edge.LastTransaction()
	got, err = edge.Apply(bg, store.Delivery{Frames: frames, Position: []byte("here")})
	must(t, err)
	wantDelivered(t, "Apply again", got, store.Delivered{Skipped: len(frames)})
	if edge.LastTransaction() != before {
		t.Errorf("frames that were known were written again")
	}
	edge.restart(t, nil)
	wantDelivered(t, "Apply after a restart", apply(t, edge, frames...), store.Delivered{Skipped: len(frames)})
	if at, err := edge.Position(bg); string(at) != "here" || err != nil {
		t.Errorf("Position = %q, %v", at, err)
	}
	// What comes back is known, even from before a restart.
	wantDelivered(t, "own frames", apply(t, hub, frames...), store.Delivered{Skipped: len(frames)})
}

// However frames are mixed up, repeated and cut into deliveries, each is applied once, in the order of its node.
func TestApplyInAnyOrder(t *testing.T) {
	for round := range uint64(20) {
		random := rand.New(rand.NewPCG(round, 7))
		m := join(t, 9)
		var frames [][]byte
		for node := range uint16(3) {
			c := chain{node: node + 1, incarnation: 5}
			for i := range uint64(6) {
				frames = append(frames, c.frame(t, revoked(uint64(node)*6+i)))
			}
		}
		frames = slices.Concat(frames, frames[:random.IntN(len(frames))])
		random.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		applied, release := 0, func() {}
		done := make(chan store.Delivered, len(frames))
		if round%2 == 0 { // all deliveries share a commit
			release = m.HoldCommits()
		}
		n := 0
		for rest := frames; len(rest) > 0; n++ {
			size := min(1+random.IntN(4), len(rest))
			delivery := store.Delivery{Frames: rest[:size]}
			rest = rest[size:]
			go func() {
				d, err := m.Apply(bg, delivery)
				if err != nil {
					t.Error(err)
				}
				done <- d
			}()
		}
		release()
		for range n {
			applied += (<-done).Applied
		}
		if s := stats(t, m); applied != 18 || s.WaitingFrames != 0 {
			t.Errorf("round %d: %d frames were applied, and %d wait, want all 18", round, applied, s.WaitingFrames)
		}
		if list := deadOf(t, m, 20); len(list) != 18 {
			t.Errorf("round %d: dead are %d", round, list)
		}
	}
}

// A frame waits for the one before, over a restart too.
func TestWaiting(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	first, second, third := c.frame(t, revoked(0)), c.frame(t, revoked(1)), c.frame(t, revoked(2))
	wantDelivered(t, "third", apply(t, m, third), store.Delivered{Waiting: 1})
	wantDelivered(t, "third again", apply(t, m, third), store.Delivered{Skipped: 1})
	if list := deadOf(t, m, 3); len(list) != 0 {
		t.Errorf("dead are %d before the first came", list)
	}
	m.restart(t, nil)
	wantDelivered(t, "second", apply(t, m, second, second), store.Delivered{Waiting: 1, Skipped: 1})
	if s := stats(t, m); s.WaitingFrames != 2 {
		t.Errorf("%d frames wait, want 2", s.WaitingFrames)
	}
	wantDelivered(t, "first", apply(t, m, first), store.Delivered{Applied: 3})
	if list := deadOf(t, m, 3); len(list) != 3 || stats(t, m).WaitingFrames != 0 {
		t.Errorf("dead are %d", list)
	}
}

// What does not follow is not applied, nor what came with it, and it does not keep out the true frame.
func TestForgedFrames(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	first := c.frame(t, revoked(0))
	forked := c // a copy of the node
	second, third := c.frame(t, revoked(1)), c.frame(t, revoked(2))
	otherSecond, otherThird := forked.frame(t, revoked(11)), forked.frame(t, revoked(12))
	changed := bytes.Clone(second)
	changed[len(changed)-10] ^= 1 // in the end of a revocation

	_, err := m.Apply(bg, store.Delivery{Frames: [][]byte{first, second[:len(second)-1]}})
	wantErr(t, "a frame that is cut short", err, fact.ErrMalformed)
	if list := deadOf(t, m, 20); len(list) != 0 {
		t.Errorf("dead are %d", list)
	}
	// It comes early, and does not follow.
	wantDelivered(t, "early", apply(t, m, otherThird), store.Delivered{Waiting: 1})
	wantDelivered(t, "the true one", apply(t, m, third), store.Delivered{Waiting: 1})
	wantDelivered(t, "those before", apply(t, m, first, second), store.Delivered{Applied: 3})
	if list := deadOf(t, m, 20); !slices.Equal(list, []uint64{0, 1, 2}) || stats(t, m).WaitingFrames != 0 {
		t.Errorf("dead are %d", list)
	}
	wantDelivered(t, "an old one of the copy", apply(t, m, otherSecond), store.Delivered{Skipped: 1})
	_, err = m.Apply(bg, store.Delivery{Frames: [][]byte{otherThird}})
	wantErr(t, "the latest of the copy", err, store.ErrChain)

	fourth := c.frame(t, revoked(3))
	wrong := fact.Frame{Node: 1, Incarnation: 5, Sequence: 5, Previous: sha256.Sum256(nil),
		Facts: []fact.Fact{revoked(13)}}
	_, err = m.Apply(bg, store.Delivery{Frames: [][]byte{fourth, encode(t, wrong)}, Position: []byte("x")})
	wantErr(t, "one that does not follow", err, store.ErrChain)
	if list := deadOf(t, m, 20); !slices.Equal(list, []uint64{0, 1, 2}) {
		t.Errorf("dead are %d: what came with it was applied", list)
	}
	if at, err := m.Position(bg); at != nil || err != nil {
		t.Errorf("Position = %q, %v", at, err)
	}
	wantDelivered(t, "fourth", apply(t, m, fourth), store.Delivered{Applied: 1})
	n := join(t, 8)
	wantDelivered(t, "first alone", apply(t, n, first, changed), store.Delivered{Applied: 2})
	_, err = n.Apply(bg, store.Delivery{Frames: [][]byte{third}})
	wantErr(t, "what follows a changed frame", err, store.ErrChain)
}

// The frames of an incarnation of which nobody knows the head any more are applied as they come, and what waited for
// others of it is not lost.
func TestIncarnationsThatAreOver(t *testing.T) {
	m := join(t, 9)
	var early []byte
	for i := range uint64(20) {
		c := chain{node: 1, incarnation: 100 + i}
		first := c.frame(t, revoked(i))
		if i == 1 {
			early = first
			c.frame(t, revoked(30))
			wantDelivered(t, "one that comes too early", apply(t, m, first, c.frame(t, revoked(31))),
				store.Delivered{Applied: 1, Waiting: 1})
			continue
		}
		want := store.Delivered{Applied: 1}
		if i == 17 { // now the second is over
			want.Applied = 2
		}
		wantDelivered(t, fmt.Sprintf("incarnation %d", i), apply(t, m, first), want)
	}
	if list := deadOf(t, m, 32); len(list) != 21 || list[20] != 31 || stats(t, m).WaitingFrames != 0 {
		t.Errorf("dead are %d", list)
	}
	wantDelivered(t, "one that is over", apply(t, m, early), store.Delivered{Applied: 1})
	c := chain{node: 1, incarnation: 90}
	c.frame(t)
	wantDelivered(t, "one that was never seen", apply(t, m, c.frame(t, revoked(40))), store.Delivered{Applied: 1})
	if list := deadOf(t, m, 41); len(list) != 22 {
		t.Errorf("dead are %d", list)
	}
}

// What came too early has its bounds. What is dropped must come again, so that the position stays behind.
func TestWaitingIsBounded(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	first := c.frame(t, revoked(0))
	big := fact.Customer{ID: core.Integer(1), Made: fact.Stamp{Time: 1}, Stamp: fact.Stamp{Time: 1},
		Set: fact.Attributes, Attributes: []byte(`{"a":"` + string(bytes.Repeat([]byte("x"), 60_000)) + `"}`)}
	facts := slices.Repeat([]fact.Fact{big}, 270) // 16 MB
	var frames [][]byte
	for range 5 {
		frames = append(frames, c.frame(t, facts...))
	}
	got, err := m.Apply(bg, store.Delivery{Frames: frames, Position: []byte("x")})
	must(t, err)
	wantDelivered(t, "Apply", got, store.Delivered{Waiting: 4, Dropped: 1})
	if at, err := m.Position(bg); at != nil || err != nil {
		t.Errorf("Position = %q, %v, though a frame was dropped", at, err)
	}
	got, err = m.Apply(bg, store.Delivery{Frames: [][]byte{first}, Position: []byte("x")})
	must(t, err)
	wantDelivered(t, "Apply of the first", got, store.Delivered{Applied: 5})
	wantDelivered(t, "what was dropped", apply(t, m, frames...), store.Delivered{Applied: 1, Skipped: 4})
}

// A customer of another kind of ids is none of this store. What else came is applied.
func TestAnotherKindOfIDs(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	other := fact.CutOff{Subject: fact.ByID(core.Text("ada")), At: start}
	wantDelivered(t, "Apply", apply(t, m, c.frame(t, other, revoked(1))), store.Delivered{Applied: 1, Quarantined: 1})
	if list := deadOf(t, m, 2); len(list) != 1 {
		t.Errorf("dead are %d", list)
	}
}
