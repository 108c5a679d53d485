package store

import (
	"fmt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// judgement says why a fact of a node's frame at a position is refused; "": it is accepted.
type judgement func(w *writer, node uint16, at fact.Position, x fact.Fact) (reason string)

// fenced is why an advance is refused that an incarnation made after a later one had registered: see Register.
const fenced = "a later incarnation of its node has registered"

// judge says why the hub of a fleet refuses a fact of another node; "": it accepts it. Of a fact that a newer program
// wrote it judges only the kind. The rest is judged once this program can read the fact.
func (db *DB) judge(w *writer, node uint16, at fact.Position, x fact.Fact) (reason string) {
	kind := x.Kind()
	if a := kind.Authority(); kind.Known() && a != fact.Anyone && a != fact.Home {
		return fmt.Sprintf("only the hub writes facts of the kind %s", kind)
	}
	if id := about(x); !id.IsZero() && id.Kind != w.ids {
		return fmt.Sprintf("it is about a customer of another kind: the store holds %s", kindName(w.ids))
	}
	now := w.at.known
	latest := db.believable(w)
	switch x := x.(type) {
	case fact.RevokeFamily:
		return untimely(x.Start, latest, x.Until, now)
	case fact.Lifetimes:
		if max(x.Access, x.Refresh, x.Foreign) > mostOfToken {
			return "no token lives for so long"
		}
	case fact.AdvanceFamily:
		if (fact.Position{Incarnation: x.Incarnation, Sequence: x.Sequence}) != at {
			return "it says that it was made in another frame"
		}
		if lease, err := w.lease(node); err == nil && at.Incarnation < lease {
			return fenced
		}
		if cutOff := w.homesNow().cutOff(x.Family); cutOff != 0 && x.Family.Start <= cutOff {
			return fmt.Sprintf("it began at or before the cut-off of node %d", x.Family.Number())
		}
		if reason := w.away(node, x); reason != "" {
			return reason
		}
		return untimely(max(x.Start, x.IssuedAt/1000), latest, x.Until, now)
	case fact.Login:
		if x.Until-now/1e6 > mostOfToken {
			return "no token lives for so long"
		}
		// One that is over meanwhile is purged.
		return untimely(max(x.Family.Start, x.Used), latest, now/1e6, now)
	case fact.LastLogin:
		return untimely(x.At/1000, latest, now/1e6, now)
	}
	return ""
}

// believable is up to when the hub takes what another node says began or ended, in Unix milliseconds. A log-in that
// begins just after a cut-off starts ahead of the clock of its node, and a cut-off may lie as far ahead as the
// high-water mark: a new process assumes that log-ins began up to there. The bound is generous, also for a restored hub
// that has forgotten its mark: a hub that refuses what ends a log-in leaves it alive.
func (db *DB) believable(w *writer) int64 {
	return max(w.at.known/1000, w.tally.mark) + (db.config.Staleness + 4*db.config.Skew).Milliseconds() + maxAhead
}

// mostOfToken bounds the lives of tokens that other nodes tell of, in seconds: by the longest one the hub keeps what
// ends log-ins.
const mostOfToken = 100 * 366 * 24 * 60 * 60

// away says why a node may not advance a family; "": it is the home.
func (w *writer) away(node uint16, x fact.AdvanceFamily) string {
	if x.Home != node {
		return fmt.Sprintf("it says that node %d made it", x.Home)
	}
	f, _, err := w.familyOf(x.Family, x.Family.Customer)
	if err != nil {
		return "" // applying it says what is damaged
	}
	if h := w.homesNow().homeBy(w.node.Number, x.Family, f.advance.home); h != node {
		return fmt.Sprintf("the home of the family is node %d", h)
	}
	return ""
}

// untimely says what is wrong with the times of a fact; "": nothing. at is when it happened, in Unix milliseconds, and
// until is how long it counts, in Unix seconds.
func untimely(at, latest, until, now int64) string {
	switch {
	case at > latest:
		return "it is of a time that is still ahead"
	case until < now/1e6-maxPast:
		return "it is over"
	}
	return ""
}
