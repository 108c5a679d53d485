package node

import (
	"context"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// EndLogin ends the log-in of a token of any type, even if the token or its key has expired. It does what Blacklist
// does with a refresh token, for a browser that logs out with its access token. It does nothing if the token is not
// ours, if its log-in is unknown, and without BLACKLIST_APP.
func (n *Node) EndLogin(ctx context.Context, token string) error {
	var opened core.Opened
	if err := n.engine.Load().Open(ctx, []byte(token), &opened); err != nil {
		return err
	}
	if opened.Cause != cause.OK { // an unauthenticated token names no state, so it costs the store nothing
		return n.young(core.Logout, []core.Refusal{{Cause: opened.Cause}}, n.look())
	}
	query := Query(opened, n.now(), n.cfg.UserIDField, n.cfg.Store.IDs())
	request := core.Request{Op: core.Logout, Opened: opened}
	seen := n.look()
	outcome, _, err := Revoke(ctx, n.cfg.Store, &n.cfg.Settings, query, request)
	if err == nil && len(outcome.Effects.List) > 0 {
		err = n.told(ctx)
	}
	if err != nil {
		return err
	}
	return n.young(core.Logout, outcome.Refusals, seen)
}

// OfOthers reports whether two tokens name different customers. It is false if the signature of one is not good.
func (n *Node) OfOthers(ctx context.Context, one, other string) (bool, error) {
	type named struct {
		issuer   string
		customer core.CustomerID
	}
	engine := n.Engine()
	var names [2]named
	for i, token := range []string{one, other} {
		var opened core.Opened
		if err := engine.Open(ctx, []byte(token), &opened); err != nil || opened.Cause != cause.OK {
			return false, err
		}
		names[i].issuer = opened.Issuer
		names[i].customer, _ = opened.CustomerKey(userIDKind(n.cfg.UserIDField, n.cfg.Store.IDs()))
	}
	return names[0] != names[1], nil
}
