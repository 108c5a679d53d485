// Package pages makes the pages that people see in a browser: log-in and log-out, the account, errors, the API opened
// in a browser, a token explained, and the keys.
//
// Each page is a function that writes plain data as HTML: Login, LogOut, LoggedOut, Profile, Failure, CSRFFailure,
// Index, Browse, Token, Keys. Its data begins with a Frame, which stands around the page. The package knows nothing
// of HTTP. Whoever sends a page sends Policy with it as its Content-Security-Policy.
//
// The one rule: everything that a template does not hold itself is text, and html/template escapes it for its place. A
// page has no script and loads nothing. Its style is part of it, so that it looks right behind a proxy that passes on
// the API alone, and with two versions behind one name. Every page works by keyboard, without JavaScript, in light and
// dark, from 320 pixels of width.
package pages
