package client

import "context"

// change is a change that the storage could not make, because its disk was full, say. Until it can, the client has the
// new tokens in memory.
type change struct{ old, next Tokens }

// pending returns the change that is to be made, nil if there is none.
func (c *Client) pending() *change {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unkept
}

// hold has next count in place of held, although it could not be stored.
func (c *Client) hold(held, next Tokens) {
	held = c.stored(held)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unkept = &change{held, next}
}

// drop forgets a change: the storage has been written since.
func (c *Client) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unkept = nil
}

// stored is what the storage has where load returns held.
func (c *Client) stored(held Tokens) Tokens {
	if u := c.pending(); u != nil && u.next == held {
		return u.old
	}
	return held
}

// load returns what the storage has, or would have if it could be written.
func (c *Client) load(ctx context.Context) (Tokens, error) {
	u := c.pending()
	if u == nil {
		return c.cfg.Storage.Load(ctx)
	}
	if _, err := c.replace(ctx, u.next, u.next); err == nil {
		return c.cfg.Storage.Load(ctx)
	}
	if now, err := c.cfg.Storage.Load(ctx); err == nil && now != u.old { // somebody else could write
		c.drop()
		return now, nil
	}
	return u.next, nil
}

// replace is Storage.Replace, where held is what load has returned.
func (c *Client) replace(ctx context.Context, held, next Tokens) (bool, error) {
	replaced, err := c.cfg.Storage.Replace(ctx, c.stored(held), next)
	if err == nil {
		c.drop()
	}
	return replaced, err
}
