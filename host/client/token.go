package client

import "context"

// Token returns an access token that is good for a while, by a refresh if need be. It waits for the refresh, since a
// program that ends before the answer has come could lose its session. While the server cannot be reached it returns
// the token at hand until that has expired. The error is ErrLoggedOut if nobody is logged in.
func (c *Client) Token(ctx context.Context) (string, error) {
	held, err := c.held(ctx)
	if err != nil {
		return "", err
	}
	if !c.wants(held) {
		return held.Access, nil
	}
	fresh, err := c.refreshed(ctx, held)
	if err == nil {
		return fresh.Access, nil
	}
	if temporary(err) && !c.isBad(held.Access) && !lifeOf(held.Access).ended(c.clock.now()) {
		return held.Access, nil
	}
	return "", err
}

// held returns the tokens that were seen last, else those of the storage.
func (c *Client) held(ctx context.Context) (Tokens, error) {
	c.mu.Lock()
	held := c.tokens
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
	}
	c.loggedIn(held)
	return held, nil
}

// wants reports whether tokens are to be replaced before they are used.
func (c *Client) wants(t Tokens) bool {
	return t.Access == "" || c.isBad(t.Access) || lifeOf(t.Access).due(c.clock.now(), c.early)
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
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad = access
	return true
}
