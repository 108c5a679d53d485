// Package pages makes the pages that people see in a browser: log in and out, who am I, errors, the API opened in a
// browser, and a token explained.
//
// Each page is a function from plain data to bytes: Login, LogOut, LoggedOut, Profile, Failure, CSRFFailure, Index,
// Browse, Token. Its data begins with a Frame, which is what stands around the page. The package knows nothing of
// http; whoever sends a page sends Policy with it as its Content-Security-Policy.
//
// The one rule: all that is not written in a template is text, escaped by html/template for the place where it
// stands. No page has a script or asks for anything but itself: its style stands in it, so that a proxy that passes
// on the API alone, or two versions behind one name, show no page without it. All work by keyboard, without
// JavaScript, in light and dark, from 320 pixels of width.
package pages
