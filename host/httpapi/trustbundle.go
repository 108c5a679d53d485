package httpapi

import (
	"net/http"
	"strconv"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
	"github.com/edgetoken/edgetoken/host/httpapi/openapi"
)

// bundlePath is where verifiers fetch the trust bundle.
const bundlePath = "/.well-known/edgetoken-bundle"

// bundleOff says why there is no trust bundle.
const bundleOff = "This node publishes no trust bundle: set bundle.publish."

// TrustBundle is what verifiers elsewhere go by, or a delta to it.
type TrustBundle struct {
	JWS []byte // compact (RFC 7515 §7.1)
	// ETag names the content, whether as a whole or as a delta: whoever has it needs nothing new.
	ETag   string
	Absent string // why there is none; "": there is one
}

// trustBundle answers GET /.well-known/edgetoken-bundle, with a delta where ?since= names an epoch that is remembered.
func (h *handler) trustBundle(rq *request) answer {
	b := TrustBundle{Absent: bundleOff}
	if h.cfg.Bundle != nil {
		since, _ := strconv.ParseUint(rq.URL.Query().Get("since"), 10, 64) // anything else: the whole
		var err error
		if b, err = h.cfg.Bundle(rq.Context(), since); err != nil {
			refused := classify(err)
			if refused.detail == "" {
				return h.compat.failed(err)
			}
			return refused.mark(h.compat.json(refused.status, django.Object(django.Text("detail", refused.detail))))
		}
	}
	if b.Absent != "" {
		a := h.compat.json(http.StatusNotFound, django.Object(django.Text("detail", b.Absent)))
		a.header.Set("Cache-Control", "no-store")
		return a.since(noBundle)
	}
	header := http.Header{"Content-Type": {bundleMedia}}
	a := rq.kept(answer{status: http.StatusOK, header: header, body: b.JWS}, b.ETag, 0)
	a.header.Set("Cache-Control", "no-cache") // a revocation must not wait for a cache
	return a
}

// bundleMedia is the media type of a compact JWS (RFC 7515 §9.2.1).
const bundleMedia = "application/jose"

// bundleSchema is the shape of what trustBundle answers.
var bundleSchema = openapi.Text().Named("TrustBundle").About("A compact JWS of the type edgetoken-bundle+jwt.")
