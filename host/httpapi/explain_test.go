package httpapi_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// explain posts a token to the page that explains it.
func (b *person) explain(t *testing.T, form url.Values) (*http.Response, string) {
	t.Helper()
	_, page := b.open(t, pages.ExplainPath, nil)
	form.Set("csrfmiddlewaretoken", token(t, page))
	return b.open(t, pages.ExplainPath, form)
}

func TestExplainPage(t *testing.T) {
	b := openPerson(t, nil)
	refresh, access := b.login(t)
	foreign := "eyJhbGciOiJIUzI1NiJ9." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1,"note":"<script>alert(1)</script>"}`)) + ".c2lnbmF0dXJl"
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
		wants  []string
	}{
		{"access token", url.Values{"token": {access}}, 200,
			[]string{"Accepted as a token for the Authorization header", "When the token expires.", "The customer.",
				" minutes</p>", "passed"}},
		{"with white space", url.Values{"token": {" " + access + "\r\n"}}, 200, []string{"Accepted"}},
		{"refresh token", url.Values{"token": {refresh}}, 200, []string{"Accepted as a token for a refresh"}},
		{"refresh token in a header", url.Values{"token": {refresh}, "as": {"header"}}, 200,
			[]string{"Refused as a token for the Authorization header", "the token is of another type",
				"token_not_valid", "not reached"}},
		{"of another key", url.Values{"token": {foreign}}, 200, []string{"Refused", "anybody’s word", "&lt;script&gt;",
			"1970-01-01 00:00:01 UTC"}},
		{"no token", url.Values{"token": {"nonsense"}}, 200,
			[]string{"Refused", "Neither header nor claims can be read."}},
		{"nothing", url.Values{"token": {" "}}, 400, []string{`<a href="#id_token">Token: This field is required.</a>`,
			`aria-invalid="true"`}},
		{"too long", url.Values{"token": {strings.Repeat("a", core.MaxTokenBytes+1)}}, 400,
			[]string{"A token has at most"}},
		{"unknown purpose", url.Values{"token": {access}, "as": {"<script>"}}, 200, []string{"Accepted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, page := b.explain(t, c.form)
			if answer.StatusCode != c.status {
				t.Errorf("%d, want %d", answer.StatusCode, c.status)
			}
			given := strings.TrimSpace(c.form.Get("token"))
			lacks := []string{"<script"}
			if signature := given[strings.LastIndexByte(given, '.')+1:]; len(signature) > 8 && len(given) > 40 {
				lacks = append(lacks, signature)
			}
			contains(t, c.name, page, c.wants, lacks)
			if log := b.log.String(); len(given) > 40 && (strings.Contains(log, given) ||
				strings.Contains(log, given[:40])) {
				t.Errorf("the log has the token: %s", log)
			}
		})
	}
}

// TestExplainIsProtected: only our own page explains, and a token in the address is not read.
func TestExplainIsProtected(t *testing.T) {
	b := openPerson(t, nil)
	_, access := b.login(t)
	if answer, page := b.open(t, pages.ExplainPath,
		url.Values{"token": {access}}); answer.StatusCode != http.StatusForbidden ||
		strings.Contains(page, "Accepted") {
		t.Errorf("without a CSRF token = %d %s", answer.StatusCode, main(page))
	}
	if answer, page := b.open(t, pages.ExplainPath+"?token="+access, nil); answer.StatusCode != http.StatusOK ||
		strings.Contains(page, "Accepted") || strings.Contains(page, access) {
		t.Errorf("in the address = %d %s", answer.StatusCode, main(page))
	}
}

// TestExplainTellsNoMoreThanItsHolderMayKnow: neither the address of the customer nor which keys there are.
func TestExplainTellsNoMoreThanItsHolderMayKnow(t *testing.T) {
	b := openPerson(t, nil)
	_, access := b.login(t)
	_, page := b.explain(t, url.Values{"token": {access}})
	contains(t, "the page", page, []string{"7, active"}, []string{"ana@example.com"})
	_, page = b.explain(t, url.Values{"token": {"eyJhbGciOiJIUzI1NiIsImtpZCI6Im5vbmUtb2Ytb3VycyJ9.e30.AAAA"}})
	contains(t, "the page", page, []string{"Refused"}, []string{"keys: "})
}

// TestExplainUsesNothingUp: a refresh token is good after it was explained as one for the blacklist.
func TestExplainUsesNothingUp(t *testing.T) {
	b := openPerson(t, nil)
	refresh, _ := b.login(t)
	if _, page := b.explain(t, url.Values{"token": {refresh}, "as": {"blacklist"}}); !strings.Contains(page,
		"Accepted as a token for the blacklist") {
		t.Errorf("as for the blacklist: %s", main(page))
	}
	if answer, body := b.post(t, "/auth/token/refresh/",
		`{"refresh":"`+refresh+`"}`); answer.StatusCode != http.StatusOK {
		t.Errorf("refresh afterwards = %d %s", answer.StatusCode, main(body))
	}
}

// TestExplainPageForStaff: staff, who may see the keys, are told which one checked the token. Nobody else is.
func TestExplainPageForStaff(t *testing.T) {
	b := openPerson(t, nil)
	_, access := b.login(t)
	const key, end = "HS256, the configured SIGNING_KEY", "End of the key"
	_, page := b.explain(t, url.Values{"token": {access}})
	contains(t, "nobody", page, []string{"Accepted"}, []string{key, end})
	b.logIn(t)
	_, page = b.explain(t, url.Values{"token": {access}})
	contains(t, "a customer", page, []string{"Accepted"}, []string{key, end})
	if _, err := b.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(true)}, 0); err != nil {
		t.Fatal(err)
	}
	_, page = b.explain(t, url.Values{"token": {access}})
	contains(t, "staff", page, []string{"Accepted", key, end}, []string{"7 ana@example.com"})
}
