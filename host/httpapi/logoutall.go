package httpapi

import "github.com/edgetoken/edgetoken/host/httpapi/django"

// logOutEverywhere answers {} once every log-in of the customer who asks has ended. If a cookie says who asks, the
// browser keeps neither session nor tokens.
func logOutEverywhere(rq *request) (django.Value, error) {
	if err := rq.node.EndLogins(rq.Context(), rq.who.customer.ID); err != nil {
		return django.Value{}, err
	}
	if rq.visit.Personal {
		if rq.h.cfg.TokenCookies.On {
			rq.browser().DropTokens()
		}
		if err := rq.browser().EndSession(rq.Context(), rq.node); err != nil {
			return django.Value{}, err
		}
	}
	return django.Object(), nil
}
