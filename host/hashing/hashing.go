package hashing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	mathrand "math/rand/v2"

	"github.com/edgetoken/edgetoken/store/password"
)

// ErrFailed says that a job could not be done: its process ended, was stuck, or could not be started. The caller may
// ask again in a second.
var ErrFailed = errors.New("passwords cannot be hashed")

// Job is a password to check, or to hash.
type Job struct {
	Password string
	// Make asks for a hash of the password with the costs of Params.
	Make bool
	// SaltOf is the text from which the salt of a hash to make is derived, so that the hash comes out the same again.
	// Empty: the salt is random.
	SaltOf string
	// Encoded is the hash to check: the stored one, or where there is none a decoy (store/password), for the same work.
	Encoded string
	// Params are the costs of new hashes.
	Params password.Params
}

// text is Encoded, or SaltOf of a hash to make: no job has both.
func (j *Job) text() *string {
	if j.Make {
		return &j.SaltOf
	}
	return &j.Encoded
}

// Result is the outcome of a Job.
type Result struct {
	Good bool
	// Renewed is a new hash of the password, if one was asked for, or if the password is good and the costs of Encoded
	// are not those of Params.
	Renewed string
	// Fault says why Encoded could not be checked, which takes no work, or no hash be made; empty otherwise.
	Fault string
}

// Hasher checks and hashes passwords. It is safe for concurrent use. The caller bounds how many jobs run at once
// (host/admission).
type Hasher interface {
	// Do runs a job. The error is that of ctx, or ErrFailed; then the job was not done.
	Do(ctx context.Context, j Job) (Result, error)
	// Health returns ErrFailed while no job can be done. It costs next to nothing.
	Health() error
}

// Make has h hash a password with costs p.
func Make(ctx context.Context, h Hasher, given string, p password.Params) (string, error) {
	return MakeSalted(ctx, h, given, "", p)
}

// MakeSalted is Make with a salt that is derived from a text; "": a random one.
func MakeSalted(ctx context.Context, h Hasher, given, saltOf string, p password.Params) (string, error) {
	r, err := h.Do(ctx, Job{Make: true, SaltOf: saltOf, Password: given, Params: p})
	if err == nil && r.Fault != "" {
		err = errors.New(r.Fault)
	}
	return r.Renewed, err
}

// InProcess hashes in this process, where nothing can cut a hash short.
type InProcess struct {
	Rand io.Reader // for salts; nil: crypto/rand
}

// Do runs a job. It never fails, and it ignores the end of the context.
func (h InProcess) Do(_ context.Context, j Job) (Result, error) {
	if j.Make {
		return h.made(Result{}, j), nil
	}
	good, err := password.Verify(j.Encoded, j.Password)
	if err != nil {
		return Result{Fault: err.Error()}, nil
	}
	r := Result{Good: good}
	if good && password.NeedsRehash(j.Encoded, j.Params) {
		r = h.made(r, j)
	}
	return r, nil
}

// Health returns nil.
func (h InProcess) Health() error { return nil }

// made adds a new hash to r.
func (h InProcess) made(r Result, j Job) Result {
	random := h.Rand
	switch {
	case j.SaltOf != "":
		random = mathrand.NewChaCha8(sha256.Sum256([]byte(j.SaltOf)))
	case random == nil:
		random = rand.Reader
	}
	var err error
	if r.Renewed, err = password.Hash(j.Password, j.Params, random); err != nil {
		r.Fault = err.Error()
	}
	return r
}
