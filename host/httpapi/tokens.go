package httpapi

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
)

// obtainPair answers {"email", "password"} with {"refresh", "access"}, and what is configured of the customer.
func obtainPair(rq *request) (django.Value, error) {
	if err := rq.intoCookies(); err != nil {
		return django.Value{}, err
	}
	texts, err := rq.texts("email", "password")
	if err != nil {
		return django.Value{}, err
	}
	rq.entry.email = texts[0]
	if err := rq.throttleAccount(texts[0]); err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Login(rq.Context(), rq.client().Network, texts[0], texts[1])
	pair, err := rq.outcome(core.Login, result, err)
	if err == nil && rq.reply.byCookie {
		err = rq.browser().Reset(rq.Context(), rq.node)
	}
	if err != nil {
		return django.Value{}, err
	}
	return rq.withCustomer(pair, result.Customer)
}

// refreshToken answers {"refresh"} with {"access"}.
func refreshToken(rq *request) (django.Value, error) {
	token, err := rq.token("refresh", rq.h.cfg.TokenCookies.Refresh)
	if err != nil {
		return django.Value{}, err
	}
	if err := rq.refuseForeign(token); err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Refresh(rq.Context(), token)
	return rq.outcome(core.Refresh, result, err)
}

// verifyToken answers {"token"} with {}.
func verifyToken(rq *request) (django.Value, error) {
	token, err := rq.token("token", rq.h.cfg.TokenCookies.Access)
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Verify(rq.Context(), token)
	return rq.outcome(core.Verify, result, err)
}

// blacklistToken answers {"refresh"} with {}. Where the token comes in a cookie, both cookies go, and the session too.
func blacklistToken(rq *request) (django.Value, error) {
	if err := rq.logsOut("refresh"); err != nil {
		return django.Value{}, err
	}
	token, err := rq.token("refresh", rq.h.cfg.TokenCookies.Refresh)
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Blacklist(rq.Context(), token)
	return rq.outcome(core.Blacklist, result, err)
}

// outcome is the answer to what the node decided: the tokens by their types, or the refusal.
func (rq *request) outcome(op core.Op, result node.Result, err error) (django.Value, error) {
	rq.entry.about = result
	if err != nil {
		return django.Value{}, err
	}
	if result.Refused() {
		r := refusal{op: op, refusals: result.Refusals}
		if op == core.Login {
			r.reason = whyNoLogin(result.Customer)
		}
		return django.Value{}, r
	}
	if rq.reply.byCookie {
		return django.Object(), rq.browser().KeepTokens(result.Tokens, rq.node.Settings())
	}
	var members []django.Member
	for _, token := range result.Tokens {
		members = append(members, django.Text(string(token.Type), token.Value))
	}
	return django.Object(members...), nil
}
