package browser_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// formOf is a form with these texts, a name and a value each.
func formOf(t testing.TB, pairs ...string) *django.Form {
	t.Helper()
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	form, err := django.ParseForm([]byte(strings.Join(parts, "&")), "utf-8")
	if err != nil {
		t.Fatal(err)
	}
	return form
}

func TestReadLoginForm(t *testing.T) {
	required, null := []string{"This field is required."}, []string{"Null characters are not allowed."}
	long := strings.Repeat("x", store.MaxEmail+10)
	for name, c := range map[string]struct {
		username, password string
		want               browser.LoginForm
	}{
		"as it is": {"ana@example.com", " right ", browser.LoginForm{Email: "ana@example.com", Password: " right ",
			Username: "ana@example.com"}},
		"white": {" \u00a0ana@example.com\t", "p", browser.LoginForm{Email: "ana@example.com", Password: "p",
			Username: " \u00a0ana@example.com\t"}},
		"full width": {"ａｎａ@example.com", "p", browser.LoginForm{Email: "ana@example.com", Password: "p",
			Username: "ａｎａ@example.com"}},
		"nothing": {" ", "", browser.LoginForm{Username: " ", UsernameErrors: required, PasswordErrors: required}},
		"null": {"a\x00", "\x00", browser.LoginForm{Email: "a\x00", Password: "\x00", Username: "a\x00",
			UsernameErrors: null, PasswordErrors: null}},
		"long": {long, strings.Repeat("p", password.MaxBytes+10),
			browser.LoginForm{Email: long[:store.MaxEmail+1], Password: strings.Repeat("p", password.MaxBytes+1)}},
	} {
		if got := browser.ReadLoginForm(formOf(t, "username", c.username, "password",
			c.password)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: ReadLoginForm = %+v, want %+v", name, got, c.want)
		}
	}
}

func TestNext(t *testing.T) {
	own := csrf.Site{Scheme: "https", Host: "shop.example"}
	for name, c := range map[string]struct {
		form, query []string
		want        string
		given       bool
	}{
		"nothing":               {},
		"form":                  {form: []string{"next", "/a"}, want: "/a", given: true},
		"form before the query": {form: []string{"next", "/a"}, query: []string{"next", "/b"}, want: "/a", given: true},
		"the last one":          {query: []string{"next", "/a", "next", "/b"}, want: "/b", given: true},
		"own site": {form: []string{"next", "https://shop.example/a"}, want: "https://shop.example/a",
			given: true},
		"another site": {form: []string{"next", "//evil.example"}, query: []string{"next", "/b"}, given: true},
		"without TLS":  {form: []string{"next", "http://shop.example/"}, given: true},
	} {
		url, given := browser.Next(formOf(t, c.form...), formOf(t, c.query...), own, django.Rules{})
		if url != c.want || given != c.given {
			t.Errorf("%s: Next = %q, %v; want %q, %v", name, url, given, c.want, c.given)
		}
	}
	for url, want := range map[string]bool{"/a": true, "https://shop.example/": true, "ftp://a/": true,
		"java\tscript:x": false, "http://[": false} {
		if got := browser.CanRedirect(url); got != want {
			t.Errorf("CanRedirect(%q) = %v, want %v", url, got, want)
		}
	}
}

func TestLogoutTarget(t *testing.T) {
	for _, c := range []struct {
		query, next, fallback string
		given                 bool
		now, older            string // from Django 5.0 on, and before; "": the page
	}{
		{},
		{fallback: "/bye/", now: "/bye/", older: "/bye/"},
		{next: "/a", given: true, fallback: "/bye/", now: "/a", older: "/a"},
		{query: "next=//evil.example", given: true, fallback: "/bye/", now: "/bye/", older: "/auth/logout/"},
		{query: "next=//evil.example", given: true, now: "/auth/logout/", older: "/auth/logout/"},
		{query: "a=é", next: "/auth/logout/?a=%C3%83%C2%A9", given: true, older: "/auth/logout/?a=%C3%83%C2%A9"},
	} {
		u := &url.URL{Path: "/auth/logout/", RawQuery: c.query}
		now := browser.LogoutTarget(u, c.next, c.given, c.fallback, true)
		older := browser.LogoutTarget(u, c.next, c.given, c.fallback, false)
		if now != c.now || older != c.older {
			t.Errorf("LogoutTarget of %+v = %q, and older %q", c, now, older)
		}
	}
}
