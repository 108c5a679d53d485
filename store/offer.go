package store

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// A hub that was restored has forgotten what its nodes sent after the backup was made. So each edge offers it all that
// ends log-ins (Offer), and the hub takes that (Take). Until all nodes have done so (Pending), it vouches for nothing.

// The kinds of records in an offer, by the first byte of a place in it.
const (
	offersCutOffs byte = iota
	offersFamilies
)

// Offer returns what this node knows that ends log-ins: families that are dead and not over, cut-offs of everybody, ids
// and addresses, and the longest lives of tokens. It pages as Generations does.
func (db *DB) Offer(ctx context.Context, after []byte, most int) (facts []fact.Fact, next []byte, err error) {
	stage, behind := offersCutOffs, []byte(nil)
	if len(after) > 0 {
		stage, behind = after[0], after[1:]
	}
	over := db.time.look().reckoned() / 1e6
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t, p := tables{tx: tx}, page{left: most}
		if len(after) == 0 {
			longest, err := t.lifetimes()
			if err != nil {
				return err
			}
			if longest != (core.Lifetimes{}) {
				p.add(fact.Lifetimes{Access: longest.Access, Refresh: longest.Refresh, Foreign: longest.Foreign})
			}
			own, err := decodeTally(t.get(metaBucket, tallyKey))
			if err != nil {
				return err
			}
			if at := own.nodeCutOff(); at != 0 { // of an earlier restore of the hub, which it may have forgotten
				p.add(fact.CutOff{At: at, Until: core.LastUntil})
			}
		}
		if stage == offersCutOffs {
			if next = p.walk(t, cutOffsBucket, behind, db.offeredCutOff); next == nil {
				stage, behind = offersFamilies, nil
			}
		}
		if stage == offersFamilies {
			next = p.families(t, behind, func(k core.FamilyKey, f family) fact.Fact {
				if !f.dead || f.until < over {
					return nil
				}
				return fact.RevokeFamily{Family: k, Start: f.start, Until: f.until}
			})
		}
		if facts = p.facts; next != nil {
			next = append([]byte{stage}, next...)
		}
		return nil
	})
	return facts, next, err
}

// offeredCutOff is the fact of the record of a cut-off; nil for one that cannot be read, which Check names.
func (db *DB) offeredCutOff(key, value []byte) fact.Fact {
	s, err := readSubjectKey(db.identity.ids, key)
	c, bad := decodeCutOff(value)
	if err != nil || bad != nil {
		return nil
	}
	return fact.CutOff{Subject: s, At: bounded(c.at), Until: c.until}
}

// Taken says what became of facts that Take was given.
type Taken struct {
	Refused []Refused
	Revoked int // families that are dead since then
}

// Take takes facts of a node that are in no frame: what it offers (Offer), and last log-ins. It judges them as Accept
// does, but for cut-offs, which it takes while the offer of the node is missing (Pending), up to the same bound as
// starts of log-ins. What it takes goes down the log like what Accept takes, but for what this node knew: an offer may
// come again. The errors are those of Accept.
func (db *DB) Take(ctx context.Context, node uint16, facts []fact.Fact) (Taken, error) {
	if node < 1 || node > fact.MaxNumber {
		return Taken{}, fmt.Errorf("node %d %w: it never joined a fleet", node, ErrInvalid)
	}
	for _, f := range facts {
		if f.Kind().IsLocal() {
			return Taken{}, fmt.Errorf("fact %v %w: it never leaves its node", f.Kind(), ErrInvalid)
		}
	}
	c, dead := courier{sender: node, judge: db.judgeOffer}, 0
	err := db.await(ctx, &request{foreign: true, done: make(chan struct{}),
		resolve: func(w *writer) (resolved, error) {
			c.begin(w)
			if err := c.checkSender(); err != nil {
				return nil, fmt.Errorf("take facts of node %d: %w", node, err)
			}
			for _, f := range facts {
				if w.knows(f) {
					continue
				}
				if err := c.takeFact(node, fact.Position{}, f); err != nil {
					return nil, err
				}
			}
			dead = c.facts.revocations()
			return append(c.facts, w.foldsOf(c.facts)...), nil
		}})
	if err != nil { // the committer may still write c and dead
		return Taken{}, err
	}
	return Taken{c.done.Refused, dead}, nil
}

// knows reports whether a fact ends log-ins of which this node knows that they have ended.
func (w *writer) knows(f fact.Fact) bool {
	switch f := f.(type) {
	case fact.CutOff:
		return f.Subject.Everybody() && f.At <= w.tally.nodeCutOff()
	case fact.RevokeFamily:
		old, err := w.family(f.Family)
		return err == nil && old.dead && old.join(family{dead: true, until: f.Until, start: f.Start}) == old
	}
	return false
}

// revocations counts the facts that revoke a family.
func (f resolved) revocations() (n int) {
	for _, x := range f {
		if x.Kind() == fact.RevokeFamilyKind {
			n++
		}
	}
	return n
}

// judgeOffer is judge for facts that are in no frame.
func (db *DB) judgeOffer(w *writer, node uint16, at fact.Position, x fact.Fact) (reason string) {
	switch x := x.(type) {
	case fact.AdvanceFamily:
		at = fact.Position{Incarnation: x.Incarnation, Sequence: x.Sequence}
	case fact.CutOff:
		return db.judgeCutOff(w, node, x)
	}
	return db.judge(w, node, at, x)
}

// judgeCutOff says why the hub refuses a cut-off of another node; "": it accepts it.
func (db *DB) judgeCutOff(w *writer, node uint16, x fact.CutOff) (reason string) {
	missing, err := w.pending()
	switch {
	case err != nil || !slices.Contains(missing, node):
		return "only the hub writes cut-offs, but for those that it lost: the offer of this node is not missing"
	case !x.Subject.ID.IsZero() && x.Subject.ID.Kind != w.ids:
		return fmt.Sprintf("it is about a customer of another kind: the store holds %s", kindName(w.ids))
	case x.At > db.believable(w):
		return "it is of a time that is still ahead"
	}
	return ""
}
