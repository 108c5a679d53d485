package store_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// parsed are the frames of an outbox.
func parsed(t testing.TB, list [][]byte) (frames []*fact.Frame) {
	t.Helper()
	for _, raw := range list {
		f, err := fact.ParseFrame(raw)
		must(t, err)
		frames = append(frames, f)
	}
	return frames
}

// The outbox is off unless it is asked for.
func TestNoOutbox(t *testing.T) {
	db, _ := fresh(t)
	add(t, db, core.CustomerID{}, "ada")
	if list, err := db.Outbox(bg, fact.Position{}, 1<<20); len(list) != 0 || err != nil {
		t.Errorf("Outbox = %d frames, %v", len(list), err)
	}
}

// An advance says in which frame it stands, in every one that a commit is cut into.
func TestAdvanceNamesItsFrame(t *testing.T) {
	m := join(t, 0)
	ada := add(t, m.DB, core.CustomerID{}, "ada")
	large := []byte(`{"a":"` + strings.Repeat("a", 60_000) + `"}`)
	release := m.HoldCommits()
	done := make(chan error)
	const advances, filling = 3, 150 // each a bit more than half a frame
	for i := range uint64(advances) {
		go func() {
			var list []store.NewCustomer
			for n := range filling {
				list = append(list, store.NewCustomer{Email: fmt.Sprint(i, ".", n), Attributes: large})
			}
			_, err := m.AddAll(bg, list)
			done <- err
		}()
		go func() {
			f := core.Family{Listed: true, Ours: true, Bits: i, Start: start}
			done <- m.Settle(bg, core.Effects{
				Reads: core.Reads{Customer: ada.ID, CustomerVersion: ada.Version, HasFamily: true,
					Family: f.Key("", ada.ID)},
				List: []core.Effect{{Kind: core.AdvanceFamily, Family: f.Key("", ada.ID), At: start,
					Until: start/1000 + 60, Generation: 1, Issued: start * 1000}}})
		}()
	}
	for m.Waiting() < 2*advances {
		time.Sleep(time.Millisecond)
	}
	release()
	for range 2 * advances {
		must(t, <-done)
	}
	list, err := m.Outbox(bg, fact.Position{}, 1<<30)
	must(t, err)
	frames, found := parsed(t, list), 0
	for _, frame := range frames {
		for _, f := range frame.Facts {
			a, ok := f.(fact.AdvanceFamily)
			if !ok {
				continue
			}
			found++
			if in := (fact.Position{Incarnation: a.Incarnation, Sequence: a.Sequence}); in != frame.Position() {
				t.Errorf("an advance in frame %v says %v", frame.Position(), in)
			}
		}
	}
	if found != advances || len(frames) < 3 {
		t.Errorf("%d advances in %d frames, want %d in more than two", found, len(frames), advances)
	}
}

// One commit is one frame, in a chain that begins anew with each incarnation and with another number. What stays on its
// node is in none.
func TestOutboxIsAChain(t *testing.T) {
	m := join(t, 0)
	before, err := m.Node(bg)
	must(t, err)
	release := m.HoldCommits()
	done := make(chan error)
	for i := range 3 {
		go func() {
			_, err := m.Add(bg, store.NewCustomer{Email: fmt.Sprint(i)})
			done <- err
		}()
	}
	for m.Waiting() < 3 {
		time.Sleep(time.Millisecond)
	}
	release()
	for range 3 {
		must(t, <-done)
	}
	ada := add(t, m.DB, core.CustomerID{}, "ada")
	must(t, m.Settle(bg, login(state(t, m.DB, ada.ID, core.Family{}), start+5))) // a start is reserved: local
	for range 2 {
		must(t, m.Found(bg, fleetOf))
	}
	must(t, m.SetActive(bg, ada.ID, false))
	m.restart(t, nil)
	must(t, m.SetActive(bg, ada.ID, true))
	after, err := m.Node(bg)
	must(t, err)
	frames := parsed(t, m.frames(t))
	if len(frames) != 5 || len(frames[0].Facts) != 3 || frames[0].Position() != (fact.Position{
		Incarnation: before.Incarnation, Sequence: 1}) || frames[1].Sequence != 2 ||
		frames[1].Previous != frames[0].Hash() {
		t.Fatalf("frames = %+v", frames)
	}
	founded, second, third := frames[2], frames[3], frames[4]
	if founded.Node != 1 || founded.Incarnation != before.Incarnation+1 || founded.Sequence != 1 ||
		founded.Previous != [32]byte{} || second.Sequence != 2 || second.Previous != founded.Hash() ||
		third.Node != 1 || third.Incarnation != after.Incarnation || third.Sequence != 1 ||
		after.Incarnation <= second.Incarnation || after.Number != 1 {
		t.Errorf("frames = %+v, the node is %+v", frames[2:], after)
	}
}

