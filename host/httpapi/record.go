package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/core"
)

// maxEmail bounds an e-mail address in the log, in bytes (RFC 5321 §4.5.3.1).
const maxEmail = 254

// record writes the log record of a request: what was asked, by whom and how it ended, never what was sent, but for
// the e-mail address if that is wished. Of a path that is none of ours it has what shownPath leaves of it.
//
// What a node could not answer may be a flood: of each kind of that there is one record a second, of the last such
// request and with their count, and one for each at level debug.
func (h *handler) record(rq *request, a answer, took time.Duration) {
	level, repeated := h.level(rq, a)
	each := level
	if repeated {
		each = slog.LevelDebug
	}
	if !h.cfg.Log.Enabled(rq.Context(), level) {
		return
	}
	attrs := h.attrs(rq, a, took)
	if repeated {
		h.cfg.Repeats.Log(level, rq.entry.route+" "+a.why()+" "+kindOf(a.err), "request", attrs...)
		if !h.cfg.Log.Enabled(rq.Context(), each) {
			return
		}
	}
	h.cfg.Log.LogAttrs(rq.Context(), each, "request", attrs...)
}

// level is how much a request matters to whoever runs the node, and whether a thousand like it a second are to be one
// record. What an attack looks like is a WARN: refused tokens, passwords and rights, throttles, hosts that are not
// ours.
func (h *handler) level(rq *request, a answer) (level slog.Level, repeated bool) {
	switch {
	case errors.Is(a.err, context.Canceled):
		return slog.LevelInfo, false // the client is gone
	case a.reason == tooBusy, a.reason == tooSlow, a.reason == hashingFailed:
		return slog.LevelWarn, true
	case a.status >= 500, a.err != nil:
		return slog.LevelError, true
	case h.healthCheck(rq.entry.route) != nil:
		return slog.LevelDebug, false // it found nothing
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusTooManyRequests,
		a.code != "", // a form to log in is shown again, with 200
		a.reason == hostNotAllowed:
		return slog.LevelWarn, false
	}
	return slog.LevelInfo, false
}

// kindOf is what tells one failure from another: the beginning of its text, which has no more than the words of our
// own.
func kindOf(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return text[:min(len(text), 64)]
}

// attrs are what a record says of a request.
func (h *handler) attrs(rq *request, a answer, took time.Duration) []slog.Attr {
	attrs := []slog.Attr{slog.String("method", methodName(rq.Method))}
	if rq.entry.route != "" {
		attrs = append(attrs, slog.String("route", rq.entry.route))
	} else {
		attrs = append(attrs, slog.String("path", shownPath(rq.URL.Path)))
	}
	attrs = append(attrs, slog.Int("status", a.status))
	if a.code != "" {
		attrs = append(attrs, slog.String("code", string(a.code)))
	}
	if why := a.why(); why != core.OK.String() {
		attrs = append(append(attrs, slog.String("cause", why)), a.about...)
	}
	if id := rq.entry.about.Customer.ID; !id.IsZero() {
		attrs = append(attrs, slog.String("customer", id.String()))
	}
	if h.cfg.LogEmails && rq.entry.email != "" {
		attrs = append(attrs, slog.String("email", rq.entry.email[:min(len(rq.entry.email), maxEmail)]))
	}
	if rq.entry.about.KeyID != "" {
		attrs = append(attrs, slog.String("kid", rq.entry.about.KeyID))
	}
	if rq.entry.about.Family.Listed {
		attrs = append(attrs, slog.String("family", fmt.Sprintf("%012x", rq.entry.about.Family.Bits)))
	}
	if client := rq.client(); client.Address.IsValid() {
		attrs = append(attrs, slog.String("client", client.Address.String()))
	}
	attrs = append(attrs, slog.Duration("duration", took))
	if a.err != nil {
		attrs = append(attrs, slog.String("error", a.err.Error()))
	}
	return attrs
}

// Bounds of what the log has of a client's text, in bytes.
const (
	maxShown   = 128
	maxSegment = 32
)

// bounded is the beginning of a text.
func bounded(text string) string {
	if len(text) <= maxShown {
		return text
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// shownPath is what the log has of a path that is none of ours: no part of it that could be a token or an e-mail
// address.
func shownPath(path string) string {
	if len(path) > 4*maxShown {
		path = path[:4*maxShown]
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > maxSegment || strings.Contains(p, "@") {
			parts[i] = "…"
		}
	}
	return bounded(strings.Join(parts, "/"))
}

// Observation is one request and how it ended, in words that are few: none of them is chosen by a client.
// Its texts may be parts of what the client sent: whoever keeps them copies them.
type Observation struct {
	Route    string // "" where the path is none of ours
	Method   string // one of HTTP's own; "other" for any other
	Status   int
	Code     core.Code // of a refusal
	Cause    string    // of a refusal, a failure or a redirect; "ok" where there was none
	Duration time.Duration
}

// methodName is a method as Observation has it.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return "other"
}
