// Package httpapi speaks the token API over HTTP as Django REST framework and djangorestframework-simplejwt do, byte
// for byte where a client can notice: status, headers, bodies, the order of keys.
//
// New makes an http.Handler of a node, Serve runs it until a context ends. Inside, a request goes through
//
//	handler.go       record, recovery from panics, allowed hosts, the path
//	routes.go        the table of views: paths, methods, who may call them, what they take and answer
//	view.go          the order of things in a view: negotiate, authenticate, permit, method, handler
//	negotiate.go, request.go, body.go   what those steps read of the request
//	tokens.go, me.go, list.go, samples.go   the handlers, which give a value or an error
//	browsable.go     the page of an answer, where a browser asks
//	browsers.go      where the request meets package browser, which has cookies, sessions, the CSRF token and CORS
//	respond.go       the only place where a code or an error becomes a status, a body and WWW-Authenticate; reason.go names why, for the log
//	throttles.go     the rates that views and pages count against
//
// site.go is the table of the pages that are no views: login.go, logout.go, index.go, call.go and explain.go among
// them. form.go reads what they are sent, htmlpage.go makes the answer, failure.go that for an error, redirect.go one
// that leads elsewhere, methods.go one without a page; plainpage.go has Django's own plain ones. What pages look like
// is package pages'. loginanswer.go is what a log-in shows of the customer. openapi.go describes the views for
// programs, from the same table, with operations.go, otheroperations.go, schemas.go and security.go; the document is
// package openapi's.
//
// forwardauth.go is the check for proxies; host.go says which site was asked, client.go which client
// asks. health.go has the health checks. record.go writes the log, observation.go tells the metrics.
//
// What a client may hold is bounded by package server. again.go authorises once more what lasts.
//
// compat.go is the table of what HTTP shows in each version; what tokens mean in each version is core's.
//
// The one rule: nothing that is secret to a client or about one (tokens, passwords, and unless Config.LogEmails
// e-mail addresses) reaches a log record or an error text. Where the reference fails with a 500 page on bad input,
// the answer here is 400 or 401.
//
// Unlike the reference, a body with chunked transfer encoding is read (there it counts as empty), a body larger than
// Config.MaxBody is refused in both versions, and bodies over 64 KiB take turns. A list of many customers is sent
// while it is read, without a Content-Length.
package httpapi
