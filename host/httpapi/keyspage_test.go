package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/store"
)

// TestKeysPage: staff see the keys and what happens to them next; nobody else does.
func TestKeysPage(t *testing.T) {
	now := day
	keys := someKeys()
	b := &person{openKeys(t, func(_ *node.Config, c *httpapi.Config) {
		c.Keys, c.Now = func() *httpapi.PublishedKeys { return keys }, func() time.Time { return now }
	}), map[string]string{}}
	b.becomesStaff(t, pages.KeysPath, "/auth/login/?next=%2Fauth%2Fkeys%2F", "ES256")
	for _, c := range []struct {
		name        string
		change      func()
		shown, kept []string
	}{
		{"all is well", func() {}, []string{
			"<code>one</code></th><td>ES256</td><td class=\"good\">signing</td>", "2030-01-02 03:04 UTC",
			"<p class=\"says\">key two begins to sign</p>\n<p class=\"help\">2030-01-03 03:04:05 UTC, in 24 hours",
			"SECRET_KEY",
		}, []string{"log in", "RS256", "nothing, until"}},
		{"a warning", func() { keys.Warning, keys.Next = "nobody will be able to log in", "" },
			[]string{"nobody will be able to log in", "nothing, until somebody changes the keys"},
			[]string{"2030-01-03 03:04:05"}},
		{"none that signs", func() { keys.List[0].State, keys.Warning = "verifying", "" },
			[]string{"no key signs"}, nil},
		{"when all has ended", func() { keys.List = keys.List[2:3] }, []string{"no key signs", "no key to show"}, nil},
		{"nothing known", func() { keys.List = nil }, []string{"no key to show"}, []string{"no key signs"}},
	} {
		c.change()
		answer, page := b.open(t, pages.KeysPath, nil)
		if answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %d %v", c.name, answer.StatusCode, answer.Header)
		}
		contains(t, c.name, main(page), c.shown, c.kept)
	}
	answer, _ := b.ask(t, "POST", pages.KeysPath, "", "Accept: text/html")
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d, want 405", answer.StatusCode)
	}
}

// becomesStaff checks that nobody but staff sees a page, of which logIn is the way there and secret a part, and makes
// the person staff.
func (b *person) becomesStaff(t *testing.T, path, logIn, secret string) {
	t.Helper()
	if answer, body := b.ask(t, "GET", path, ""); answer.StatusCode != http.StatusNotFound || body != djangosNotFound {
		t.Errorf("for a program: %d %s, want Django's page", answer.StatusCode, body)
	}
	if answer, _ := b.open(t, path, nil); answer.StatusCode != http.StatusFound ||
		answer.Header.Get("Location") != logIn {
		t.Errorf("for nobody: %d to %q, want the log-in", answer.StatusCode, answer.Header.Get("Location"))
	}
	b.logIn(t)
	answer, page := b.open(t, path, nil)
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("for a customer: %d, want 403", answer.StatusCode)
	}
	contains(t, "for a customer", page, []string{"You do not have permission", "ana@example.com"}, []string{secret})
	if _, page := b.open(t, pages.IndexPath, nil); strings.Contains(page, path) {
		t.Errorf("the start page of a customer leads to %s", path)
	}
	if _, err := b.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(true)}, 0); err != nil {
		t.Fatal(err)
	}
	if _, page := b.open(t, pages.IndexPath, nil); !strings.Contains(page, path) {
		t.Errorf("the start page of staff does not lead to %s", path)
	}
}
