package httpapi

import (
	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// compat is what HTTP shows in one version, beyond what tokens mean in it.
type compat struct {
	// pageType is the Content-Type of Django's own plain pages: those for 400, 404 and 500.
	pageType string
	// openerPolicy: answers carry Cross-Origin-Opener-Policy (Django from 4.0).
	openerPolicy bool
	// limitsBody: JSON and URL-encoded bodies are held to DATA_UPLOAD_MAX_MEMORY_SIZE (Django REST framework 3.18).
	limitsBody bool
	// limitsAccept: the Accept and Content-Type headers are held to a length and a count (Django REST framework 3.18).
	limitsAccept bool
	// rules are how headers and forms are read.
	rules django.Rules
}

var versions = map[core.Version]compat{
	core.V55: {
		pageType: "text/html; charset=utf-8", openerPolicy: true, limitsBody: true, limitsAccept: true,
		rules: django.Rules{EmailHeaders: true, StrictParts: true},
	},
	core.V52: {pageType: "text/html"},
}
