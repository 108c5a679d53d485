package client

import (
	"context"
	"errors"
)

// Token returns an access token that is good for a while, by a refresh if need be. It waits for the refresh, since a
// program that ends before the answer has come could lose its session. While the server cannot be reached, or does not
// answer as it should, it returns the token at hand until that has expired, and nobody waits any more. The error is
// ErrLoggedOut if nobody is logged in.
func (c *Client) Token(ctx context.Context) (string, error) {
	held, err := c.held(ctx)
	if err != nil {
		return "", err
	}
	if !c.wants(held) {
		return held.Access, nil
	}
	if c.failed() && c.usable(held) { // nobody waits for a server again that was away a moment ago
		if c.paused() == nil {
			c.fly(true, c.refresh)
		}
		return held.Access, nil
	}
	fresh, err := c.refreshed(ctx)
	switch {
	case err == nil:
		return fresh.Access, nil
	case errors.Is(err, ErrLoggedOut) || ctx.Err() != nil || !c.usable(held):
		return "", err
	}
	return held.Access, nil
}

// usable reports whether tokens that are to be replaced may still do.
func (c *Client) usable(t Tokens) bool {
	return t.Access != "" && !c.isBad(t.Access) && !lifeOf(t.Access).ended(c.clock.now())
}

// held returns the tokens that were seen last, else those of the storage.
func (c *Client) held(ctx context.Context) (Tokens, error) {
	for {
		c.mu.Lock()
		held, ends := c.tokens, c.ends
		c.mu.Unlock()
		if held.LoggedIn() {
			return held, nil
		}
		held, err := c.cfg.Storage.Load(ctx)
		switch {
		case err != nil:
			return Tokens{}, err
		case !held.LoggedIn():
			return Tokens{}, ErrLoggedOut
		case c.found(held, ends):
			return held, nil
		}
	}
}

// found notes a session of the storage, unless another has ended since so many had: this may be the one.
func (c *Client) found(t Tokens, ends int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ends != ends {
		return false
	}
	c.tokens, c.in = t, true
	return true
}

// wants reports whether tokens are to be replaced before they are used.
func (c *Client) wants(t Tokens) bool {
	return t.Access == "" || c.isBad(t.Access) || lifeOf(t.Access).due(c.clock.now(), c.cfg.Early, c.draw)
}

func (c *Client) isBad(access string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bad == access
}

// refuse notes that the server refused an access token, and reports whether another one may fare better: not if it is
// fresh, and the storage still has it.
func (c *Client) refuse(ctx context.Context, access string) bool {
	if now := c.clock.now(); c.clock.measured() && lifeOf(access).young(now) {
		if held, err := c.cfg.Storage.Load(ctx); err != nil || held.Access == access {
			return false
		}
	}
	c.noteBad(access)
	return true
}

func (c *Client) noteBad(access string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad = access
}
