package httpapi

import (
	"errors"
	"log/slog"

	"github.com/edgetoken/edgetoken/core"
)

// An authorisation does not last as long as a client likes. A body may arrive for minutes and a list be read for
// hours; meanwhile the customer may be disabled, the token revoked, a right taken or a key replaced. So a request is
// authorised again once its body has arrived, and before each page of a list.

// errSessionEnded refuses a session that has ended.
var errSessionEnded = refused(core.Authenticate, core.NoHeader)

// checkAgain authorises a request as if it had been sent now, under the current configuration and keys.
func (rq *request) checkAgain() error {
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
		return errSessionEnded
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
	rq.browser().ForgetCustomer()
	rq.customer, err = rq.sessionCustomer()
	return err
}

// cutOff says in the log that an answer was cut.
var cutOff = slog.Bool("cut", true)

// lostRight reports whether err says that the reader of an answer lost the right to it, and notes why for the log.
func (a *answer) lostRight(err error, settings *core.Settings) bool {
	var refused refusal
	switch {
	case errors.As(err, &refused):
		a.cause = refused.cause()
		a.code, _, _ = settings.Describe(a.cause)
	case errors.Is(err, errForbidden):
		a.code, a.reason = codeForbidden, forbidden
	default:
		return false
	}
	a.about = append(a.about, cutOff)
	return true
}
