package store

import (
	"context"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// NewLogin is a log-in by tokens as a list of log-ins has it.
type NewLogin struct {
	Family core.FamilyKey // of ours, with its customer and start
	Until  int64          // Unix seconds: when the latest of its tokens ends
	Client Client
}

// SettleLogin is Settle for a log-in that is listed: its record is in the same commit. The list must keep nobody from
// logging in: where the outbox of an edge is full, the log-in is listed at its first refresh.
func (db *DB) SettleLogin(ctx context.Context, e core.Effects, n NewLogin) error {
	if err := db.checkLogin(n); err != nil {
		return err
	}
	return db.settle(ctx, e, func(w *writer) resolved {
		facts := resolved{n.fact(w.now)}
		if w.checkOutbox(facts) != nil {
			return nil
		}
		return facts
	})
}

// checkLogin refuses what no list has.
func (db *DB) checkLogin(n NewLogin) error {
	k := n.Family
	if k.Issuer != "" || !db.mayHave(k.Customer) || k.Start <= 0 ||
		k.Start > lastMoment/1000 || n.Until <= 0 || n.Until > core.LastUntil {
		return fmt.Errorf("log-in %w: it has no customer of this store, no start or no end", ErrInvalid)
	}
	return nil
}

// fact says that the log-in was used at a time in Unix milliseconds.
func (n NewLogin) fact(at int64) fact.Login {
	c := n.Client.cut()
	return fact.Login{Family: n.Family, Used: at, Until: n.Until, Agent: c.Agent, Address: c.Address}
}
