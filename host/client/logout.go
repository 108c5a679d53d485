package client

import "errors"

// ErrLoggedOut is what a request gets that nobody is logged in for.
var ErrLoggedOut = errors.New("nobody is logged in")

// Reason is why a session is over.
type Reason string

const (
	// Asked: Logout, LogoutEverywhere or Forget was called.
	Asked Reason = "asked"
	// Elsewhere: whoever shares the storage has logged out.
	Elsewhere Reason = "elsewhere"
	// Refused: the server refused the refresh token. It has expired, or has been revoked: the password was changed,
	// somebody logged out everywhere, or the token was used by two, as if it was stolen.
	Refused Reason = "refused"
)

// Logout says that a session is over.
type Logout struct {
	Reason Reason
	// Cause is what the server says in X-Auth-Error, where Reason is Refused: "blacklisted", "expired",
	// "user_inactive", … "": it does not say.
	Cause string
	// Detail is the server's text for people, where Reason is Refused.
	Detail string
}

// loggedIn notes that there is a session, so that its end will be told.
func (c *Client) loggedIn(t Tokens) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens, c.in, c.pause = t, true, pause{}
}

// loggedOut has the end of a session told once, when the exchange is over.
func (c *Client) loggedOut(l Logout) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.in {
		c.over = &l
	}
	c.tokens, c.in = Tokens{}, false
	c.ends++
}

// tell tells of the session that ended, if one did.
func (c *Client) tell() {
	c.mu.Lock()
	over := c.over
	c.over = nil
	c.mu.Unlock()
	if over != nil && c.cfg.OnLogout != nil {
		c.cfg.OnLogout(*over)
	}
}
