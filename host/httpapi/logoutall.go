package httpapi

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// logOutEverywhere answers {} once every log-in of the customer who asks has ended. If a cookie says who asks, the
// browser keeps neither session nor tokens.
func logOutEverywhere(rq *request) (django.Value, error) {
	result, err := rq.node.EndLogins(rq.Context(), rq.who.customer.ID, rq.who.token)
	switch {
	case err != nil:
		return django.Value{}, err
	case result.Refused(): // by the hub of the fleet, which knows more
		return django.Value{}, refusal{op: core.Authenticate, refusals: result.Refusals}
	}
	if rq.visit.Personal {
		err = rq.forgetBrowser()
	}
	return django.Object(), err
}

// forgetBrowser has the browser keep neither session nor tokens. What they were of has ended.
func (rq *request) forgetBrowser() error {
	if rq.h.cfg.TokenCookies.On {
		rq.browser().DropTokens()
	}
	return rq.browser().EndSession(rq.Context(), rq.node)
}
