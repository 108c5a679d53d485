package csrf

// Rejection is the error of a request that may be forged.
type Rejection struct {
	// Cause is a word for the log, which holds nothing that a client sent.
	Cause string
	// Reason is Django's text for the client.
	Reason string
}

func (r Rejection) Error() string { return "CSRF Failed: " + r.Reason }

var (
	noCookie        = Rejection{"no_cookie", "CSRF cookie not set."}
	noToken         = Rejection{"no_token", "CSRF token missing."}
	badTokenMasked  = Rejection{"bad_token", "CSRF token missing or incorrect."} // Django's one text before 4.0
	foreignSite     = Rejection{"foreign_site", "Origin checking failed - the request comes from another site."}
	noReferer       = Rejection{"no_referer", "Referer checking failed - no Referer."}
	malformed       = Rejection{"malformed_referer", "Referer checking failed - Referer is malformed."}
	insecureReferer = Rejection{"insecure_referer",
		"Referer checking failed - Referer is insecure while host is secure."}
)

func badCookie(fault string) Rejection {
	return Rejection{"bad_cookie", "CSRF cookie " + fault + "."}
}

func badToken(source, fault string) Rejection {
	return Rejection{"bad_token", "CSRF token from " + source + " " + fault + "."}
}

// BadOrigin rejects a request for its Origin header.
func BadOrigin(origin string) Rejection {
	return Rejection{"bad_origin", "Origin checking failed - " + origin + " does not match any trusted origins."}
}

func badReferer(referer string) Rejection {
	return Rejection{"bad_referer", "Referer checking failed - " + referer + " does not match any trusted origins."}
}
