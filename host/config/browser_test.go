package config_test

import (
	"strings"
	"testing"
	"time"
)

// TestBrowserDefaults are Django's.
func TestBrowserDefaults(t *testing.T) {
	c, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := c.Browser
	if b.Off || b.Session.Name != "sessionid" || b.CSRF.Name != "csrftoken" || b.Session.Path != "/" ||
		b.Session.SameSite != "Lax" || b.Session.Secure || b.CSRF.Secure ||
		b.LoginRedirect != "/accounts/profile/" || b.LogoutRedirect != "" || c.SessionAge != 14*24*time.Hour ||
		len(b.TrustedOrigins) != 0 {
		t.Errorf("browser: %+v, sessions of %v", b, c.SessionAge)
	}
	if c.TokenCookies.On || c.CORS.Credentials || len(c.CORS.Origins) != 0 {
		t.Errorf("cookies %+v and cors %+v are on", c.TokenCookies, c.CORS)
	}
}

func TestBrowserSettings(t *testing.T) {
	c, err := load(t, `
browser:
  SESSION_COOKIE_NAME: tokens_session
  SESSION_COOKIE_AGE: 12h
  SESSION_COOKIE_DOMAIN: .shop.example
  CSRF_COOKIE_SAMESITE: Strict
  CSRF_TRUSTED_ORIGINS: [https://shop.example, "https://*.shop.example"]
  LOGIN_REDIRECT_URL: /home/
  LOGOUT_REDIRECT_URL: https://shop.example/bye
cookies: {enabled: true, same_site: Strict, domain: shop.example}
cors: {origins: "https://app.shop.example", credentials: true, max_age: 10m}
`, []string{"EDGETOKEN_BROWSER_SESSION_COOKIE_PATH=/auth/", "EDGETOKEN_COOKIES_ACCESS_NAME=a", "EDGETOKEN_BROWSER_ENABLED=false"})
	if err != nil {
		t.Fatal(err)
	}
	b, k := c.Browser, c.TokenCookies
	if !b.Off || b.Session.Name != "tokens_session" || b.Session.Domain != ".shop.example" ||
		b.Session.Path != "/auth/" || b.CSRF.SameSite != "Strict" ||
		len(b.TrustedOrigins) != 2 || b.LoginRedirect != "/home/" || b.LogoutRedirect != "https://shop.example/bye" ||
		c.SessionAge != 12*time.Hour {
		t.Errorf("browser: %+v, sessions of %v", b, c.SessionAge)
	}
	if !k.On || k.Access.Name != "a" || k.Access.SameSite != "Strict" || k.Refresh.SameSite != "Strict" ||
		k.Access.Domain != "shop.example" || k.Refresh.Domain != "shop.example" {
		t.Errorf("cookies: %+v", k)
	}
	if len(c.CORS.Origins) != 1 || !c.CORS.Credentials || c.CORS.MaxAge != 10*time.Minute {
		t.Errorf("cors: %+v", c.CORS)
	}
}

// TestSecureCookies: cookies are Secure where browsers come over TLS, unless that is said otherwise.
func TestSecureCookies(t *testing.T) {
	const all = "browser: {SESSION_COOKIE_SECURE: %, CSRF_COOKIE_SECURE: %}\ncookies: {secure: %}\n"
	for text, want := range map[string]bool{
		"":                                   false,
		"behind_proxy: true\n":               true,
		"tls: {cert: a, key: b}\n":           true,
		strings.ReplaceAll(all, "%", "auto"): false,
		strings.ReplaceAll(all, "%", "true"): true,
		strings.ReplaceAll(all, "%", "false") + "behind_proxy: true": false,
		strings.ReplaceAll(all, "%", "auto") + "behind_proxy: true":  true,
	} {
		c, err := load(t, text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if c.Browser.Session.Secure != want || c.Browser.CSRF.Secure != want || c.TokenCookies.Access.Secure != want ||
			c.TokenCookies.Refresh.Secure != want {
			t.Errorf("%s: session %v, CSRF %v, tokens %v and %v; want %v", text, c.Browser.Session.Secure,
				c.Browser.CSRF.Secure, c.TokenCookies.Access.Secure,
				c.TokenCookies.Refresh.Secure, want)
		}
	}
}

// TestSecureCookiesAcrossReload: what a running node keeps decides, not what the file says meanwhile.
func TestSecureCookiesAcrossReload(t *testing.T) {
	running, err := load(t, "behind_proxy: true\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := load(t, "behind_proxy: false\nbrowser: {SESSION_COOKIE_NAME: s}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	changed.Keep(running)
	if !changed.Browser.Session.Secure || changed.Browser.Session.Name != "s" {
		t.Errorf("after Keep: %+v, want the new name and Secure as the node runs", changed.Browser.Session)
	}
}

func TestBrowserMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"browser: {SESSION_COOKIE_NAME: \"a b\"}": `browser.SESSION_COOKIE_NAME: is no name of a cookie`,
		"browser: {SESSION_COOKIE_NAME: __Host-s}": "browser.SESSION_COOKIE_NAME: browsers refuse a " +
			"cookie named __Host-",
		"browser: {CSRF_COOKIE_NAME: sessionid}":           `browser.CSRF_COOKIE_NAME: is the name of the session cookie too`,
		"check: {cookie: sessionid}":                       `check.cookie: is the name of the session cookie too`,
		"cookies: {enabled: true, access_name: csrftoken}": `cookies.access_name: is the name of the CSRF cookie too`,
		"browser: {SESSION_COOKIE_SAMESITE: lax}":          `browser.SESSION_COOKIE_SAMESITE: is unknown: use Lax, Strict or None`,
		"browser: {SESSION_COOKIE_SAMESITE: None}": "browser.SESSION_COOKIE_SAMESITE: browsers " +
			"refuse None for a cookie that is not Secure",
		"browser: {CSRF_COOKIE_PATH: x}":          `browser.CSRF_COOKIE_PATH: is no path`,
		"browser: {SESSION_COOKIE_SECURE: maybe}": `browser.SESSION_COOKIE_SECURE: is neither true, false nor auto`,
		"browser: {SESSION_COOKIE_AGE: 0}": "browser.SESSION_COOKIE_AGE: must be between 1 " +
			"minute and 400 days",
		"browser: {SESSION_COOKIE_AGE: 500d}": "browser.SESSION_COOKIE_AGE: must be between 1 " +
			"minute and 400 days",
		"browser: {CSRF_TRUSTED_ORIGINS: shop.example}":   `browser.CSRF_TRUSTED_ORIGINS: is no origin`,
		"browser: {LOGIN_REDIRECT_URL: \"javascript:x\"}": "browser.LOGIN_REDIRECT_URL: is neither a path",
		"browser: {session_cookie_name: x}": "browser.session_cookie_name: is unknown: did " +
			"you mean SESSION_COOKIE_NAME?",
		"SESSION_COOKIE_NAME: x":                                    "has a key that is unknown",
		"cookies: {enabled: true, access_name: t, refresh_name: t}": `cookies.refresh_name: is the name of the cookie with the access token too`,
		"cookies: {domain: \"a;b\"}":                                `cookies.domain: is no domain`,
		"cors: {origins: [\"*\"], credentials: true}":               `cors.origins: "*" with credentials would give every site the customers' cookies`,
		"cors: {origins: [\"null\"]}":                               `cors.origins: "null" is the origin of every page that has none`,
		"cors: {origins: [https://app.example/]}":                   `cors.origins: is no origin`,
		"cors: {max_age: -1}":                                       "cors.max_age: must not be negative",
	} {
		_, err := load(t, text+"\n", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q) = %v, want %q", text, err, want)
		} else if n := strings.Count(err.Error(), "edgetoken.yaml"); n != 1 {
			t.Errorf("Load(%q) says it %d times: %v", text, n, err)
		}
	}
}

