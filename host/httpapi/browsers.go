package httpapi

import (
	"log/slog"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// This file is where the pipeline meets package browser.

// rules says how the handler treats browsers.
func (c *Config) rules(compat compat) *browser.Rules {
	secure := c.Node.Settings().Wire == core.Secure
	return &browser.Rules{
		Config: c.Browser, Tokens: c.TokenCookies, SessionAge: c.Node.SessionAge(), NoStore: secure, Now: c.Now,
		CSRF: csrf.Policy{
			Plain: compat.plainCSRF, Strict: secure,
			TrustedOrigins: c.Browser.TrustedOrigins, CookieDomain: c.Browser.CSRF.Domain, Entropy: c.Node.Entropy(),
		},
	}
}

// browser is the visit of the browser that sent the request. The first call begins it.
func (rq *request) browser() *browser.Visit {
	if !rq.visit.Begun() {
		rq.visit.Begin(rq.h.browsers, rq.Header)
	}
	return rq.visit
}

// hasCookies reports whether the request has cookies. One without them has no session and no token in a cookie.
func (rq *request) hasCookies() bool { return len(rq.Header["Cookie"]) > 0 }

// arrive reads the CSRF cookie.
func (rq *request) arrive() {
	if rq.hasCookies() {
		rq.browser().Arrive()
	}
}

// leave puts the cookies into an answer.
func (rq *request) leave(a *answer) {
	if a.header == nil {
		return // a panic is on its way
	}
	if rq.who.askedSession {
		browser.VaryOn(a.header, "Cookie") // of plain pages too
	}
	if !rq.hasCookies() && !rq.visit.Begun() {
		return
	}
	if err := rq.browser().Leave(a.header); err != nil {
		*a = rq.h.compat.failed(err)
		a.header.Set("X-Frame-Options", "DENY")
	}
}

// isSecure reports whether a request came over TLS, to this node or to the proxy before it.
func (rq *request) isSecure() bool { return rq.TLS != nil || rq.h.cfg.BehindProxy }

// site is the scheme and the host under which the request came.
func (rq *request) site() csrf.Site {
	if rq.isSecure() {
		return csrf.Site{Scheme: "https", Host: rq.Host}
	}
	return csrf.Site{Scheme: "http", Host: rq.Host}
}

// refuseForged refuses a request to a view that may be forged.
func (rq *request) refuseForged() error { return rq.checkForged(rq.tokenInData) }

// checkForged returns a csrf.Rejection, or the error of posted, which reads the token in the body.
func (rq *request) checkForged(posted func() (string, error)) error {
	return rq.browser().CheckForged(rq.Request, rq.method, rq.site(), posted)
}

// aboutRejection is the cause of a rejection for the log.
func aboutRejection(r csrf.Rejection) []slog.Attr { return []slog.Attr{slog.String("csrf", r.Cause)} }

// sessionCustomer is the customer of the browser's session, zero if there is none. It notes that the session was used.
func (rq *request) sessionCustomer() (store.Customer, error) {
	if !rq.hasCookies() && !rq.visit.Begun() {
		return store.Customer{}, nil
	}
	c, err := rq.browser().Customer(rq.Context(), rq.node)
	if err == nil && !c.ID.IsZero() && !rq.who.notedSession && rq.node.ListsSessions() {
		secret, _ := rq.browser().SessionSecret()
		rq.node.SessionUsed(secret, rq.asks())
		rq.who.notedSession = true
	}
	return c, err
}

// visitor is sessionCustomer, whom the record of the request then names.
func (rq *request) visitor() (store.Customer, error) {
	c, err := rq.sessionCustomer()
	if err == nil && !c.ID.IsZero() {
		rq.entry.about = node.Result{Customer: c}
	}
	return c, err
}

// authenticateBrowser finds out by cookies who asks: by the access token, else by the session (Django REST framework's
// SessionAuthentication). A request that changes something must not be forged.
func (rq *request) authenticateBrowser() error {
	if !rq.hasCookies() {
		return nil
	}
	v := rq.browser()
	if token, sent := v.AccessToken(); sent {
		if err := rq.check(token); err != nil {
			return err
		}
		v.Personal = true
		return rq.refuseForged()
	}
	customer, err := rq.sessionCustomer()
	if err != nil {
		return err
	}
	if customer.ID.IsZero() {
		v.DropSession()
		return nil
	}
	if err := rq.refuseForged(); err != nil {
		return err
	}
	rq.who.customer, rq.entry.about = customer, node.Result{Customer: customer}
	v.Personal = true
	if rq.body.WasRead() { // it held the CSRF token, and may have arrived slowly
		return rq.checkAgain()
	}
	return nil
}
