package store

import (
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// gap is the time that a store has forgotten: from the making of a backup until it was restored with its log-ins alive
// (Restoring.KeepSessions). Nobody knows what became of a log-in that began then, and a new customer may get the id of
// one who was added then. So all of these log-ins have ended, and new ones start after the gap. Unlike a cut-off, it
// leaves those alive that began before.
type gap struct{ after, until int64 } // Unix milliseconds; until 0: there is none

// cutOff is the cut-off that a query sees: a later one if it is about a log-in of the gap, or none yet.
func (g gap) cutOff(q Query, own int64) int64 {
	if !q.HasFamily || g.has(q.Family.Start) {
		return max(own, g.until)
	}
	return own
}

// has reports whether a log-in that began then, in Unix milliseconds, is of the gap.
func (g gap) has(start int64) bool { return g.after < start && start <= g.until }

// and is the gap that takes in both; either may be none.
func (g gap) and(h gap) gap {
	if g.until == 0 || h.until == 0 {
		return gap{max(g.after, h.after), max(g.until, h.until)}
	}
	return gap{min(g.after, h.after), max(g.until, h.until)}
}

// encode: version 1 | i64 after | i64 until.
func (g gap) encode() []byte { return codec.I64(codec.I64([]byte{recordVersion}, g.after), g.until) }

func decodeGap(value []byte) (gap, error) {
	r := begin(value)
	g := gap{after: r.I64(), until: r.I64()}
	if !r.Done() || g.until <= g.after {
		return gap{}, corrupt("gap")
	}
	return g, nil
}

// gap reads the gap; the zero value if there is none.
func (t tables) gap() (gap, error) {
	value := t.get(metaBucket, gapKey)
	if value == nil {
		return gap{}, nil
	}
	return decodeGap(value)
}

// newGap is the fact of a gap. It takes in an earlier one while a log-in of that could still be alive.
func (w *writer) newGap(after, until int64) (fact.Gap, error) {
	f := fact.Gap{After: min(max(after, 0), until-1), Until: until}
	old, err := w.gap()
	if err != nil || old.until == 0 {
		return f, err
	}
	longest, err := w.lifetimes()
	if end := outlives(old.until, old.until, longest); end == 0 || end > w.at.reckoned()/1e6 {
		f = fact.Gap{After: min(old.after, f.After), Until: max(old.until, f.Until)}
	}
	return f, err
}
