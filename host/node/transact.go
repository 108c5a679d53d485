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
	// KeyID names the key of the token that was asked about, or of those that a log-in gave; "" where that is not known.
	KeyID string
	// Family is that of the same token; Family.Listed is false where none is known.
	Family core.Family
}

// attempts bounds how often a decision is made anew because others changed what it rests on. Two that meet settle
// at the second attempt; many more in a row need a client that changes the same customer all the time.
const attempts = 16

// transact runs load, decide, settle, until what the decision rests on still holds when it is settled. complete, if
// not nil, adds to the state what the store does not know.
func (n *Node) transact(ctx context.Context, engine *keyedEngine, request *core.Request, query store.Query, complete func(*core.State)) (r Result, err error) {
	for range attempts {
		changes := n.cfg.Store.Changes()
		if request.State, r.Customer, err = n.cfg.Store.Load(ctx, query); err != nil {
			return Result{}, err
		}
		if err = n.outlives(ctx, request, query); err != nil {
			return Result{}, err
		}
		if complete != nil {
			complete(&request.State)
		}
		if r.Outcome, err = n.decide(ctx, engine, request, &r.Customer); err != nil {
			return Result{}, err
		}
		r.KeyID, r.Family = engine.signer(request, &r.Outcome)
		effects := &r.Effects
		if r.Refused() && len(effects.List) == 0 {
			// Grants nothing and changes nothing: it was true when the state was loaded.
			return r, nil
		}
		if len(effects.List) == 0 && effects.Reads.Start == 0 && n.cfg.Store.Changes() == changes {
			// Nothing was committed since: all of it still holds.
			return r, nil
		}
		if err = n.cfg.Store.Settle(ctx, *effects); err == nil {
			return r, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return Result{}, err
		}
	}
	return Result{}, fmt.Errorf("%w: its state changed %d times meanwhile", ErrBusy, attempts)
}

// outlives has the store remember when a token expires, so that what remains of a removed customer, or of the one
// that it names, outlives it, whoever issued it. A token of another issuer names no customer (R11).
func (n *Node) outlives(ctx context.Context, request *core.Request, query store.Query) error {
	exp, ok := request.Opened.Expires()
	if request.Op == core.Login || !ok || request.Opened.Issuer != "" {
		return nil
	}
	if err := n.cfg.Store.RaiseForToken(ctx, exp); err != nil || !request.State.Customer.ID.IsZero() {
		return err
	}
	return n.cfg.Store.KeepTombstone(ctx, query, exp)
}

// signer is the key of the tokens of a request, and their family.
func (e *keyedEngine) signer(request *core.Request, outcome *core.Outcome) (keyID string, family core.Family) {
	switch {
	case request.Op != core.Login && request.Opened.Cause == core.OK:
		return e.keys.Keys[request.Opened.Key].ID, request.Opened.Family
	case request.Op == core.Login && !outcome.Refused():
		return e.keys.Keys[e.keys.SigningAt(request.Now)].ID, core.LoginFamily(*outcome, request.Entropy)
	}
	return "", core.Family{}
}

// decide has the engine decide a request about a customer, at this moment unless the request has a time already.
func (n *Node) decide(ctx context.Context, engine *keyedEngine, request *core.Request, customer *store.Customer) (core.Outcome, error) {
	if request.Now.IsZero() {
		request.Now = n.now()
	}
	if !request.Op.Writes() {
		return engine.Decide(ctx, *request)
	}
	// First of all: a clock that is wrong refuses tokens that are good, which clients then throw away.
	if err := n.CheckClock(); err != nil {
		return core.Outcome{}, err
	}
	request.Entropy = make([]byte, core.EntropyBytes)
	if _, err := io.ReadFull(n.cfg.Rand, request.Entropy); err != nil {
		return core.Outcome{}, fmt.Errorf("read entropy: %w", err)
	}
	var noClaims error // why the customer can have no tokens
	if !customer.ID.IsZero() {
		request.Extra, noClaims = n.cfg.Claims.JSON(*customer)
	}
	outcome, err := engine.Decide(ctx, *request)
	if errors.Is(err, core.ErrExtra) {
		noClaims, request.Extra = err, nil
		outcome, err = engine.Decide(ctx, *request)
	}
	if err == nil && noClaims != nil && !outcome.Refused() { // a refusal stays one: it must not tell such a customer from nobody
		return core.Outcome{}, fmt.Errorf("claims of customer %s: %w", customer.ID, noClaims)
	}
	return outcome, err
}
