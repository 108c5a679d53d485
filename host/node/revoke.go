package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// Revoke decides a revocation (core.Logout, core.Revoke) at the time of the store, and makes its effects durable. It
// begins again if the state has changed meanwhile. The customer is the one whom the query names. It takes no engine and
// no node, since an operator may have none.
func Revoke(
	ctx context.Context, db *store.DB, s *core.Settings, query store.Query, request core.Request,
) (o core.Outcome, customer store.Customer, err error) {
	request.Now = db.Time()
	for range attempts {
		if request.State, customer, err = db.Load(ctx, query); err != nil {
			return core.Outcome{}, store.Customer{}, err
		}
		o = core.Decide(s, &request)
		if len(o.Effects.List) == 0 {
			return o, customer, nil
		}
		if err = db.Settle(ctx, o.Effects); !errors.Is(err, store.ErrConflict) {
			return o, customer, err
		}
	}
	return core.Outcome{}, store.Customer{}, fmt.Errorf("%w: its state changed %d times meanwhile", ErrBusy, attempts)
}
