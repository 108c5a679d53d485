package client

import (
	"context"
	"fmt"
)

// Login begins a session. What the storage had is replaced: log out first where that is another session.
// The error is a *Refusal if there is no such active customer, or the password is wrong.
func (c *Client) Login(ctx context.Context, name, password string) error {
	next, err := c.askLogin(ctx, name, password)
	if err != nil {
		return err
	}
	for {
		held, err := c.cfg.Storage.Load(ctx)
		if err != nil {
			return err
		}
		switch stored, err := c.cfg.Storage.Replace(ctx, held, next); {
		case err != nil:
			return err
		case stored:
			c.drop()
			c.loggedIn(next)
			return nil
		}
	}
}

// Logout ends the session at the server, and then forgets it. If the server cannot be reached, the error says so, and
// the tokens stay, so that it can be tried again; Forget drops them all the same. It does nothing if nobody is logged
// in.
func (c *Client) Logout(ctx context.Context) error {
	return c.leave(ctx, func(ctx context.Context, held Tokens) error {
		err := c.askBlacklist(ctx, held)
		if refused(err) { // what the server refuses is no session
			return nil
		}
		return err
	})
}

// LogoutEverywhere ends all sessions of the customer, on other devices too, and forgets this one. Other than that it is
// as Logout. simplejwt has no such view.
func (c *Client) LogoutEverywhere(ctx context.Context) error {
	for last := false; ; last = true {
		if _, err := c.Token(ctx); err != nil {
			return err
		}
		err := c.leave(ctx, func(ctx context.Context, held Tokens) error {
			err := c.askLogoutAll(ctx, held)
			if refused(err) { // it is the access token that was: no other session has ended
				c.noteBad(held.Access)
			}
			return err
		})
		if last || !refused(err) {
			return err
		}
	}
}

// Forget drops the tokens without telling the server, where they stay good until they expire.
func (c *Client) Forget(ctx context.Context) error {
	return c.leave(ctx, func(context.Context, Tokens) error { return nil })
}

// leave ends the session by ending, once no refresh is under way, and keeps others from beginning meanwhile.
func (c *Client) leave(ctx context.Context, ending func(context.Context, Tokens) error) error {
	for {
		f, ours := c.fly(false, func(ctx context.Context) (Tokens, error) { return Tokens{}, c.end(ctx, ending) })
		_, err := f.wait(ctx)
		if ours || ctx.Err() != nil {
			return err
		}
	}
}

func (c *Client) end(ctx context.Context, ending func(context.Context, Tokens) error) error {
	var wait backoff
	for {
		held, err := c.load(ctx)
		switch {
		case err != nil:
			return err
		case !held.LoggedIn():
			c.loggedOut(Logout{Reason: Elsewhere})
			return nil
		}
		c.loggedIn(held)
		err = ending(ctx, held)
		switch {
		case temporary(err):
			if err := wait.after(ctx, err); err != nil {
				return fmt.Errorf("the session goes on at the server: %w", err)
			}
			continue
		case err != nil:
			return fmt.Errorf("the session goes on at the server: %w", err)
		}
		// Whoever shares the storage may have refreshed meanwhile; then the new pair is to end.
		switch gone, err := c.replace(ctx, held, Tokens{}); {
		case err != nil:
			return err
		case gone:
			c.loggedOut(Logout{Reason: Asked})
			return nil
		}
	}
}
