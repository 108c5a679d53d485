package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// updateMember writes a member of the fleet at its hub.
func updateMember(t testing.TB, hub *member, m store.Member) {
	t.Helper()
	must(t, hub.UpdateMembers(bg, func([]store.Member) ([]store.Member, error) { return []store.Member{m}, nil }))
}

// What the hub alone knew comes back from a record of its log, whatever of it comes first, and goes down again.
func TestReplay(t *testing.T) {
	hub, _ := fleetOfTwo(t)
	made := backUp(t, hub.DB)
	at := hub.Head()
	eve := add(t, hub.DB, core.Integer(8), "eve@example.com")
	must(t, hub.PutGroup(bg, "staff", []string{"shop.view_order"}))
	must(t, hub.Revoke(bg, seven))
	must(t, hub.Close()) // its incarnation ends, and another goes on
	hub.open(t)
	must(t, hub.SetPassword(bg, seven, "another hash"))
	must(t, hub.Remove(bg, eve.ID, time.Hour))
	updateMember(t, hub, store.Member{Number: 10, Name: "ten", Key: [32]byte{10}, Joined: 1})
	updateMember(t, hub, store.Member{Number: 3, Name: "edge", Key: [32]byte{3}, Withdrawn: 1})
	lost, err := hub.Outbox(bg, at, 1<<30)
	must(t, err)
	cutOff := state(t, hub.DB, seven, core.Family{}).CutOff

	again := restoredFrom(t, hub, made)
	if p, err := again.Remembered(bg); p != at || err != nil {
		t.Errorf("Remembered = %v, %v, want %v", p, err, at)
	}
	edge := join(t, 4)
	adopt(t, edge, copyForEdge(t, again), false)
	add(t, again.DB, core.Integer(9), "joe@example.com")
	done, err := again.Replay(bg, lost)
	if err != nil || done.Frames != len(lost) || done.Facts < done.Frames || done.Skipped != 0 {
		t.Fatalf("Replay = %+v, %v, want %d frames", done, err, len(lost))
	}
	followLog(t, edge, again)
	for name, m := range map[string]*member{"hub": again, "edge": edge} {
		c, err := m.Get(bg, seven)
		if must(t, err); c.PasswordHash != "another hash" {
			t.Errorf("the password at the %s is %q", name, c.PasswordHash)
		}
		if s := state(t, m.DB, seven, core.Family{}); s.CutOff < cutOff {
			t.Errorf("the cut-off at the %s is %d, want %d", name, s.CutOff, cutOff)
		}
		if _, err := m.Get(bg, eve.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("eve at the %s: %v", name, err)
		}
		if _, err := m.Get(bg, core.Integer(9)); err != nil {
			t.Errorf("who came since the restore is gone at the %s: %v", name, err)
		}
		if x, _ := m.Member(3); x.Withdrawn == 0 {
			t.Errorf("node 3 is a member at the %s", name)
		}
		groups, err := m.Groups(bg)
		if must(t, err); len(groups) != 1 {
			t.Errorf("groups at the %s: %v", name, groups)
		}
	}
	missing, err := again.Pending(bg)
	if want := []uint16{2, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(missing, want) || err != nil {
		t.Errorf("Pending = %d, %v, want %d: 3 was withdrawn, and 10 came", missing, err, want)
	}

	head := again.Head()
	all := append(hub.frames(t), lost...)
	if done, err = again.Replay(bg, all); done != (store.Replayed{Skipped: len(all)}) || err != nil {
		t.Errorf("the second Replay = %+v, %v", done, err)
	}
	if again.Head() != head {
		t.Error("a replay in vain has made frames")
	}
	if _, err := edge.Replay(bg, lost); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("Replay at an edge: %v", err)
	}
	foreign := fact.Frame{Node: 2, Incarnation: 1, Sequence: 1, Facts: []fact.Fact{fact.Lifetimes{Access: 60}}}
	raw, err := foreign.Append(nil)
	must(t, err)
	if _, err := again.Replay(bg, [][]byte{raw}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("Replay of another's frame: %v", err)
	}
}

// A hub that was never restored has lost nothing.
func TestReplayAtASoundHub(t *testing.T) {
	hub, _ := fleetOfTwo(t)
	frames := hub.frames(t)
	if done, err := hub.Replay(bg, frames); done != (store.Replayed{Skipped: len(frames)}) || err != nil {
		t.Errorf("Replay = %+v, %v", done, err)
	}
}

// Frames that are missing before others keep those from nobody.
func TestReplayWithAGap(t *testing.T) {
	hub, _ := fleetOfTwo(t)
	made, at := backUp(t, hub.DB), hub.Head()
	add(t, hub.DB, core.Integer(8), "eve@example.com")
	add(t, hub.DB, core.Integer(9), "joe@example.com")
	lost, err := hub.Outbox(bg, at, 1<<30)
	must(t, err)
	again := restoredFrom(t, hub, made)
	if _, err := again.Replay(bg, lost[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Get(bg, core.Integer(9)); err != nil {
		t.Errorf("joe: %v", err)
	}
}

// An id, or a number of a node, that the hub has given to another one since its restore is found before anything of
// the one who was forgotten comes back.
func TestReplayTooLate(t *testing.T) {
	ten := store.Member{Number: 10, Name: "ten", Key: [32]byte{10}, Joined: 1}
	for name, c := range map[string]struct {
		forgotten, since func(*member)
		says             string
	}{
		"a customer": {func(m *member) { add(t, m.DB, core.Integer(8), "eve@example.com") },
			func(m *member) { add(t, m.DB, core.Integer(8), "joe@example.com") }, "id 8 "},
		"a member": {func(m *member) { updateMember(t, m, ten) }, func(m *member) {
			other := ten
			other.Key[0]++
			updateMember(t, m, other)
		}, "number 10 "},
	} {
		t.Run(name, func(t *testing.T) {
			hub, _ := fleetOfTwo(t)
			made, at := backUp(t, hub.DB), hub.Head()
			c.forgotten(hub)
			lost, err := hub.Outbox(bg, at, 1<<30)
			must(t, err)
			late := restoredFrom(t, hub, made)
			c.since(late)
			head := late.Head()
			_, err = late.Replay(bg, lost)
			if !errors.Is(err, store.ErrReused) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Replay = %v", err)
			}
			if late.Head() != head {
				t.Error("a replay that was refused has made frames")
			}
			inTime := restoredFrom(t, hub, made)
			if _, err := inTime.Replay(bg, lost); err != nil {
				t.Errorf("Replay before that: %v", err)
			}
		})
	}
}
