package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Bounds on the effects of a decision, so that a wrong decision does no lasting harm.
const (
	// maxAhead is how far a start may be reserved beyond now and the cut-off, in milliseconds.
	maxAhead = 10 * 60 * 1000
	// maxPast is how long ago a revocation may end, in seconds: the clock may be corrected while a decision is made.
	maxPast = 60 * 60
)

// Settle applies the effects of a decision if all that it rests on still holds. Else it returns ErrConflict and changes
// nothing. When it returns nil, the effects are durable. A decision without effects is only checked again, in a read
// transaction; but one that begins a family goes through the committer, like cut-offs, so that a cut-off ends every
// family that began before it (R5).
//
// If ctx ends while Settle waits, the effects are applied all the same, and only the answer is lost. Repeating the
// request is right either way.
//
// The error is core.ErrClock if the decision begins a family while the clock is not plausible. It is ErrInvalid for
// effects that no decision contains: a start reserved more than ten minutes beyond now and the cut-off, a family dead
// until more than an hour ago or more than a year after the year 9999, a customer that this store cannot hold.
func (db *DB) Settle(ctx context.Context, e core.Effects) error { return db.settle(ctx, e, nil) }

// settle is Settle with further facts of the same commit; more may be nil.
func (db *DB) settle(ctx context.Context, e core.Effects, more func(*writer) resolved) error {
	if id := e.Reads.Customer; !id.IsZero() && id.Kind != db.identity.ids {
		return fmt.Errorf("effects: customer %w: the store holds %s", ErrInvalid, kindName(db.identity.ids))
	}
	at := instant{}
	if len(e.List) > 0 {
		at = db.time.look()
	}
	for _, x := range e.List {
		if err := checkEffect(db.identity.ids, min(at.wall, at.purge), x); err != nil {
			return err
		}
	}
	if len(e.List) == 0 && e.Reads.Start == 0 {
		return db.view(ctx, func(tx *bbolt.Tx) error {
			t := tables{tx: tx, known: db.index}
			own, err := decodeTally(t.get(metaBucket, tallyKey))
			if err != nil {
				return err
			}
			_, err = t.holds(own, db.homes.Load(), e.Reads)
			return err
		})
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		facts, err := w.settle(e)
		if err == nil && more != nil {
			facts = append(facts, more(w)...)
		}
		return facts, err
	})
}

// checkEffect refuses an effect that no decision contains. now is in Unix microseconds.
func checkEffect(kind core.IDKind, now int64, x core.Effect) error {
	switch x.Kind {
	case core.RecordLogin:
		if x.Customer.Kind != kind || x.At < firstMoment || x.At > lastMoment {
			return fmt.Errorf("effect: log-in %w: no customer of this store, or no time", ErrInvalid)
		}
	case core.RevokeFamily, core.AdvanceFamily:
		if _, ok := familyKey(x.Family); !ok {
			return fmt.Errorf("effect: family %w: its issuer or customer has more than %d bytes", ErrInvalid, maxText)
		}
		if k := x.Family.Customer.Kind; k != core.NoCustomer && k != kind {
			return fmt.Errorf("effect: family %w: its customer is none of this store", ErrInvalid)
		}
		if at := startOf(x); at < 0 || at > lastMoment/1000 {
			return fmt.Errorf("effect: family %w: it began at %d, which is before 1970 or after the year 9999",
				ErrInvalid, at)
		}
		if x.Until < now/1e6-maxPast || x.Until > core.LastUntil {
			return fmt.Errorf("effect: family %w: until %d is no time between an hour ago and a year after the "+
				"year 9999", ErrInvalid, x.Until)
		}
		if x.Kind == core.AdvanceFamily {
			return checkAdvance(x)
		}
	case core.ReserveStart:
		if x.At > core.LastStart {
			return fmt.Errorf("effect: start %w: %d is beyond what a token id can carry", ErrInvalid, x.At)
		}
	case core.FoldFamilies:
		if x.Customer.Kind != kind || x.At < 1 {
			return fmt.Errorf("effect: families %w: no customer of this store, or none of them is left", ErrInvalid)
		}
	case core.EndLogins:
		if x.Customer.Kind != kind {
			return fmt.Errorf("effect: log-ins %w: no customer of this store", ErrInvalid)
		}
	case core.EndAll:
	default:
		return fmt.Errorf("effect %w: no decision has one of kind %d", ErrInvalid, x.Kind)
	}
	return nil
}

// checkAdvance is checkEffect for what only an advance has.
func checkAdvance(x core.Effect) error {
	switch {
	case x.Generation == 0:
		return fmt.Errorf("effect: advance %w: it is to no generation", ErrInvalid)
	case x.Issued < firstMoment || x.Issued > lastMoment:
		return fmt.Errorf("effect: advance %w: its tokens were issued before the year 1 or after 9999", ErrInvalid)
	case min(x.Access, x.Refresh) < 0 || max(x.Access, x.Refresh) > maxLifetime || len(x.KeyID) > maxText:
		return fmt.Errorf("effect: advance %w: a lifetime is below 0 or too long, or the kid has more than %d bytes",
			ErrInvalid, maxText)
	}
	return nil
}

