// Package httpapi speaks the token API over HTTP as Django REST framework and djangorestframework-simplejwt do, byte
// for byte where a client can notice: status, headers, bodies, the order of keys.
//
// New makes an http.Handler of a node. handler.go shows the way of a request from top to bottom; request.go has what
// is known of it on the way. A request to a view then goes through
//
//	routes.go        the table of views: path, rule, what it takes and answers. A new endpoint is a row here
//	view.go          one row, and the order of its steps
//	negotiate.go     the format of the answer
//	identity.go      who asks, and whether that still holds later; browsers.go and tokencookies.go ask cookies
//	throttles.go     the rates that it counts against
//	data.go          the body, by package body; field.go has the fields
//	tokens.go, logoutall.go, sessions.go, changepassword.go, customers.go, samples.go
//	                 the functions of the views, which return a value or an error
//	respond.go       the only place where a code or an error becomes a status, a body and WWW-Authenticate
//	browsable.go     the page of the answer, for a browser
//
// errors.go has the errors of views, outcome.go how a request ends for any other error, reason.go the words for the
// log, record.go the log and what metrics are told.
//
// openapi.go describes the same table for programs: operations.go the views, otheroperations.go the rest, schemas.go
// and security.go what they refer to. Package openapi writes the document.
//
// site.go is the table of pages beside the views, each in a file of its own: login.go, logout.go, profile.go, index.go,
// call.go, explain.go, keyspage.go, fleetpage.go. htmlpage.go makes their answers, forged.go that to a form that may be
// forged, plainpage.go Django's own plain ones. Package pages says what they look like.
//
// forwardauth.go is the check for proxies, health.go has the health checks, host.go the hosts that are served.
// wellknown.go has the documents for verifiers elsewhere: jwks.go the public keys, discovery.go where to find them,
// trustbundle.go the trust bundle.
// client.go is what lists of log-ins show of whoever asks.
// compat.go is what HTTP shows in each version; what tokens mean in each version is core's.
//
// Each with one idea beside them: body (bodies), browser and csrf (browsers, CORS), django (Python's and Django's
// ways with bytes), openapi. Package server bounds what clients may hold.
//
// The one rule: nothing secret to a client or about one (tokens, passwords, and without Config.LogEmails e-mail
// addresses) reaches a log record or an error text. Where the reference fails with a 500 page on bad input, the answer
// here is 400 or 401.
//
// Unlike the reference, a body with chunked transfer encoding is read (there it counts as empty), a body larger than
// Config.MaxBody is refused in both versions, and bodies over 64 KiB take turns. A long list of customers is sent while
// it is read, without a Content-Length.
package httpapi
