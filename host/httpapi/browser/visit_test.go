package browser_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/store"
)

// rulesWith are the rules of 5.5 with these sources of secrets.
func rulesWith(entropy io.Reader) *browser.Rules {
	return &browser.Rules{
		Config: browser.Config{}.Filled(), Tokens: browser.TokenCookies{On: true}.Filled(), SessionAge: time.Hour,
		NoStore: true,
		CSRF:    csrf.Policy{Plain: true, Entropy: entropy}, Now: func() time.Time { return time.Unix(1e9, 0) },
	}
}

// TestVisit: which cookies an answer sets, by what the request brought and what became of it.
func TestVisit(t *testing.T) {
	secret := strings.Repeat("s", 32)
	settings := core.DefaultSettings()
	for name, c := range map[string]struct {
		cookies string // of the request
		act     func(*browser.Visit)
		set     []string // beginnings of the cookies
		control string
	}{
		"nothing":         {"", nil, nil, ""},
		"others' cookies": {"a=b; csrftoken=" + secret, nil, nil, ""},
		"a token": {"csrftoken=" + secret, func(v *browser.Visit) { v.CSRFToken() },
			[]string{"csrftoken=" + secret + "; expires=Sun, 08 Sep 2002"}, ""},
		"bad secret": {"csrftoken=x", nil, []string{"csrftoken="}, ""},
		"short session": {"sessionid=short", nil,
			[]string{`sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`}, ""},
		"nobody's session": {"sessionid=long enough", func(v *browser.Visit) { v.DropSession() },
			[]string{`sessionid=""; `}, ""},
		"log-in": {"sessionid=long enough; csrftoken=" + secret,
			func(v *browser.Visit) { v.StartSession("new", store.Customer{}) },
			[]string{"csrftoken=", "sessionid=new; expires=Sun, 09 Sep 2001 02:46:40 GMT; HttpOnly; Max-Age=3600; " +
				"Path=/; SameSite=Lax"}, ""},
		"log-in by tokens": {"", func(v *browser.Visit) {
			if err := v.KeepTokens([]core.Token{{Type: core.AccessToken, Value: "a.b.c"}}, &settings); err != nil {
				t.Error(err)
			}
		}, []string{"access=a.b.c; "}, "no-store, private"},
		"log-out of tokens": {"access=a", (*browser.Visit).DropTokens, []string{`access=""; `, `refresh=""; `},
			"no-store, private"},
		"personal": {"a=b", func(v *browser.Visit) { v.Personal = true }, nil, "no-store, private"},
	} {
		request, answer := http.Header{}, http.Header{}
		if c.cookies != "" {
			request.Set("Cookie", c.cookies)
		}
		var v browser.Visit
		v.Begin(rulesWith(rand.Reader), request)
		v.Arrive()
		if c.act != nil {
			c.act(&v)
		}
		if err := v.Leave(answer); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		set := answer.Values("Set-Cookie")
		good := len(set) == len(c.set) && (len(set) > 0) == (answer.Get("Vary") == "Cookie")
		for i := range min(len(set), len(c.set)) {
			good = good && strings.HasPrefix(set[i], c.set[i])
		}
		if !good || answer.Get("Cache-Control") != c.control {
			t.Errorf("%s: answer has %q; want cookies %q, Cache-Control %q", name, answer, c.set, c.control)
		}
	}
}

// TestVisitWithoutEntropy: an answer without the cookie that its form goes with is none.
func TestVisitWithoutEntropy(t *testing.T) {
	broken := errors.New("no entropy")
	var v browser.Visit
	v.Begin(rulesWith(iotest.ErrReader(broken)), http.Header{})
	if token := v.CSRFToken(); token != "" {
		t.Errorf("CSRFToken = %q, want none", token)
	}
	if err := v.Leave(http.Header{}); !errors.Is(err, broken) {
		t.Errorf("Leave = %v, want %v", err, broken)
	}
}

func TestToken(t *testing.T) {
	for cookies, want := range map[string]string{"access=a": "a", "access=a; access=b": "", "access=a; access": "a",
		"b=a": ""} {
		var v browser.Visit
		v.Begin(rulesWith(rand.Reader), http.Header{"Cookie": {cookies}})
		token, sent := v.AccessToken()
		if token != want || sent != strings.HasPrefix(cookies, "access") ||
			v.Twice != (strings.Count(cookies, "access=") > 1) {
			t.Errorf("%s: AccessToken = %q, %v, twice %v; want %q", cookies, token, sent, v.Twice, want)
		}
	}
}

func TestVaryOn(t *testing.T) {
	for vary, want := range map[string]string{"": "Cookie", "Accept": "Accept, Cookie",
		"accept, cookie": "accept, cookie", "*": "*"} {
		header := http.Header{"Vary": {vary}}
		if browser.VaryOn(header, "Cookie"); header.Get("Vary") != want {
			t.Errorf("VaryOn %q = %q, want %q", vary, header.Get("Vary"), want)
		}
	}
}
