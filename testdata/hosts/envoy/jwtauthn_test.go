package envoy

import "testing"

// TestRefreshTokens shows what Envoy's own filter does not know: it takes a refresh token for an access token.
func TestRefreshTokens(t *testing.T) {
	key := newSigner(t, "ES256")
	ours := listener{port: 10000, filter: ofEdgetoken("ours", everywhere(key.jwk))}
	native := listener{port: 10001, filter: ofJwtAuthn(`{"keys": [` + key.jwk + `]}`)}
	start(t, configured(t, ours, native), module(t, ""), 1)
	for _, tt := range []struct {
		name         string
		token        string
		ours, native int
	}{
		{"access", key.token(t, nil), 200, 200},
		{"refresh", key.token(t, claims{"token_type": "refresh"}), 401, 200},
		{"forged", forged(t, key), 401, 401},
	} {
		if a := get(t, ours.url(), "Authorization", bearer(tt.token)); a.status != tt.ours {
			t.Errorf("%s: our filter answers %d, want %d", tt.name, a.status, tt.ours)
		}
		if a := get(t, native.url(), "Authorization", bearer(tt.token)); a.status != tt.native {
			t.Errorf("%s: jwt_authn answers %d, want %d", tt.name, a.status, tt.native)
		}
	}
}
