package csrf_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
)

var (
	secret = strings.Repeat("s", csrf.SecretLength)
	other  = strings.Repeat("o", csrf.SecretLength)
)

// TestCheck has what the tests of whole requests do not: bodies with and without the token, methods that change
// nothing, and domains of the cookie.
func TestCheck(t *testing.T) {
	broken := errors.New("broken off")
	shop := csrf.Site{Scheme: "https", Host: "shop.example:8443"}
	for name, c := range map[string]struct {
		policy  csrf.Policy
		method  string
		own     csrf.Site
		headers string // "Name: value" lines
		cookie  string // "": none
		posted  string
		err     error
		want    string // cause; "": taken
	}{
		"safe method": {policy: csrf.Policy{Plain: true, Strict: true}, method: "TRACE",
			headers: "Origin: null"},
		"token in the body": {policy: csrf.Policy{Plain: true}, method: "POST", cookie: secret,
			posted: secret},
		"body wins over the header": {policy: csrf.Policy{Plain: true}, method: "POST", cookie: secret,
			posted: other, headers: "X-CSRFToken: " + secret, want: "bad_token"},
		"body of PUT is not read": {policy: csrf.Policy{Plain: true}, method: "PUT", cookie: secret,
			posted: secret, want: "no_token"},
		"header of PUT": {policy: csrf.Policy{Plain: true}, method: "PUT", cookie: secret,
			headers: "X-CSRFToken: " + secret},
		"unknown method":  {policy: csrf.Policy{}, method: "PURGE", cookie: secret, want: "bad_token"},
		"unreadable body": {policy: csrf.Policy{Plain: true}, method: "POST", cookie: secret, err: broken},
		"origin before cookie": {policy: csrf.Policy{Plain: true}, method: "POST", headers: "Origin: null",
			want: "bad_origin"},
		"no origin, another site": {policy: csrf.Policy{Strict: true}, method: "POST", cookie: secret,
			posted: secret, headers: "Sec-Fetch-Site: cross-site", want: "foreign_site"},
		"two origins": {policy: csrf.Policy{Strict: true}, method: "POST",
			headers: "Origin: http://shop.example\nOrigin: http://shop.example", want: "bad_origin"},
		"masked, origin not checked": {policy: csrf.Policy{}, method: "POST", cookie: secret, posted: secret,
			headers: "Origin: null"},
		"page of the cookie's domain": {policy: csrf.Policy{CookieDomain: ".shop.example"}, method: "POST", own: shop,
			cookie: secret, posted: secret, headers: "Referer: https://www.shop.example:8443/"},
		"the same at another port": {policy: csrf.Policy{CookieDomain: ".shop.example"}, method: "POST", own: shop,
			cookie: secret, posted: secret, headers: "Referer: https://www.shop.example/", want: "bad_referer"},
		"no cookie": {policy: csrf.Policy{}, method: "POST", posted: secret, want: "no_cookie"},
		"bad cookie, plain": {policy: csrf.Policy{Plain: true}, method: "POST", cookie: "x", posted: secret,
			want: "bad_cookie"},
		"bad cookie, masked": {policy: csrf.Policy{}, method: "POST", cookie: "x", posted: secret,
			want: "bad_token"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/", nil)
		for line := range strings.SplitSeq(c.headers, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				r.Header.Add(name, value)
			}
		}
		if c.own == (csrf.Site{}) {
			c.own = csrf.Site{Scheme: "http", Host: "shop.example"}
		}
		err := c.policy.Check(&csrf.Request{Request: r, Method: c.method, Own: c.own, Cookie: c.cookie,
			Sent:   c.cookie != "",
			Posted: func() (string, error) { return c.posted, c.err }})
		var why csrf.Rejection
		if errors.As(err, &why); why.Cause != c.want || c.want == "" && !errors.Is(err, c.err) {
			t.Errorf("%s: Check = %v, want cause %q, error %v", name, err, c.want, c.err)
		}
	}
}

