// Package browser is what HTTP has for browsers apart from programs: cookies, sessions, tokens in cookies and the CSRF
// token. Package csrf decides whether a request is forged.
//
//	Config, TokenCookies   what is configured
//	Rules                  what a node does, the same for all its requests
//	Visit                  one request: the cookies that it brought, and those that its answer sets
//	Credentials            what the form to log in was sent
//
// A request without cookies begins no Visit until something of this is asked for, so a program's call does none of this
// work. A Visit belongs to one request; Rules are safe for concurrent use.
package browser
