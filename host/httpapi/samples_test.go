package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
)

// TestSamples: the sample views are there, and described, where the configuration asks for them, and nowhere else.
func TestSamples(t *testing.T) {
	paths := []string{"/customers/open/", "/customers/readonly/", "/customers/managed/", "/customers/directory/"}
	for _, samples := range []bool{true, false} {
		s := openShop(t, func(_ *node.Config, c *httpapi.Config) { c.Samples = samples })
		_, access := s.login(t)
		bearer := "Authorization: Bearer " + access
		described, _ := description(t, s)
		_, index := s.ask(t, "GET", pages.IndexPath, "")
		for _, path := range paths {
			answer, _ := s.ask(t, "OPTIONS", path, "", bearer)
			if served := answer.StatusCode == http.StatusOK; served != samples || !served &&
				answer.StatusCode != http.StatusNotFound {
				t.Errorf("samples %v: %s is %d", samples, path, answer.StatusCode)
			}
			if has := described.Paths.Value(path) != nil; has != samples {
				t.Errorf("samples %v: %s is described: %v", samples, path, has)
			}
			if has := strings.Contains(index, path); has != samples {
				t.Errorf("samples %v: the start page has %s: %v", samples, path, has)
			}
		}
		status, allow := http.StatusMethodNotAllowed, "GET, HEAD, OPTIONS"
		if samples {
			status, allow = http.StatusOK, "GET, POST, HEAD, OPTIONS"
		}
		answer, body := s.post(t, "/customers/me/", `{"a":1}`, bearer)
		if answer.StatusCode != status || answer.Header.Get("Allow") != allow {
			t.Errorf("samples %v: POST /customers/me/ is %d %s, Allow %q", samples, answer.StatusCode, body,
				answer.Header.Get("Allow"))
		}
		if has := described.Components.Schemas["Received"] != nil ||
			described.Components.Schemas["Sample"] != nil; has != samples {
			t.Errorf("samples %v: their schemas are described: %v", samples, has)
		}
	}
}
