package config

import (
	"errors"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/node"
)

// maxCookieAge is the longest that browsers keep a cookie (RFC 6265bis §5.5).
const maxCookieAge = 400 * day

// browserRows are the keys of what browsers are served. Those in capitals have the names, the meaning and the
// defaults of Django's settings.
func browserRows() []row {
	cookie := func(name string, field func(*Config) *browser.Cookie, secure func(*Config) **bool) []row {
		prefix := "browser." + strings.ToUpper(name)
		return []row{
			none(prefix+"_COOKIE_DOMAIN", func(c *Config) *string { return &field(c).Domain }),
			at(prefix+"_COOKIE_PATH", "/", readFull, func(c *Config) *string { return &field(c).Path }),
			at(prefix+"_COOKIE_SAMESITE", "Lax", readSameSite, func(c *Config) *string { return &field(c).SameSite }),
			auto(prefix+"_COOKIE_SECURE", secure),
		}
	}
	session := cookie("session", func(c *Config) *browser.Cookie { return &c.Browser.Session },
		func(c *Config) **bool { return &c.sessionSecure })
	csrf := cookie("csrf", func(c *Config) *browser.Cookie { return &c.Browser.CSRF },
		func(c *Config) **bool { return &c.csrfSecure })
	rows := []row{
		at("browser.enabled", true, readBool, func(c *Config) *bool { return &c.browserOn }),
		at("browser.SESSION_COOKIE_NAME", "sessionid", readFull,
			func(c *Config) *string { return &c.Browser.Session.Name }),
		at("browser.SESSION_COOKIE_AGE", node.DefaultSessionAge, readDuration,
			func(c *Config) *time.Duration { return &c.SessionAge }),
	}
	rows = append(rows, session...)
	rows = append(rows, at("browser.CSRF_COOKIE_NAME", "csrftoken", readFull,
		func(c *Config) *string { return &c.Browser.CSRF.Name }))
	rows = append(rows, csrf...)
	return append(rows,
		at("browser.CSRF_TRUSTED_ORIGINS", []string{}, readTexts,
			func(c *Config) *[]string { return &c.Browser.TrustedOrigins }),
		at("browser.LOGIN_REDIRECT_URL", "/accounts/profile/", readFull,
			func(c *Config) *string { return &c.Browser.LoginRedirect }),
		none("browser.LOGOUT_REDIRECT_URL", func(c *Config) *string { return &c.Browser.LogoutRedirect }),

		at("cookies.enabled", false, readBool, func(c *Config) *bool { return &c.TokenCookies.On }),
		none("cookies.access_name", func(c *Config) *string { return &c.TokenCookies.Access.Name }),
		none("cookies.refresh_name", func(c *Config) *string { return &c.TokenCookies.Refresh.Name }),
		none("cookies.domain", func(c *Config) *string { return &c.TokenCookies.Access.Domain }),
		at("cookies.same_site", "Lax", readSameSite,
			func(c *Config) *string { return &c.TokenCookies.Access.SameSite }),
		auto("cookies.secure", func(c *Config) **bool { return &c.tokensSecure }),

		at("cors.origins", []string{}, readTexts, func(c *Config) *[]string { return &c.CORS.Origins }),
		at("cors.credentials", false, readBool, func(c *Config) *bool { return &c.CORS.Credentials }),
		at("cors.headers", []string{}, readTexts, func(c *Config) *[]string { return &c.CORS.Headers }),
		at("cors.expose_headers", []string{}, readTexts, func(c *Config) *[]string { return &c.CORS.ExposeHeaders }),
		at("cors.max_age", 0, readLimit, func(c *Config) *time.Duration { return &c.CORS.MaxAge }),
	)
}

// none is the row of a text that may be null; null is "".
func none(key string, field func(*Config) *string) row {
	r := at(key, "", readName, field)
	r.get = func(c *Config) any {
		if s := *field(c); s != "" {
			return s
		}
		return nil
	}
	return r
}

// auto is the row of a choice that the node makes unless it is given; nil: the node chooses.
func auto(key string, field func(*Config) **bool) row {
	r := at(key, nil, readAuto, field)
	r.get = func(c *Config) any {
		if b := *field(c); b != nil {
			return *b
		}
		return "auto"
	}
	return r
}

