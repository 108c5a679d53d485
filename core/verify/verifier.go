package verify

import (
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
)

// Helper checks a signature of a key pair where the host can do so natively; handled false leaves it to the Verifier.
// It must be quick, and must not call the Verifier.
type Helper func(k *Key, input, signature []byte) (good, handled bool)

// Verifier reads tokens under a Trust. The zero value refuses everything. It serves one goroutine at a time.
type Verifier struct {
	Helper Helper // may be nil; asked for signatures that are neither remembered nor HMAC

	trust     *Trust
	reader    *core.Reader
	check     func(key int, input, signature []byte) (bool, error) // v.signed
	memory    memory                                               // of signatures
	recent    recent                                               // tokens
	signature []byte
	opened    *core.Opened // of the latest Verify; nil: it read no token
}

// Use has the Verifier go by a Trust from now on. It forgets all tokens and signatures.
func (v *Verifier) Use(t *Trust) {
	v.trust = t
	v.memory.forget()
	v.recent.forget()
	v.renew()
}

// renew makes a new reader, which knows nothing of earlier calls.
func (v *Verifier) renew() {
	v.reader, v.check, v.opened = nil, v.signed, nil
	if v.trust.unready() == cause.OK {
		v.reader = core.NewReader(&v.trust.settings, v.trust.set)
	}
}

// Verify gives a token that is good at the time now, in Unix seconds, with cause.OK; or nil with the cause of the
// refusal. What it gives is valid until the next call.
func (v *Verifier) Verify(token []byte, now int64) (o *core.Opened, c cause.Cause) {
	defer func() {
		if recover() != nil {
			v.recent.forget()
			v.renew()
			o, c = nil, cause.Failed
		}
	}()
	v.opened = nil
	if c := v.trust.usable(now); c != cause.OK {
		return nil, c
	}
	o = v.recent.find(token)
	if o == nil {
		var err error
		if o, err = v.reader.Open(token, v.check); err != nil {
			return nil, cause.SignatureNeeded
		}
		if o.Cause == cause.OK {
			v.recent.learn(token, o)
		}
	}
	v.opened = o
	if c := v.trust.judge(o, now); c != cause.OK {
		return nil, c
	}
	return o, cause.OK
}

// errNeeded says that the host must check a signature first.
var errNeeded = errors.New("the signature must be checked by the host")

// signed reports whether a signature is that of the key.
func (v *Verifier) signed(key int, input, signature []byte) (bool, error) {
	k := &v.trust.keys[key]
	if k.Symmetric() {
		return k.Check(input, signature), nil
	}
	n := name(k.Material, input, signature)
	if v.memory.has(&n) {
		return true, nil
	}
	good, handled := false, false
	if v.Helper != nil {
		good, handled = v.Helper(k, input, signature)
	}
	if !handled {
		if v.trust.policy.hostSigns {
			return false, errNeeded
		}
		good = k.Check(input, signature)
	}
	if good {
		v.memory.learn(&n)
	}
	return good, nil
}

// Question is a signature that a host may check in place of the Verifier: is token[Signature:], from base64url, the
// signature of the key over token[:Input]?
type Question struct {
	Needed           bool // false: Verify decides by itself
	Key              *Key
	Input, Signature int
	Name             [32]byte // what Vouch takes
}

// Ask says what a host must check once Verify has given cause.SignatureNeeded, or the cause for which the token is
// refused in any case. If the signature is good, Vouch for it and call Verify again; if not, the verdict is
// cause.BadSignature.
func (v *Verifier) Ask(token []byte) (q Question, c cause.Cause) {
	defer func() {
		if recover() != nil {
			v.renew()
			q, c = Question{}, cause.Failed
		}
	}()
	if v.reader == nil {
		return Question{}, v.trust.unready()
	}
	in := v.reader.Inspect(token)
	if in.Cause != cause.OK {
		return Question{}, in.Cause
	}
	var ok bool
	if v.signature, ok = core.DecodePart(v.signature, token[in.Signature:]); !ok {
		return Question{}, cause.Malformed
	}
	k := &v.trust.keys[in.Key]
	if k.Symmetric() {
		return Question{}, cause.OK
	}
	n := name(k.Material, token[:in.Input], v.signature)
	return Question{Needed: !v.memory.has(&n), Key: k, Input: in.Input, Signature: in.Signature, Name: n}, cause.OK
}

// Vouch says that the host has checked the signature of that name, and that it is good. The name stands for key, input
// and signature together: so it does not matter what else was asked meanwhile.
func (v *Verifier) Vouch(name [32]byte) {
	if v.reader != nil {
		v.memory.learn(&name)
	}
}

// judge judges an opened token by the policy, the time and what was revoked.
func (t *Trust) judge(o *core.Opened, now int64) cause.Cause {
	at := time.Unix(now, 0)
	c := t.judgeAs(t.settings.AuthTokenClasses, o, revokedState(t.bundle, o, at), at)
	// As simplejwt's JWTStatelessUserAuthentication asks.
	if c == cause.OK && t.settings.UserIDClaim != "" && o.Customer.Form == strictjson.Absent {
		return cause.NoCustomerClaim
	}
	return c
}

// judgeAs judges an opened token as one of some types.
func (t *Trust) judgeAs(types []core.TokenType, o *core.Opened, s core.State, at time.Time) cause.Cause {
	return core.Judge(&t.settings, o, s, types, t.policy.required, at)
}