// startOf is when the family of an effect began: its name says so, where it has a start.
func startOf(x core.Effect) int64 { return cmp.Or(x.Family.Start, x.At) }

// holds checks the versions that were read, and returns the cut-off that counts now. It may be lower than the one read
// if that came from the address of a customer who was not found, since Reads does not name that.
func (t tables) holds(own tally, h *homes, r core.Reads) (cutOff int64, err error) {
	var p person
	if !r.Customer.IsZero() {
		if p, _, err = t.person(idKey(r.Customer)); err != nil {
			return 0, err
		}
		if p.version != r.CustomerVersion {
			return 0, fmt.Errorf("customer: %w", ErrConflict)
		}
	}
	if r.HasFamily {
		f, _, err := t.familyOf(r.Family, r.Customer)
		if err != nil {
			return 0, err
		}
		if f.version != r.FamilyVersion {
			return 0, fmt.Errorf("family: %w", ErrConflict)
		}
	}
	if cutOff, err = t.cutOffOf(r.Customer, p.email.value); err != nil {
		return 0, err
	}
	cutOff = max(own.nodeCutOff(), cutOff)
	if r.HasFamily {
		cutOff = max(cutOff, h.cutOff(r.Family))
	}
	if r.Start != 0 {
		forgotten, err := t.gap()
		if err != nil {
			return 0, err
		}
		cutOff = max(cutOff, forgotten.until)
	}
	if cutOff > r.CutOff {
		return 0, fmt.Errorf("cut-off: %w", ErrConflict)
	}
	return cutOff, nil
}

// settle resolves a decision, if all that it rests on still holds.
func (w *writer) settle(e core.Effects) (resolved, error) {
	cutOffNow, err := w.holds(w.tally, w.homesNow(), e.Reads)
	if err != nil {
		return nil, err
	}
	var facts resolved
	mark := w.tally.mark
	for _, x := range e.List {
		switch x.Kind {
		case core.RecordLogin:
			p, found, err := w.person(idKey(x.Customer))
			if err != nil {
				return nil, err
			}
			if !found {
				return nil, fmt.Errorf("customer: %w", ErrConflict)
			}
			facts = append(facts, fact.LastLogin{ID: x.Customer, Made: p.made, At: x.At})
		case core.RevokeFamily:
			if _, err := w.family(x.Family); err != nil {
				return nil, err
			}
			facts = append(facts, fact.RevokeFamily{Family: x.Family, Start: startOf(x), Until: w.lasting(x.Until)})
		case core.AdvanceFamily:
			if !e.Reads.HasFamily {
				return nil, fmt.Errorf("effect: advance %w: it was decided without the family", ErrInvalid)
			}
			if _, err := w.family(x.Family); err != nil {
				return nil, err
			}
			facts = append(facts, fact.AdvanceFamily{Family: x.Family, Start: startOf(x), Until: w.lasting(x.Until),
				Generation: x.Generation, IssuedAt: x.Issued, Access: x.Access, Refresh: x.Refresh, Key: x.KeyID})
		case core.EndLogins:
			_, existing, err := w.existing(x.Customer)
			if errors.Is(err, ErrNotFound) {
				return nil, fmt.Errorf("customer: %w", ErrConflict)
			}
			if err != nil {
				return nil, err
			}
			facts = append(facts, cutOffs([]core.Effect{x}, cutOff{at: w.newCutOff(existing)})...)
		case core.EndAll:
			facts = append(facts, fact.NodeCutOff{At: w.newCutOff(w.tally.nodeCutOff())})
		case core.ReserveStart:
			// The bound must not depend on Reads, which may name any cut-off, or on the present mark, which each
			// decision could raise a little.
			if x.At-maxAhead > max(w.now, cutOffNow) {
				return nil, fmt.Errorf("effect: start %w: %d is more than 10 minutes beyond now and the cut-off",
					ErrInvalid, x.At)
			}
			mark = max(mark, x.At)
			facts = append(facts, fact.ReserveStart{At: x.At})
		case core.FoldFamilies:
			if w.membership.Role == Edge { // the hub folds
				continue
			}
			facts = append(facts, w.foldFamilies(x.Customer, int(x.At), facts)...)
		}
	}
	if start := e.Reads.Start; start != 0 {
		if w.at.fault != nil {
			return nil, w.at.fault
		}
		if start <= cutOffNow || start > mark {
			return nil, fmt.Errorf("start of the family: %w", ErrConflict)
		}
		w.granted = max(w.granted, start)
	}
	return facts, nil
}

// lasting turns an end by the known time into one by the purge clock: later by as much as the purge clock is ahead.
func (w *writer) lasting(until int64) int64 {
	return min(until+max(0, (w.at.purge-w.at.known)/1e6), core.LastUntil)
}
