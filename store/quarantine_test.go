package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// newerFrame is a frame of a version that this program does not know.
func newerFrame(payload byte) []byte { return []byte{2, payload, 0, 0} }

// What a newer program wrote is kept, counted, and not applied. The rest is.
func TestQuarantine(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	frame := c.frame(t, unread(t, 40, 1, 1, 2, 3), revoked(1), unread(t, byte(fact.CutOffKind), 2, 9))
	want := store.Delivered{Applied: 1, Quarantined: 3}
	wantDelivered(t, "Apply", apply(t, m, frame, newerFrame(1)), want)
	wantDelivered(t, "the same facts again", apply(t, m, c.frame(t, unread(t, 40, 1, 1, 2, 3)), newerFrame(1)),
		store.Delivered{Applied: 1, Quarantined: 2})
	if s := stats(t, m); s.Quarantined != 3 || !slices.Equal(deadOf(t, m, 3), []uint64{1}) {
		t.Errorf("%d are in quarantine, dead are %d", s.Quarantined, deadOf(t, m, 3))
	}
	before := m.LastTransaction()
	m.restart(t, nil) // still not readable
	if s := stats(t, m); s.Quarantined != 3 || m.LastTransaction() != before {
		t.Errorf("%d are in quarantine after a restart, which wrote: %v", s.Quarantined, m.LastTransaction() != before)
	}
}

// quarantine is what an older program left in its file: it could not read what this one can.
func quarantine(list ...fact.Quarantine) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		counts := [8]int64{}
		for _, q := range list {
			digest, value := sha256.Sum256(q.Raw), fact.Append(nil, q)
			if err := tx.Bucket([]byte("quarantine")).Put(digest[:], value); err != nil {
				return err
			}
			counts[4]++
			counts[5] += int64(len(value))
		}
		return tx.Bucket([]byte("meta")).Put([]byte("fleet"), store.EncodeCounts(counts))
	}
}

// After an upgrade of the program it is applied: facts, frames in whatever order, and what waited for them. What was
// not judged is judged now.
func TestQuarantineIsRead(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	first, second, third := c.frame(t, revoked(1)), c.frame(t, revoked(2)), c.frame(t, revoked(3))
	other := chain{node: 4, incarnation: 5}
	advance := func(bits, sequence uint64) []byte {
		return fact.Append(nil, fact.AdvanceFamily{Family: core.FamilyKey{Bits: 4<<33 | bits, Start: start},
			Start: start, Until: start/1000 + 1000, Generation: 1, IssuedAt: start * 1000, Incarnation: 7,
			Sequence: sequence, Home: 4})
	}
	in := fact.Position{Incarnation: 7, Sequence: 2}
	m.restart(t, quarantine(
		fact.Quarantine{Node: 1, Position: in, Raw: fact.Append(nil, revoked(4))},
		fact.Quarantine{IsFrame: true, Raw: first}, fact.Quarantine{IsFrame: true, Raw: second},
		fact.Quarantine{IsFrame: true, Raw: third},
		fact.Quarantine{Node: 4, IsFrame: true, Judge: true, Raw: other.frame(t, revoked(5))},
		fact.Quarantine{Node: 3, IsFrame: true, Judge: true, Raw: other.frame(t, revoked(6))}, // not its own
		fact.Quarantine{Node: 4, Position: in, Judge: true, Raw: advance(7, 2)},
		fact.Quarantine{Node: 4, Position: in, Judge: true, Raw: advance(8, 3)}, // made elsewhere: refused
		fact.Quarantine{Node: 1, Raw: fact.Append(nil, unread(t, 40, 1, 1))},
	))
	if list := deadOf(t, m, 9); !slices.Equal(list, []uint64{1, 2, 3, 4, 5}) {
		t.Errorf("dead are %d, want 1 to 5", list)
	}
	s := stats(t, m)
	if s.Quarantined != 2 || s.WaitingFrames != 0 || s.Families != 6 {
		t.Errorf("Stats = %+v, want the frame of another node and the fact that cannot be read left", s)
	}
	shared := 0 // what was accepted
	for _, raw := range m.frames(t) {
		f, err := fact.ParseFrame(raw)
		must(t, err)
		shared += len(f.Facts)
	}
	if shared != 2 {
		t.Errorf("%d facts are in the outbox, want the 2 that were accepted", shared)
	}
}

