package browser

import (
	"context"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// minSessionKey is the least length of a session cookie, in characters. Django takes a shorter one for an empty session
// and deletes it on sight.
const minSessionKey = 8

// session is what is known of the session of a request.
type session struct {
	asked    bool
	customer store.Customer // whose it is; zero: there is none
	started  string         // secret of the session that this request began; "": none
	useless  bool           // the cookie is of no use and is to be deleted
}

// SessionSecret is what the session cookie holds.
func (v *Visit) SessionSecret() (secret string, sent bool) {
	if v.rules.Config.Off {
		return "", false
	}
	return v.Cookie(v.rules.Config.Session.Name)
}

// PresentSecret is that of the session that this browser has after the request: of one that the request began, else
// what the session cookie holds.
func (v *Visit) PresentSecret() string {
	if v.session.started != "" {
		return v.session.started
	}
	secret, _ := v.SessionSecret()
	return secret
}

// Customer is the customer who is logged in in this browser, zero where there is none. It is looked up once.
func (v *Visit) Customer(ctx context.Context, n *node.Node) (store.Customer, error) {
	s := &v.session
	secret, sent := v.SessionSecret()
	if s.asked || !sent {
		return s.customer, nil
	}
	customer, err := n.Session(ctx, secret)
	if err != nil {
		return store.Customer{}, err
	}
	s.asked, s.customer = true, customer
	return customer, nil
}

// ForgetCustomer has Customer look again.
func (v *Visit) ForgetCustomer() { v.session.asked, v.session.customer = false, store.Customer{} }

// DropSession deletes the session cookie.
func (v *Visit) DropSession() { _, v.session.useless = v.SessionSecret() }

// dropShortSession deletes a session cookie that is too short.
func (v *Visit) dropShortSession() {
	if secret, sent := v.SessionSecret(); sent && utf8.RuneCountInString(secret) < minSessionKey {
		v.session.useless = true
	}
}

// EndSession logs out: the session ends and its cookie goes, whoever's it is.
func (v *Visit) EndSession(ctx context.Context, n *node.Node) error {
	secret, sent := v.SessionSecret()
	if !sent {
		return nil
	}
	if err := n.EndSession(ctx, secret); err != nil {
		return err
	}
	v.session = session{asked: true, useless: true}
	return nil
}

// StartSession takes the secret of a session that a customer has begun. The CSRF secret changes, so that whoever knew
// the old one can forge nothing.
func (v *Visit) StartSession(secret string, c store.Customer) {
	v.session = session{asked: true, customer: c, started: secret}
	v.err = v.csrf.Rotate(&v.rules.CSRF)
}

// Reset ends the previous session and rotates the CSRF secret, at a log-in by tokens: the log-out then leaves nobody
// logged in.
func (v *Visit) Reset(ctx context.Context, n *node.Node) error {
	if err := v.EndSession(ctx, n); err != nil {
		return err
	}
	return v.csrf.Rotate(&v.rules.CSRF)
}