func TestCORSWarning(t *testing.T) {
	for text, want := range map[string]int{
		"cors: {origins: [\"http://app.example\"], credentials: true}":  1,
		"cors: {origins: [\"http://app.example\"]}":                     0,
		"cors: {origins: [\"https://app.example\"], credentials: true}": 0,
	} {
		c, err := load(t, text, nil)
		if err != nil || len(c.Warnings) != want {
			t.Errorf("Load(%q) warns %q, %v; want %d warnings", text, c.Warnings, err, want)
		}
	}
}

// TestCheckCookieWarning: what /auth/check/ reads should be the cookie that the node sets, whose name TLS changes.
func TestCheckCookieWarning(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"check: {cookie: access}\ncookies: {enabled: true}", ""},
		{"check: {cookie: access}\ncookies: {enabled: true}\ntls: {cert: a, key: b}",
			"set check.cookie to __Host-access"},
		{"check: {cookie: __Host-access}\ncookies: {enabled: true}\ntls: {cert: a, key: b}", ""},
		{"check: {cookie: __Host-access}\ncookies: {enabled: true}", "set check.cookie to access"},
		{"check: {cookie: access}\ncookies: {enabled: true, domain: a.example}\ntls: {cert: a, key: b}",
			"set check.cookie to __Secure-access"},
		{"check: {cookie: t}\ncookies: {enabled: true, access_name: t}", ""},
		{"check: {cookie: access}\ntls: {cert: a, key: b}", ""},
		{"cookies: {enabled: true}\ntls: {cert: a, key: b}", ""},
	} {
		c, err := load(t, row.text+"\n", nil)
		if err != nil {
			t.Errorf("Load(%q) = %v", row.text, err)
			continue
		}
		got := strings.Join(c.Warnings, "\n")
		if row.want == "" && got != "" || !strings.HasSuffix(got, row.want) {
			t.Errorf("Load(%q) warns %q, want %q at its end", row.text, got, row.want)
		}
	}
}

// TestBrowserIsShown: what Show says of it is read again as the same.
func TestBrowserIsShown(t *testing.T) {
	c, err := load(t, "browser: {SESSION_COOKIE_SECURE: true, LOGOUT_REDIRECT_URL: /bye/}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]any{}
	var environ []string
	for _, l := range c.Show() {
		shown[l.Key] = l.Value
		if strings.HasPrefix(l.Key, "browser.") || strings.HasPrefix(l.Key, "cookies.") ||
			strings.HasPrefix(l.Key, "cors.") {
			environ = append(environ, "EDGETOKEN_"+strings.ToUpper(strings.ReplaceAll(l.Key, ".",
				"_"))+"="+strings.Trim(l.Text(), `"`))
		}
	}
	if shown["browser.SESSION_COOKIE_SECURE"] != true || shown["browser.CSRF_COOKIE_SECURE"] != "auto" ||
		shown["browser.SESSION_COOKIE_DOMAIN"] != nil ||
		shown["browser.LOGOUT_REDIRECT_URL"] != "/bye/" || shown["browser.enabled"] != true {
		t.Errorf("Show = %v", shown)
	}
	again, err := load(t, "", environ)
	if err != nil {
		t.Fatal(err)
	}
	if changed := again.Changed(c); len(changed) != 0 {
		t.Errorf("read again, these differ: %v", changed)
	}
}
