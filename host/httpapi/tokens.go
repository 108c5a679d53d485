package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// obtainPair answers {"email", "password"} with {"refresh", "access"} and the configured members of the
// customer.
func obtainPair(rq *request) (django.Value, error) {
	if err := rq.intoCookies(); err != nil {
		return django.Value{}, err
	}
	return rq.obtain(core.Login, rq.node.Login)
}

// obtainSliding answers {"email", "password"} with {"token"} and the configured members of the customer.
func obtainSliding(rq *request) (django.Value, error) {
	if rq.h.cfg.slidesInCookies() {
		if err := rq.intoCookies(); err != nil {
			return django.Value{}, err
		}
	}
	return rq.obtain(core.SlidingLogin, rq.node.SlidingLogin)
}

// obtain answers a log-in, which the node decides.
func (rq *request) obtain(
	op core.Op, login func(context.Context, node.Client, string, string) (node.Result, error),
) (django.Value, error) {
	texts, err := rq.texts("email", "password")
	if err != nil {
		return django.Value{}, err
	}
	rq.entry.email = texts[0]
	if err := rq.throttleAccount(texts[0]); err != nil {
		return django.Value{}, err
	}
	result, err := login(rq.Context(), rq.asks(), texts[0], texts[1])
	answer, err := rq.outcome(op, result, err)
	if err == nil && rq.reply.byCookie {
		err = rq.browser().Reset(rq.Context(), rq.node)
	}
	if err != nil {
		return django.Value{}, err
	}
	return rq.withCustomer(answer, result.Customer)
}

// refreshToken answers {"refresh"} with {"access"}, and with rotation {"access", "refresh"}.
func refreshToken(rq *request) (django.Value, error) {
	token, err := rq.token("refresh", rq.h.cfg.TokenCookies.Refresh)
	if err != nil {
		return django.Value{}, err
	}
	if err := rq.refuseForeign(token); err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Refresh(rq.Context(), token)
	return rq.refreshed(core.Refresh, result, err)
}

// refreshSliding answers {"token"} with {"token"}.
func refreshSliding(rq *request) (django.Value, error) {
	token, err := rq.slidingToken()
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.SlidingRefresh(rq.Context(), token)
	return rq.refreshed(core.SlidingRefresh, result, err)
}

// refreshed answers a refresh, and notes that its log-in was used.
func (rq *request) refreshed(op core.Op, result node.Result, err error) (django.Value, error) {
	if err == nil && !result.Refused() && rq.node.ListsSessions() {
		rq.node.Used(result, rq.asks())
	}
	return rq.outcome(op, result, err)
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

// blacklistToken answers {"refresh"} with {}. If the token came in a cookie, both cookies are deleted and the
// session ends. So does the log-in of a sliding token in its cookie.
func blacklistToken(rq *request) (django.Value, error) {
	if err := rq.logsOut("refresh"); err != nil {
		return django.Value{}, err
	}
	if ended, err := rq.endsSliding(); ended || err != nil {
		return django.Object(), err
	}
	token, err := rq.token("refresh", rq.h.cfg.TokenCookies.Refresh)
	if err != nil {
		return django.Value{}, err
	}
	result, err := rq.node.Blacklist(rq.Context(), token)
	return rq.outcome(core.Blacklist, result, err)
}

// outcome is the answer to a decision of the node: the tokens by their types, or the refusal.
func (rq *request) outcome(op core.Op, result node.Result, err error) (django.Value, error) {
	rq.entry.about = result
	if err != nil {
		return django.Value{}, err
	}
	if result.Refused() {
		r := refusal{op: op, refusals: result.Refusals}
		if op.LogsIn() {
			r.reason = whyNoLogin(result.Customer)
		}
		return django.Value{}, r
	}
	if rq.reply.byCookie {
		return django.Object(), rq.browser().KeepTokens(result.Tokens, rq.node.Settings())
	}
	members := make([]django.Member, 0, len(result.Tokens))
	for _, token := range result.Tokens {
		name := string(token.Type)
		if token.Type == core.SlidingToken {
			name = "token"
		}
		members = append(members, django.Text(name, token.Value))
	}
	return django.Object(members...), nil
}

// ReservedMember reports whether the answer to a log-in already has a member of this name, in upper or lower case. No
// member of the customer can then have it.
func ReservedMember(name string) bool {
	taken := []string{"access", "refresh", "token"}
	return slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(name, t) })
}

// withCustomer adds the configured members of the customer to the answer to a log-in, as a subclass of
// simplejwt's TokenObtainSerializer does in validate(). A member that the customer does not have is null.
func (rq *request) withCustomer(answer django.Value, c store.Customer) (django.Value, error) {
	shown, err := loginAnswer(rq.h.cfg.LoginAnswer, c)
	if err != nil {
		return django.Value{}, fmt.Errorf("answer to the log-in of customer %s: %w", c.ID, unshowable{err})
	}
	return django.Object(slices.Concat(answer.Members(), shown.Members())...), nil
}

// CheckLoginAnswer fails if no answer can show these members of a customer: they are too large, or an attribute, such
// as a number beyond a double, cannot be written. Each log-in of the customer would then be a 500.
func CheckLoginAnswer(members claimmap.Members, c store.Customer) error {
	_, err := loginAnswer(members, c)
	return err
}

// loginAnswer is an object with the members; empty without any.
func loginAnswer(members claimmap.Members, c store.Customer) (django.Value, error) {
	raw, err := members.JSON(c)
	if raw == nil || err != nil {
		return django.Object(), err
	}
	shown, err := django.ParseJSON(raw, "utf-8")
	if err == nil {
		_, err = django.Render(shown, 0)
	}
	return shown, err
}

// unshowable hides the kind of an error from respond: by its kind, respond would blame the client for it, but the fault
// is the node's.
type unshowable struct{ reason error }

func (u unshowable) Error() string { return u.reason.Error() }
