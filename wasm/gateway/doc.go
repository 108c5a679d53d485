// Package gateway is what every gateway plug-in does with a request, whatever the gateway: it finds the rule for the
// path, the token in a header or a cookie, has core/verify judge it, and says what to pass on or to answer. An adapter
// (wasm/httpwasm, wasm/envoy) only moves headers between its host and a Gateway.
//
//	g, err := gateway.Read(config)
//	for each request:
//	    a := g.Handle(&gateway.Request{…}, now)
//	    a.Pass:  remove each header for whose name g.Strips(name), set a.Headers, pass the request on
//	    else:    answer a.Status with a.Headers and a.Body
//
// # Configuration
//
// One JSON object of at most 64 KiB, read strictly: an unknown member, one that is there twice or a value of another
// kind is an error that names its place.
//
//	{
//	  "policy": {"jwks": {"keys": [{"kty": "OKP", …}]}, "issuer": "https://tokens.example"},
//	  "rules": [
//	    {"path": "/", "require": "none"},
//	    {"path": "/api", "require": "token"},
//	    {"path": "/shop", "require": "optional"}
//	  ],
//	  "headers": {"X-User-Id": "user_id", "X-Roles": "roles"},
//	  "cookie": "access",
//	  "origins": ["https://shop.example"],
//	  "realm": "api",
//	  "auth_header_name": "Authorization",
//	  "auth_header_types": ["Bearer"],
//	  "bundle": {"file": "/etc/edgetoken/bundle.jws", "poll": 5}
//	}
//
//	policy   what core/verify takes (verify.Read): an object, or a text that has it as JSON. Required.
//	rules    who may ask for what. Required; see below.
//	headers  the headers that tell the service behind the gateway who asks, each with the name of a claim. Names begin
//	         with X- or Remote-, which have no meaning in HTTP. Default: {"X-User-Id": "user_id"}.
//	cookie   the cookie that may carry the token of a request without an Authorization header. Default: none.
//	origins  where pages may come from that send the cookie, besides the host that they ask. An Origin header with
//	         another one is refused with 403, as the node's own check does.
//	realm    that of WWW-Authenticate. Default: api.
//	auth_header_name   the header that carries the token (AUTH_HEADER_NAME). Default: Authorization.
//	auth_header_types  AUTH_HEADER_TYPES. Default: ["Bearer"].
//	bundle   where the trust bundle comes from: "file", or "url" and, in Envoy, "cluster"; and every how many seconds
//	         to look ("poll": 1 to 3600; default: 10). Each adapter says which of these it can do.
//
// Some hosts write configurations anew and make texts of numbers and booleans, as Traefik does of YAML. So "policy" may
// be a text, and so may the number of "poll".
//
// # Rules
//
// A rule covers its path and what is below it: /api covers /api, /api/ and /api/orders, and not /apis. The longest one
// that covers the path counts. What no rule covers is refused with 403.
//
//	token     the request passes with a good token only, else 401
//	optional  it also passes without a token, and then without claims. A bad token is refused
//	none      it passes; no token is looked at
//
// Rules compare the path after percent-decoding, in its exact case. A path is refused with 403 where the service
// behind might read another one: the segments "." and "..", "//", "\", ";", "#", control characters, the escapes of
// these, %2F, %2E and %3F, escapes that are none or that decode to another escape, and what is no UTF-8.
//
// # Headers
//
// Each configured header is always set, empty where there is no token or no such claim. Those of the client with that
// name are removed in every spelling: in any case, and with "_", "." or another sign for "-", which many servers take
// for the same. A Connection header that names one would have proxies drop it, and is refused with 403.
//
// A value is percent-encoded (RFC 3986 §2.1) but for visible ASCII characters other than % and the comma, and inner
// spaces. A list of texts is its elements, joined by commas; any other value is JSON.
//
// # Answers
//
// 401, with body and WWW-Authenticate of the service itself, says that the token is not good. 503 says that this is
// not known: the bundle is missing or past its end, the clock is wrong, or a bug was met. All bodies are JSON with a
// detail.
package gateway
