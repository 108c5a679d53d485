package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/edgetoken/edgetoken/core"
)

// Verify reads a token and says whether it is a good one of the given type at this time: form, signature, strict claims, times, issuer, audience,
// id and type. It asks no store, so it knows nothing of revocations. A refusal is a *core.Error:
//
//	errors.Is(err, core.TokenNotValid)
//
// Any other error says that the engine failed or ctx ended.
func (e *Engine) Verify(ctx context.Context, token string, want core.TokenType) (core.Opened, error) {
	o, err := e.Open(ctx, []byte(token))
	if err != nil {
		return core.Opened{}, err
	}
	s := &e.config.Load().settings
	if cause := core.Valid(s, o, want, e.now()); cause != core.OK {
		return core.Opened{}, s.Error(cause)
	}
	return o, nil
}

// Issue writes a refresh and an access token for a customer whose credentials the caller has checked. extra are further claims, a JSON object, or nil.
// An inactive customer is refused.
func (e *Engine) Issue(ctx context.Context, customer core.Customer, extra []byte) (refresh, access string, err error) {
	o, err := e.decide(ctx, core.Request{
		Op:    core.Login,
		State: core.State{Customer: customer, PasswordGood: true, HighWater: math.MaxInt64},
		Extra: extra,
	})
	if err != nil {
		return "", "", err
	}
	return o.Tokens[0].Value, o.Tokens[1].Value, nil
}

// Refresh writes an access token for a refresh token. state tells what is known of the customer and the family that the token names,
// from wherever the caller keeps it; it is called once the signature is good.
func (e *Engine) Refresh(ctx context.Context, token string, state func(core.Opened) (core.State, error)) (access string, err error) {
	opened, err := e.Open(ctx, []byte(token))
	if err != nil {
		return "", err
	}
	req := core.Request{Op: core.Refresh, Opened: opened}
	if opened.Cause == core.OK {
		if req.State, err = state(opened); err != nil {
			return "", err
		}
	}
	o, err := e.decide(ctx, req)
	if err != nil {
		return "", err
	}
	return o.Tokens[0].Value, nil
}

// decide adds time and entropy to a request and makes a refusal an error.
func (e *Engine) decide(ctx context.Context, req core.Request) (core.Outcome, error) {
	req.Now = e.now()
	req.Entropy = make([]byte, core.EntropyBytes)
	if _, err := io.ReadFull(e.rand, req.Entropy); err != nil {
		return core.Outcome{}, fmt.Errorf("engine: read entropy: %w", err)
	}
	o, err := e.Decide(ctx, req)
	if err != nil {
		return core.Outcome{}, err
	}
	if o.Refused() {
		s := e.config.Load().settings
		return core.Outcome{}, s.Error(o.Refusals[0].Cause)
	}
	if len(o.Tokens) == 0 {
		return core.Outcome{}, errors.New("engine: the module wrote no token")
	}
	return o, nil
}
