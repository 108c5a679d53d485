// Package browser is what HTTP has for browsers apart from programs: cookies, sessions, tokens in cookies, the CSRF
// token and CORS. Package csrf decides whether a request is forged.
//
//	Config, TokenCookies, CORS   what is configured
//	Rules                        what a node does, the same for all its requests
//	Visit                        one request: the cookies that it brought, and those that its answer sets
//	LoginForm, Next              what a page was sent: who logs in, and where it leads
//
// A request without cookies begins no Visit until something of this is asked for, so a program's call does none of this
// work. A Visit belongs to one request; Rules are safe for concurrent use.
package browser