func readAuto(v value) (*bool, error) {
	if v.kind == text && v.text == "auto" {
		return nil, nil
	}
	b, err := readBool(v)
	if err != nil {
		return nil, errors.New(v.String() + " is neither true, false nor auto")
	}
	return &b, nil
}

func readSameSite(v value) (string, error) {
	return readOneOf(same("Lax", "Strict", "None"), "Lax, Strict or None")(v)
}

// settle gives the fields of what browsers are served that follow from others.
func (c *Config) settle() {
	secure := func(given *bool) bool {
		if given != nil {
			return *given
		}
		return c.overTLS()
	}
	c.Browser.Off = !c.browserOn
	c.Browser.Session.Secure, c.Browser.CSRF.Secure = secure(c.sessionSecure), secure(c.csrfSecure)
	t := &c.TokenCookies
	t.Access.Secure = secure(c.tokensSecure)
	t.Refresh.Secure, t.Refresh.Domain, t.Refresh.SameSite = t.Access.Secure, t.Access.Domain, t.Access.SameSite
}

// browserNames are the keys of httpapi's fields.
var browserNames = strings.NewReplacer("httpapi: ", "",
	"Browser.Session.Name", "browser.SESSION_COOKIE_NAME", "Browser.Session.Domain", "browser.SESSION_COOKIE_DOMAIN",
	"Browser.Session.Path", "browser.SESSION_COOKIE_PATH", "Browser.Session.SameSite",
	"browser.SESSION_COOKIE_SAMESITE",
	"Browser.CSRF.Name", "browser.CSRF_COOKIE_NAME", "Browser.CSRF.Domain", "browser.CSRF_COOKIE_DOMAIN",
	"Browser.CSRF.Path", "browser.CSRF_COOKIE_PATH", "Browser.CSRF.SameSite", "browser.CSRF_COOKIE_SAMESITE",
	"Browser.TrustedOrigins", "browser.CSRF_TRUSTED_ORIGINS", "Browser.LoginRedirect", "browser.LOGIN_REDIRECT_URL",
	"Browser.LogoutRedirect", "browser.LOGOUT_REDIRECT_URL",
	"TokenCookies.Access.Name", "cookies.access_name", "TokenCookies.Refresh.Name", "cookies.refresh_name",
	"TokenCookies.Access.Domain", "cookies.domain", "TokenCookies.Refresh.Domain", "cookies.domain",
	"TokenCookies.Access.SameSite", "cookies.same_site", "TokenCookies.Refresh.SameSite", "cookies.same_site",
	"ForwardAuth.Headers", "check.headers", "ForwardAuth.Cookie", "check.cookie", "CORS.Origins", "cors.origins",
	"CORS.MaxAge", "cors.max_age",
	"CORS.Headers", "cors.headers", "CORS.ExposeHeaders", "cors.expose_headers")

// checkBrowser reports what browsers would refuse, and what would be dangerous.
func (c *Config) checkBrowser(bad func(string, error)) {
	c.settle()
	if c.SessionAge < time.Minute || c.SessionAge > maxCookieAge {
		bad("browser.SESSION_COOKIE_AGE", errors.New("must be between 1 minute and 400 days, the longest that "+
			"browsers keep a cookie"))
	}
	said := map[string]bool{}
	for _, err := range []error{c.Browser.Validate(), c.TokenCookies.Validate(), c.CORS.Validate(),
		c.ForwardAuth.Validate(),
		browser.CheckNames(c.Browser, c.TokenCookies, c.ForwardAuth.Cookie)} {
		for _, line := range leaves(err) {
			line = browserNames.Replace(line)
			if key, text, _ := strings.Cut(line, ": "); !said[line] {
				said[line] = true
				bad(key, errors.New(text))
			}
		}
	}
}

// leaves are the texts of the single errors in one that joins several, however deep.
func leaves(err error) []string {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	var texts []string
	for _, one := range joined.Unwrap() {
		texts = append(texts, leaves(one)...)
	}
	return texts
}
