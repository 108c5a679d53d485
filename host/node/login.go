package node

import (
	"context"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Login asks for a pair of tokens for the customer with exactly this e-mail address and this password, both cleaned already.
//
// Wrong, unknown, inactive and unusable take the same work and give the same refusal. Before a password is hashed nothing of the
// store is held, so the state is loaded anew afterwards: a password that was changed in between loses.
func (n *Node) Login(ctx context.Context, email, given string) (Result, error) {
	query := store.Query{Login: email, HasLogin: true, Field: n.cfg.UserIDField}
	known, customer, err := n.cfg.Store.Load(ctx, query)
	if err != nil {
		return Result{}, err
	}
	good, err := n.passwordGood(ctx, customer, given)
	if err != nil {
		return Result{}, err
	}
	return n.conclude(ctx, core.Request{Op: core.Login}, query, func(state *core.State) {
		// The revoke claim changes with the password and with nothing else.
		state.PasswordGood = good && state.Customer.ID == known.Customer.ID && state.Customer.RevokeClaim == known.Customer.RevokeClaim
	})
}

// passwordGood reports whether given is the customer's password. For a customer who does not exist, or whose password is
// unusable or of a format that is not known here, it does the same work for nothing.
func (n *Node) passwordGood(ctx context.Context, customer store.Customer, given string) (good bool, err error) {
	var unread error
	err = n.hashers.do(ctx, func() {
		if !customer.ID.IsZero() && password.IsUsable(customer.PasswordHash) {
			if good, unread = password.Verify(customer.PasswordHash, given); unread == nil {
				return
			}
		}
		password.Waste(given, n.cfg.Passwords)
	})
	if unread != nil {
		n.cfg.Log.Warn("stored password hash cannot be checked, so that the customer cannot log in; set a new password",
			"customer", customer.ID.String(), "error", unread)
	}
	return good, err
}
