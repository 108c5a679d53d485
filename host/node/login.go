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

// Login asks for a pair of tokens for the customer with this e-mail address, exactly or with FoldEmails but for case,
// and this password, both cleaned already. client is the address that asks, zero where it is not known: passwords are
// hashed in turns that are fair to each client and each account. Result.Customer has his Rights, and where the log-in
// is recorded it is his LastLogin.
//
// Wrong, unknown, inactive and unusable take the same work and give the same refusal. Before a password is hashed
// nothing of the store is held, so the state is loaded anew afterwards: a password that was changed in between loses.
func (n *Node) Login(ctx context.Context, client netip.Prefix, email, given string) (Result, error) {
	if err := n.CheckClock(); err != nil { // before a password is hashed for nothing
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
	result, err := n.transact(ctx, n.engine.Load(), &core.Request{Op: core.Login}, query, func(state *core.State) {
		// The revoke claim changes with the password and with nothing else.
		state.PasswordGood = good && state.Customer.ID == known.Customer.ID && state.Customer.RevokeClaim == known.Customer.RevokeClaim
	})
	for _, e := range result.Effects.List {
		if e.Kind == core.RecordLogin {
			result.Customer.LastLogin = time.UnixMicro(e.At).UTC()
		}
	}
	return result, err
}

// credentials are what of a customer a log-in needs while its password waits to be hashed: attributes and permissions
// may be much longer.
func credentials(c store.Customer) store.Customer {
	return store.Customer{ID: c.ID, IsActive: c.IsActive, PasswordHash: c.PasswordHash, RevokeClaim: c.RevokeClaim, Version: c.Version}
}

// Account is the name of the account that a log-in with an e-mail address asks for, whether there is one or not:
// log-ins with one account count together. It is a hash of the address, with FoldEmails without regard to case, and
// so keeps alive nothing of it. Addresses that are too long to be anybody's are not looked at to their end.
func (n *Node) Account(email string) string {
	email = email[:min(len(email), store.MaxEmail+1)]
	if n.cfg.FoldEmails {
		email = store.Fold(email)
	}
	sum := sha256.Sum256([]byte(email))
	return string(sum[:16])
}

// passwordGood reports whether given is the customer's password. For a customer who does not exist, or whose password
// is unusable or of a format that is not known here, and for a password that is too long to be anybody's, it does the
// same work for nothing. A good password whose hash has other costs than new ones is hashed anew, as Django does, so
// that sooner or later all log-ins take the same time.
func (n *Node) passwordGood(ctx context.Context, work admission.Work, customer store.Customer, given string) (bool, error) {
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
		n.cfg.Repeats.Log(slog.LevelWarn, "unreadable hash of "+customer.ID.String(), "stored password hash cannot be checked, so that the customer cannot log in; set a new password",
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

// hash does a job when its turn comes.
func (n *Node) hash(ctx context.Context, work admission.Work, job hashing.Job) (result hashing.Result, err error) {
	var failed error
	err = n.cfg.Hashing.Do(ctx, work, func() { result, failed = n.cfg.Hasher.Do(ctx, job) })
	return result, cmp.Or(err, failed)
}

// renew replaces a hash by another of the same password. Where that fails the log-in stands: the next one tries again.
func (n *Node) renew(ctx context.Context, customer store.Customer, hash string) {
	err := n.cfg.Store.Rehash(ctx, customer.ID, customer.PasswordHash, hash)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		n.cfg.Repeats.Log(slog.LevelWarn, "hash not renewed", "password hash was not renewed", slog.String("customer", customer.ID.String()), slog.Any("error", err))
	}
}

// memoryOf is the memory that one hash takes, in bytes.
func memoryOf(p password.Params) int64 { return int64(p.Memory) << 10 }
