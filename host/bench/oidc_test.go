package main_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// TestOpenIDVerifier: go-oidc verifies the tokens of a node and knows nothing but their issuer, on either wire,
// whatever the algorithm, and where the issuer has a path.
func TestOpenIDVerifier(t *testing.T) {
	for _, c := range []struct {
		algorithm, path string
		wire            core.Wire
	}{{"ES256", "", core.Secure}, {"ES256", "/auth/", core.Exact}, {"EdDSA", "/auth", core.Secure},
		{"RS256", "", core.Exact}, {"PS256", "", core.Secure}} {
		t.Run(c.algorithm+" "+string(c.wire), func(t *testing.T) {
			var handler http.Handler
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				handler.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			issuer := server.URL + c.path
			handler = keyedNode(t, c.algorithm, issuer, c.wire)

			provider, err := oidc.NewProvider(t.Context(), issuer)
			if err != nil {
				t.Fatal(err)
			}
			verifier := provider.Verifier(&oidc.Config{SkipClientIDCheck: true})
			var pair struct{ Access, Refresh string }
			answer, err := http.Post(server.URL+"/auth/token/", "application/json",
				strings.NewReader(`{"email":"ana@example.com","password":"right"}`))
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
				if err != nil || verified.Issuer != issuer || claims["user_id"] != "7" {
					t.Errorf("%s is verified as %+v, %v", token, claims, err)
				}
			}
			if _, err := verifier.Verify(t.Context(), pair.Access[:len(pair.Access)-8]+"AAAAAAAA"); err == nil {
				t.Error("a forged token is verified")
			}
		})
	}
}

// keyedNode is a node with one customer, whose tokens name their issuer and are signed by a new key.
func keyedNode(t *testing.T, algorithm, issuer string, wire core.Wire) http.Handler {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := keyring.GenerateKey(algorithm, nil)
	must(err)
	ring, err := keyring.NewRing([]keyring.Member{{Key: key, Info: core.KeyInfo{
		ID: key.ID(), Algorithm: algorithm, Default: true,
	}}}, []core.SigningKey{{}})
	must(err)
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	must(err)
	t.Cleanup(func() { must(db.Close()) })
	cheap := password.Params{Memory: 8, Iterations: 1, Parallelism: 1}
	hash, err := password.Hash("right", cheap, rand.Reader)
	must(err)
	_, err = db.Add(t.Context(), store.NewCustomer{ID: core.Integer(7), Email: "ana@example.com", IsActive: true,
		PasswordHash: hash})
	must(err)
	settings := core.DefaultSettings()
	settings.Issuer, settings.Wire = &issuer, wire
	n, err := node.New(node.Config{Engine: core.NewNative(settings, ring), Store: db, Settings: settings,
		Passwords: cheap})
	must(err)
	h, err := httpapi.New(httpapi.Config{Node: n, Keys: func() *httpapi.PublishedKeys { return published(key) }})
	must(err)
	return h
}

func published(key keyring.Key) *httpapi.PublishedKeys {
	return &httpapi.PublishedKeys{JWKS: keyring.JWKS([]keyring.Key{key}), ETag: `"1"`, MaxAge: time.Hour,
		List: []httpapi.PublishedKey{
			{ID: key.ID(), Algorithm: key.Algorithm(), State: core.KeySigning.String()},
		}}
}
