package middleware

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/edgetoken/edgetoken/wasm/gateway"
)

// Identity is who a request is from, by its token.
type Identity struct {
	// Customer is the id of the customer, which USER_ID_CLAIM holds: a text, or the digits of an integer.
	Customer string
	// Claims are all claims of the token, a JSON object.
	Claims json.RawMessage
}

// Decode puts the claims into v, as json.Unmarshal does.
func (i *Identity) Decode(v any) error { return json.Unmarshal(i.Claims, v) }

func newIdentity(a *gateway.Answer) *Identity {
	return &Identity{string(a.Customer), bytes.Clone(a.Claims)}
}

// identityKey is the key of an Identity in a context.
type identityKey struct{}

func withIdentity(ctx context.Context, i *Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, i)
}

// From is who the request with that context is from. It gives false where Optional let a request without a token
// through.
func From(ctx context.Context) (*Identity, bool) {
	i, ok := ctx.Value(identityKey{}).(*Identity)
	return i, ok
}
