package node

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// passwordGood reports whether given is the customer's password. If there is no such customer, if its hash cannot be
// checked, or if given is too long for any customer, it checks a decoy instead. Like Django it renews the hash of a
// good password that has not the format and the costs of new ones, so that in time all log-ins take equally long.
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
		if job.Encoded, cost, err = n.decoy(ctx, work.Account); err != nil {
			return false, err
		}
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

// decoy draws a hash for an account that has none, by which its log-ins take as long as those of some customer. The
// draw follows the mix of hashes in the store, so a stranger's first try tells nothing even where hashes that moved in
// are slow. It is the same at each try, as for a customer, and nobody without the key can foretell it.
func (n *Node) decoy(ctx context.Context, account string) (encoded string, cost password.Cost, err error) {
	mac := hmac.New(sha256.New, n.cfg.DecoyKey)
	mac.Write([]byte(account))
	encoded, err = n.cfg.Store.Decoy(ctx, binary.BigEndian.Uint64(mac.Sum(nil)))
	if err != nil {
		return "", password.Cost{}, err
	}
	if cost, err = n.costOf(encoded); err != nil { // no customer has a hash, or one that fits in the memory
		encoded, cost = n.cfg.Passwords.Decoy(), n.cfg.Passwords.Cost()
	}
	return encoded, cost, nil
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