// A fact that meets a damaged record is kept too, as a whole, and applied once the record is mended. All others are
// applied.
func TestDamagedRecordIsMended(t *testing.T) {
	for name, change := range map[string]func(*store.DB, core.CustomerID) error{
		"password": func(db *store.DB, id core.CustomerID) error { return db.SetPassword(bg, id, "new") },
		"address": func(db *store.DB, id core.CustomerID) error {
			email := "eve"
			_, err := db.Set(bg, id, store.Change{Email: &email}, time.Hour)
			return err
		},
		"removal": func(db *store.DB, id core.CustomerID) error { return db.Remove(bg, id, time.Hour) },
	} {
		t.Run(name, func(t *testing.T) { damagedRecordIsMended(t, change) })
	}
}

func damagedRecordIsMended(t *testing.T, change func(*store.DB, core.CustomerID) error) {
	hub, edge := join(t, 1), join(t, 2)
	ada, bea := add(t, hub.DB, core.CustomerID{}, "ada"), add(t, hub.DB, core.CustomerID{}, "bea")
	apply(t, edge, hub.frames(t)...)
	var sound []byte
	customers, key := []byte("customers"), []byte{0x80, 0, 0, 0, 0, 0, 0, byte(ada.ID.Int)}
	edge.restart(t, func(tx *bbolt.Tx) error {
		b := tx.Bucket(customers)
		sound = bytes.Clone(b.Get(key))
		return b.Put(key, sound[:len(sound)-1])
	})
	must(t, change(hub.DB, ada.ID))
	must(t, hub.SetPassword(bg, bea.ID, "new"))
	got := apply(t, edge, hub.frames(t)...)
	wantDelivered(t, "Apply", got, store.Delivered{Applied: 2, Skipped: 4, Quarantined: 1})
	if c, err := edge.Get(bg, bea.ID); c.PasswordHash != "new" || err != nil {
		t.Errorf("bea is %+v, %v", c, err)
	}
	edge.restart(t, nil)
	if n := stats(t, edge).Quarantined; n != 1 {
		t.Errorf("%d facts are in quarantine while the record is damaged", n)
	}
	edge.restart(t, func(tx *bbolt.Tx) error { return tx.Bucket(customers).Put(key, sound) })
	want, wanted := hub.Get(bg, ada.ID)
	is, err := edge.Get(bg, ada.ID)
	want.Version, is.Version = 0, 0
	if fmt.Sprint(is, errors.Is(err, store.ErrNotFound)) != fmt.Sprint(want, errors.Is(wanted, store.ErrNotFound)) {
		t.Errorf("ada is %+v, %v after the record was mended, want %+v, %v", is, err, want, wanted)
	}
	if n := stats(t, edge).Quarantined; n != 0 {
		t.Errorf("%d facts are in quarantine after the record was mended", n)
	}
}

// The quarantine has its bounds: then newer facts are refused, and with them all that came in the delivery.
func TestQuarantineIsBounded(t *testing.T) {
	m := join(t, 9)
	c := chain{node: 1, incarnation: 5}
	var err error
	for i := range byte(5) {
		raw := append(newerFrame(i), make([]byte, fact.MaxFrameBytes-8)...)
		if _, err = m.Apply(bg, store.Delivery{Frames: [][]byte{raw, c.frame(t, revoked(uint64(i)))}}); err != nil {
			break
		}
	}
	wantErr(t, "Apply", err, store.ErrQuarantineFull)
	if list := deadOf(t, m, 9); len(list) != stats(t, m).Quarantined {
		t.Errorf("dead are %d, and %d frames are in quarantine", list, stats(t, m).Quarantined)
	}
}

// What the authority has said counts as its word, also if another node repeats it.
func TestQuarantineKeepsAuthority(t *testing.T) {
	m, hub, node := join(t, 1), chain{node: 9, incarnation: 5}, chain{node: 4, incarnation: 5}
	x := unread(t, 40, 1, 1, 2, 3)
	apply(t, m, hub.frame(t, x))
	_, err := m.Accept(bg, 4, store.Delivery{Frames: [][]byte{node.frame(t, x)}})
	must(t, err)
	judged := 0
	m.restart(t, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("quarantine")).ForEach(func(_, v []byte) error {
			f, err := fact.Decode(v)
			if q, ok := f.(fact.Quarantine); ok && q.Judge {
				judged++
			}
			return err
		})
	})
	if judged != 0 {
		t.Error("what the authority said would be judged")
	}
}
