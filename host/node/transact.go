package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Result is an outcome and whom it is about.
type Result struct {
	core.Outcome
	// Customer is the customer that the request names; zero if there is none. A refusal may have it too.
	Customer store.Customer
	// KeyID is the kid of the key that signed the request's token or, at a log-in, the new ones; "" if there is none.
	KeyID string
	// Family is the family of the same token; Family.Listed is false if there is none.
	Family core.Family
	// Repeated: a refresh gave the tokens again that an earlier one gave (core.Settings.RefreshGrace).
	Repeated bool
	listed   listed // after a refresh, where log-ins are listed
}

// attempts bounds how often a request is decided anew because another changed the state that it rests on. If two
// requests meet, the second attempt succeeds. Only a client that changes the same customer all the time can use up
// more.
const attempts = 16

// transact loads, decides and settles, and begins again if the state has changed between load and settle. complete, if
// not nil, adds to the state what the store does not know. client is whose log-in it is; nil: none that is listed.
func (n *Node) transact(
	ctx context.Context, engine *keyedEngine, request *core.Request, query store.Query, client *Client,
	complete func(*core.State),
) (r Result, err error) {
	for range attempts {
		seen := n.look()
		changes := n.cfg.Store.Changes()
		if request.State, r.Customer, err = n.cfg.Store.Load(ctx, query); err != nil {
			return Result{}, err
		}
		if err = n.outlives(ctx, request, query); err != nil {
			return Result{}, err
		}
		request.State.Age = seen.age
		if complete != nil {
			complete(&request.State)
		}
		if err = n.checkFleet(engine, request); err != nil {
			return Result{}, err
		}
		if r.Outcome, err = n.decide(ctx, engine, request, &r.Customer); err != nil {
			return Result{}, err
		}
		r.KeyID, r.Family = engine.signer(request, &r.Outcome)
		effects := &r.Effects
		if r.Refused() && len(effects.List) == 0 {
			// It grants and changes nothing, and it was right when the state was loaded.
			return n.leave(ctx, engine, request, r, seen)
		}
		if len(effects.List) == 0 && effects.Reads.Start == 0 && n.cfg.Store.Changes() == changes {
			// Nothing was committed since the state was loaded.
			return n.leave(ctx, engine, request, r, seen)
		}
		if err = n.settle(ctx, engine, &r, client); err == nil {
			return n.leave(ctx, engine, request, r, seen)
		}
		if !errors.Is(err, store.ErrConflict) {
			return Result{}, err
		}
	}
	return Result{}, fmt.Errorf("%w: its state changed %d times meanwhile", ErrBusy, attempts)
}

// settle makes the effects of a decision durable. A log-in of a client is listed in the same commit. One of none is of
// this node itself (speakFor), and counts as no log-in of the customer.
func (n *Node) settle(ctx context.Context, engine *keyedEngine, r *Result, client *Client) error {
	if client == nil {
		records := func(e core.Effect) bool { return e.Kind == core.RecordLogin }
		r.Effects.List = slices.DeleteFunc(r.Effects.List, records)
	}
	if client != nil && n.cfg.ListSessions && !r.Refused() {
		if login, ok := n.listedBy(ctx, engine, nil, r.Tokens).login(r.Customer.ID, *client); ok {
			return n.cfg.Store.SettleLogin(ctx, r.Effects, login)
		}
	}
	return n.cfg.Store.Settle(ctx, r.Effects)
}

// checkFleet checks that a request may be decided here by the state that was loaded: it is young enough, and a family
// that advances has its home here.
func (n *Node) checkFleet(engine *keyedEngine, request *core.Request) error {
	if n.cfg.Fleet == nil {
		return nil
	}
	if err := core.CheckAge(&n.cfg.Settings, request.Op, request.State.Age); err != nil {
		return err
	}
	switch {
	case n.advances(engine, request.Op):
		return n.atHome(&request.State)
	case engine.accessOnly:
		forgetGenerations(&request.State)
	}
	return nil
}

// leave gives the answer that was decided by the state of a sight, if it may leave.
func (n *Node) leave(
	ctx context.Context, engine *keyedEngine, request *core.Request, r Result, seen sight,
) (Result, error) {
	if n.cfg.Fleet == nil {
		return r, nil
	}
	var err error
	switch {
	case r.Refused():
	case n.advances(engine, request.Op):
		err = n.settled(ctx)
	case request.Op == core.Blacklist:
		err = n.told(ctx)
	}
	if err == nil {
		err = n.young(request.Op, r.Refusals, seen)
	}
	if err != nil {
		r.Outcome = core.Outcome{}
	}
	return r, err
}

// outlives tells the store when a token expires. The cut-off that ends it must outlive every token that names the same
// customer, also one that Django issued. A token of another issuer names no customer (R11).
func (n *Node) outlives(ctx context.Context, request *core.Request, query store.Query) error {
	exp, ok := request.Opened.Expires()
	if request.Op.LogsIn() || !ok || request.Opened.Issuer != "" {
		return nil
	}
	if err := n.cfg.Store.RaiseForToken(ctx, exp); err != nil {
		return err
	}
	state := &request.State
	if !state.Customer.ID.IsZero() && !query.Family.EndedBy(state.CutOff, n.cfg.Settings.Leeway) {
		return nil
	}
	return n.cfg.Store.KeepCutOff(ctx, query, exp)
}

// decide has the engine decide a request about a customer. It sets the time of the request to now if it has none.
func (n *Node) decide(
	ctx context.Context, engine *keyedEngine, request *core.Request, customer *store.Customer,
) (core.Outcome, error) {
	if request.Now.IsZero() {
		request.Now = n.now()
	}
	if !request.Op.Writes() {
		return engine.Decide(ctx, *request)
	}
	// This comes first: a wrong clock makes the engine refuse good tokens, and clients throw those away.
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
	// A refusal stays a refusal, so that nobody can tell a customer with bad claims from an unknown one.
	if err == nil && noClaims != nil && !outcome.Refused() {
		return core.Outcome{}, fmt.Errorf("claims of customer %s: %w", customer.ID, noClaims)
	}
	return outcome, err
}