// TestCookie: what a browser brings, and what it is given, in each version.
func TestCookie(t *testing.T) {
	token := strings.Repeat("a", csrf.SecretLength) + secret
	for name, c := range map[string]struct {
		plain   bool
		brought string // "": nothing
		changed bool   // the answer sets the cookie, before a token was asked for
		keeps   string // the secret from then on; "": a new one
	}{
		"plain, nothing":      {plain: true},
		"plain, secret":       {plain: true, brought: secret, keeps: secret},
		"plain, token":        {plain: true, brought: token, keeps: secret},
		"plain, of no use":    {plain: true, brought: "x", changed: true},
		"masked, nothing":     {},
		"masked, secret":      {brought: secret, keeps: secret},
		"masked, token":       {brought: token, keeps: secret},
		"masked, of no use":   {brought: "x"},
		"masked, another use": {brought: strings.Repeat("é", csrf.SecretLength)},
	} {
		policy, cookie := csrf.Policy{Plain: c.plain, Entropy: rand.Reader}, csrf.Cookie{}
		if c.brought != "" {
			if err := cookie.Read(c.brought, &policy); err != nil {
				t.Fatal(err)
			}
		}
		if _, changed := cookie.Changed(); changed != c.changed {
			t.Errorf("%s: changed = %v, want %v", name, changed, c.changed)
		}
		first, err := cookie.Token(&policy)
		if err != nil {
			t.Fatal(err)
		}
		value, changed := cookie.Changed()
		if !changed || csrf.CheckFormat(value) != "" || (len(value) == csrf.SecretLength) != c.plain {
			t.Errorf("%s: the answer sets %q, %v", name, value, changed)
		}
		if !csrf.Same(first, value) || c.keeps != "" && !csrf.Same(first, c.keeps) {
			t.Errorf("%s: token %q beside the cookie %q, want the secret %q", name, first, value, c.keeps)
		}
		if err := cookie.Rotate(&policy); err != nil {
			t.Fatal(err)
		}
		if rotated, _ := cookie.Changed(); csrf.Same(rotated, first) {
			t.Errorf("%s: Rotate kept the secret", name)
		}
	}
}

// FuzzCheck sends headers that no browser would, in both versions. What is taken repeats the cookie.
func FuzzCheck(f *testing.F) {
	f.Add("https://shop.example", "https://shop.example/", secret, secret, "POST", true)
	f.Add("null", "//[", secret+secret, "\xff", "PUT", false)
	f.Add("https://a.trusted.example", "https://user@shop.example:8443/", "", "", "DELETE", true)
	f.Fuzz(func(t *testing.T, origin, referer, cookie, token, method string, secure bool) {
		own := csrf.Site{Scheme: "http", Host: "shop.example"}
		if secure {
			own.Scheme = "https"
		}
		for _, policy := range []csrf.Policy{{Plain: true}, {},
			{Strict: true, TrustedOrigins: []string{"https://*.trusted.example"}, CookieDomain: ".shop.example"}} {
			r := &http.Request{Method: method, Host: own.Host,
				Header: http.Header{"Origin": {origin}, "Referer": {referer}, csrf.Header: {token}}}
			err := policy.Check(&csrf.Request{Request: r, Method: method, Own: own, Cookie: cookie, Sent: true,
				Posted: func() (string, error) { return "", nil }})
			switch method {
			case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
				continue
			}
			if err == nil && (csrf.CheckFormat(token) != "" || csrf.CheckFormat(cookie) != "" ||
				!csrf.Same(token, cookie)) {
				t.Errorf("Check took cookie %q with token %q", cookie, token)
			}
		}
	})
}

func TestSitesAndOrigins(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://shop.example": true, "https://a.trusted.example": true, "https://trusted.example": true,
		"https://b.a.trusted.example": true,
		"http://a.trusted.example":    false, "https://untrusted.example": false,
		"https://a.trusted.example.evil": false, "null": false, "": false,
		"https://a.trusted.example:8443": false, "http://[": false,
	} {
		policy := csrf.Policy{TrustedOrigins: []string{"https://*.trusted.example"}}
		if got := policy.Trusts(origin, csrf.Site{Scheme: "https", Host: "shop.example"}); got != want {
			t.Errorf("Trusts(%q) = %v, want %v", origin, got, want)
		}
	}
}
