package node

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// Login asks for a pair of tokens for the customer with an e-mail address and a password, both cleaned already.
// client is the address that asks, zero if unknown: passwords are hashed in turns that are fair to each client and
// each account. Result.Customer has its Rights and, if the log-in is recorded, its new LastLogin.
//
// A wrong password, an unknown or inactive customer and an unusable password take the same work and get the same
// refusal. Nothing of the store is held while the password is hashed; the state is loaded again afterwards, so that a
// password which was changed meanwhile is refused.
func (n *Node) Login(ctx context.Context, client netip.Prefix, email, given string) (Result, error) {
	return n.login(ctx, core.Login, client, email, given)
}

// SlidingLogin is Login for a sliding token.
func (n *Node) SlidingLogin(ctx context.Context, client netip.Prefix, email, given string) (Result, error) {
	return n.login(ctx, core.SlidingLogin, client, email, given)
}

func (n *Node) login(ctx context.Context, op core.Op, client netip.Prefix, email, given string) (Result, error) {
	if err := n.CheckClock(); err != nil { // before any hashing
		return Result{}, err
	}
	query := store.Query{Login: email, HasLogin: true, Fold: n.cfg.FoldEmails, Field: n.cfg.UserIDField}
	known, customer, err := n.cfg.Store.Load(ctx, query)
	if err != nil {
		return Result{}, err
	}
	customer = credentials(customer)
	good, err := n.passwordGood(ctx, admission.Work{Client: client, Account: n.Account(email)}, customer, given)
	if err != nil {
		return Result{Customer: customer}, err
	}
	query.Rights = true
	result, err := n.transact(ctx, n.engine.Load(), &core.Request{Op: op}, query, func(state *core.State) {
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

// passwordGood reports whether given is the customer's password. If there is no such customer, if its hash cannot be
// checked, or if given is too long for any customer, it checks a decoy instead: nobody can tell by the time that it
// takes. Like Django it renews the hash of a good password that has not the costs of new ones, so that in time all
// log-ins take equally long.
func (n *Node) passwordGood(
	ctx context.Context, work admission.Work, customer store.Customer, given string,
) (bool, error) {
	job := hashing.Job{Password: given, Encoded: customer.PasswordHash, Params: n.cfg.Passwords}
	cost, err := n.costOf(job.Encoded)
	if err != nil && !customer.ID.IsZero() && password.IsUsable(job.Encoded) {
		n.warnUnreadable(customer.ID, err)
	}
	decoy := customer.ID.IsZero() || err != nil || len(given) > password.MaxBytes
	if decoy {
		job.Password = strings.Clone(given[:min(len(given), password.MaxBytes)])
		job.Encoded = n.cfg.Passwords.Decoy()
		cost = n.cfg.Passwords.Cost()
	}
	own := n.cfg.Passwords.Cost()
	work.Memory = max(cost.Memory, own.Memory) // a good password may be hashed anew
	work.Units = unitsOf(cost, own)
	result, err := n.hash(ctx, work, job)
	switch {
	case errors.Is(err, admission.ErrFull):
		return false, fmt.Errorf("%w: %w", ErrBusy, err)
	case err != nil || decoy:
		return false, err
	case result.Fault != "":
		n.warnUnreadable(customer.ID, errors.New(result.Fault))
	case result.Renewed != "":
		n.renew(ctx, customer, result.Renewed)
	}
	return result.Good, nil
}

// costOf returns what the check of a hash takes. The error says why it cannot be checked here.
func (n *Node) costOf(encoded string) (password.Cost, error) {
	cost, err := password.CostOf(encoded)
	if most := n.cfg.Hashing.Memory(); err == nil && cost.Memory > most {
		err = fmt.Errorf("%w: %d of %d bytes", admission.ErrTooLarge, cost.Memory, most)
	}
	return cost, err
}

// unitsOf says how many of the node's own hashes a check takes as long as. Where those are cheaper than the default it
// counts defaults: the queue would be too short for other hashes.
func unitsOf(cost, own password.Cost) int {
	unit := max(own.Effort, password.Default.Cost().Effort)
	return int((cost.Effort + unit/2) / unit)
}

func (n *Node) warnUnreadable(id core.CustomerID, err error) {
	n.cfg.Repeats.Log(slog.LevelWarn, "unreadable hash of "+id.String(),
		"stored password hash cannot be checked, so that the customer cannot log in; set a new password",
		slog.String("customer", id.String()), slog.Any("error", err))
}

// hash does a job when it is its turn.
func (n *Node) hash(ctx context.Context, work admission.Work, job hashing.Job) (result hashing.Result, err error) {
	var failed error
	err = n.cfg.Hashing.Do(ctx, work, func() { result, failed = n.cfg.Hasher.Do(ctx, job) })
	return result, cmp.Or(err, failed)
}

// renew replaces a hash by another one of the same password. If that fails the log-in stands, and the next one tries
// again.
func (n *Node) renew(ctx context.Context, customer store.Customer, hash string) {
	err := n.cfg.Store.Rehash(ctx, customer.ID, customer.PasswordHash, hash)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		n.cfg.Repeats.Log(slog.LevelWarn, "hash not renewed", "password hash was not renewed",
			slog.String("customer", customer.ID.String()), slog.Any("error", err))
	}
}
