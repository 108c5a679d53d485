package gateway

import (
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/core/verify"
)

// Request is what a Gateway looks at.
type Request struct {
	Target string // path and query as they were sent
	Host   string // the Host header; in HTTP/2 and later, :authority
	// Values of headers, one for each line: of the one that AuthHeader names, and of Connection, which a host may leave
	// out that passes no such header on. If Cookie names one, also of Cookie and Origin.
	Auth, Connection, Cookies, Origins []string
}

// Gateway decides about requests. It serves one goroutine at a time.
type Gateway struct {
	*config
	trust    *verify.Trust
	settings core.Settings // of the trust, with the configuration's AUTH_HEADER_TYPES
	verifier verify.Verifier
	token    []byte
	values   claimValues
	set      []Header // what Handle gives
}

// Read makes a Gateway by a configuration. The error names the place and what is wrong.
func Read(text []byte) (*Gateway, error) {
	c, err := readConfig(text)
	if err != nil {
		return nil, err
	}
	trust, err := verify.Read(c.policy)
	if err != nil {
		return nil, err
	}
	g := &Gateway{config: c}
	g.Use(trust)
	return g, nil
}

// Fork is a Gateway with the same configuration and trust, for another goroutine.
func (g *Gateway) Fork() *Gateway {
	fork := &Gateway{config: g.config}
	fork.verifier.Helper = g.verifier.Helper
	fork.Use(g.trust)
	return fork
}

// Help has natively checked what the host can check. A later Fork has the same helper.
func (g *Gateway) Help(helper verify.Helper) { g.verifier.Helper = helper }

// Trust is what tokens are judged by. It may be shared.
func (g *Gateway) Trust() *verify.Trust { return g.trust }

// Use has tokens judged by another trust.
func (g *Gateway) Use(trust *verify.Trust) {
	g.trust = trust
	g.settings = *trust.Settings()
	g.settings.AuthHeaderTypes = g.types
	g.verifier.Use(trust)
}

// Update takes a bundle or a delta, or says with a cause why it cannot be taken. What is known stays then.
func (g *Gateway) Update(bundle string) (c cause.Cause) {
	defer func() {
		if recover() != nil {
			c = cause.Failed
		}
	}()
	trust, c := g.trust.Update(bundle)
	if c == cause.OK {
		g.Use(trust)
	}
	return c
}

// AuthHeader is the name of the header that carries the token, in lower case.
func (g *Gateway) AuthHeader() string { return g.header }

// Cookie is the name of the cookie that may carry the token; "": none.
func (g *Gateway) Cookie() string { return g.cookie }

// Bundle says where the bundle comes from; zero: from nowhere.
func (g *Gateway) Bundle() Source { return g.source }

// Strips reports whether a header of that name must not reach the service behind the gateway, but for what Answer sets.
func (g *Gateway) Strips(name string) bool { return g.strips(name) }

// Handle decides about a request at the time now, in Unix seconds. What it gives is valid until the next call.
func (g *Gateway) Handle(rq *Request, now int64) (a Answer) {
	defer g.recovered(&a)
	path, ok := cleanPath(rq.Target)
	switch {
	case !ok:
		return badPath
	case g.dropsOurs(rq.Connection):
		return badConnection
	}
	switch r, found := find(g.rules, path); {
	case !found:
		return noRule
	case r.require == requireNone:
		return g.pass(nil)
	default:
		return g.authenticate(rq, now, r.require == tokenOptional)
	}
}

// Authenticate is Handle for a host that has rules of its own: it looks at the token alone. optional lets a request
// pass that has none.
func (g *Gateway) Authenticate(rq *Request, now int64, optional bool) (a Answer) {
	defer g.recovered(&a)
	return g.authenticate(rq, now, optional)
}

// recovered makes a panic an answer.
func (g *Gateway) recovered(a *Answer) {
	if recover() != nil {
		g.renew()
		*a = Unavailable(cause.Failed)
	}
}

// renew forgets what a call that panicked may have left half done.
func (g *Gateway) renew() {
	g.values = claimValues{}
	g.verifier.Use(g.trust)
}

func (g *Gateway) authenticate(rq *Request, now int64, optional bool) Answer {
	token, c := core.SplitAuthorization(strings.Join(rq.Auth, ","), &g.settings)
	if c == cause.NoHeader && g.cookie != "" {
		if value, sent := cookieValue(rq.Cookies, g.cookie); sent {
			if !g.trustsOrigin(rq) {
				return badOrigin
			}
			token, c = value, cause.OK
		}
	}
	switch {
	case c == cause.NoHeader && optional:
		return g.pass(nil)
	case c != cause.OK:
		return g.refuse(c, nil)
	}
	g.token = append(g.token[:0], token...)
	o, c := g.verifier.Verify(g.token, now)
	if c != cause.OK {
		return g.refuse(c, g.verifier.Refusals(now))
	}
	a := g.pass(o)
	if a.Customer = o.Customer.JSON(o.Claims); o.Customer.Form == strictjson.String {
		a.Customer = o.Customer.Text(o.Claims)
	}
	return a
}

// pass lets a request through with the headers for the claims of a token; nil: there is none.
func (g *Gateway) pass(o *core.Opened) Answer {
	g.set = g.set[:0]
	var claims []byte
	if o != nil {
		claims = o.Claims
	}
	g.values.read(o, g.fields, g.settings.UserIDClaim)
	for i := range g.fields {
		g.set = append(g.set, Header{g.fields[i].name, g.values.header(i)})
	}
	return Answer{Pass: true, Headers: g.set, Claims: claims}
}
