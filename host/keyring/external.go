package keyring

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// ExternalLimits bounds what a signer elsewhere may cost, for each key.
type ExternalLimits struct {
	// Timeout is how long a request waits for a signature; 0: 2 seconds.
	Timeout time.Duration
	// InFlight is how many signatures may be asked for at once; beyond it a request fails at once. 0: 64.
	InFlight int
	// Faults counts signatures that could not be had; nil: nobody does.
	Faults *SignerFaults
}

// SignerFault is why a signature could not be had from elsewhere.
type SignerFault string

// The faults of a signer.
const (
	SignerSlow   SignerFault = "slow"   // it took too long
	SignerBusy   SignerFault = "busy"   // too many signatures are waited for
	SignerFailed SignerFault = "failed" // it gave an error
	SignerWrong  SignerFault = "wrong"  // the signature is not one of the key
)

// AllSignerFaults are all of them.
var AllSignerFaults = [...]SignerFault{SignerSlow, SignerBusy, SignerFailed, SignerWrong}

// SignerFaults counts the faults of signers. The zero value is ready. It is safe for concurrent use.
type SignerFaults struct {
	counts [len(AllSignerFaults)]atomic.Uint64
}

// Count is how often a fault was seen.
func (f *SignerFaults) Count(fault SignerFault) uint64 { return f.counts[fault.index()].Load() }

func (f SignerFault) index() int {
	for i, other := range AllSignerFaults {
		if f == other {
			return i
		}
	}
	panic("keyring: no fault of a signer: " + string(f))
}

// outside is what makes the signatures of a key whose private part is elsewhere.
type outside struct {
	sign   func(ctx context.Context, input []byte) ([]byte, error)
	turns  chan struct{}
	limits ExternalLimits
}

// External makes a key whose private part signer has, such as a KMS or an HSM. Each signature is bounded in time and in
// number, and checked with the public key before it is used. Where none can be had the error is core.ErrSigner. id is
// the kid; "" for the thumbprint.
//
// crypto.Signer has no way to end a call. One that hangs keeps its turn until it returns.
func External(signer crypto.Signer, algorithm, id string, limits ExternalLimits) (Key, error) {
	signing, err := jws.NewKey(algorithm, withRandom{signer})
	if err != nil {
		return Key{}, err
	}
	k, err := NewKeyOf(algorithm, signer.Public())
	if err != nil {
		return Key{}, err
	}
	if id != "" {
		k = k.WithID(id)
	}
	return k.SignElsewhere(limits, func(_ context.Context, input []byte) ([]byte, error) {
		entropy := make([]byte, core.EntropyBytes)
		if _, err := rand.Read(entropy); err != nil {
			return nil, err
		}
		return signing.Sign(input, entropy)
	})
}

// withRandom gives a signer a source of random numbers. core/jws gives ECDSA none, which has the keys of the standard
// library sign by RFC 6979; other signers may not know that.
type withRandom struct{ crypto.Signer }

func (s withRandom) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	return s.Signer.Sign(random, digest, opts)
}

// SignElsewhere is a public key that signs by sign, which gives the signature of input in the form of RFC 7515. That
// may take long, and go on after ctx has ended: until it returns it has its turn. jws.ErrOtherKey for a secret:
// whoever checks with it can sign.
func (k Key) SignElsewhere(
	limits ExternalLimits, sign func(ctx context.Context, input []byte) ([]byte, error),
) (Key, error) {
	if k.Symmetric() {
		return Key{}, jws.ErrOtherKey
	}
	if limits.Timeout <= 0 {
		limits.Timeout = 2 * time.Second
	}
	if limits.InFlight <= 0 {
		limits.InFlight = 64
	}
	if limits.Faults == nil {
		limits.Faults = &SignerFaults{}
	}
	k.outside = &outside{sign, make(chan struct{}, limits.InFlight), limits}
	k.signed = nil
	if !deterministic(k.Algorithm()) {
		k.signed = newSignatures()
	}
	return k, nil
}

// signature has the key sign, in its bounds.
func (o *outside) signature(ctx context.Context, k Key, input []byte) ([]byte, error) {
	select {
	case o.turns <- struct{}{}:
	default:
		return nil, o.fault(k, SignerBusy, fmt.Errorf("%d signatures are waited for already", o.limits.InFlight))
	}
	type answer struct {
		signature []byte
		err       error
	}
	given := make(chan answer, 1)
	input = bytes.Clone(input) // the caller's may be used for something else while the signer is still at it
	waiting, cancel := context.WithTimeout(ctx, o.limits.Timeout)
	defer cancel()
	go func() {
		defer func() { <-o.turns }()
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a = answer{err: fmt.Errorf("the signer panicked: %v", p)}
			}
			given <- a
		}()
		a.signature, a.err = o.sign(waiting, input)
	}()
	select {
	case a := <-given:
		switch {
		case a.err == nil && k.jws.Check(input, a.signature):
			return a.signature, nil
		case a.err == nil:
			return nil, o.fault(k, SignerWrong, errors.New("what it gave is no signature of this key"))
		case waiting.Err() == nil:
			return nil, o.fault(k, SignerFailed, a.err)
		}
	case <-waiting.Done():
	}
	if err := ctx.Err(); err != nil {
		return nil, err // the client is gone
	}
	return nil, o.fault(k, SignerSlow, fmt.Errorf("it took longer than %v", o.limits.Timeout))
}

// fault counts a fault. The error wraps core.ErrSigner alone: the cause may wrap the end of a context, which the
// request did not see.
func (o *outside) fault(k Key, fault SignerFault, err error) error {
	o.limits.Faults.counts[fault.index()].Add(1)
	return fmt.Errorf("%w: key %s: %s: %v", core.ErrSigner, k.id, fault, err)
}
