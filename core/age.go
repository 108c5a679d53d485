package core

import (
	"errors"
	"math"
	"time"

	"github.com/edgetoken/edgetoken/core/cause"
)

// StalePolicy says what a node of a fleet does while what it knows is older than MaxAge. It issues nothing in any case.
type StalePolicy uint8

const (
	Closed StalePolicy = iota // it decides nothing but revocations
	Open                      // it goes on to check tokens, by what it knew last
)

// ErrStale says that what a node knows is older than the fleet allows, so that it cannot answer: a token may have been
// revoked since, or a customer may have come. It says nothing of the token.
var ErrStale = errors.New("what this node knows of the fleet is too old")

// staleError is an ErrStale with the age. That is math.MaxInt64 where the node has heard nothing of the fleet yet,
// or is in it no more.
type staleError struct{ age, most time.Duration }

func (e staleError) Error() string {
	if e.age == math.MaxInt64 {
		return ErrStale.Error() + ": it has heard nothing since it started, or was withdrawn"
	}
	return ErrStale.Error() + ": it is " + e.age.Round(time.Millisecond).String() + " old, the most is " +
		e.most.String()
}
func (e staleError) Is(target error) bool { return target == ErrStale }

// CheckAge returns nil if an operation may rest on a state of this age (State.Age), else an ErrStale. A node asks
// before it decides, and again before the answer leaves.
//
// A state of exactly MaxAge is good: whatever was revoked since is younger. Blacklist, Logout and Revoke are good at
// any age. They take rights away and give none, and what they refuse for a state that is too old has ended already; but
// see CheckRefusals.
func CheckAge(s *Settings, op Op, age time.Duration) error {
	if s.MaxAge == 0 || age <= s.MaxAge || op.revokes() || s.WhenStale == Open && !op.Writes() {
		return nil
	}
	return staleError{age, s.MaxAge}
}

// FreshAge is the age up to which a state counts as the present: a node that hears from its hub twice a second is
// never older.
const FreshAge = 2 * time.Second

// CheckRefusals returns an ErrStale if one of the refusals speaks of a key or a customer that may have come, or
// changed, since a state of this age: it is older than FreshAge. Whoever is told that a token is not valid throws it
// away. Revocations are never undone, so a refusal for one stands whatever the age.
func CheckRefusals(s *Settings, refusals []Refusal, age time.Duration) error {
	most := min(s.MaxAge, FreshAge)
	if s.MaxAge == 0 || age <= most {
		return nil
	}
	for _, r := range refusals {
		switch r.Cause {
		case cause.UnknownKey, cause.CustomerNotFound, cause.CustomerInactive, cause.RevokeClaim,
			cause.InactiveAccount:
			return staleError{age, most}
		}
	}
	return nil
}
