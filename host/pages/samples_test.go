package pages_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/pages"
)

// sample is a page with data as it comes in use; t stands in every text that somebody else writes.
type sample struct {
	name  string
	write func(w io.Writer, t func(string) string) error
}

const longToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
	"eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxNzk1NTI1MjAwLCJpYXQiOjE3OTU1MjE2MDAsImp0aSI6IjAxOTNhYmNk" +
	"ZWY4MTgzNDU2Nzg5YWJjZGVmMDEyMzQ1IiwidXNlcl9pZCI6IjEifQ" +
	".c2lnbmF0dXJlLW9mLXRoZS10b2tlbi10aGF0LWlzLWxvbmctZW5vdWdo"

func frame(t func(string) string) pages.Frame {
	return pages.Frame{Customer: t("ana.ruiz@example.com"), CSRFToken: t("K8sJd0qk2mX1"), Here: t("/auth/browse/")}
}

func anonymous(t func(string) string) pages.Frame {
	return pages.Frame{CSRFToken: t("K8sJd0qk2mX1"), Here: t("/customers/me/?format=api")}
}

// samples are all pages, in each state that looks different.
var samples = []sample{
	{"login", func(w io.Writer, t func(string) string) error {
		return pages.Login(w, pages.LoginData{Frame: pages.Frame{CSRFToken: t("token")}, Next: t("/customers/")})
	}},
	{"login-wrong", func(w io.Writer, t func(string) string) error {
		return pages.Login(w, pages.LoginData{Frame: pages.Frame{CSRFToken: t("token")}, Username: t("ana@example.com"),
			Errors: []string{t("Please enter a correct email address and password. Note that both fields may be " +
				"case-sensitive.")}})
	}},
	{"login-blank", func(w io.Writer, t func(string) string) error {
		return pages.Login(w, pages.LoginData{Frame: pages.Frame{CSRFToken: t("token")},
			UsernameErrors: []string{t("This field is required.")},
			PasswordErrors: []string{t("This field is required.")}})
	}},
	{"login-throttled", func(w io.Writer, t func(string) string) error {
		return pages.Login(w, pages.LoginData{Frame: pages.Frame{CSRFToken: t("token")}, Username: t("ana@example.com"),
			Notice: t("Too many attempts to log in.")})
	}},
	{"login-again", func(w io.Writer, t func(string) string) error {
		return pages.Login(w, pages.LoginData{Frame: frame(t)})
	}},
	{"logout", func(w io.Writer, t func(string) string) error {
		return pages.LogOut(w, pages.LogOutData{Frame: frame(t), Next: t("/customers/")})
	}},
	{"logout-nobody", func(w io.Writer, t func(string) string) error {
		return pages.LogOut(w, pages.LogOutData{Frame: pages.Frame{CSRFToken: t("token")}})
	}},
	{"loggedout", func(w io.Writer, t func(string) string) error {
		return pages.LoggedOut(w, pages.LoggedOutData{Frame: pages.Frame{CSRFToken: t("token")}})
	}},
	{"loggedout-everywhere", func(w io.Writer, t func(string) string) error {
		return pages.LoggedOut(w, pages.LoggedOutData{Frame: pages.Frame{CSRFToken: t("token")}, Everywhere: true})
	}},
	{"profile", func(w io.Writer, t func(string) string) error {
		return pages.Profile(w, pages.ProfileData{Frame: frame(t), Name: t("Ana Ruiz"), Details: []pages.Named{
			{Name: "Customer", Value: t("1")}, {Name: "Email address", Value: t("ana.ruiz@example.com")},
			{Name: "Last log-in", Value: t("2026-11-24 09:12:44 UTC")},
			{Name: "Groups", Value: t("editors, managers")}}, Password: pages.PasswordForm(nil, nil, nil)})
	}},
	{"profile-sessions", func(w io.Writer, t func(string) string) error {
		return pages.Profile(w, pages.ProfileData{Frame: frame(t), Done: t("The log-in has ended."),
			Sessions: &pages.Sessions{
				Count: 120, Previous: t("/accounts/profile/"), Next: t("/accounts/profile/?page=3"),
				List: []pages.Session{
					{ID: t("AAECAwQFBgcICQoLDA0ODw"), Browser: true, Current: true, Created: t("2026-11-24 09:12 UTC"),
						UserAgent: t("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
						LastUsed:  t("2026-11-24 10:12 UTC"), Address: t("203.0.113.0/24")},
					{ID: t("8AECAwQFBgcICQoLDA0ODw"), Created: t("2026-11-20 09:12 UTC"),
						LastUsed: t("2026-11-24 10:12 UTC")},
				}}, Password: pages.PasswordForm(nil, nil, nil)})
	}},
	{"profile-sessions-unknown", func(w io.Writer, t func(string) string) error {
		return pages.Profile(w, pages.ProfileData{Frame: frame(t), Sessions: &pages.Sessions{Unknown: true},
			Password: pages.PasswordForm(nil, nil, nil)})
	}},
	{"profile-password-wrong", func(w io.Writer, t func(string) string) error {
		return pages.Profile(w, pages.ProfileData{Frame: frame(t), Password: pages.PasswordForm(
			[]string{t("Your old password was entered incorrectly. Please enter it again.")},
			[]string{t("This password is too short."), t("This password is too common.")},
			[]string{t("The two password fields didn’t match.")})})
	}},
	{"profile-password-throttled", func(w io.Writer, t func(string) string) error {
		return pages.Profile(w, pages.ProfileData{Frame: frame(t), Notice: t("Too many attempts."),
			Password: pages.PasswordForm(nil, nil, nil)})
	}},
	{"failure-404", func(w io.Writer, t func(string) string) error {
		return pages.Failure(w, pages.FailureData{Frame: anonymous(t), Status: 404})
	}},
	{"failure-429", func(w io.Writer, t func(string) string) error {
		return pages.Failure(w, pages.FailureData{Frame: anonymous(t), Status: 429, Wait: time.Hour})
	}},
	{"failure-500", func(w io.Writer, t func(string) string) error {
		return pages.Failure(w, pages.FailureData{Frame: frame(t), Status: 500})
	}},
	{"csrf", func(w io.Writer, t func(string) string) error {
		return pages.CSRFFailure(w, pages.CSRFData{Frame: anonymous(t), Back: t("/auth/login/")})
	}},
	{"index", func(w io.Writer, t func(string) string) error {
		return pages.Index(w, pages.IndexData{Frame: anonymous(t), Groups: []pages.Group{
			{Name: t("Tokens"), Text: t("Begin here."),
				Commands: []pages.Named{{Name: t("Log in:"), Value: t("curl -s http://127.0.0.1:8000/auth/token/")}},
				Endpoints: []pages.Endpoint{
					{Path: t("/auth/token/"), Name: t("Token Obtain Pair"),
						Summary: t("Takes a set of user credentials, and returns `tokens`."),
						Methods: []string{"POST", "OPTIONS"}, Link: t("/auth/token/")},
				}},
			{Name: t("Customers"), Text: t("Who they are."), Endpoints: []pages.Endpoint{
				{Path: t("/customers/me/"), Name: t("Me"),
					Summary: t("The customer that the request is authenticated as."), Methods: []string{"GET", "POST",
						"HEAD", "OPTIONS"}, Link: t("/customers/me/")},
				{Path: t("/customers/directory/"), Name: t("Directory"), Methods: []string{"GET", "POST", "PUT",
					"PATCH", "DELETE", "HEAD", "OPTIONS"}},
			}},
			{Name: t("In a browser"), Text: t("Pages."),
				Links: []pages.Link{{Text: t("Log in"), URL: t("/auth/login/")}}},
		}})
	}},
	{"browse-form", func(w io.Writer, t func(string) string) error { return pages.Browse(w, obtain(t, false)) }},
	{"browse-form-wrong", func(w io.Writer, t func(string) string) error { return pages.Browse(w, obtain(t, true)) }},
	{"browse-answer", func(w io.Writer, t func(string) string) error {
		d := obtain(t, false)
		d.Status, d.StatusText, d.Method = 200, "OK", "POST"
		d.Body = "{\n  \"refresh\": \"" + t(longToken) + "\",\n  \"access\": \"" + t(longToken) + "\"\n}"
		d.Tokens = []pages.Named{{Name: t("refresh"), Value: t(longToken)}, {Name: t("access"), Value: t(longToken)}}
		return pages.Browse(w, d)
	}},
	{"browse-any", func(w io.Writer, t func(string) string) error {
		return pages.Browse(w, pages.BrowseData{
			Frame: frame(t), Name: t("Me"), Description: t("The customer that the request is authenticated as."),
			Path:    t("/customers/me/"),
			Methods: []string{"GET", "POST", "HEAD", "OPTIONS"}, Method: "GET", URI: t("/customers/me/?x=1"),
			Status: 200, StatusText: "OK",
			Headers: []pages.Named{{Name: "Allow", Value: "GET, POST, HEAD, OPTIONS"},
				{Name: "Content-Type", Value: "application/json"}, {Name: "Vary", Value: "Accept, Cookie"}},
			Body: "{\n  \"id\": 1,\n  \"email\": \"" + t("ana@example.com") +
				"\",\n  \"is_active\": true,\n  \"last_login\": null,\n  \"balance\": -1.5e+3,\n  \"groups\": [\n   " +
				" \"editors\"\n  ]\n}",
			Formats: []pages.Link{{Text: "json", URL: t("?format=json")}, {Text: "api", URL: t("?format=api")}},
			Call: &pages.Call{Path: t("/customers/me/"), Methods: []string{"GET", "POST", "OPTIONS"},
				Method: "POST", Content: t("{\n  \"a\": 1\n}"), HasToken: true, Open: true},
			Metadata: "{\n  \"name\": \"" + t("Me") + "\"\n}",
		})
	}},
	{"token-empty", func(w io.Writer, t func(string) string) error {
		return pages.Token(w, pages.TokenData{Frame: anonymous(t), Choices: choices})
	}},
	{"token-error", func(w io.Writer, t func(string) string) error {
		return pages.Token(w, pages.TokenData{Frame: anonymous(t), Choices: choices,
			Faults: []string{t("This field is required.")}})
	}},
	{"token-refused", func(w io.Writer, t func(string) string) error {
		return pages.Token(w, pages.TokenData{Frame: frame(t), Choices: choices, As: "header", Result: explained(t)})
	}},
	{"token-accepted", func(w io.Writer, t func(string) string) error {
		e := explained(t)
		e.Accepted, e.Signed, e.Steps = true, true, e.Steps[:1]
		return pages.Token(w, pages.TokenData{Frame: frame(t), Choices: choices, Result: e})
	}},
	{"token-unreadable", func(w io.Writer, t func(string) string) error {
		e := explained(t)
		e.Header, e.Claims, e.HasJSON = nil, nil, false
		return pages.Token(w, pages.TokenData{Frame: anonymous(t), Choices: choices, Result: e})
	}},
	{"keys", func(w io.Writer, t func(string) string) error {
		return pages.Keys(w, pages.KeysData{Frame: frame(t), Warning: t("key NzbL signs and ends."),
			Keys: []pages.Key{
				{ID: t("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), Algorithm: t("ES256"), State: "signing",
					Origin: t("generated"), Published: t("2026-11-24 09:12 UTC"), SignsFrom: t("2026-11-25 09:12 UTC"),
					Ends: t("2026-12-25 09:12 UTC")},
				{ID: t("next"), Algorithm: t("EdDSA"), State: "published", Origin: t("imported"),
					Published: t("2026-11-24 09:12 UTC"), SignsFrom: t("2026-12-25 09:12 UTC")},
				{Algorithm: t("HS256"), State: "verifying", Origin: t("SECRET_KEY"),
					Published: t("2026-11-24 09:12 UTC")},
			},
			Next: t("key next begins to sign"), When: t("2026-12-25 09:12:44 UTC, in 30 days")})
	}},
	{"fleet-hub", func(w io.Writer, t func(string) string) error {
		return pages.Fleet(w, pages.FleetData{Frame: frame(t), Name: t("shops"), Hub: true, Number: 1,
			Warning: t("this hub was restored, and node 3 has yet to tell what it forgot"),
			Nodes: []pages.FleetNode{
				{Number: 1, Name: t("hub"), Own: true},
				{Number: 2, Name: t("berlin"), State: "connected", Heard: t("2026-11-24 09:12:44 UTC, 0 seconds ago"),
					Waiting: t("0"), Clock: t("+2ms"), Version: t("1.0.0")},
				{Number: 3, Name: t("paris"), State: "away", Heard: t("none yet"), Waiting: t("0"), Clock: t("0s"),
					Differs: true},
				{Number: 4, Name: t("oslo"), State: "withdrawn"},
			}})
	}},
	{"fleet-edge", func(w io.Writer, t func(string) string) error {
		return pages.Fleet(w, pages.FleetData{Frame: frame(t), Name: t("shops"), Number: 2,
			Facts: []pages.Named{{Name: "Knows the fleet as of", Value: t("0.2s ago")}},
			Nodes: []pages.FleetNode{{Number: 1, Name: t("hub")}, {Number: 2, Name: t("berlin"), Own: true}}})
	}},
	{"keys-none", func(w io.Writer, t func(string) string) error {
		return pages.Keys(w, pages.KeysData{Frame: frame(t)})
	}},
}

var choices = []pages.Link{{Text: "what its type is for", URL: ""}, {Text: "the Authorization header", URL: "header"},
	{Text: "a refresh", URL: "refresh"}}

func obtain(t func(string) string, wrong bool) pages.BrowseData {
	d := pages.BrowseData{
		Frame: anonymous(t), Name: t("Token Obtain Pair"), Path: t("/auth/token/"),
		Methods: []string{"POST", "OPTIONS"},
		Description: t("Takes a set of user credentials and returns an access and refresh JSON web\ntoken pair to " +
			"prove the authentication of those credentials."),
		Method: t("GET"), URI: t("/auth/token/"), Status: 405, StatusText: "Method Not Allowed",
		Headers: []pages.Named{{Name: "Allow", Value: t("POST, OPTIONS")},
			{Name: "Content-Type", Value: "application/json"}, {Name: "Vary", Value: "Accept"}},
		Body: "{\n  \"detail\": \"" + t(`Method \"GET\" not allowed.`) + "\"\n}",
		Form: &pages.Form{Action: t("/auth/token/"), Fields: []pages.Field{
			{ID: "id_email", Name: "email", Label: t("Email"), Type: "text", Autocomplete: "username",
				InputMode: "email", Value: t("ana@example.com"), Required: true},
			{ID: "id_password", Name: "password", Label: t("Password"), Type: "password",
				Autocomplete: "current-password", Required: true, Help: t("As it was set.")},
		}},
		Call: &pages.Call{Path: t("/auth/token/"), Methods: []string{"POST", "OPTIONS"}, Method: "POST",
			Content: "{\n  \"email\": \"\",\n  \"password\": \"\"\n}"},
		Metadata: "{\n  \"name\": \"" + t("Token Obtain Pair") + "\"\n}",
	}
	if wrong {
		d.Status, d.StatusText, d.Method, d.Body = 400, "Bad Request", "POST",
			"{\n  \"password\": [\n        \"This field may not be blank.\"\n    ]\n}"
		d.Form.Fields[1].Errors = []string{t("This field may not be blank.")}
		d.Form.Errors = []string{t("Something about the whole.")}
	}
	return d
}

func explained(t func(string) string) *pages.Explained {
	return &pages.Explained{
		Purpose: t("the Authorization header"), Reason: t("It expired 3 hours ago (2026-11-24 09:12:44 UTC)"),
		Told: t("Token is expired"), Code: t("token_not_valid"), HasJSON: true,
		Header: []pages.Claim{{Name: t("alg"), Value: t(`"HS256"`), Meaning: t("The algorithm of the signature.")},
			{Name: t("typ"), Value: t(`"JWT"`), Meaning: t("What the whole is.")}},
		Claims: []pages.Claim{
			{Name: t("token_type"), Value: t(`"access"`), Meaning: t("What the token is for.")},
			{Name: t("exp"), Value: t("1795525200"), Meaning: t("When it expires."),
				When: t("2026-11-24 09:12:44 UTC, 3 hours ago")},
			{Name: t("jti"), Value: t(`"0193abcdef8183456789abcdef012345"`), Meaning: t("The token's own id.")},
			{Name: t("note"), Value: t(`{"long":"` + strings.Repeat("x", 200) + `"}`)},
		},
		Steps: []pages.Step{{t("form"), "ok", t("three parts in base64url")},
			{t("exp"), "refused", t("it expired 3 hours ago")}, {t("iss"), "not reached", ""}},
	}
}

func plain(s string) string { return s }

// render gives a sample as a page.
func render(t *testing.T, s sample, text func(string) string) string {
	t.Helper()
	var page bytes.Buffer
	if err := s.write(&page, text); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return page.String()
}
