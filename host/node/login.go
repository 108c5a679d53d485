package node

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/store"
)

// Login asks for a pair of tokens for the customer with an e-mail address and a password, both cleaned already.
// client is who asks: passwords are hashed in turns that are fair to each client and each account.
// Result.Customer has its Rights and, if the log-in is recorded, its new LastLogin.
//
// A wrong password, an unknown or inactive customer and an unusable password get the same refusal, after work that
// does not tell them apart (password.go). Nothing of the store is held while the password is hashed; the state is
// loaded again afterwards, so that a password which was changed meanwhile is refused.
func (n *Node) Login(ctx context.Context, client Client, email, given string) (Result, error) {
	return n.login(ctx, core.Login, client, email, given)
}

// SlidingLogin is Login for a sliding token.
func (n *Node) SlidingLogin(ctx context.Context, client Client, email, given string) (Result, error) {
	return n.login(ctx, core.SlidingLogin, client, email, given)
}

func (n *Node) login(ctx context.Context, op core.Op, client Client, email, given string) (Result, error) {
	if err := n.issues(op); err != nil { // before any hashing
		return Result{}, err
	}
	query := store.Query{Login: email, HasLogin: true, Fold: n.cfg.FoldEmails, Field: n.cfg.UserIDField}
	known, customer, err := n.cfg.Store.Load(ctx, query)
	if err != nil {
		return Result{}, err
	}
	customer = credentials(customer)
	good, err := n.passwordGood(ctx, admission.Work{Client: client.Prefix, Account: n.Account(email)}, customer, given)
	if err != nil {
		return Result{Customer: customer}, err
	}
	query.Rights = true
	result, err := n.transact(ctx, n.engine.Load(), &core.Request{Op: op}, query, &client, func(state *core.State) {
		// The revoke claim changes with the password and with nothing else.
		same := state.Customer.ID == known.Customer.ID && state.Customer.RevokeClaim == known.Customer.RevokeClaim
		state.PasswordGood = good && same
	})
	for _, e := range result.Effects.List {
		if e.Kind == core.RecordLogin {
			result.Customer.LastLogin = time.UnixMicro(e.At).UTC()
		}
	}
	return result, err
}

// credentials is the part of a customer that a log-in keeps while its password waits to be hashed. Attributes and
// permissions may be much longer.
func credentials(c store.Customer) store.Customer {
	return store.Customer{
		ID: c.ID, IsActive: c.IsActive, PasswordHash: c.PasswordHash, RevokeClaim: c.RevokeClaim, Version: c.Version,
	}
}

// Account names the account of an e-mail address, whether or not it exists, so that log-ins to one account are counted
// together. It is a hash of the address, which it does not keep alive; with FoldEmails it ignores case. Of an address
// that is too long for any customer it hashes a part.
func (n *Node) Account(email string) string {
	email = email[:min(len(email), store.MaxEmail+1)]
	if n.cfg.FoldEmails {
		email = store.Fold(email)
	}
	sum := sha256.Sum256([]byte(email))
	return string(sum[:16])
}
