package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// TestClassify: views, pages and the form to log in end alike for the same error.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		cause  string
		wait   time.Duration
	}{
		{node.ErrBusy, 503, "busy", time.Second},
		{fmt.Errorf("log in: %w", hashing.ErrFailed), 503, "hashing_failed", time.Second},
		{store.ErrUnavailable, 503, "unavailable", time.Second},
		{core.ErrStale, 503, "stale", time.Second},
		{node.ErrAway, 503, "away", time.Second},
		{fmt.Errorf("%w: node 2: %w", node.ErrUnanswered, core.ErrStale), 503, "away", time.Second},
		{node.ErrUnleased, 503, "unleased", time.Second},
		{node.ErrUnconfirmed, 503, "unconfirmed", time.Second},
		{store.ErrClosed, 503, "unavailable", time.Second},
		{store.ErrOutboxFull, 503, "outbox_full", time.Second},
		{core.ErrKeyEnded, 503, "unavailable", time.Second},
		{fmt.Errorf("%w: key kms-1: slow", core.ErrSigner), 503, "signer", time.Second},
		{context.Canceled, 503, "client_gone", time.Second},
		{context.DeadlineExceeded, 503, "timeout", time.Second},
		{&django.ParseError{Detail: "no"}, 400, "malformed_body", 0},
		{django.ErrFileNotText, 400, "malformed_body", 0},
		{django.ErrBodyTooLarge, 400, "body_too_large", 0},
		{django.ErrTooManyFields, 400, "too_many_fields", 0},
		{django.ErrTooManyFiles, 400, "too_many_fields", 0},
		{errors.New("disk"), 500, "internal_error", 0},
	} {
		status, cause, wait := httpapi.Classify(fmt.Errorf("load: %w", c.err))
		if status != c.status || cause != c.cause || wait != c.wait {
			t.Errorf("Classify(%v) = %d, %q, %v; want %d, %q, %v", c.err, status, cause, wait, c.status, c.cause,
				c.wait)
		}
	}
}

// TestReasonsOfPages: a page that failed says in the log what for, as a view does.
func TestReasonsOfPages(t *testing.T) {
	once := throttle.Rate{Requests: 1, Period: time.Hour}
	const form, noBoundary = "application/x-www-form-urlencoded", "multipart/form-data"
	nonsense := url.Values{"token": {"nonsense"}}
	logIn := url.Values{"username": {"ana@example.com"}, "password": {"wrong"}}
	for _, c := range []struct {
		name, path  string
		form        url.Values
		contentType string
		change      func(*httpapi.Config)
		noStore     bool
		status      int
		want        string // of the record
	}{
		{name: "explain too often", path: pages.ExplainPath, form: nonsense, contentType: form, status: 429,
			want:   `"code":"throttled","cause":"throttled","throttle":"anon"`,
			change: func(c *httpapi.Config) { c.Throttles.Anon = once }},
		{name: "explain nothing", path: pages.ExplainPath, form: url.Values{}, contentType: form, status: 400,
			want: `"cause":"invalid_fields"`},
		{name: "explain too much", path: pages.ExplainPath, form: url.Values{"token": {strings.Repeat("a", 2000)}},
			contentType: form, status: 400, want: `"cause":"body_too_large"`},
		{name: "explain with many fields", path: pages.ExplainPath, form: url.Values{"a": {"", "", "", "", ""}},
			contentType: form, status: 400, want: `"cause":"too_many_fields"`},
		{name: "explain what is no multipart", path: pages.ExplainPath, form: nonsense, contentType: noBoundary,
			status: 400, want: `"cause":"malformed_body"`},
		{name: "call what is nowhere", path: pages.CallPath, form: url.Values{"path": {"/nowhere/"}, "method": {"GET"}},
			contentType: form, status: 404, want: `"cause":"unknown_path"`},
		{name: "call by another method", path: pages.CallPath, form: url.Values{"path": {"/auth/token/"},
			"method": {"get"}}, contentType: form, status: 404, want: `"cause":"unknown_path"`},
		{name: "log in with many fields", path: pages.LoginPath, form: url.Values{"a": {"", "", "", "", ""}},
			contentType: form, status: 400, want: `"cause":"too_many_fields"`},
		{name: "log in by what is no multipart", path: pages.LoginPath, form: logIn, contentType: noBoundary,
			status: 400, want: `"cause":"malformed_body"`},
		{name: "log in in another charset", path: pages.LoginPath, form: logIn, contentType: form + "; charset=latin-1",
			status: 400, want: `"cause":"malformed_body"`},
		{name: "log in too often", path: pages.LoginPath, form: logIn, contentType: form, status: 429,
			want:   `"code":"throttled","cause":"throttled","throttle":"login"`,
			change: func(c *httpapi.Config) { c.Throttles.Login = once }},
		{name: "log in without a store", path: pages.LoginPath, form: logIn, contentType: form, noStore: true,
			status: 503, want: `"cause":"unavailable"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openPerson(t, func(_ *node.Config, h *httpapi.Config) {
				h.MaxBody, h.MaxFields = 1000, 4
				if c.change != nil {
					c.change(h)
				}
			})
			_, page := b.open(t, pages.LoginPath, nil)
			c.form.Set("csrfmiddlewaretoken", token(t, page))
			send := func() int {
				b.record(t)
				b.log.Lock()
				b.log.Reset()
				b.log.Unlock()
				answer, _ := b.ask(t, "POST", c.path, c.form.Encode(), append(asPerson, "Origin: "+b.URL,
					"Cookie: csrftoken="+b.cookies["csrftoken"], "Content-Type: "+c.contentType)...)
				return answer.StatusCode
			}
			if c.change != nil {
				send()
			}
			if c.noStore {
				if err := b.store.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if status := send(); status != c.status {
				t.Errorf("%d, want %d", status, c.status)
			}
			if record := b.record(t); !strings.Contains(record, c.want) {
				t.Errorf("log = %s, want %s", record, c.want)
			}
		})
	}
}

// TestMethodsInAnyCase: Django takes a method in any case, and so do pages.
func TestMethodsInAnyCase(t *testing.T) {
	s := openShop(t, nil)
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, pages.LoginPath: http.StatusOK, pages.IndexPath: http.StatusOK,
		pages.OpenAPIPath: http.StatusOK, "/customers/open/": http.StatusOK,
	} {
		if answer, _ := s.ask(t, "get", path, ""); answer.StatusCode != want {
			t.Errorf("get %s = %d, want %d", path, answer.StatusCode, want)
		}
	}
}
