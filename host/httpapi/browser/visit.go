package browser

import (
	"net/http"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// csrfAge is how long the CSRF cookie lasts: Django's CSRF_COOKIE_AGE, one year of 52 weeks.
const csrfAge = 52 * 7 * 24 * time.Hour

// Rules is what a node does for browsers. Config and Tokens are filled.
type Rules struct {
	Config Config
	Tokens TokenCookies
	CSRF   csrf.Policy
	// SessionAge is how long a session cookie lasts.
	SessionAge time.Duration
	// NoStore keeps answers that a cookie authorises out of shared caches and from behind the back button. The
	// reference leaves that to Vary.
	NoStore bool
	Now     func() time.Time
}

// protects reports whether requests are checked for forgery: where a cookie says who asks.
func (r *Rules) protects() bool { return !r.Config.Off || r.Tokens.On }

// Visit is what one request has to do with the browser that sent it. Requests within a request share it. The zero value
// has not begun.
type Visit struct {
	rules   *Rules
	header  http.Header
	cookies map[string]string // nil: not read yet
	csrf    csrf.Cookie
	session session
	set     []django.Cookie // to set besides those for the CSRF token and the session
	err     error           // what the answer fails for

	// Personal: the answer is for whom a cookie names.
	Personal bool
	// Twice: a cookie with a token came twice.
	Twice bool
}

// Begin begins the visit of a request with this header.
func (v *Visit) Begin(rules *Rules, header http.Header) { v.rules, v.header = rules, header }

// Begun reports whether Begin was called.
func (v *Visit) Begun() bool { return v.rules != nil }

// Arrive reads the CSRF cookie (the process_request of Django's middleware).
func (v *Visit) Arrive() {
	if !v.rules.protects() {
		return
	}
	if value, sent := v.Cookie(v.rules.Config.CSRF.Name); sent {
		v.err = v.csrf.Read(value, &v.rules.CSRF)
	}
}

// Leave writes the cookies into the header of an answer (the process_response of Django's middleware). The answer
// fails for its error.
func (v *Visit) Leave(header http.Header) error {
	v.dropShortSession()
	if v.err != nil {
		return v.err
	}
	c := &v.rules.Config
	if value, changed := v.csrf.Changed(); changed {
		v.setCookie(header, c.CSRF.cookie(value, csrfAge))
	}
	switch s := &v.session; {
	case s.started != "":
		v.setCookie(header, c.Session.hidden(s.started, v.rules.SessionAge))
	case s.useless:
		v.setCookie(header, c.Session.gone())
	}
	for _, cookie := range v.set {
		v.setCookie(header, cookie)
	}
	if (v.Personal || len(v.set) > 0) && v.rules.NoStore && header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store, private")
	}
	return nil
}

// Cookie is the value of a cookie of the request.
func (v *Visit) Cookie(name string) (value string, sent bool) {
	if len(v.header["Cookie"]) == 0 {
		return "", false
	}
	if v.cookies == nil {
		header, _ := django.HeaderValue(v.header, "Cookie")
		v.cookies = django.ParseCookies(header)
	}
	value, sent = v.cookies[name]
	return value, sent
}

// setCookie adds a cookie to an answer, which then depends on the cookies of the request.
func (v *Visit) setCookie(header http.Header, c django.Cookie) {
	header.Add("Set-Cookie", c.Header(v.rules.Now()))
	VaryOn(header, "Cookie")
}

// VaryOn adds a name to the Vary header, if it is not there (Django's patch_vary_headers).
func VaryOn(header http.Header, name string) {
	vary := strings.Join(header.Values("Vary"), ", ")
	for listed := range strings.SplitSeq(vary, ",") {
		if listed = strings.TrimSpace(listed); strings.EqualFold(listed, name) || listed == "*" {
			return
		}
	}
	if vary != "" {
		name = vary + ", " + name
	}
	header.Set("Vary", name)
}

// CheckForged returns a csrf.Rejection for a request that may be forged, the one that began the visit or one within it.
// Method is its method in capitals; posted reads the token in its body, and its error is passed on.
func (v *Visit) CheckForged(r *http.Request, method string, own csrf.Site, posted func() (string, error)) error {
	cookie, sent := v.Cookie(v.rules.Config.CSRF.Name)
	return v.rules.CSRF.Check(&csrf.Request{
		Request: r, Method: method, Own: own, Cookie: cookie, Sent: sent, Posted: posted,
	})
}

// CSRFToken is a token for a form of the answer, which then sets the cookie too; "" where nothing is protected. Without
// entropy there is none, and the whole answer fails.
func (v *Visit) CSRFToken() (token string) {
	if v.rules.protects() && v.err == nil {
		token, v.err = v.csrf.Token(&v.rules.CSRF)
	}
	return token
}
