package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// fill sends a form of the profile page, "name=value" each.
func (b *person) fill(t *testing.T, page string, fields ...string) (*http.Response, string) {
	t.Helper()
	form := url.Values{"csrfmiddlewaretoken": {token(t, page)}}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		form.Set(name, value)
	}
	return b.open(t, pages.ProfilePath, form)
}

// TestProfilePageChangesPassword: the page says what is wrong at its field, and with a good password this browser alone
// stays logged in.
func TestProfilePageChangesPassword(t *testing.T) {
	b := openPerson(t, func(_ *node.Config, h *httpapi.Config) { h.MinPassword = 8 })
	other := b.browser()
	other.logIn(t)
	refresh, _ := b.login(t)
	b.logIn(t)
	_, page := b.open(t, pages.ProfilePath, nil)
	contains(t, "the page", page, []string{"Change password", `autocomplete="current-password"`,
		`autocomplete="new-password"`}, nil)
	for name, c := range map[string]struct {
		fields []string
		want   string
	}{
		"nothing": {nil, `<div class="error" id="id_old_password_error"><p>This field is required.</p></div>`},
		"wrong": {[]string{"old_password=wrong", "new_password1=" + next, "new_password2=" + next},
			`id="id_old_password_error"><p>Your old password was entered incorrectly. Please enter it again.</p>`},
		"poor": {[]string{"old_password=right", "new_password1=secret", "new_password2=secret"},
			`id="id_new_password1_error"><p>This password is too short. It must contain at least 8 characters.</p>` +
				`<p>This password is too common.</p>`},
		"two": {[]string{"old_password=right", "new_password1=" + next, "new_password2=" + next + "x"},
			`id="id_new_password2_error"><p>The two password fields didn’t match.</p>`},
		"null": {[]string{"old_password=right", "new_password1=" + next + "\x00", "new_password2=" + next + "\x00"},
			"Null characters are not allowed."},
	} {
		answer, page := b.fill(t, page, c.fields...)
		if answer.StatusCode != http.StatusOK || !strings.Contains(page, "<title>Error: ") {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
		contains(t, name, page, []string{c.want}, []string{"right", next})
	}
	good := []string{"old_password=right", "new_password1=" + next, "new_password2=" + next}
	if answer, _ := b.open(t, pages.ProfilePath, url.Values{"old_password": {"right"}, "new_password1": {next},
		"new_password2": {next}}); answer.StatusCode != http.StatusForbidden {
		t.Errorf("without the CSRF token: %d, want 403", answer.StatusCode)
	}
	old := b.cookies["sessionid"]
	answer, page := b.fill(t, page, good...)
	if answer.StatusCode != http.StatusOK || b.cookies["sessionid"] == old {
		t.Errorf("change: %d", answer.StatusCode)
	}
	contains(t, "change", page, []string{"Your password was changed", "ana@example.com"}, []string{next})
	if answer, _ := b.open(t, "/customers/me/?format=json", nil); answer.StatusCode != http.StatusOK ||
		other.who(t) != http.StatusUnauthorized {
		t.Errorf("then this browser: %d, another: %d", answer.StatusCode, other.who(t))
	}
	if answer, _, _, _ := b.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a refresh of before: %d, want 401", answer.StatusCode)
	}
	_, page = b.fill(t, page, good...)
	contains(t, "once more", page, []string{"Your old password was entered incorrectly."}, nil)
	if log := b.log.String(); strings.Contains(log, next) || !strings.Contains(log, `"cause":"wrong_password"`) {
		t.Errorf("the log: %s", log)
	}
}

// TestProfilePageThrottles: the form cannot guess faster than the log-in, and says how long to wait.
func TestProfilePageThrottles(t *testing.T) {
	b := openPerson(t, func(_ *node.Config, h *httpapi.Config) {
		h.Throttles = httpapi.Throttles{Account: throttle.Rate{Requests: 2, Period: time.Hour}}
	})
	b.logIn(t) // the first
	_, page := b.open(t, pages.ProfilePath, nil)
	fields := []string{"old_password=wrong", "new_password1=" + next, "new_password2=" + next}
	b.fill(t, page, fields...)
	answer, page := b.fill(t, page, fields...)
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		t.Errorf("the third: %d %v", answer.StatusCode, answer.Header)
	}
	contains(t, "the third", page, []string{"Too many attempts to change your password."}, nil)
}

// TestProfilePageOfNobody: nothing happens without a session, and no method but GET and POST does anything.
func TestProfilePageOfNobody(t *testing.T) {
	b := openPerson(t, nil)
	_, page := b.open(t, pages.LoginPath, nil)
	answer, _ := b.fill(t, page, "everywhere=yes")
	if answer.StatusCode != http.StatusFound || !strings.HasPrefix(answer.Header.Get("Location"), pages.LoginPath) {
		t.Errorf("by nobody: %d to %q, want the log-in", answer.StatusCode, answer.Header.Get("Location"))
	}
	answer, _ = b.ask(t, "DELETE", pages.ProfilePath, "", "Accept: text/html")
	if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "GET, POST, HEAD" {
		t.Errorf("DELETE: %d, Allow %q", answer.StatusCode, answer.Header.Get("Allow"))
	}
	if answer, body := b.ask(t, "POST", pages.ProfilePath, ""); answer.StatusCode != http.StatusNotFound ||
		body != djangosNotFound {
		t.Errorf("by a program: %d %s, want Django's page", answer.StatusCode, body)
	}
}

