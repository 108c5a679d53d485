package node

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Result is what was decided, and about whom.
type Result struct {
	core.Outcome
	// Customer is the customer whom the request names; zero where there is none. It may be set in a refusal too.
	Customer store.Customer
}

// attempts bounds how often a decision is made anew because others changed what it rests on. Two that meet settle
// at the second attempt; many more in a row need a client that changes the same customer all the time.
const attempts = 16

// conclude runs load, decide, settle, until what the decision rests on still holds when it is settled. complete, if not nil,
// adds to the state what the store does not know.
func (n *Node) conclude(ctx context.Context, request core.Request, query store.Query, complete func(*core.State)) (Result, error) {
	for range attempts {
		state, customer, err := n.cfg.Store.Load(ctx, query)
		if err != nil {
			return Result{}, err
		}
		if complete != nil {
			complete(&state)
		}
		request.State = state
		outcome, err := n.decide(ctx, request, customer)
		if err != nil {
			return Result{}, err
		}
		result := Result{Outcome: outcome, Customer: customer}
		if outcome.Refused() && len(outcome.Effects.List) == 0 {
			// Grants nothing and changes nothing: it was true when the state was loaded.
			return result, nil
		}
		if err = n.cfg.Store.Settle(ctx, outcome.Effects); err == nil {
			return result, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return Result{}, err
		}
	}
	return Result{}, fmt.Errorf("%w: its state changed %d times meanwhile", ErrBusy, attempts)
}

// decide has the engine judge a request about a customer, at this moment unless the request has a time already.
func (n *Node) decide(ctx context.Context, request core.Request, customer store.Customer) (core.Outcome, error) {
	if request.Now.IsZero() {
		request.Now = n.now()
	}
	if request.Op.Writes() {
		if !customer.ID.IsZero() {
			request.Extra = n.cfg.Claims(customer)
		}
		request.Entropy = make([]byte, core.EntropyBytes)
		if _, err := io.ReadFull(n.cfg.Rand, request.Entropy); err != nil {
			return core.Outcome{}, fmt.Errorf("read entropy: %w", err)
		}
	}
	return n.cfg.Engine.Decide(ctx, request)
}
