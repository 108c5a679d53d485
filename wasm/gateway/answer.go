package gateway

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/python"
)

// Answer is what becomes of a request.
type Answer struct {
	Pass bool // on to the service, with Headers in place of its own of those names
	// Claims are those of the token, a JSON object; nil if no token was looked at. Customer is the one that tells whose
	// it is: a text, or JSON.
	Claims, Customer []byte

	// Else the gateway answers this.
	Status  int // 401, 403 or 503
	Headers []Header
	Body    string
	Reason  string // for logs: the cause's name, bad_path, bad_origin, bad_connection or no_rule
}

// Header is one line of a header.
type Header struct{ Name, Value string }

var contentType = Header{"Content-Type", "application/json"}

func forbidden(reason, detail string) Answer {
	return Answer{Status: 403, Headers: []Header{contentType}, Body: `{"detail":"` + detail + `"}`, Reason: reason}
}

// The answers to what no token could change.
var (
	noRule    = forbidden("no_rule", "You do not have permission to perform this action.")
	badPath   = forbidden("bad_path", "The path can be read in more than one way.")
	badOrigin = forbidden("bad_origin", "CSRF Failed: Origin checking failed.")
	// A proxy drops what Connection names (RFC 9110 §7.6.1): a client could have ours dropped.
	badConnection = forbidden("bad_connection", "The Connection header names a header of the gateway.")
)

// Unavailable is the answer where nothing is known of a token, or after a bug (cause.Failed).
func Unavailable(c cause.Cause) Answer {
	return Answer{
		Status: 503, Headers: []Header{contentType, {"Retry-After", "1"}}, Reason: c.String(),
		Body: `{"detail":"Service temporarily unavailable, try again later."}`,
	}
}

// refuse answers a cause as the service itself does (respond.go of host/httpapi). refusals are those of each type of
// tokens that is taken.
func (g *Gateway) refuse(c cause.Cause, refusals []core.Refusal) Answer {
	switch c {
	case cause.NotConfigured, cause.NoBundle, cause.BadClock, cause.BundleExpired, cause.BundleNotYetValid,
		cause.SignatureNeeded, cause.Failed:
		return Unavailable(c)
	}
	code, detail, perClass := g.settings.Told(core.Authenticate, c)
	_, _, public := g.settings.Describe(c)
	body := python.AppendJSON([]byte(`{"detail":`), detail)
	if code != core.NotAuthenticated {
		body = python.AppendJSON(append(body, `,"code":`...), string(code))
	}
	if perClass {
		body = append(body, `,"messages":[`...)
		for i, r := range refusals {
			if i > 0 {
				body = append(body, ',')
			}
			_, detail, _ := g.settings.Describe(r.Cause)
			body = python.AppendJSON(append(body, `{"token_class":`...), r.Class.ClassName())
			body = python.AppendJSON(append(body, `,"token_type":`...), string(r.Class))
			body = append(python.AppendJSON(append(body, `,"message":`...), detail), '}')
		}
		body = append(body, ']')
	}
	body = append(body, '}')
	return Answer{
		Status: 401, Body: string(body), Reason: c.String(),
		Headers: []Header{
			contentType,
			{"WWW-Authenticate", g.settings.AuthHeaderTypes[0] + ` realm="` + g.realm + `"`},
			{"X-Auth-Error", public},
		},
	}
}
