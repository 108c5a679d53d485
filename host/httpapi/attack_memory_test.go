package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
)

// TestAttackLongNext has the log-in keep a long URL while its password waits, and give it back in the page.
func TestAttackLongNext(t *testing.T) {
	bothVersions(t, func(t *testing.T, version core.Version, wire core.Wire) {
		for name, c := range map[string]struct {
			next string
			kept bool
		}{
			"as long as may be": {"/" + strings.Repeat("a", 2047), true},
			"longer":            {"/" + strings.Repeat("a", 2048), false},
			"of megabytes":      {"/" + strings.Repeat(`"`, 2_400_000), false},
			"of white space":    {"/" + strings.Repeat(" ", 100_000), false},
		} {
			b := openShop(t, speaking(version, wire)).browser()
			b.ask(t, "GET", "/auth/login/", "")
			for _, password := range []string{"wrong", "right"} {
				answer, page := b.submitParts(t, "/auth/login/", "username=ana@example.com", "password="+password, "next="+c.next)
				next, _ := formIn(page)["next"].(string)
				if password == "right" {
					next = answer.Header.Get("Location")
				}
				if kept := next == c.next; kept != c.kept || len(page) > 64<<10 {
					t.Errorf("%s, %s password: %d with a page of %d bytes, next kept %v, want %v", name, password, answer.StatusCode, len(page), kept, c.kept)
				}
			}
		}
	})
}

// submitParts posts a multipart form, "name=value" each, with the CSRF token: in both versions such a form may be longer than any other.
func (b *browser) submitParts(t *testing.T, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	var body strings.Builder
	for _, f := range append(fields, "csrfmiddlewaretoken="+b.token) {
		name, value, _ := strings.Cut(f, "=")
		body.WriteString("--XbX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n")
	}
	return b.ask(t, "POST", path, body.String()+"--XbX--\r\n", "Content-Type: multipart/form-data; boundary=XbX")
}

// TestAttackLargeCall sends a large body by the form for any request, whose view would keep it while a password waits, and show it again.
func TestAttackLargeCall(t *testing.T) {
	b := openShop(t, nil).browser()
	b.ask(t, "GET", pages.IndexPath, "", asPerson...)
	for name, c := range map[string]struct {
		length, status int
	}{
		"small": {1 << 10, http.StatusUnauthorized},
		"large": {64 << 10, http.StatusBadRequest},
		"huge":  {2_400_000, http.StatusBadRequest},
	} {
		b.ask(t, "GET", "/auth/login/", "")
		content := `{"token":"x","junk":"` + strings.Repeat("'", c.length) + `"}`
		answer, page := b.submitParts(t, pages.CallPath, "path=/auth/token/verify/", "method=POST", "content="+content, "junk="+strings.Repeat("x", 10_000))
		shown := strings.Contains(page, strings.Repeat("&#x27;", 1000))
		if answer.StatusCode != c.status || shown != (c.status == http.StatusUnauthorized) || len(page) > 128<<10 {
			t.Errorf("%s content: %d with a page of %d bytes, shown %v; want %d", name, answer.StatusCode, len(page), shown, c.status)
		}
	}
	if n := strings.Count(b.shop.log.String(), `"cause":"body_too_large"`); n == 0 {
		t.Error("the log does not say that a body was too large")
	}
}

// nested is a list in a list and so on, with zeros in the innermost one: some bytes of JSON that take very many with indentation.
func nested(depth, zeros int) string {
	return strings.Repeat("[", depth) + strings.Repeat("0,", zeros) + "0" + strings.Repeat("]", depth)
}

