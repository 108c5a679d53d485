package kit

import (
	"errors"

	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/verify"
)

// Native is package verify itself. Guests in Go use it too.
type Native struct {
	Helper verify.Helper // may be nil

	v     verify.Verifier
	trust *verify.Trust
}

func (n *Native) Configure(policy string) error {
	trust, err := verify.Read([]byte(policy))
	if err == nil {
		n.use(trust)
	}
	return err
}

func (n *Native) Update(bundle string) error {
	trust, c := n.trust.Update(bundle)
	if c == cause.OK {
		n.use(trust)
	}
	return refusal(c)
}

func (n *Native) Verify(token string, now int64, alone bool) (string, error) {
	n.v.Helper = n.Helper
	if alone {
		n.v.Helper = nil
	}
	o, c := n.v.Verify([]byte(token), now)
	if c != cause.OK {
		return "", refusal(c)
	}
	return string(o.Claims), nil
}

func (n *Native) use(t *verify.Trust) {
	n.trust = t
	n.v.Use(t)
}

// refusal is a cause as an error, with its name as the text.
func refusal(c cause.Cause) error {
	if c == cause.OK {
		return nil
	}
	return errors.New(c.String())
}
