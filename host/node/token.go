package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/store"
)

// Refresh asks for an access token for a refresh token. In a fleet it is the home of the log-in that spends the refresh
// token.
func (n *Node) Refresh(ctx context.Context, token string) (Result, error) {
	r, err := n.refreshHere(ctx, token)
	if err == nil || n.cfg.Fleet == nil {
		return r, err
	}
	var home elsewhere
	if errors.As(err, &home) {
		return n.refreshAt(ctx, uint16(home), token)
	}
	return r, err
}

// refreshHere is Refresh, of a family whose home is this node. If it is another, the error is elsewhere.
func (n *Node) refreshHere(ctx context.Context, token string) (Result, error) {
	r, err := n.decideToken(ctx, core.Refresh, token)
	// An advance has effects: it spends the token.
	r.Repeated = err == nil && !r.Refused() && n.cfg.Settings.Advances() && len(r.Effects.List) == 0
	return r, err
}

// SlidingRefresh asks for a sliding token with a later exp for a sliding token.
func (n *Node) SlidingRefresh(ctx context.Context, token string) (Result, error) {
	return n.decideToken(ctx, core.SlidingRefresh, token)
}

// Verify asks whether a token of any type is good. Result.Customer has what store.Query.StateOnly says.
func (n *Node) Verify(ctx context.Context, token string) (Result, error) {
	return n.decideToken(ctx, core.Verify, token)
}

// Authenticate asks whether a token that came in a header is good, and whose it is: Result.Customer.
func (n *Node) Authenticate(ctx context.Context, token string) (Result, error) {
	return n.decideToken(ctx, core.Authenticate, token)
}

// AuthenticateWithRights is Authenticate, and Result.Customer has its Rights.
func (n *Node) AuthenticateWithRights(ctx context.Context, token string) (Result, error) {
	return n.decideBy(ctx, n.engine.Load(), core.Authenticate, token, true)
}

// Blacklist asks that a refresh token, and every other token of its log-in, be refused from now on.
func (n *Node) Blacklist(ctx context.Context, token string) (Result, error) {
	return n.decideToken(ctx, core.Blacklist, token)
}

// decideToken opens a token and decides what is asked of it.
func (n *Node) decideToken(ctx context.Context, op core.Op, token string) (Result, error) {
	return n.decideBy(ctx, n.engine.Load(), op, token, op.Writes() && n.cfg.Claims.NeedsRights())
}

func (n *Node) decideBy(
	ctx context.Context, engine *keyedEngine, op core.Op, token string, rights bool,
) (Result, error) {
	j := tokenRequests.Get().(*tokenRequest)
	defer j.end()
	j.token = append(j.token, token[:min(len(token), core.MaxTokenBytes+1)]...) // a longer one is too long as well
	request, opened := &j.request, &j.request.Opened
	if err := engine.Open(ctx, j.token, opened); err != nil {
		return Result{}, err
	}
	request.Op, request.Now = op, n.now()
	n.checkSigner(engine, request)
	if opened.Cause != cause.OK || opened.KeyEnded(request.Now) {
		// An unauthenticated token names no state, so it costs the store nothing.
		outcome, err := n.decide(ctx, engine, request, &store.Customer{})
		if err == nil {
			err = n.young(core.Blacklist, outcome.Refusals, n.look())
		}
		r := Result{Outcome: outcome}
		r.KeyID, r.Family = engine.signer(request, &outcome)
		return r, err
	}
	query := Query(*opened, request.Now, n.cfg.UserIDField, n.cfg.Store.IDs())
	query.Rights, query.StateOnly = rights, n.needsStateOnly(op)
	unreadable := opened.UnreadableCustomer(userIDKind(n.cfg.UserIDField, n.cfg.Store.IDs()))
	r, err := n.transact(ctx, engine, request, query, nil, func(state *core.State) {
		state.UnreadableCustomer = unreadable
	})
	if err == nil && op.Writes() && !r.Refused() {
		r.listed = n.listedBy(ctx, engine, opened, r.Tokens)
	}
	return r, err
}

// needsStateOnly reports whether nobody looks at more of the customer than the engine does: neither a view behind
// Authenticate nor the configured claims of new tokens.
func (n *Node) needsStateOnly(op core.Op) bool {
	return op != core.Authenticate && (!op.Writes() || len(n.cfg.Claims) == 0)
}

// tokenRequest is the room in which a token is decided. The next one uses it again.
type tokenRequest struct {
	token   []byte
	request core.Request
}

var tokenRequests = sync.Pool{New: func() any { return new(tokenRequest) }}

// end clears the room and gives it back.
func (j *tokenRequest) end() {
	clear(j.token)
	clear(j.request.Opened.Claims)
	room := core.Opened{Claims: j.request.Opened.Claims[:0]}
	*j = tokenRequest{token: j.token[:0], request: core.Request{Opened: room}}
	tokenRequests.Put(j)
}

// Query is what to load for a token at a time: the customer and the family that it names. field is USER_ID_FIELD, and
// ids the kind of the customers' ids.
func Query(opened core.Opened, now time.Time, field store.Field, ids core.IDKind) store.Query {
	family := opened.FamilyAt(now)
	q := store.Query{Field: field, Family: family, Issuer: opened.Issuer, HasFamily: family.Listed}
	// A token of another issuer is never one of our customers (R11).
	if opened.Issuer == "" {
		q.UserID, q.HasUser = opened.CustomerKey(userIDKind(field, ids))
	}
	return q
}

// userIDKind is the kind of the values of USER_ID_FIELD.
func userIDKind(field store.Field, ids core.IDKind) core.IDKind {
	if field == store.FieldID {
		return ids
	}
	return core.TextID
}
