package httpapi

import (
	"errors"
	"log/slog"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What was judged once does not hold for as long as a client likes. A body may arrive for minutes, and a list be taken for hours, and meanwhile the customer is
// disabled, the token revoked, a right taken or a key replaced. So a customer is judged again once a body has arrived, and before each page of a list.

// errOtherCustomer is a session in which somebody else has logged in meanwhile.
var errOtherCustomer = refused(core.Authenticate, core.NoHeader)

// judgeAgain judges the customer of a request as if it had been sent now, by the node of the configuration of now.
func (rq *request) judgeAgain() error {
	id := rq.customer.ID
	if id.IsZero() {
		return nil
	}
	if rq.cfg.Current != nil {
		rq.node = rq.cfg.Current()
	}
	if err := rq.identifyAgain(); err != nil {
		return err
	}
	if rq.customer.ID != id {
		return errOtherCustomer
	}
	if rq.permitted {
		return rq.view.permit(rq, rq.method)
	}
	return nil
}

func (rq *request) identifyAgain() (err error) {
	if rq.access != "" {
		return rq.check(rq.access)
	}
	rq.visit.session.asked, rq.visit.session.customer = false, store.Customer{}
	rq.customer, err = rq.sessionCustomer()
	return err
}

// cutOff says that an answer was not sent whole.
var cutOff = slog.Bool("cut", true)

// lostRight marks an answer that was cut since who takes it may not have it any more; false where err says something else.
func (a *answer) lostRight(err error) bool {
	var refused refusal
	switch {
	case errors.As(err, &refused):
		a.cause = refused.cause()
	case errors.Is(err, errForbidden):
		a.reason = forbidden
	default:
		return false
	}
	a.about = append(a.about, cutOff)
	return true
}
