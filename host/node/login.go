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

// passwordGood reports whether given is the customer's password. It does the same work if there is no such customer, if
// the stored hash is unusable or of an unknown format, and if given is too long for any customer. Like Django it renews
// the hash of a good password that has not the costs of new ones, so that in time all log-ins take equally long.
func (n *Node) passwordGood(
	ctx context.Context, work admission.Work, customer store.Customer, given string,
) (bool, error) {
	job := hashing.Job{Password: given, Params: n.cfg.Passwords}
	work.Memory = memoryOf(n.cfg.Passwords)
	tooLong := len(given) > password.MaxBytes
	if tooLong {
		job.Password = strings.Clone(given[:password.MaxBytes])
	}
	if !customer.ID.IsZero() && !tooLong && password.IsUsable(customer.PasswordHash) {
		job.Encoded = customer.PasswordHash
		if costs, err := password.ParamsOf(job.Encoded); err == nil {
			work.Memory = max(work.Memory, memoryOf(costs))
		}
	}
	result, err := n.hash(ctx, work, job)
	if errors.Is(err, admission.ErrTooLarge) {
		fault := err.Error()
		job.Encoded, work.Memory = "", memoryOf(n.cfg.Passwords)
		result, err = n.hash(ctx, work, job)
		result.Fault = fault
	}
	if result.Fault != "" {
		n.cfg.Repeats.Log(slog.LevelWarn, "unreadable hash of "+customer.ID.String(),
			"stored password hash cannot be checked, so that the customer cannot log in; set a new password",
			slog.String("customer", customer.ID.String()), slog.String("error", result.Fault))
	}
	if result.Renewed != "" {
		n.renew(ctx, customer, result.Renewed)
	}
	if errors.Is(err, admission.ErrFull) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return result.Good, err
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

// memoryOf is the memory of one hash, in bytes.
func memoryOf(p password.Params) int64 { return int64(p.Memory) << 10 }