// TestAttackIndentedAnswer has a short body answered by a long one, by asking for indentation, or for a page.
func TestAttackIndentedAnswer(t *testing.T) {
	s := openShop(t, nil)
	_, access := s.login(t)
	for _, c := range []struct {
		name, accept, body string
		status, most       int
		has, lacks         string
	}{
		{"indented a little", "application/json; indent=8", nested(3, 3), 200, 1 << 10, "                0", ""},
		{"indented very far", "application/json; indent=8", nested(900, 300), 400, 1 << 10, "ask for it without", ""},
		{"as a page, a little", "text/html", nested(3, 3), 200, 64 << 10, "received", "too long to show"},
		{"as a page, very far", "text/html", nested(300, 200), 200, 64 << 10, "This answer is too long to show. Ask for it as JSON.", "[[["},
		{"as a page, further", "text/html", nested(900, 4000), 400, 64 << 10, "ask for it without", "[[["},
	} {
		answer, body := s.post(t, "/customers/me/", c.body, "Accept: "+c.accept, "Authorization: Bearer "+access)
		if answer.StatusCode != c.status || len(body) > c.most || !strings.Contains(body, c.has) || c.lacks != "" && strings.Contains(body, c.lacks) {
			t.Errorf("%s: %d with %d bytes for %d, want %d with %d at most, %q and no %q", c.name, answer.StatusCode, len(body), len(c.body), c.status, c.most, c.has, c.lacks)
		}
	}
}

// TestAttackLongPagesTakeTurns: a page that shows much is not made beside any number of others.
func TestAttackLongPagesTakeTurns(t *testing.T) {
	s := openShop(t, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	defer httpapi.TakeTurns(s.Config.Handler)()
	for name, c := range map[string]struct {
		path   string
		status int
	}{
		"short":          {"/customers/open/", http.StatusCreated},
		"a long address": {"/customers/open/?" + strings.Repeat("x", 9<<10), http.StatusServiceUnavailable},
	} {
		request := httptest.NewRequestWithContext(gone, "POST", c.path, strings.NewReader(`{"a":1}`))
		request.Header = http.Header{"Accept": {"text/html"}, "Content-Type": {"application/json"}}
		answer := httptest.NewRecorder()
		if s.Config.Handler.ServeHTTP(answer, request); answer.Code != c.status {
			t.Errorf("%s, whose turn does not come: %d, want %d", name, answer.Code, c.status)
		}
	}
}

// slowReader is a client that takes nothing of an answer until it is let.
type slowReader struct {
	*httptest.ResponseRecorder
	began chan struct{}
	let   chan struct{}
}

func (w slowReader) Write(p []byte) (int, error) {
	close(w.began)
	<-w.let
	return w.ResponseRecorder.Write(p)
}

// TestAttackUnreadAnswers: answers that nobody reads take no more memory than there is for large bodies.
func TestAttackUnreadAnswers(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.MaxBody, h.BodyMemory = 100_000, 600_000 })
	_, access := s.login(t)
	ask := func(w http.ResponseWriter, zeros int) {
		request := httptest.NewRequestWithContext(t.Context(), "POST", "/customers/me/", strings.NewReader(nested(50, zeros)))
		request.Header = http.Header{"Accept": {"application/json; indent=8"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + access}}
		s.Config.Handler.ServeHTTP(w, request)
	}
	slow := slowReader{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ask(slow, 1000) // some 400 KB
	}()
	<-slow.began
	for zeros, status := range map[int]int{10: http.StatusOK, 1000: http.StatusServiceUnavailable} {
		answer := httptest.NewRecorder()
		if ask(answer, zeros); answer.Code != status || (answer.Header().Get("Retry-After") != "") != (status != http.StatusOK) {
			t.Errorf("an answer with %d zeros beside one that nobody reads: %d %.80s, want %d", zeros, answer.Code, answer.Body, status)
		}
	}
	close(slow.let)
	<-ended
	answer := httptest.NewRecorder()
	if ask(answer, 1000); slow.Code != http.StatusOK || answer.Code != http.StatusOK {
		t.Errorf("the slow answer = %d, one after it = %d %.80s, want 200 both", slow.Code, answer.Code, answer.Body)
	}
}