// Frames are read from any position on, at least one at a time, and go with an acknowledgement only.
func TestAcknowledge(t *testing.T) {
	m := alone(t, 1)
	for i := range 5 {
		add(t, m.DB, core.CustomerID{}, fmt.Sprint(i))
	}
	all := m.frames(t)
	frames := parsed(t, all)
	read := func(after fact.Position, most int) [][]byte {
		t.Helper()
		list, err := m.Outbox(bg, after, most)
		must(t, err)
		return list
	}
	if got := read(frames[1].Position(), 1<<20); !slices.EqualFunc(got, all[2:], bytes.Equal) {
		t.Errorf("%d frames behind the second, want 3", len(got))
	}
	if got := read(fact.Position{}, len(all[0])+len(all[1])); len(got) != 2 {
		t.Errorf("%d frames in the bytes of 2", len(got))
	}
	if got := read(fact.Position{}, 0); len(got) != 1 {
		t.Errorf("%d frames in no bytes, want 1", len(got))
	}
	last := frames[4].Position()
	wantErr(t, "Acknowledge of a frame to come", m.Acknowledge(bg, fact.Position{Incarnation: last.Incarnation,
		Sequence: 6}), store.ErrInvalid)
	wantErr(t, "Acknowledge of another node's", m.Acknowledge(bg, fact.Position{Incarnation: last.Incarnation + 1,
		Sequence: 1}), store.ErrInvalid)
	if s := stats(t, m); s.OutboxFrames != 5 || s.OutboxBytes != int64(len(bytes.Join(all, nil))) {
		t.Errorf("Stats = %+v", s)
	}
	for range 2 {
		must(t, m.Acknowledge(bg, frames[2].Position()))
		if got := m.frames(t); !slices.EqualFunc(got, all[3:], bytes.Equal) || stats(t, m).OutboxFrames != 2 {
			t.Errorf("%d frames are left, want 2", len(got))
		}
	}
	m.restart(t, nil)
	add(t, m.DB, core.CustomerID{}, "later")
	must(t, m.Acknowledge(bg, last)) // of the incarnation before
	if s := stats(t, m); s.OutboxFrames != 1 {
		t.Errorf("%d frames are left, want the one of this incarnation", s.OutboxFrames)
	}
}

// A full outbox refuses what others should know, and nothing else, until frames are acknowledged.
func TestOutboxFull(t *testing.T) {
	c := newClock()
	db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now, Elapsed: c.elapsed,
		Outbox: true, MaxOutbox: 300})
	ada := add(t, db, core.CustomerID{}, "ada")
	var err error
	for i := 0; err == nil && i < 10; i++ {
		err = db.SetActive(bg, ada.ID, i%2 == 1)
	}
	wantErr(t, "SetActive", err, store.ErrOutboxFull)
	s := state(t, db, ada.ID, core.Family{})
	wantErr(t, "Settle of a revocation", db.Settle(bg, revokeFamily(s, ours.Key("", ada.ID), start/1000+9)),
		store.ErrOutboxFull)
	must(t, db.Settle(bg, login(s, max(start, s.CutOff)+5)))
	node := chain{node: 4, incarnation: 5}
	d := store.Delivery{Frames: [][]byte{node.frame(t, revoked(1))}}
	_, err = db.Accept(bg, 4, d)
	wantErr(t, "Accept", err, store.ErrOutboxFull)
	_, err = db.Apply(bg, d)
	must(t, err)
	frames, err := db.Outbox(bg, fact.Position{}, 1<<20)
	must(t, err)
	must(t, db.Acknowledge(bg, parsed(t, frames)[len(frames)-1].Position()))
	must(t, db.SetActive(bg, ada.ID, true))
}

// A store that came back from a backup begins an epoch: what it writes counts more than what it wrote after the backup
// was made, and ends all log-ins.
func TestRestored(t *testing.T) {
	hub, edge := join(t, 1), join(t, 2)
	ada := add(t, hub.DB, core.CustomerID{}, "ada")
	backup := hub.frames(t)
	hub.clock.ms.Add(1000)
	must(t, hub.SetActive(bg, ada.ID, false))
	apply(t, edge, hub.frames(t)...)

	restored := join(t, 1) // knows only what was in the backup
	apply(t, restored, backup...)
	before, err := restored.Node(bg)
	must(t, err)
	must(t, restored.Restored(bg))
	after, err := restored.Node(bg)
	must(t, err)
	if after.Epoch <= before.Epoch || after.Incarnation <= before.Incarnation {
		t.Errorf("the node is %+v, was %+v", after, before)
	}
	must(t, restored.SetActive(bg, ada.ID, false))
	must(t, restored.SetActive(bg, ada.ID, true))
	apply(t, edge, restored.frames(t)...)
	if c, err := edge.Get(bg, ada.ID); !c.IsActive || err != nil {
		t.Errorf("ada is %+v, %v, want what the restored store says", c, err)
	}
	if s := stats(t, restored); s.CutOff < start {
		t.Errorf("the cut-off of the restored node is %d", s.CutOff)
	}
}

// A node is not told who it is by a store that is closed, nor after the caller has given up.
func TestNodeOfAClosedStore(t *testing.T) {
	m := join(t, 1)
	ended, end := context.WithCancel(bg)
	end()
	_, err := m.Node(ended)
	wantErr(t, "Node", err, context.Canceled)
	must(t, m.Close())
	_, err = m.Node(bg)
	wantErr(t, "Node", err, store.ErrClosed)
}
