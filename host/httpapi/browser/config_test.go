package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
)

// TestNamesAreChecked: no two cookies that are read may have one name.
func TestNamesAreChecked(t *testing.T) {
	named := func(name string) browser.Cookie { return browser.Cookie{Name: name} }
	for _, c := range []struct {
		name    string
		browser browser.Config
		tokens  browser.TokenCookies
		cookie  string // of /auth/check/
		want    string // "": nothing is wrong
	}{
		{"defaults", browser.Config{}, browser.TokenCookies{On: true}, "", ""},
		{"check by the access cookie", browser.Config{}, browser.TokenCookies{On: true}, "access", ""},
		{"check by one of its own", browser.Config{}, browser.TokenCookies{On: true}, "token", ""},
		{"CSRF as session", browser.Config{CSRF: named("sessionid")}, browser.TokenCookies{}, "",
			`Browser.CSRF.Name: "sessionid" is the name of the session cookie too`},
		{"access as session", browser.Config{}, browser.TokenCookies{On: true, Access: named("sessionid")}, "",
			`TokenCookies.Access.Name: "sessionid" is the name of the session cookie too`},
		{"refresh as CSRF", browser.Config{}, browser.TokenCookies{On: true, Refresh: named("csrftoken")}, "",
			`TokenCookies.Refresh.Name: "csrftoken" is the name of the CSRF cookie too`},
		{"refresh as access", browser.Config{}, browser.TokenCookies{On: true, Access: named("t"),
			Refresh: named("t")}, "", `TokenCookies.Refresh.Name: "t" is the name of the cookie with the access token too`},
		{"check by the session", browser.Config{}, browser.TokenCookies{}, "sessionid",
			`ForwardAuth.Cookie: "sessionid" is the name of the session cookie too`},
		{"check by the refresh token", browser.Config{}, browser.TokenCookies{On: true}, "refresh",
			`ForwardAuth.Cookie: "refresh" is the name of the cookie with the refresh token too`},
		{"of cookies that are off", browser.Config{Off: true, CSRF: named("sessionid")},
			browser.TokenCookies{Access: named("t"), Refresh: named("t")}, "sessionid", ""},
		{"CSRF of tokens without pages", browser.Config{Off: true, CSRF: named("t")},
			browser.TokenCookies{On: true,
				Access: named("t")}, "", `TokenCookies.Access.Name: "t" is the name of the CSRF cookie too`},
	} {
		err := browser.CheckNames(c.browser, c.tokens, c.cookie)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: CheckNames = %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTokenCookiesAreChecked(t *testing.T) {
	for want, c := range map[string]browser.TokenCookies{
		"":                      {On: true},
		"Access.Path":           {Access: browser.Cookie{Path: "/x"}},
		"Refresh.Path":          {Refresh: browser.Cookie{Path: "/"}},
		"is not Secure":         {Access: browser.Cookie{Name: "__Host-a"}},
		"has another path than": {Refresh: browser.Cookie{Name: "__Host-r", Secure: true}},
	} {
		err := c.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Validate of %+v = %v, want %q", c, err, want)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, b := range map[string]browser.Config{
		"":                        {},
		"Session.Name":            {Session: browser.Cookie{Name: "a b"}},
		"__Host-":                 {Session: browser.Cookie{Name: "__Host-session"}},
		"__Secure-":               {CSRF: browser.Cookie{Name: "__Secure-csrf"}},
		"Session.Path":            {Session: browser.Cookie{Path: "x"}},
		"Session.Domain":          {Session: browser.Cookie{Domain: "a;b"}},
		"CSRF.SameSite: \"lax\"":  {CSRF: browser.Cookie{SameSite: "lax"}},
		"not Secure":              {CSRF: browser.Cookie{SameSite: "None"}},
		`"shop.example"`:          {TrustedOrigins: []string{"shop.example"}},
		`"https://shop.example/"`: {TrustedOrigins: []string{"https://shop.example/"}},
		`"https://*"`:             {TrustedOrigins: []string{"https://*"}},
		`"null"`:                  {TrustedOrigins: []string{"null"}},
		"443":                     {TrustedOrigins: []string{"https://shop.example:443"}},
		"LoginRedirect":           {LoginRedirect: "javascript:alert(1)"},
		"LogoutRedirect":          {LogoutRedirect: "profile"},
	} {
		err := b.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Validate of %+v = %v, want %q", b, err, want)
		}
	}
}

func TestCORSIsChecked(t *testing.T) {
	for want, c := range map[string]browser.CORS{
		"": {Origins: []string{"https://app.example", "http://localhost:3000",
			"https://*.shop.example", "*"}},
		`"*" with credentials`:       {Origins: []string{"*"}, Credentials: true},
		`"null"`:                     {Origins: []string{"null"}},
		`"https://app.example/"`:     {Origins: []string{"https://app.example/"}},
		`"https://App.example"`:      {Origins: []string{"https://App.example"}},
		`"app.example"`:              {Origins: []string{"app.example"}},
		`"https://*"`:                {Origins: []string{"https://*"}},
		`"https://a*.example"`:       {Origins: []string{"https://a*.example"}},
		`"https://*.*.example"`:      {Origins: []string{"https://*.*.example"}},
		`"file://x"`:                 {Origins: []string{"file://x"}},
		`"https://user@app.example"`: {Origins: []string{"https://user@app.example"}},
		`CORS.Headers: "x y"`:        {Headers: []string{"X-Fine", "*", "x y"}},
		`CORS.ExposeHeaders: "*"`:    {ExposeHeaders: []string{"*"}},
		`CORS.ExposeHeaders: ""`:     {ExposeHeaders: []string{""}},
		"must not be negative":       {MaxAge: -time.Second},
	} {
		err := c.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Validate of %+v = %v, want %q", c, err, want)
		}
	}
}
