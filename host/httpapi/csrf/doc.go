// Package csrf protects against cross-site request forgery as Django does (django/middleware/csrf.py).
//
// A browser sends cookies whatever page asks it to, so a cookie alone authorises no change. The request must repeat
// the secret of the CSRF cookie in a form field or a header, which a page of another site can neither read nor set, and
// it must not come from an origin that isn't trusted. The origin is what protects against a sibling domain, which can
// set cookies here.
//
//	policy.Check(request)    nil, or the Rejection with its reason in Django's words
//	cookie.Read, .Rotate     the secret that the browser has, and a new one
//	cookie.Token             a token for a form or a script
//
// Nothing here reads a clock, a store or the network; entropy is part of the Policy. A Policy is safe for concurrent
// use if its entropy is. A Cookie belongs to one request.
package csrf
