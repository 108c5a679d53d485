package pages

import (
	"io"
	"time"
)

// FailureData is the page for a request that failed.
type FailureData struct {
	Frame
	Status int // 400, 403, 404, 429, 500 or 503
	// Wait is how long to wait before the next request; 0: the page does not say.
	Wait time.Duration
}

// failure is what a page says of a status, in Django's words if it has any, and what to do about it.
type failure struct{ Heading, Text, Advice string }

var failures = map[int]failure{
	400: {"Bad Request (400)", "The request could not be understood.",
		"Check the address and what was sent, then try again."},
	403: {"Forbidden (403)", "You do not have permission to see this page.", "Log in as somebody who may, or go back."},
	404: {"Not Found", "The requested resource was not found on this server.",
		"Check the address: paths of the API end with a slash."},
	429: {"Too many requests", "This address has asked too often.", "Wait a while, then try again."},
	503: {"Not available", "This server cannot answer at the moment.", "Try again in a moment."},
	500: {"Server Error (500)", "Something went wrong on this server.", "It has been recorded. Try again in a moment."},
}

// Words are the words for the status.
func (d FailureData) Words() failure {
	words, ok := failures[d.Status]
	if !ok {
		words = failures[500]
	}
	if d.Wait > 0 {
		words.Advice = TryAgain(d.Wait)
	}
	return words
}

var failurePage = parse("failure")

// Failure writes the page for a request that failed.
func Failure(w io.Writer, d FailureData) error { return write(w, failurePage, d) }

// CSRFData is the page for a form whose CSRF token is missing or wrong.
type CSRFData struct {
	Frame
	Back string // path of the page whose form it was; "": the page before
}

var csrfPage = parse("csrf")

// CSRFFailure writes the page for a refused form. It says what to do.
func CSRFFailure(w io.Writer, d CSRFData) error { return write(w, csrfPage, d) }
