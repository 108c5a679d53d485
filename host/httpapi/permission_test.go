package httpapi_test

import (
	"cmp"
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// TestRules holds the sample views to their rules where the recordings say nothing.
func TestRules(t *testing.T) {
	const denied = `{"detail":"You do not have permission to perform this action."}`
	for _, version := range []core.Version{core.V55, core.V52} {
		t.Run(string(version), func(t *testing.T) {
			s := openShop(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.Compat = version })
			_, access := s.login(t)
			bearer := "Authorization: Bearer " + access
			for _, c := range []struct {
				method, path, header string
				status               int
				body                 string
			}{
				{"PURGE", "/customers/open/", bearer, 405, `{"detail":"Method \"PURGE\" not allowed."}`},
				{"PURGE", "/customers/readonly/", bearer, 405, `{"detail":"Method \"PURGE\" not allowed."}`},
				{"PURGE", "/customers/readonly/", "", 401,
					`{"detail":"Authentication credentials were not provided."}`},
				{"PURGE", "/customers/managed/", bearer, 405, `{"detail":"Method \"PURGE\" not allowed."}`},
				{"PURGE", "/customers/managed/", "", 401, `{"detail":"Authentication credentials were not provided."}`},
				{"PURGE", "/customers/directory/", "", 405, `{"detail":"Method \"PURGE\" not allowed."}`},
				{"TRACE", "/customers/open/", bearer, 405, `{"detail":"Method \"TRACE\" not allowed."}`},
				{"PUT", "/customers/", bearer, 403, denied},
				{"OPTIONS", "/customers/", bearer, 403, denied},
				{"patch", "/customers/open/", bearer, 200, `{"method":"PATCH","customer":"ana@example.com"}`},
				{"patch", "/customers/managed/", bearer, 403, denied},
				{"GET", "/customers/managed/", bearer, 200, `{"method":"GET","customer":"ana@example.com"}`},
				{"DELETE", "/customers/open/", "", 204, ""},
				{"OPTIONS", "/customers/managed/", bearer, 200,
					`{"name":"Managed","description":"Model permissions.","renders":["application/json","text/html"],` +
						`"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]}`},
			} {
				answer, body := s.ask(t, c.method, c.path, "{not read", cmp.Or(c.header, "X-Nothing: x"))
				if answer.StatusCode != c.status || body != c.body {
					t.Errorf("%s %s (%.13s): %d %s, want %d %s", c.method, c.path, c.header, answer.StatusCode, body,
						c.status, c.body)
				}
			}
		})
	}
}

// TestRightsAreFresh: what a customer is given or loses counts from his next request on, whatever his token was
// issued for.
func TestRightsAreFresh(t *testing.T) {
	s := openShop(t, nil)
	_, access := s.login(t)
	id := core.Integer(7)
	change := func(c store.RightsChange) {
		t.Helper()
		if err := s.store.ChangeRights(t.Context(), id, c); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when, method string, want int) {
		t.Helper()
		if answer, body := s.ask(t, method, "/customers/managed/", "",
			"Authorization: Bearer "+access); answer.StatusCode != want {
			t.Errorf("%s: %s is %d %s, want %d", when, method, answer.StatusCode, body, want)
		}
	}
	check("at first", "POST", http.StatusForbidden)
	change(store.RightsChange{Grant: []string{"customers.add_customer"}})
	check("granted", "POST", http.StatusCreated)
	check("granted another", "DELETE", http.StatusForbidden)
	change(store.RightsChange{Withdraw: []string{"customers.add_customer"}, Grant: []string{"customers.Delete_customer",
		"other.delete_customer"}})
	check("withdrawn", "POST", http.StatusForbidden)
	check("rights with other names", "DELETE", http.StatusForbidden)
	if _, err := s.store.Set(t.Context(), id, store.Change{IsSuperuser: new(true)}, 0); err != nil {
		t.Fatal(err)
	}
	check("superuser", "DELETE", http.StatusNoContent)
}

// TestBrowserDeletes: a browser is shown a page where a program gets none.
func TestBrowserDeletes(t *testing.T) {
	s := openShop(t, nil)
	answer, body := s.ask(t, "DELETE", "/customers/open/", "", "Accept: text/html")
	if answer.StatusCode != http.StatusOK || !strings.Contains(body, "204") {
		t.Errorf("DELETE in a browser: %d %s, want a page that says 204", answer.StatusCode, body)
	}
}

// TestTokenClaimsGrantNothing: rights that a token claims are not believed.
func TestTokenClaimsGrantNothing(t *testing.T) {
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		n.Claims = claimmaptest.Members(t,
			"is_staff=attributes.lie is_superuser=attributes.lie permissions=attributes.rights")
	})
	if _, err := s.store.Set(t.Context(), core.Integer(7), store.Change{
		Attributes: []byte(`{"lie":true,"rights":["customers.add_customer"]}`),
	}, 0); err != nil {
		t.Fatal(err)
	}
	_, access := s.login(t)
	for _, c := range [][2]string{{"GET", "/customers/"}, {"POST", "/customers/managed/"},
		{"POST", "/customers/directory/"}} {
		if answer, body := s.ask(t, c[0], c[1], "",
			"Authorization: Bearer "+access); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: %d %s, want 403", c[0], c[1], answer.StatusCode, body)
		}
	}
}
