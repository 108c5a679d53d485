package store

import (
	"bytes"
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The home of a family alone advances it, and the hub keeps each advance. So an edge that has lost some, since it was
// restored or its disk lied, has them again from the hub before it advances its families (TakeGenerations). What the
// edge knows and the hub does not, the edge writes once more under its present incarnation (Reoffer), since the hub
// refuses what earlier ones have written.

// Generations returns the latest advances of the families whose home is a node, of at most most bytes together and at
// least one. They are behind the place after, nil: from the beginning; the next call takes next there, and nil says
// that this was all. There may be none although next is not nil.
func (db *DB) Generations(
	ctx context.Context, number uint16, after []byte, most int,
) (facts []fact.Fact, next []byte, err error) {
	h := db.homes.Load()
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		p := page{left: most}
		next = p.families(tables{tx: tx}, after, func(k core.FamilyKey, f family) fact.Fact {
			if f.advance == (advance{}) || h.home(k, f.advance.home) != number {
				return nil
			}
			return f.advanceFact(k)
		})
		facts = p.facts
		return nil
	})
	return facts, next, err
}

// advanceFact is the fact of the latest advance of a family.
func (f family) advanceFact(k core.FamilyKey) fact.AdvanceFamily {
	a := f.advance
	return fact.AdvanceFamily{Family: k, Start: f.start, Until: f.until, Generation: a.generation, IssuedAt: a.issued,
		Access: a.access, Refresh: a.refresh, Key: a.key, Incarnation: a.incarnation, Sequence: a.sequence,
		Home: a.home}
}

// TakeGenerations joins advances that the hub has given (Generations) to what this edge knows. They open no window in
// which the tokens are given again, and are for no outbox. The error is ErrInvalid for any other fact.
func (db *DB) TakeGenerations(ctx context.Context, facts []fact.Fact) error {
	for _, f := range facts {
		if _, ok := f.(fact.AdvanceFamily); !ok {
			return fmt.Errorf("fact %v %w: it is no generation of a family", f.Kind(), ErrInvalid)
		}
	}
	return db.await(ctx, &request{foreign: true, unshared: true, again: true, done: make(chan struct{}),
		resolve: func(*writer) (resolved, error) { return facts, nil }})
}

// Reoffer writes those advances of this node's families again that it wrote in an earlier incarnation, so that they are
// in frames of this one: those that are still in the outbox, or with all every one in the store. It takes several
// commits, and may go beyond the bound of the outbox. Call it before frames of earlier incarnations are acknowledged:
// it does not find those that were.
func (db *DB) Reoffer(ctx context.Context, all bool) error {
	var after []byte
	for {
		var next []byte
		err := db.await(ctx, &request{again: true, done: make(chan struct{}),
			resolve: func(w *writer) (facts resolved, err error) {
				if all {
					facts, next = w.storedEarlier(after)
				} else {
					facts, next, err = w.sentEarlier(after)
				}
				return facts, err
			}})
		if err != nil || next == nil { // after an error the committer may still write next
			return err
		}
		after = next
	}
}

// maxReoffered bounds the bytes that one commit of Reoffer reads of the outbox, or writes.
const maxReoffered = 256 << 10

// storedEarlier are advances of earlier incarnations behind the key of a record. next is where to go on; nil: that was
// all. Dead families and those that have ended need none.
func (w *writer) storedEarlier(after []byte) (facts resolved, next []byte) {
	p := page{left: maxReoffered}
	ended := w.at.reckoned() / 1e6
	next = p.families(w.tables, after, func(k core.FamilyKey, f family) fact.Fact {
		if f.advance == (advance{}) || f.advance.incarnation == w.node.Incarnation || f.dead || f.until < ended ||
			w.homesNow().home(k, f.advance.home) != w.node.Number {
			return nil
		}
		return f.advanceFact(k)
	})
	return p.facts, next
}

// sentEarlier is storedEarlier for what stands in the outbox behind a frame, if it is still the latest of its family.
func (w *writer) sentEarlier(after []byte) (facts resolved, next []byte, err error) {
	read := 0
	cursor := w.tx.Bucket(outboxBucket).Cursor()
	for k, v := seekBehind(cursor, after); k != nil; k, v = cursor.Next() {
		at, err := readPositionKey(k)
		if err != nil || at.Incarnation >= w.node.Incarnation {
			return facts, nil, err
		}
		frame, err := fact.ParseFrame(v)
		if err != nil {
			return nil, nil, fmt.Errorf("outbox: frame %v: %w", at, err)
		}
		for _, x := range frame.Facts {
			a, ok := x.(fact.AdvanceFamily)
			if !ok || w.homesNow().home(a.Family, a.Home) != w.node.Number {
				continue
			}
			if f, err := w.family(a.Family); err == nil && !f.dead && f.advance == advanceOf(a) {
				facts = append(facts, a)
			}
		}
		if read += len(v); read >= maxReoffered {
			return facts, bytes.Clone(k), nil
		}
	}
	return facts, nil, nil
}

// joinAdvance joins an advance to its family. The window begins in which the tokens are given again: see windows. That
// of an advance which was made before this request stays as it is, or is closed.
func (w *writer) joinAdvance(f fact.AdvanceFamily) error {
	more := family{until: f.Until, start: f.Start, advance: advanceOf(f), advanced: -1}
	if !w.again {
		more.advanced = w.running()
		return w.joinFamily(f.Family, more)
	}
	old, err := w.family(f.Family)
	if err != nil {
		return err
	}
	if old.advance.gives(more.advance) {
		more.advanced = old.advanced
	}
	return w.joinFamily(f.Family, more)
}

// gives reports whether two advances give the same tokens, whenever they were written.
func (a advance) gives(b advance) bool {
	a.incarnation, a.sequence, a.home = b.incarnation, b.sequence, b.home
	return a == b
}
