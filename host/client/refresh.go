package client

import (
	"context"
	"errors"
	"time"
)

// flight is one exchange with the token views, for all who wait for it.
type flight struct {
	refresh bool // else it is a log-out
	done    chan struct{}
	tokens  Tokens
	err     error
}

// fly begins an exchange in the background, unless one is under way. It goes on when those who wait for it give up:
// a token may be spent at the server already.
func (c *Client) fly(refresh bool, work func(context.Context) (Tokens, error)) (f *flight, ours bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != nil {
		return c.flight, false
	}
	f = &flight{refresh: refresh, done: make(chan struct{})}
	c.flight = f
	go func() {
		defer close(f.done)
		ctx, cancel := context.WithTimeout(context.Background(), c.cfg.Patience)
		defer cancel()
		f.tokens, f.err = work(ctx)
		c.mu.Lock()
		c.flight = nil
		c.mu.Unlock()
		c.tell() // which may begin the next
	}()
	return f, true
}

// wait waits for an exchange.
func (f *flight) wait(ctx context.Context) (Tokens, error) {
	select {
	case <-f.done:
		return f.tokens, f.err
	case <-ctx.Done():
		return Tokens{}, ctx.Err()
	}
}

// refreshed returns tokens in place of those that are due.
func (c *Client) refreshed(ctx context.Context) (Tokens, error) {
	if err := c.paused(); err != nil {
		return Tokens{}, err
	}
	for {
		f, _ := c.fly(true, c.refresh)
		fresh, err := f.wait(ctx)
		if f.refresh || ctx.Err() != nil {
			return fresh, err
		}
	}
}

// refresh replaces what the storage has, unless somebody else has done so. After a failure it pauses.
func (c *Client) refresh(ctx context.Context) (Tokens, error) {
	fresh, err := c.exchange(ctx)
	if err != nil && !errors.Is(err, ErrLoggedOut) {
		c.rest(err)
	}
	return fresh, err
}

func (c *Client) exchange(ctx context.Context) (Tokens, error) {
	var wait backoff
	for {
		held, err := c.load(ctx)
		switch {
		case err != nil:
			return Tokens{}, err
		case !held.LoggedIn():
			c.loggedOut(Logout{Reason: Elsewhere})
			return Tokens{}, ErrLoggedOut
		case !c.wants(held):
			c.loggedIn(held)
			return held, nil
		}
		next, err := c.askRefresh(ctx, held)
		var no *Refusal
		switch {
		case errors.As(err, &no):
			if err := c.giveUp(ctx, held, no); err != nil {
				return Tokens{}, err
			}
			continue // another pair is there by now
		case temporary(err):
			if err := wait.after(ctx, err); err != nil {
				return Tokens{}, err
			}
			continue
		case err != nil:
			return Tokens{}, err
		}
		if c.keep(ctx, held, next) {
			return next, nil
		}
	}
}

// giveUp ends a session whose refresh token was refused; the error is ErrLoggedOut then. It is nil if the storage has
// another pair by now, or gets one soon: whoever shares it may have spent the token a moment ago, and a server that
// gives no answer twice refuses it to all others.
func (c *Client) giveUp(ctx context.Context, held Tokens, no *Refusal) error {
	for begin := time.Now(); c.shared && time.Since(begin) < c.cfg.Attempt; {
		select {
		case <-time.After(storagePoll):
		case <-ctx.Done():
			return &Unavailable{Err: ctx.Err()}
		}
		if now, err := c.load(ctx); err != nil || now != held {
			return err
		}
	}
	over, err := c.replace(ctx, held, Tokens{})
	if err != nil || !over {
		return err
	}
	c.loggedOut(Logout{Reason: Refused, Cause: no.Cause, Detail: no.Detail})
	return ErrLoggedOut
}

// storagePoll is from one look to the next whether somebody else has stored a pair.
const storagePoll = 50 * time.Millisecond

// keep stores the answer to a refresh, and reports whether it counts: not if the storage no longer has what was sent.
// Then somebody has logged out or in meanwhile, or has refreshed the same token. If nobody is logged in, the pair is
// revoked: a log-out that reached the server before the refresh did may have missed it. A storage that fails does not
// end the session, since what was sent is spent.
func (c *Client) keep(ctx context.Context, sent, next Tokens) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Attempt)
	defer cancel()
	kept, err := c.replace(ctx, sent, next)
	if err != nil {
		c.hold(sent, next)
	}
	if err != nil || kept {
		c.loggedIn(next)
		return true
	}
	if now, err := c.load(ctx); err == nil && !now.LoggedIn() {
		_ = c.askBlacklist(ctx, next) // as far as it goes: the session is over here anyway
	}
	return false
}
