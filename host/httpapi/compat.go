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
	// plainCSRF: the CSRF cookie holds its secret as it is, the Origin header is looked at, and a refusal says what
	// exactly is wrong (Django from 4.0); else the secret is masked.
	plainCSRF bool
	// logoutByPost: only POST logs out (Django from 5.0).
	logoutByPost bool
	// formsInUTF8: a page refuses a URL-encoded form that says it is in another charset (Django from 5.0).
	formsInUTF8 bool
	// namesMissing: a 404 names the model of what is not there (Django REST framework from 3.15).
	namesMissing bool
	// emptyPage: ?page= without a number is the first page (Django REST framework from 3.15).
	emptyPage bool
	// rules are how headers and forms are read.
	rules django.Rules
}

var versions = map[core.Version]compat{
	core.V55: {
		pageType: "text/html; charset=utf-8", openerPolicy: true, limitsBody: true,
		plainCSRF: true, logoutByPost: true, formsInUTF8: true, namesMissing: true, emptyPage: true,
		rules: django.Rules{EmailHeaders: true, StrictParts: true, StrictURLs: true, LimitHeaders: true},
	},
	core.V52: {pageType: "text/html"},
}
