package httpapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
	"github.com/edgetoken/edgetoken/host/pages"
)

// Where verifiers ask what they need to know of an issuer.
const (
	openIDPath = "/.well-known/openid-configuration"       // OpenID Connect Discovery 1.0 §4
	oauthPath  = "/.well-known/oauth-authorization-server" // RFC 8414 §3
)

// noIssuerText says why there is nothing to discover.
const noIssuerText = "Tokens name no issuer that is a URL: set ISSUER to the URL of this service."

// issuerURL is the issuer of tokens as a URL; nil if it is none by RFC 8414 §2: https, without query or fragment. On
// this machine http will do, for trials.
func issuerURL(settings *core.Settings) *url.URL {
	if settings.Issuer == nil {
		return nil
	}
	issuer, err := url.Parse(*settings.Issuer)
	switch {
	case err != nil, issuer.String() != *settings.Issuer, strings.ContainsAny(*settings.Issuer, "?#"),
		issuer.Hostname() == "", issuer.User != nil,
		issuer.Scheme != "https" && (issuer.Scheme != "http" || !isLoopback(issuer.Hostname())):
		return nil
	}
	return issuer
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// routeWellKnown fills in the paths of the well-known documents. If the issuer has a path, RFC 8414 §3.1 asks for the
// metadata with that path at the end, and OpenID Connect below it, where the keys are too; a proxy may cut it off.
func (h *handler) routeWellKnown() {
	h.wellKnown = map[string]*wellKnown{}
	below := ""
	if h.issuer != nil {
		below = strings.TrimSuffix(h.issuer.Path, "/")
	}
	for _, d := range h.wellKnowns() {
		h.wellKnown[d.path], h.wellKnown[below+d.path] = d, d
		if d.path != pages.JWKSPath {
			h.wellKnown[d.path+below] = d
		}
	}
}

// discover answers with what is known of the issuer. A verifier compares the issuer with that of tokens, and with the
// URL that it was given. The empty lists deny what verifiers would take for granted (RFC 8414 §2).
func (h *handler) discover(rq *request) answer {
	if h.issuer == nil {
		a := h.compat.json(http.StatusNotFound, django.Object(django.Text("detail", noIssuerText)))
		a.header.Set("Cache-Control", "no-store")
		return a.since(noIssuer)
	}
	keys, settings := h.published(), h.cfg.Node.Settings()
	claims := []string{settings.TokenTypeClaim, "exp", "iat", settings.IDClaim, settings.UserIDClaim}
	if settings.Audience != nil {
		claims = append(claims, "aud")
	}
	var named []string
	for _, name := range append(claims, "iss") {
		if name != "" { // else it is switched off
			named = append(named, name)
		}
	}
	a := h.compat.json(http.StatusOK, django.Object(
		django.Text("issuer", *settings.Issuer),
		django.Text("jwks_uri", strings.TrimSuffix(*settings.Issuer, "/")+pages.JWKSPath),
		django.Texts("response_types_supported"),
		django.Texts("grant_types_supported"),
		django.Texts("subject_types_supported", "public"),
		django.Texts("id_token_signing_alg_values_supported", keys.algorithms()...),
		django.Texts("claims_supported", named...),
	))
	if a.status != http.StatusOK {
		return a
	}
	return rq.kept(a, StrongETag(a.body), keys.MaxAge)
}

// issuerSchema is the shape of what discover answers.
var issuerSchema = func() openapi.Schema {
	texts := openapi.List(openapi.Text())
	return openapi.Object("IssuerMetadata",
		openapi.Has("issuer", openapi.Text().About("ISSUER, as tokens have it.")),
		openapi.Has("jwks_uri", openapi.Text().About("Where the public keys are.")),
		openapi.Has("response_types_supported", texts.About("Empty.")),
		openapi.Has("grant_types_supported", texts.About("Empty.")),
		openapi.Has("subject_types_supported", texts),
		openapi.Has("id_token_signing_alg_values_supported", texts.About("The algorithms of the public keys.")),
		openapi.Has("claims_supported", texts.About("Names of claims that tokens have.")))
}()
