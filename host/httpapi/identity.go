package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/permission"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/store"
)

// identity is who asks.
type identity struct {
	customer store.Customer // zero: anonymous
	token    string         // the access token that said so; "": the session did
	// permitted: the view let the customer in.
	permitted bool
	// notedSession: the use of the session was noted.
	notedSession bool
	// askedSession: the answer depends on the session cookie.
	askedSession bool
}

// caller is who asks, as rules see it.
func (i *identity) caller() permission.Caller {
	c := &i.customer
	return permission.Caller{
		Authenticated: !c.ID.IsZero(), Active: c.IsActive, Staff: c.IsStaff, Superuser: c.IsSuperuser, Rights: c.Rights,
	}
}

// authenticate finds out who asks. Without a header, or with one of another scheme, cookies decide.
func (rq *request) authenticate() error {
	header, _ := rq.header(rq.h.authHeader)
	token, c := core.SplitAuthorization(header, rq.node.Settings())
	switch c {
	case cause.OK:
	case cause.NoHeader:
		rq.who.askedSession = true
		return rq.authenticateBrowser()
	default:
		return refused(core.Authenticate, c)
	}
	return rq.check(token)
}

// check authenticates the customer of an access token.
func (rq *request) check(token string) error {
	result, err := rq.authenticated(token, rq.view.model != "")
	rq.entry.about = result
	if err != nil {
		return err
	}
	if result.Refused() {
		return refusal{op: core.Authenticate, refusals: result.Refusals}
	}
	rq.who.customer, rq.who.token = result.Customer, token
	return nil
}

// authenticated is what the node says of an access token.
func (rq *request) authenticated(token string, withRights bool) (node.Result, error) {
	if withRights {
		return rq.node.AuthenticateWithRights(rq.Context(), token)
	}
	return rq.node.Authenticate(rq.Context(), token)
}

// A body may take minutes to arrive, and a list hours to be read. Meanwhile the customer may be disabled, the token
// revoked, a right withdrawn or a key replaced. So a request is authorised again when its body has arrived, and before
// each page of a list.

// errSessionEnded refuses a session that has ended.
var errSessionEnded = refused(core.Authenticate, cause.NoHeader)

// checkAgain authorises a request as if it came now, under the current configuration and keys.
func (rq *request) checkAgain() error {
	id := rq.who.customer.ID
	if id.IsZero() {
		return nil
	}
	if rq.h.cfg.Current != nil {
		rq.node = rq.h.cfg.Current()
	}
	if err := rq.identifyAgain(); err != nil {
		return err
	}
	if rq.who.customer.ID != id {
		return errSessionEnded
	}
	if rq.who.permitted {
		return rq.view.permit(rq, rq.method)
	}
	return nil
}

func (rq *request) identifyAgain() (err error) {
	if rq.who.token != "" {
		return rq.check(rq.who.token)
	}
	rq.browser().ForgetCustomer()
	rq.who.customer, err = rq.sessionCustomer()
	return err
}

// cutOff marks the record of an answer that was cut.
var cutOff = slog.Bool("cut", true)

// lostRight reports whether err says that the client lost the right to the answer, and notes why for the log.
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

// client is who sent the request.
func (rq *request) client() server.Client { return clientOf(rq.Request, rq.h.cfg.TrustedHops) }

// clientOf is the client of a request: the peer, or behind N trusted proxies what the outermost of them wrote
// into X-Forwarded-For. That is the N-th entry from the right, or the first if there are fewer (Django REST
// framework's NUM_PROXIES). The client can make up the entries further left. An entry that is no address
// counts as the peer.
func clientOf(r *http.Request, trustedHops int) server.Client {
	if trustedHops > 0 {
		if entries := r.Header.Values("X-Forwarded-For"); len(entries) > 0 {
			all := strings.Split(strings.Join(entries, ","), ",")
			entry := strings.TrimSpace(all[len(all)-min(trustedHops, len(all))])
			if client, ok := server.ParseClient(entry); ok {
				return client
			}
		}
	}
	client, _ := server.ParseClient(r.RemoteAddr)
	return client
}
