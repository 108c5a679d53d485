package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
)

// main is the part of a page that is its own, to be shown in errors.
func main(page string) string {
	_, own, found := strings.Cut(page, "<main")
	if !found {
		return page
	}
	return own
}

// contains reports what a page lacks and what it has that it should not.
func contains(t *testing.T, name, page string, wants, lacks []string) {
	t.Helper()
	before, styled, _ := strings.Cut(page, "<style>")
	_, after, _ := strings.Cut(styled, "</style>")
	page = before + after
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("%s lacks %q: %s", name, want, main(page))
		}
	}
	for _, lack := range lacks {
		if strings.Contains(page, lack) {
			t.Errorf("%s has %q: %s", name, lack, main(page))
		}
	}
}

// TestTokenFormInBrowser: what a person does to get a token and to use it, with forms alone.
func TestTokenFormInBrowser(t *testing.T) {
	b := openPerson(t, nil)
	answer, page := b.open(t, "/auth/token/", nil)
	if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "POST, OPTIONS" ||
		answer.Header.Get("Vary") != "Accept, Cookie" {
		t.Errorf("GET = %d %v", answer.StatusCode, answer.Header)
	}
	contains(t, "GET", page, []string{
		"<h1>Token Obtain Pair</h1>", "HTTP 405 Method Not Allowed", `name="email"`, `type="password"`,
		`<label for="id_password">`, "What OPTIONS answers",
		"This endpoint takes POST: fill in the form.",
	}, []string{`aria-invalid`, "notice bad", "status bad"})
	if strings.Index(page, `<h2 id="form">`) > strings.Index(page, `<h2 id="answer">`) {
		t.Errorf("GET shows its answer before the form: %s", main(page))
	}

	answer, page = b.open(t, "/auth/token/", url.Values{"email": {"ana@example.com"}, "password": {""}})
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("blank password = %d", answer.StatusCode)
	}
	contains(t, "blank password", page, []string{
		"HTTP 400 Bad Request", "status bad", `<a href="#id_password">Password: This field may not be blank.</a>`,
		`aria-describedby="id_password_error"`, `value="ana@example.com"`,
		"<title>Error: Token Obtain Pair",
	}, nil)

	answer, page = b.open(t, "/auth/token/", url.Values{"email": {"ana@example.com"}, "password": {"not this one"}})
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong password = %d", answer.StatusCode)
	}
	contains(t, "wrong password", page, []string{"No active account found with the given credentials", `<b>POST</b>`,
		"Bearer realm="}, []string{"not this one"})

	answer, page = b.open(t, "/auth/token/", url.Values{"email": {"ana@example.com"}, "password": {"right"}})
	if answer.StatusCode != http.StatusOK {
		t.Errorf("log-in = %d %s", answer.StatusCode, main(page))
	}
	contains(t, "log-in", page, []string{"HTTP 200 OK", "Explain the access token", "Explain the refresh token"},
		[]string{"right\""})
	_, access := b.login(t)

	// The token is sent from the page of a view that asks for one.
	_, page = b.open(t, "/customers/me/", nil)
	contains(t, "me, anonymous", page, []string{"HTTP 401 Unauthorized", "Access token"}, nil)
	answer, page = b.open(t, pages.CallPath, url.Values{
		"path": {"/customers/me/"}, "method": {"GET"}, "token": {access}, "csrfmiddlewaretoken": {token(t, page)},
	})
	if answer.StatusCode != http.StatusOK {
		t.Errorf("me with the token = %d %s", answer.StatusCode, main(page))
	}
	contains(t, "me with the token", page, []string{"HTTP 200 OK", `&quot;ana@example.com&quot;`,
		"<details class=\"card\" open>"}, []string{access})
}

// TestSessionInBrowser: the session counts in the pages of the API, and its forms prove that they are ours.
func TestSessionInBrowser(t *testing.T) {
	b := openPerson(t, nil)
	b.logIn(t)
	answer, page := b.open(t, "/customers/me/?format=api", nil)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("me = %d %s", answer.StatusCode, main(page))
	}
	contains(t, "me", page, []string{"HTTP 200 OK", "Logged in as", "ana@example.com",
		`href="/customers/me/?format=json"`, "Log out"}, nil)
	form := url.Values{"path": {"/customers/me/"}, "method": {"POST"}, "content": {`{"a": [1, "<b>"]}`}}
	if answer, page := b.open(t, pages.CallPath, form); answer.StatusCode != http.StatusForbidden ||
		!strings.Contains(page, "CSRF verification failed. Request aborted.") {
		t.Errorf("a call without a CSRF token = %d %s", answer.StatusCode, main(page))
	}
	form.Set("csrfmiddlewaretoken", token(t, page))
	answer, page = b.open(t, pages.CallPath, form)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("a call = %d %s", answer.StatusCode, main(page))
	}
	contains(t, "a call", page, []string{"HTTP 200 OK", "received", "&lt;b&gt;"}, []string{"<b>\""})
	// Nobody else's page can send it.
	cookies := "Cookie: sessionid=" + b.cookies["sessionid"] + "; csrftoken=" + b.cookies["csrftoken"]
	if answer, page := b.ask(t, "POST", pages.CallPath, form.Encode(),
		"Content-Type: application/x-www-form-urlencoded",
		"Origin: https://evil.example", cookies); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a call from another site = %d %s", answer.StatusCode, main(page))
	}
}

// TestEveryMethodInBrowser sends each method of a view from its page.
func TestEveryMethodInBrowser(t *testing.T) {
	b := openPerson(t, nil)
	_, page := b.open(t, "/customers/open/", nil)
	csrf := token(t, page)
	for method, want := range map[string]string{
		"GET": "HTTP 200 OK", "POST": "HTTP 201 Created", "PUT": "HTTP 200 OK", "PATCH": "HTTP 200 OK",
		"DELETE": "HTTP 204 No Content", "OPTIONS": "HTTP 200 OK", "HEAD": "HTTP 200 OK",
	} {
		answer, page := b.open(t, pages.CallPath, url.Values{"path": {"/customers/open/"}, "method": {method},
			"content": {"{}"}, "csrfmiddlewaretoken": {csrf}})
		if answer.StatusCode >= 300 || !strings.Contains(page, want) {
			t.Errorf("%s = %d %s, want a page with %s", method, answer.StatusCode, page, want)
		}
	}
	for _, form := range []url.Values{
		{"path": {"/customers/open/"}, "method": {"TRACE"}}, {"path": {"/customers/me/"}, "method": {"DELETE"}},
		{"path": {"/healthz"}, "method": {"GET"}},
		{"path": {"//evil.example/"}, "method": {"GET"}}, {"path": {"/auth/login/"}, "method": {"POST"}}, {},
	} {
		form.Set("csrfmiddlewaretoken", csrf)
		if answer, page := b.open(t, pages.CallPath, form); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%v = %d %s, want 404", form, answer.StatusCode, main(page))
		}
	}
	if answer, _ := b.open(t, pages.CallPath, nil); answer.StatusCode != http.StatusFound {
		t.Errorf("GET = %d, want a way to the start page", answer.StatusCode)
	}
}

// TestBrowsableOfOldVersion: the pages are those of both versions.
func TestBrowsableOfOldVersion(t *testing.T) {
	b := openPerson(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.Compat = core.V52 })
	b.logIn(t)
	if answer, page := b.open(t, "/customers/me/", nil); answer.StatusCode != http.StatusOK ||
		!strings.Contains(page, "ana@example.com") {
		t.Errorf("me = %d %s", answer.StatusCode, main(page))
	}
}
