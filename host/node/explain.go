package node

import (
	"context"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/store"
)

// Explain decides about a token as the endpoints do, without using it up, and says why, in words for the token's
// holder; keys says more of the keys than a holder may know. as is the name of a purpose of package explain; any other
// stands for the purpose of the token's type.
func (n *Node) Explain(ctx context.Context, token, as string, keys bool) (explain.Explanation, error) {
	seen := n.look()
	e, err := explain.Token(ctx, explain.Config{
		Engine: n.Engine(), Settings: &n.cfg.Settings, Now: n.now(), Public: true, Keys: keys,
		Load: func(ctx context.Context, opened core.Opened, now time.Time) (core.State, store.Customer, error) {
			return Load(ctx, n.cfg.Store, n.cfg.UserIDField, opened, now)
		},
	}, token, as)
	if err == nil {
		err = n.young(core.Verify, nil, seen)
	}
	if err != nil {
		return explain.Explanation{}, err
	}
	return e, nil
}

// Load gives the customer that a token names, zero where there is none, and the state to decide by at a time. field is
// USER_ID_FIELD.
func Load(
	ctx context.Context, db *store.DB, field store.Field, opened core.Opened, now time.Time,
) (core.State, store.Customer, error) {
	state, customer, err := db.Load(ctx, Query(opened, now, field, db.IDs()))
	state.UnreadableCustomer = opened.UnreadableCustomer(userIDKind(field, db.IDs()))
	return state, customer, err
}
