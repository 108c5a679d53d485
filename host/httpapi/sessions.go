package httpapi

import (
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// minSessionKey is how long the value of a session cookie is at least, in characters: a shorter one is none to
// Django, which deletes it at once.
const minSessionKey = 8

// sessionState is what is known of the session of a request.
type sessionState struct {
	asked    bool
	customer store.Customer // whose it is; zero: there is none
	started  string         // secret of the session that this request began; "": none
	empty    bool           // the cookie is of no use and is to be deleted
}

// sessionSecret is what the session cookie holds.
func (rq *request) sessionSecret() (secret string, sent bool) {
	if rq.cfg.Browser.Off {
		return "", false
	}
	return rq.cookie(rq.cfg.Browser.Session.Name)
}

// sessionCustomer is the customer who is logged in in this browser, zero where there is none. The answer depends on
// the cookie from now on.
func (rq *request) sessionCustomer() (store.Customer, error) {
	s := &rq.visit.session
	secret, sent := rq.sessionSecret()
	if s.asked || !sent {
		return s.customer, nil
	}
	customer, err := rq.node.Session(rq.Context(), secret)
	if err != nil {
		return store.Customer{}, err
	}
	s.asked, s.customer = true, customer
	return customer, nil
}

// visitor is the customer who is logged in in this browser, where the request is that customer's: the record of it
// names whom.
func (rq *request) visitor() (store.Customer, error) {
	c, err := rq.sessionCustomer()
	if err == nil && !c.ID.IsZero() {
		rq.about = node.Result{Customer: c}
	}
	return c, err
}

// endSession logs out: the session ends and its cookie goes, whoever's it is.
func (rq *request) endSession() error {
	secret, sent := rq.sessionSecret()
	if !sent {
		return nil
	}
	if err := rq.node.EndSession(rq.Context(), secret); err != nil {
		return err
	}
	rq.visit.session = sessionState{asked: true, empty: true}
	return nil
}

// authenticateSession finds out who asks by the session (Django REST framework's SessionAuthentication). A request
// that changes something must not be forged: a browser sends the cookie whatever page asks it to.
func (rq *request) authenticateSession() error {
	customer, err := rq.sessionCustomer()
	if err != nil {
		return err
	}
	if customer.ID.IsZero() {
		_, rq.visit.session.empty = rq.sessionSecret()
		return nil
	}
	if err := rq.refuseForged(); err != nil {
		return err
	}
	rq.customer, rq.about = customer, node.Result{Customer: customer}
	rq.visit.personal = true
	if rq.readOf == rq.Request { // for the CSRF token
		return rq.checkAgain()
	}
	return nil
}
