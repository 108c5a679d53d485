package main_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// TestOpenIDVerifier: go-oidc verifies the tokens of a new node and knows nothing but their issuer, on either wire and
// with each kind of key.
func TestOpenIDVerifier(t *testing.T) {
	for _, c := range []struct{ algorithm, wire, slash string }{
		{"", "secure", ""}, {"ES256", "exact", "/"}, {"EdDSA", "secure", ""}, {"RS256", "exact", ""},
		{"PS256", "secure", ""},
	} {
		t.Run(c.algorithm+" "+c.wire, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			issuer := "http://" + l.Addr().String() + c.slash
			environ := []string{"EDGETOKEN_SIMPLE_JWT_ISSUER=" + issuer, "EDGETOKEN_WIRE=" + c.wire}
			if c.algorithm != "" { // else the default
				environ = append(environ, "EDGETOKEN_SIMPLE_JWT_ALGORITHM="+c.algorithm)
			}
			node := startNode(t, l, environ)
			provider, err := oidc.NewProvider(t.Context(), issuer)
			if err != nil {
				t.Fatal(err)
			}
			verifier := provider.Verifier(&oidc.Config{SkipClientIDCheck: true})
			var pair struct{ Access, Refresh string }
			answer, err := http.Post(node.URL()+"/auth/token/", "application/json",
				strings.NewReader(`{"email":"ana@example.com","password":"correct horse 1"}`))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if err := json.NewDecoder(answer.Body).Decode(&pair); err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{pair.Access, pair.Refresh} {
				var claims map[string]any
				verified, err := verifier.Verify(t.Context(), token)
				if err == nil {
					err = verified.Claims(&claims)
				}
				if err != nil || verified.Issuer != issuer || claims["user_id"] != "1" {
					t.Errorf("%s is verified as %+v, %v", token, claims, err)
				}
			}
			if _, err := verifier.Verify(t.Context(), pair.Access[:len(pair.Access)-8]+"AAAAAAAA"); err == nil {
				t.Error("a forged token is verified")
			}
		})
	}
}

// startNode runs a node with one customer until the test ends.
func startNode(t *testing.T, l net.Listener, environ []string) *service.Service {
	cfg, err := config.Load(config.Sources{Environ: append(environ, "EDGETOKEN_DATA="+t.TempDir()+"/data",
		"EDGETOKEN_ENGINE=native", "EDGETOKEN_PASSWORD_MEMORY=8", "EDGETOKEN_PASSWORD_ITERATIONS=1")})
	if err != nil {
		t.Fatal(err)
	}
	node, err := service.Open(t.Context(), service.Config{Start: cfg, Listener: l})
	if err != nil {
		t.Fatal(err)
	}
	if err := node.AddCustomer(t.Context(), store.NewCustomer{Email: "ana@example.com", IsActive: true},
		"correct horse 1"); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- node.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := node.Close(); err != nil {
			t.Error(err)
		}
	})
	return node
}
