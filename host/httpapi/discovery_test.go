package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestDiscovery: the metadata of an issuer lies where RFC 8414 §3.1 and OpenID Connect Discovery §4.1 look for it, and
// where a proxy passes it on without the issuer's path. The keys lie below the issuer.
func TestDiscovery(t *testing.T) {
	for _, c := range []struct{ issuer, keys, path string }{
		{"https://shop.example", "https://shop.example/.well-known/jwks.json", ""},
		{"https://shop.example/", "https://shop.example/.well-known/jwks.json", ""},
		{"https://shop.example:8443/auth", "https://shop.example:8443/auth/.well-known/jwks.json", "/auth"},
		{"https://shop.example/a/b%20c/", "https://shop.example/a/b%20c/.well-known/jwks.json", "/a/b%20c"},
		{"http://127.0.0.1:8000", "http://127.0.0.1:8000/.well-known/jwks.json", ""},
		{"http://localhost:8000", "http://localhost:8000/.well-known/jwks.json", ""},
		{"http://[::1]:8000", "http://[::1]:8000/.well-known/jwks.json", ""},
	} {
		s := openKeys(t, func(n *node.Config, _ *httpapi.Config) { n.Settings.Issuer = &c.issuer })
		want := `{"issuer":"` + c.issuer + `","jwks_uri":"` + c.keys + `","response_types_supported":[],` +
			`"grant_types_supported":[],"subject_types_supported":["public"],` +
			`"id_token_signing_alg_values_supported":["ES256","EdDSA"],` +
			`"claims_supported":["token_type","exp","iat","jti","user_id","iss"]}`
		for _, document := range documents[1:] {
			for _, path := range []string{document, c.path + document, document + c.path} {
				if answer, body := s.ask(t, "GET", path, ""); answer.StatusCode != http.StatusOK || body != want {
					t.Errorf("%s: %s = %d %s, want %s", c.issuer, path, answer.StatusCode, body, want)
				}
			}
			if answer, _ := s.ask(t, "GET", "/other"+document, ""); answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s: /other%s = %d, want 404", c.issuer, document, answer.StatusCode)
			}
		}
		if answer, body := s.ask(t, "GET", c.path+documents[0], ""); body != jwks {
			t.Errorf("%s: the keys = %d %s", c.issuer, answer.StatusCode, body)
		}
	}
}

// TestNothingToDiscover: an issuer that is no URL by RFC 8414 §2 leads nobody to keys.
func TestNothingToDiscover(t *testing.T) {
	for _, issuer := range []string{
		"", "shop", "shop.example", "http://shop.example", "http://10.0.0.1", "https:///auth", "https:shop.example",
		"https://shop.example?a", "https://shop.example?", "https://shop.example#a", "https://shop.example#",
		"https://ana@shop.example", "https://shop.example/a b", "ftp://localhost", "https://shop.example\n",
	} {
		s := openKeys(t, func(n *node.Config, _ *httpapi.Config) {
			if n.Settings.Issuer = &issuer; issuer == "" {
				n.Settings.Issuer = nil
			}
		})
		_, router := description(t, s)
		for _, path := range documents[1:] {
			answer, body := s.ask(t, "GET", path, "")
			checkAnswer(t, router, path, "", answer, body)
			if answer.StatusCode != http.StatusNotFound ||
				!strings.Contains(body, "set ISSUER to the URL of this service") ||
				answer.Header.Get("Access-Control-Allow-Origin") != "*" ||
				answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%q: %s = %d %s, want 404", issuer, path, answer.StatusCode, body)
			}
		}
		if answer, body := s.ask(t, "GET", documents[0], ""); answer.StatusCode != http.StatusOK || body != jwks {
			t.Errorf("%q: the keys = %d %s", issuer, answer.StatusCode, body)
		}
	}
}
