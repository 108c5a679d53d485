package node

import (
	"context"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Refresh asks for an access token for a refresh token.
func (n *Node) Refresh(ctx context.Context, token string) (Result, error) {
	return n.judge(ctx, core.Refresh, token)
}

// Verify asks whether a token of any type is good.
func (n *Node) Verify(ctx context.Context, token string) (Result, error) {
	return n.judge(ctx, core.Verify, token)
}

// Check asks whether a token that came in a header is good, and whose it is: Result.Customer.
func (n *Node) Check(ctx context.Context, token string) (Result, error) {
	return n.judge(ctx, core.Authenticate, token)
}

// Blacklist asks that a refresh token and all that descends from its log-in are refused from now on.
func (n *Node) Blacklist(ctx context.Context, token string) (Result, error) {
	return n.judge(ctx, core.Blacklist, token)
}

// judge opens a token and concludes what is asked of it.
func (n *Node) judge(ctx context.Context, op core.Op, token string) (Result, error) {
	opened, err := n.cfg.Engine.Open(ctx, []byte(token))
	if err != nil {
		return Result{}, err
	}
	request := core.Request{Op: op, Opened: opened}
	if opened.Cause != core.OK {
		// A token that is nobody's word names no state: whoever sends it costs the store nothing.
		outcome, err := n.decide(ctx, request, store.Customer{})
		return Result{Outcome: outcome}, err
	}
	return n.conclude(ctx, request, n.query(opened), nil)
}

// query is what to load for a token: the customer and the family that it names.
func (n *Node) query(opened core.Opened) store.Query {
	q := store.Query{Field: n.cfg.UserIDField, Family: opened.Family, Issuer: opened.Issuer, HasFamily: opened.Family.Listed}
	// A token of another issuer is never one of our customers (R11).
	if opened.Issuer == "" {
		q.UserID, q.HasUser = opened.CustomerKey(n.userIDKind())
	}
	return q
}

// userIDKind is what values of USER_ID_FIELD are.
func (n *Node) userIDKind() core.IDKind {
	if n.cfg.UserIDField == store.FieldID {
		return n.cfg.Store.IDs()
	}
	return core.TextID
}
