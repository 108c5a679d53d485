package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// Verify reads a token and reports whether it is a good one of the given type now: form, signature, strict claims,
// times, issuer, audience, id and type. It asks no store, so it knows nothing of revocations. A refusal is a
// *core.Error:
//
//	errors.Is(err, core.TokenNotValid)
//
// Any other error says that the engine failed or ctx ended.
func (e *Engine) Verify(ctx context.Context, token string, want core.TokenType) (core.Opened, error) {
	var o core.Opened
	if err := e.Open(ctx, []byte(token), &o); err != nil {
		return core.Opened{}, err
	}
	if c := core.Valid(&e.config.settings, &o, want, e.now()); c != cause.OK {
		return core.Opened{}, e.config.settings.Error(c)
	}
	return o, nil
}

// Issue writes a refresh and an access token for a customer whose credentials the caller has checked. It needs ID and
// UserID. extra are further claims, a JSON object that names none of the service's own, or nil. An inactive customer is
// refused.
//
// Issue and Refresh are for callers that keep no state of tokens: they drop the effects. To revoke tokens, use Open and
// Decide.
func (e *Engine) Issue(ctx context.Context, customer core.Customer, extra []byte) (refresh, access string, err error) {
	tokens, err := e.write(ctx, core.Request{
		Op:    core.Login,
		State: core.State{Customer: customer, PasswordGood: true, HighWater: math.MaxInt64},
		Extra: extra,
	}, core.RefreshToken, core.AccessToken)
	if err != nil {
		return "", "", err
	}
	return tokens[0].Value, tokens[1].Value, nil
}

// Refresh writes an access token for a refresh token, which stays good: with rotation it fails. state loads what the
// caller knows of the customer and the family that the token names; it is called once the signature is good.
func (e *Engine) Refresh(
	ctx context.Context, token string, state func(core.Opened) (core.State, error),
) (access string, err error) {
	if state == nil {
		return "", errors.New("engine: Refresh needs a state function: who refreshes must know whether the customer " +
			"is still active")
	}
	if e.config.settings.RotateRefreshTokens {
		return "", errors.New("engine: Refresh gives no refresh token: to rotate them, use Open and Decide")
	}
	req := core.Request{Op: core.Refresh}
	if err = e.Open(ctx, []byte(token), &req.Opened); err != nil {
		return "", err
	}
	if req.Opened.Cause == cause.OK {
		if req.State, err = state(req.Opened); err != nil {
			return "", err
		}
	}
	tokens, err := e.write(ctx, req, core.AccessToken)
	if err != nil {
		return "", err
	}
	return tokens[0].Value, nil
}

// write decides a request with time and entropy, turns a refusal into an error, and returns tokens of the given types.
func (e *Engine) write(ctx context.Context, req core.Request, types ...core.TokenType) ([]core.Token, error) {
	req.Now = e.now()
	req.Entropy = make([]byte, core.EntropyBytes)
	if _, err := io.ReadFull(e.rand, req.Entropy); err != nil {
		return nil, fmt.Errorf("engine: read entropy: %w", err)
	}
	o, err := e.Decide(ctx, req)
	if err != nil {
		return nil, err
	}
	if o.Refused() {
		return nil, e.config.settings.Error(o.Refusals[0].Cause)
	}
	same := func(t core.Token, want core.TokenType) bool { return t.Type == want }
	if !slices.EqualFunc(o.Tokens, types, same) {
		return nil, errors.New("engine: the module wrote other tokens than were asked for")
	}
	return o.Tokens, nil
}
