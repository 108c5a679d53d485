package httpapi

import (
	"net/http"

	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// noKeys stands for the keys of a node that publishes none.
var noKeys = &PublishedKeys{JWKS: []byte(`{"keys":[]}`), ETag: StrongETag([]byte(`{"keys":[]}`))}

// published are the keys as they are now.
func (h *handler) published() *PublishedKeys {
	if h.cfg.Keys == nil {
		return noKeys
	}
	if keys := h.cfg.Keys(); keys != nil {
		return keys
	}
	return noKeys
}

// keySet answers GET /.well-known/jwks.json with the public keys.
func (h *handler) keySet(rq *request) answer {
	keys := h.published()
	header := http.Header{"Content-Type": {"application/json"}}
	return rq.kept(answer{status: http.StatusOK, header: header, body: keys.JWKS}, keys.ETag, keys.MaxAge)
}

// keySetSchema is the shape of what keySet answers (RFC 7517 §5).
var keySetSchema = func() openapi.Schema {
	key := openapi.Object("PublicKey",
		openapi.Has("kty", openapi.Text().About("EC, OKP or RSA.")),
		openapi.MayHave("kid", openapi.Text().About("The name of the key, as in the header of tokens.")),
		openapi.Has("use", openapi.Text().About("sig.")),
		openapi.Has("alg", openapi.Text().About("The only algorithm of the key.")),
		openapi.MayHave("crv", openapi.Text().About("The curve, of EC and OKP.")),
		openapi.MayHave("x", openapi.Text().About("Of EC and OKP.")),
		openapi.MayHave("y", openapi.Text().About("Of EC.")),
		openapi.MayHave("n", openapi.Text().About("The modulus, of RSA.")),
		openapi.MayHave("e", openapi.Text().About("The exponent, of RSA.")))
	return openapi.Object("KeySet", openapi.Has("keys", openapi.List(key)))
}()
