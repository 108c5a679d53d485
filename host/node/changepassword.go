package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// ChangePassword gives the customer with an e-mail address another password, if current is its password. All of its
// log-ins end (R5). client is who asks, as of Login. A wrong password, an unknown and an inactive customer
// get the same refusal as at a log-in. The error is store.ErrInvalid if no password can be next. At an edge the hub
// decides.
func (n *Node) ChangePassword(ctx context.Context, client Client, email, current, next string) (Result, error) {
	if next == "" || len(next) > password.MaxBytes {
		return Result{}, fmt.Errorf("new password %w: it must have 1 to %d bytes", store.ErrInvalid, password.MaxBytes)
	}
	current = current[:min(len(current), password.MaxBytes+1)] // a longer one is wrong as well
	email = email[:min(len(email), store.MaxEmail+1)]
	m := newPassword{email: email, current: current, next: next, client: client.Prefix}
	if !n.isEdge() {
		return n.changePassword(ctx, m)
	}
	return n.askHub(ctx, CallPassword, m.append(nil), m.query(n.cfg.FoldEmails))
}

// query names the customer.
func (m newPassword) query(fold bool) store.Query {
	return store.Query{Login: m.email, HasLogin: true, Fold: fold}
}

// changePassword is ChangePassword where customers are changed.
func (n *Node) changePassword(ctx context.Context, m newPassword) (r Result, err error) {
	if err := n.issues(core.Login); err != nil { // before any hashing
		return Result{}, err
	}
	_, customer, err := n.cfg.Store.Load(ctx, m.query(n.cfg.FoldEmails))
	if err != nil {
		return Result{}, err
	}
	r.Customer = credentials(customer)
	work := admission.Work{Client: m.client, Account: n.Account(m.email)}
	good, err := n.passwordGood(ctx, work, r.Customer, m.current)
	if err != nil {
		return r, err
	}
	refused := Result{Customer: r.Customer,
		Outcome: core.Outcome{Refusals: []core.Refusal{{Cause: cause.BadCredentials}}}}
	if !good || !r.Customer.IsActive {
		return refused, nil
	}
	work.Memory = n.cfg.Passwords.Cost().Memory
	made, err := n.hash(ctx, work, hashing.Job{Make: true, Password: m.next, Params: n.cfg.Passwords})
	switch {
	case errors.Is(err, admission.ErrFull):
		return r, fmt.Errorf("%w: %w", ErrBusy, err)
	case err != nil:
		return r, err
	case made.Fault != "":
		return r, fmt.Errorf("new password %w: %s", store.ErrInvalid, made.Fault)
	}
	err = n.cfg.Store.ReplacePassword(ctx, r.Customer.ID, r.Customer.RevokeClaim, made.Renewed)
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return refused, nil // another password was set meanwhile
	}
	if err == nil {
		err = n.confirmed(ctx)
	}
	return r, err
}
