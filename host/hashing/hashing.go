package hashing

import (
	"context"
	"crypto/rand"
	"io"

	"github.com/edgetoken/edgetoken/store/password"
)

// Job is a password to check.
type Job struct {
	Password string
	// Encoded is the hash that the store has; empty: there is none that could be checked, and the work of one is done for nothing.
	Encoded string
	// Params are the costs of new hashes, and of the work for nothing.
	Params password.Params
}

// Result is what came of a Job.
type Result struct {
	Good bool
	// Renewed is a new hash of the password, where it was good and Encoded has not the costs of Job.Params.
	Renewed string
	// Fault says why Encoded could not be checked, or not be renewed; empty where it could. The same work was done then.
	Fault string
}

// Hasher checks passwords. It is safe for concurrent use; how many it is given at once is the caller's to bound (host/admission).
type Hasher interface {
	// Check does a job. The error says that it was not done: that of ctx, or that of the system.
	Check(ctx context.Context, j Job) (Result, error)
}

// Here checks passwords in this process.
type Here struct {
	Rand io.Reader // of salts; nil: crypto/rand
}

// Check does a job; it never fails, and does not end before its time.
func (h Here) Check(_ context.Context, j Job) (Result, error) {
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
		random := h.Rand
		if random == nil {
			random = rand.Reader
		}
		if r.Renewed, err = password.Hash(j.Password, j.Params, random); err != nil {
			r.Fault = err.Error()
		}
	}
	return r, nil
}
