package httpapi_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// FuzzRequest sends what no client would. The answer is never a failure of ours.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/auth/token/", "", "*/*", "application/json", "", `{"email":"ana@example.com","password":"x"}`)
	f.Add("POST", "/auth/token/refresh/", "format=json", "application/json; indent=4",
		"application/x-www-form-urlencoded; charset=utf-16", "", "refresh=x")
	f.Add("POST", "/customers/me/", "", "text/html;q=0, */*", `multipart/form-data; boundary="b"`, "Bearer a.b.c",
		"--b\r\n\r\n--b--")
	f.Add("PURGE", "/customers/directory/", "format=api", "application/json; indent=4", "", "Bearer a.b.c", "x")
	f.Add("delete", "/customers/open/", "", "text/html", "application/json", "", "")
	f.Add("HEAD", "/customers/", "", "", "", "", "")
	f.Add("GET", "/customers/me", "a=%zz", "", "", "Bearer", "")
	f.Add("\x00", "//", "\xff", ",,;=\"", ";;\"\\", " \t", "\xff")
	db, err := store.Open(store.Config{Path: filepath.Join(f.TempDir(), "store.db")})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	var handlers []http.Handler
	for _, version := range []core.Version{core.V55, core.V52} {
		settings := core.DefaultSettings()
		settings.Compat = version
		n, err := node.New(node.Config{Engine: core.NewNative(settings, fuzzKeys{}), Store: db, Settings: settings,
			Passwords: cheap, Log: quiet})
		if err != nil {
			f.Fatal(err)
		}
		handler, err := httpapi.New(httpapi.Config{Node: n, Log: quiet, Samples: true})
		if err != nil {
			f.Fatal(err)
		}
		handlers = append(handlers, handler)
	}
	f.Fuzz(func(t *testing.T, method, path, query, accept, contentType, authorization, body string) {
		for _, handler := range handlers {
			request := httptest.NewRequestWithContext(t.Context(), "GET", "/", strings.NewReader(body))
			request.Method, request.URL.Path, request.URL.RawQuery = method, path, query
			request.Header = http.Header{"Accept": {accept}, "Content-Type": {contentType},
				"Authorization": {authorization}}
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			if answer.Code >= 500 {
				t.Errorf("%d %s", answer.Code, answer.Body)
			}
		}
	})
}

// fuzzKeys is a key that signed nothing.
type fuzzKeys struct{}

func (fuzzKeys) Set() core.KeySet {
	return core.KeySet{Epoch: 1, Signing: []core.SigningKey{{}},
		Keys: []core.KeyInfo{{Algorithm: "HS256", Default: true, AnyID: true}}}
}
func (fuzzKeys) Check(context.Context, int, []byte, []byte) (bool, error) { return false, nil }
func (fuzzKeys) Sign(context.Context, int, []byte, []byte) ([]byte, error) {
	return nil, errors.New("nothing to sign")
}
