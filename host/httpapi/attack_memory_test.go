package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
)

// TestAttackLongNext has the log-in keep a long URL while its password waits, and give it back in the page.
func TestAttackLongNext(t *testing.T) {
	t.Parallel()
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
				answer, page := b.submitParts(t, "/auth/login/", "username=ana@example.com", "password="+password,
					"next="+c.next)
				next, _ := formIn(page)["next"].(string)
				if password == "right" {
					next = answer.Header.Get("Location")
				}
				if kept := next == c.next; kept != c.kept || len(page) > 64<<10 {
					t.Errorf("%s, %s password: %d with a page of %d bytes, next kept %v, want %v", name, password,
						answer.StatusCode, len(page), kept, c.kept)
				}
			}
		}
	})
}

// submitParts posts a multipart form, "name=value" each, with the CSRF token: in both versions such a form may be
// longer than any other.
func (b *tab) submitParts(t *testing.T, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	var body strings.Builder
	for _, f := range append(fields, "csrfmiddlewaretoken="+b.token) {
		name, value, _ := strings.Cut(f, "=")
		body.WriteString("--XbX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n")
	}
	return b.ask(t, "POST", path, body.String()+"--XbX--\r\n", "Content-Type: multipart/form-data; boundary=XbX")
}

// TestAttackLargeCall sends a large body by the form for any request, whose view would keep it while a password
// waits, and show it again.
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
		answer, page := b.submitParts(t, pages.CallPath, "path=/auth/token/verify/", "method=POST", "content="+content,
			"junk="+strings.Repeat("x", 10_000))
		shown := strings.Contains(page, strings.Repeat("&#x27;", 1000))
		if answer.StatusCode != c.status || shown != (c.status == http.StatusUnauthorized) || len(page) > 128<<10 {
			t.Errorf("%s content: %d with a page of %d bytes, shown %v; want %d", name, answer.StatusCode, len(page),
				shown, c.status)
		}
	}
	if n := strings.Count(b.shop.log.String(), `"cause":"body_too_large"`); n == 0 {
		t.Error("the log does not say that a body was too large")
	}
}

// nested is a list in a list and so on, with zeros in the innermost one: some bytes of JSON that take very many with
// indentation.
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
		{"as a page, very far", "text/html", nested(300, 200), 200, 64 << 10,
			"This answer is too long to show. Ask for it as JSON.", "[[["},
		{"as a page, further", "text/html", nested(900, 4000), 400, 64 << 10, "ask for it without", "[[["},
	} {
		answer, body := s.post(t, "/customers/me/", c.body, "Accept: "+c.accept, "Authorization: Bearer "+access)
		if answer.StatusCode != c.status || len(body) > c.most || !strings.Contains(body, c.has) || c.lacks != "" &&
			strings.Contains(body, c.lacks) {
			t.Errorf("%s: %d with %d bytes for %d, want %d with %d at most, %q and no %q", c.name, answer.StatusCode,
				len(body), len(c.body), c.status, c.most, c.has, c.lacks)
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

// slowReader is a client that takes nothing of an answer until it is let, or its connection gets a deadline.
type slowReader struct {
	*httptest.ResponseRecorder
	began chan struct{}
	let   chan struct{}
	ended chan struct{}
}

func newSlowReader() slowReader {
	return slowReader{httptest.NewRecorder(), make(chan struct{}), make(chan struct{}), make(chan struct{})}
}

func (w slowReader) Write(p []byte) (int, error) {
	close(w.began)
	select {
	case <-w.let:
		return w.ResponseRecorder.Write(p)
	case <-w.ended:
		return 0, os.ErrDeadlineExceeded
	}
}

func (w slowReader) SetWriteDeadline(time.Time) error {
	close(w.ended)
	return nil
}

// TestAttackUnreadAnswers: answers that nobody reads take no more memory than there is, and make room for those that
// are read.
func TestAttackUnreadAnswers(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.MaxBody, h.BodyMemory = 100_000, 900_000 })
	_, access := s.login(t)
	ask := func(w http.ResponseWriter, zeros int) {
		request := httptest.NewRequestWithContext(t.Context(), "POST", "/customers/me/",
			strings.NewReader(nested(50, zeros)))
		request.Header = http.Header{"Accept": {"application/json; indent=8"}, "Content-Type": {"application/json"},
			"Authorization": {"Bearer " + access}}
		s.Config.Handler.ServeHTTP(w, request)
	}
	var unread []slowReader
	var all sync.WaitGroup
	for range 2 { // of some 400 KB each
		w := newSlowReader()
		all.Go(func() { ask(w, 1000) })
		<-w.began
		unread = append(unread, w)
	}
	for _, zeros := range []int{10, 1000} {
		answer := httptest.NewRecorder()
		if ask(answer, zeros); answer.Code != http.StatusOK {
			t.Errorf("an answer with %d zeros beside those that nobody reads: %d %.80s, want 200", zeros, answer.Code,
				answer.Body)
		}
		select {
		case <-unread[0].ended:
			if zeros == 10 {
				t.Error("an answer that nobody reads was ended for a short one, though there is room")
			}
		default:
			if zeros == 1000 {
				t.Error("the answer that nobody has read for longest was not ended")
			}
		}
	}
	close(unread[1].let)
	all.Wait()
	if n := unread[1].Body.Len(); n < 100_000 {
		t.Errorf("%d bytes of the other answer were read in the end, want all", n)
	}
}
