package core

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Prepared is an Outcome whose tokens still lack their signatures: Outcome.Tokens have no Value yet.
type Prepared struct {
	Outcome
	Key    int      // index of the key that must sign
	Inputs [][]byte // the signing input of each token (RFC 7515 §5.1)
}

// Finish adds the signatures, one for each of Inputs.
func (p Prepared) Finish(signatures [][]byte) Outcome {
	for i, input := range p.Inputs {
		b := append(append(make([]byte, 0, len(input)+1+base64.RawURLEncoding.EncodedLen(len(signatures[i]))), input...), '.')
		p.Tokens[i].Value = string(base64.RawURLEncoding.AppendEncode(b, signatures[i]))
	}
	return p.Outcome
}

// Prepare judges a request and writes the signing inputs of the tokens to issue. It is a pure function of its arguments.
func Prepare(s *Settings, keys KeySet, req Request) Prepared {
	j := newJudge(s, &req)
	p := Prepared{Outcome: j.outcome(), Key: keys.Signing}
	switch {
	case p.Refused():
	case req.Op == Refresh:
		p.write(j, AccessToken, keys, j.refreshedAccess())
	case req.Op == Login:
		p.login(j, keys)
	}
	return p
}

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

// Reserved reports whether a claim of this name, in any case, is not to be configured: the registered ones (RFC 7519 §4.1), and those that the
// settings name.
func (s *Settings) Reserved(name string) bool {
	for _, taken := range []string{
		"exp", "iat", "nbf", "iss", "aud", "sub", "jti", s.TokenTypeClaim, s.IDClaim, s.UserIDClaim, s.RevokeTokenClaim, s.SlidingTokenRefreshExpClaim,
	} {
		if taken != "" && strings.EqualFold(name, taken) {
			return true
		}
	}
	return false
}

// configurable reports whether extra is a strict JSON object without a reserved name.
func configurable(s *Settings, extra []byte) bool {
	if len(extra) > maxExtra {
		return false
	}
	var scan scanner
	for more := scan.begin(extra, maxNames); more; more = scan.next() {
		if s.Reserved(string(scan.member.name)) {
			return false
		}
	}
	return scan.whole
}
