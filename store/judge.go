package store

import (
	"fmt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// judge says why the hub of a fleet refuses a fact of another node; "": it accepts it. now is in Unix microseconds.
func (db *DB) judge(f *fact.Frame, x fact.Fact, now int64) (reason string) {
	kind := x.Kind()
	if kind.Lane()&fact.Up == 0 && kind.Known() {
		return fmt.Sprintf("only the hub writes facts of the kind %s", kind)
	}
	latest := now/1000 + (db.config.Staleness + 4*db.config.Skew).Milliseconds()
	switch x := x.(type) {
	case fact.RevokeFamily:
		return late(x.Start, latest, x.Until, now)
	case fact.AdvanceFamily:
		if at := (fact.Position{Incarnation: x.Incarnation, Sequence: x.Sequence}); at != f.Position() {
			return "it says that it was made in another frame"
		}
		return late(max(x.Start, x.IssuedAt/1000), latest, x.Until, now)
	case fact.LastLogin:
		return late(x.At/1000, latest, now/1e6, now)
	}
	return ""
}

// late says what is wrong with the times of a fact: when something happened, in Unix milliseconds, and until when the
// fact counts, in Unix seconds.
func late(at, latest, until, now int64) string {
	switch {
	case at > latest:
		return "it is of a time that is still ahead"
	case until < now/1e6-maxPast:
		return "it is over"
	}
	return ""
}
