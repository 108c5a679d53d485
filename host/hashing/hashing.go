package hashing

import (
	"context"
	"crypto/rand"
	"errors"
	"io"

	"github.com/edgetoken/edgetoken/store/password"
)

// ErrFailed says that a job could not be done: its process ended, was stuck, or could not be started. Ask again in a
// second.
var ErrFailed = errors.New("passwords cannot be hashed")

// Job is a password to check, or to make a hash of.
type Job struct {
	Password string
	// Make: a hash of the password is wanted, with the costs of Params; Encoded is empty then.
	Make bool
	// Encoded is the hash that the store has; empty: there is none that could be checked, and the work of one is done
	// for nothing.
	Encoded string
	// Params are the costs of new hashes, and of the work for nothing.
	Params password.Params
}

// Result is what came of a Job.
type Result struct {
	Good bool
	// Renewed is a new hash of the password, where it was good and Encoded has not the costs of Job.Params, or one was
	// to be made.
	Renewed string
	// Fault says why Encoded could not be checked, or a hash not be made; empty where it could. For a check the same
	// work was done then.
	Fault string
}

// Hasher checks passwords and makes hashes. It is safe for concurrent use; how many it is given at once is the
// caller's to bound (host/admission).
type Hasher interface {
	// Do runs a job. The error says that it was not done: that of ctx, or ErrFailed.
	Do(ctx context.Context, j Job) (Result, error)
	// Health is ErrFailed while no job can be done. It costs next to nothing.
	Health() error
}

// Make is a hash of a password with costs p, by h.
func Make(ctx context.Context, h Hasher, given string, p password.Params) (string, error) {
	r, err := h.Do(ctx, Job{Make: true, Password: given, Params: p})
	if err == nil && r.Fault != "" {
		err = errors.New(r.Fault)
	}
	return r.Renewed, err
}

// InProcess hashes in this process. Nothing ends a hash there before its time.
type InProcess struct {
	Rand io.Reader // of salts; nil: crypto/rand
}

// Do runs a job; it never fails, and does not end before its time.
func (h InProcess) Do(_ context.Context, j Job) (Result, error) {
	if j.Make {
		return h.made(Result{}, j), nil
	}
	if j.Encoded == "" {
		password.Waste(j.Password, j.Params)
		return Result{}, nil
	}
	good, err := password.Verify(j.Encoded, j.Password)
	if err != nil {
		password.Waste(j.Password, j.Params)
		return Result{Fault: err.Error()}, nil
	}
	r := Result{Good: good}
	if good && password.NeedsRehash(j.Encoded, j.Params) {
		r = h.made(r, j)
	}
	return r, nil
}

// Health finds nothing wrong.
func (h InProcess) Health() error { return nil }

// made adds a new hash to a result.
func (h InProcess) made(r Result, j Job) Result {
	random := h.Rand
	if random == nil {
		random = rand.Reader
	}
	var err error
	if r.Renewed, err = password.Hash(j.Password, j.Params, random); err != nil {
		r.Fault = err.Error()
	}
	return r
}
