package csrf

import (
	"io"
	"net/http"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// Header is the request header that carries the token, as Django's texts spell it.
const Header = "X-Csrftoken"

// Policy says which requests a node takes.
type Policy struct {
	// Plain is what Django does from 4.0 on: the cookie holds the secret unmasked, the Origin header is checked, and a
	// rejection names its exact reason.
	Plain bool
	// Strict checks the Origin header without Plain too, and Sec-Fetch-Site where there is no Origin.
	Strict bool
	// TrustedOrigins may send requests besides the node's own (Django's CSRF_TRUSTED_ORIGINS); CheckOrigin says what
	// is a good one.
	TrustedOrigins []string
	// CookieDomain is the domain of the CSRF cookie, whose pages may send requests over TLS; "": the host alone.
	CookieDomain string
	// Entropy is the source of secrets and masks.
	Entropy io.Reader
}

// Request is what Check looks at.
type Request struct {
	*http.Request
	Method string // in capitals
	Own    Site   // what the request is sent to
	Cookie string // value of the CSRF cookie
	Sent   bool   // the request has that cookie
	// Posted reads the token in the body of a POST; "": there is none. Its error is passed on.
	Posted func() (string, error)
}

// Check returns a Rejection for a request that may be forged, and the error of Posted for one that cannot be read; nil
// for one that is not forged or whose method changes nothing.
func (p *Policy) Check(r *Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return nil
	}
	if err := p.checkSource(r); err != nil {
		return err
	}
	if !r.Sent {
		return noCookie
	}
	if fault := checkFormat(r.Cookie); fault != "" && p.Plain {
		return badCookie(fault)
	}
	token, source := "", "POST"
	if r.Method == http.MethodPost {
		var err error
		if token, err = r.Posted(); err != nil {
			return err
		}
	}
	if token == "" {
		header, sent := django.HeaderValue(r.Header, Header)
		if !sent && p.Plain {
			return noToken
		}
		token, source = django.Latin1(header), "the '"+Header+"' HTTP header"
	}
	return p.compare(r.Cookie, token, source)
}

// compare compares the token with the cookie.
func (p *Policy) compare(cookie, token, source string) error {
	fault := checkFormat(token)
	if fault == "" && checkFormat(cookie) == "" && same(token, cookie) {
		return nil
	}
	switch {
	case !p.Plain:
		return badTokenMasked
	case fault != "":
		return badToken(source, fault)
	}
	return badToken(source, "incorrect")
}
