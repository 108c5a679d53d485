package core

import (
	"bytes"
	"errors"
)

// What a request that writes tokens can lack. These are mistakes of whoever makes the request, not of a client.
var (
	ErrEntropy      = errors.New("the request has too little entropy")
	ErrNoSigningKey = errors.New("no key of the key set can sign")
	ErrUserID       = errors.New("the customer has no UserID, so that its tokens would name nobody")
	ErrExtra        = errors.New("the configured claims are no strict JSON object of at most 32 KiB, or name a claim that the service sets itself")
	ErrTooLong      = errors.New("a token became longer than is read: the claims are too many")
)

// maxExtra bounds the configured claims of a customer, in bytes.
const maxExtra = 32 << 10

// CheckWriting reports what a request that writes tokens lacks.
func CheckWriting(s *Settings, keys KeySet, req Request) error {
	switch {
	case len(req.Entropy) < EntropyBytes:
		return ErrEntropy
	case keys.Signing < 0 || keys.Signing >= len(keys.Keys):
		return ErrNoSigningKey
	case req.Op == Login && !req.State.Customer.ID.IsZero() && req.State.Customer.UserID.IsZero():
		return ErrUserID
	case len(req.Extra) > 0 && !configurable(s, req.Extra):
		return ErrExtra
	}
	return nil
}

// configurable reports whether extra is a strict JSON object without a name that the service sets itself, in any case.
func configurable(s *Settings, extra []byte) bool {
	reserved := []string{
		"exp", "iat", "nbf", "iss", "aud", "jti", s.TokenTypeClaim, s.IDClaim, s.UserIDClaim, s.RevokeTokenClaim, s.SlidingTokenRefreshExpClaim,
	}
	if len(extra) > maxExtra {
		return false
	}
	var scan scanner
	for more := scan.begin(extra, maxNames); more; more = scan.next() {
		for _, name := range reserved {
			if name != "" && bytes.EqualFold(scan.member.name, []byte(name)) {
				return false
			}
		}
	}
	return scan.whole
}
