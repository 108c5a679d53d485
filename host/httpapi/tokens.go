package httpapi

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
)

// obtainPair answers {"email", "password"} with {"refresh", "access"}.
func obtainPair(rq *request) (django.Value, error) {
	texts, err := rq.texts("email", "password")
	if err != nil {
		return django.Value{}, err
	}
	rq.email = texts[0]
	if err := rq.throttleAccount(texts[0]); err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Login(rq.Context(), rq.client.network, texts[0], texts[1])
	return rq.concluded(core.Login, result, err)
}

// refreshToken answers {"refresh"} with {"access"}.
func refreshToken(rq *request) (django.Value, error) {
	texts, err := rq.texts("refresh")
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Refresh(rq.Context(), texts[0])
	return rq.concluded(core.Refresh, result, err)
}

// verifyToken answers {"token"} with {}.
func verifyToken(rq *request) (django.Value, error) {
	texts, err := rq.texts("token")
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Verify(rq.Context(), texts[0])
	return rq.concluded(core.Verify, result, err)
}

// blacklistToken answers {"refresh"} with {}.
func blacklistToken(rq *request) (django.Value, error) {
	texts, err := rq.texts("refresh")
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Blacklist(rq.Context(), texts[0])
	return rq.concluded(core.Blacklist, result, err)
}

// concluded is the answer to what the node concluded: the tokens by their types, or the refusal.
func (rq *request) concluded(op core.Op, result node.Result, err error) (django.Value, error) {
	rq.about = result
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
	var members []django.Member
	for _, token := range result.Tokens {
		members = append(members, django.Text(string(token.Type), token.Value))
	}
	return django.Object(members...), nil
}