// TestProfilePageEndsSessions: a person ends a log-in, then all, without a script.
func TestProfilePageEndsSessions(t *testing.T) {
	b := openPerson(t, listing)
	refresh, _ := b.loginFrom(t, "ana@example.com", "phone")
	kept, _ := b.loginFrom(t, "ana@example.com", "kept")
	b.logIn(t)
	_, page := b.open(t, pages.ProfilePath, nil)
	contains(t, "the profile", page,
		[]string{"Where you are logged in", "phone", "kept", "<caption>3 log-ins</caption>"}, nil)
	answer, body := b.open(t, sessionsPath+"?format=json", nil)
	list := listed(t, answer, body)
	ids := map[string]string{}
	for _, r := range list.Results {
		ids[r.UserAgent] = r.ID
	}
	// Another site posts the form.
	if answer, _ := b.open(t, pages.ProfilePath, url.Values{"end": {ids["phone"]}}); answer.StatusCode != 403 {
		t.Errorf("without the CSRF token: %d, want 403", answer.StatusCode)
	}
	answer, page = b.fill(t, page, "end="+ids["phone"])
	if answer.StatusCode != http.StatusOK {
		t.Errorf("ending one: %d", answer.StatusCode)
	}
	contains(t, "ending one", page, []string{"The log-in has ended.", "kept", "<caption>2 log-ins</caption>"},
		[]string{"phone"})
	if answer, _, _, _ := b.exchange(t, refresh); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("its refresh: %d, want 401", answer.StatusCode)
	}
	_, page = b.fill(t, page, "end="+ids["phone"])
	contains(t, "once more", page, []string{"That log-in had ended already."}, nil)
	answer, page = b.fill(t, page, "everywhere=yes")
	if answer.StatusCode != http.StatusOK || !strings.Contains(page, "Logged out") || b.cookies["sessionid"] != "" {
		t.Errorf("everywhere: %d, cookies %v %s", answer.StatusCode, b.cookies, main(page))
	}
	contains(t, "everywhere", page, []string{"Every log-in of yours has ended"}, []string{"stay good"})
	if answer, _, _, _ := b.exchange(t, kept); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a refresh afterwards: %d, want 401", answer.StatusCode)
	}
	if answer, _ := b.open(t, pages.ProfilePath, nil); answer.StatusCode != http.StatusFound {
		t.Errorf("the profile afterwards: %d, want the log-in", answer.StatusCode)
	}
	b.logIn(t)
	answer, body = b.open(t, sessionsPath+"?format=json", nil)
	own := listed(t, answer, body).own(t)
	_, page = b.open(t, pages.ProfilePath, nil)
	answer, page = b.fill(t, page, "end="+own)
	if !strings.Contains(page, "Logged out") || b.cookies["sessionid"] != "" {
		t.Errorf("ending the own: %d, cookies %v", answer.StatusCode, b.cookies)
	}
	contains(t, "ending the own", page, []string{"Your session has ended"}, []string{"Every log-in"})
}

// TestProfilePageNamesTheNewSession: after a change of password the list knows which session is this browser's.
func TestProfilePageNamesTheNewSession(t *testing.T) {
	b := openPerson(t, listing)
	b.logIn(t)
	_, page := b.open(t, pages.ProfilePath, nil)
	_, page = b.fill(t, page, "old_password=right", "new_password1="+next, "new_password2="+next)
	contains(t, "the change", page,
		[]string{"Your password was changed", "<caption>One log-in</caption>", "Browser, this one"}, nil)
}

// TestProfilePageLeafs through a long list.
func TestProfilePageLeafs(t *testing.T) {
	b := openPerson(t, listing)
	for i := range 51 {
		b.loginFrom(t, "ana@example.com", fmt.Sprintf("app-%d-", i))
	}
	b.logIn(t)
	_, first := b.open(t, pages.ProfilePath, nil)
	contains(t, "the first page", first, []string{"<caption>52 log-ins</caption>", `href="/accounts/profile/?page=2"`,
		"Browser, this one"}, []string{"Earlier in the list"})
	_, second := b.open(t, pages.ProfilePath+"?page=2", nil)
	contains(t, "the second", second, []string{`href="/accounts/profile/"`, "Earlier in the list"},
		[]string{"Further in the list", "Browser, this one"})
	if n, m := strings.Count(first, ">app-")+1, strings.Count(second, ">app-"); n != 50 || m != 2 {
		t.Errorf("%d and %d rows, want 50 and 2", n, m)
	}
	for i := range 51 {
		if app := fmt.Sprintf(">app-%d-", i); strings.Count(first+second, app) != 1 {
			t.Errorf("%s is listed %d times", app, strings.Count(first+second, app))
		}
	}
	if answer, _ := b.open(t, pages.ProfilePath+"?page=3", nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("the third: %d, want 404", answer.StatusCode)
	}
}
