package httpapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

const bundlePath = "/.well-known/edgetoken-bundle"

// The trust bundle is given as it is, whole or as a delta, and not again to whoever has it. While it is off, nothing
// but a 404 tells of it.
func TestTrustBundle(t *testing.T) {
	var absent string
	var failure error
	s := openShop(t, func(_ *node.Config, c *httpapi.Config) {
		c.Bundle = func(_ context.Context, since uint64) (httpapi.TrustBundle, error) {
			jws := "whole"
			if since == 7 {
				jws = "delta"
			}
			return httpapi.TrustBundle{JWS: []byte(jws), ETag: `"9"`, Absent: absent}, failure
		}
	})
	openapi3filter.RegisterBodyDecoder("application/jose", openapi3filter.PlainBodyDecoder)
	_, router := description(t, s)
	ask := func(s *shop, query string, status int, want string, headers ...string) http.Header {
		t.Helper()
		answer, body := s.ask(t, "GET", bundlePath+query, "", headers...)
		if answer.StatusCode != status || body != want {
			t.Errorf("GET %s = %d %s, want %d %s", query, answer.StatusCode, body, status, want)
		}
		if router != nil && query == "" && status != http.StatusServiceUnavailable {
			checkAnswer(t, router, "GET "+bundlePath, "", answer, body)
		}
		return answer.Header
	}
	for _, query := range []string{"", "?since=", "?since=x", "?since=6"} {
		h := ask(s, query, 200, "whole", "Accept: text/html", "Origin: https://other.example")
		if h.Get("Content-Type") != "application/jose" || h.Get("ETag") != `"9"` ||
			h.Get("Cache-Control") != "no-cache" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("its headers are %v", h)
		}
	}
	ask(s, "?since=7", 200, "delta")
	ask(s, "?since=9", 304, "", `If-None-Match: "9"`)
	if answer, _ := s.ask(t, "POST", bundlePath, "{}"); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d", answer.StatusCode)
	}
	absent = "There is none."
	ask(s, "", 404, `{"detail":"There is none."}`)
	absent, failure = "", core.ErrClock
	if answer, _ := s.ask(t, "GET", bundlePath, ""); answer.StatusCode != http.StatusServiceUnavailable ||
		answer.Header.Get("Retry-After") == "" {
		t.Errorf("without a clock the answer is %d %v", answer.StatusCode, answer.Header)
	}
	off := openShop(t, nil)
	described, _ := description(t, off)
	if described.Paths.Value(bundlePath) != nil {
		t.Error("a description names the trust bundle while it is off")
	}
	router = nil
	ask(off, "", 404, `{"detail":"This node publishes no trust bundle: set bundle.publish."}`)
}
