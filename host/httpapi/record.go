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
	"github.com/edgetoken/edgetoken/core/cause"
)

// maxEmail bounds an e-mail address in the log, in bytes (RFC 5321 §4.5.3.1).
const maxEmail = 254

// record writes the log record of a request: what was asked, by whom, and how it ended. It never holds what
// was sent, except the e-mail address with LogEmails. An unknown path goes through shownPath.
//
// Requests that a node cannot answer may come as a flood. Of each kind it writes one record a second, with
// the last request and the count, and one for each request at level debug.
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

// level says how much a request matters to the operator, and whether many like it become one record a second.
// Signs of an attack are a WARN: refused tokens, passwords and rights, throttled requests, unknown hosts.
func (h *handler) level(rq *request, a answer) (level slog.Level, repeated bool) {
	switch {
	case errors.Is(a.err, context.Canceled):
		return slog.LevelInfo, false // the client is gone
	case a.reason == tooBusy, a.reason == tooSlow, a.reason == hashingFailed, a.reason.ofFleet():
		return slog.LevelWarn, true
	case a.status >= 500, a.err != nil:
		return slog.LevelError, true
	case h.healthCheck(rq.entry.route) != nil:
		return slog.LevelDebug, false // it found nothing wrong
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status == http.StatusTooManyRequests,
		a.code != "", // a failed log-in shows the form again, with 200
		a.reason == hostNotAllowed:
		return slog.LevelWarn, false
	}
	return slog.LevelInfo, false
}

// kindOf tells failures apart by the beginning of their text, which is always our own words.
func kindOf(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return text[:min(len(text), 64)]
}

// attrs are the attributes of a record.
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
	if why := a.why(); why != cause.OK.String() {
		attrs = append(append(attrs, slog.String("cause", why)), a.about...)
	}
	if id := rq.entry.about.Customer.ID; !id.IsZero() {
		attrs = append(attrs, slog.String("customer", id.String()))
	}
	if h.cfg.LogEmails && rq.entry.email != "" {
		attrs = append(attrs, slog.String("email", rq.entry.email[:min(len(rq.entry.email), maxEmail)]))
	}
	attrs = append(rq.appendToken(attrs), slog.Duration("duration", took))
	if a.err != nil {
		attrs = append(attrs, slog.String("error", a.err.Error()))
	}
	return attrs
}

// appendToken adds what a record says of the token of a request, and who sent it.
func (rq *request) appendToken(attrs []slog.Attr) []slog.Attr {
	if rq.entry.about.KeyID != "" {
		attrs = append(attrs, slog.String("kid", rq.entry.about.KeyID))
	}
	if rq.entry.about.Family.Listed {
		attrs = append(attrs, slog.String("family", rq.family()))
	}
	if client := rq.client(); client.Address.IsValid() {
		attrs = append(attrs, slog.String("client", client.Address.String()))
	}
	return attrs
}

// family names the log-in of the token.
func (rq *request) family() string { return fmt.Sprintf("%012x", rq.entry.about.Family.Bits) }

// recordRotation writes a record of its own when a spent refresh token is used: at most one a second for each log-in,
// and if many log-ins are concerned for all of them together.
func (h *handler) recordRotation(rq *request, a answer) {
	level, text := slog.LevelWarn, "refresh token reuse: its log-in was ended"
	switch {
	case rq.entry.about.Repeated:
		level, text = slog.LevelInfo, "refresh token used again in its window: the tokens were given again"
	case a.cause != cause.Reused:
		return
	}
	var attrs []slog.Attr
	if id := rq.entry.about.Customer.ID; !id.IsZero() {
		attrs = append(attrs, slog.String("customer", id.String()))
	}
	h.cfg.Repeats.Log(level, text+" "+rq.family(), text, rq.appendToken(attrs)...)
}

// Bounds of a client's text in the log, in bytes.
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

// shownPath is an unknown path as the log has it: without any part that could be a token or an e-mail
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

// Observation is one request and how it ended. Its texts come from a small set that no client can extend.
// They may share memory with the request: copy what you keep.
type Observation struct {
	Route    string // "": an unknown path
	Method   string // one of HTTP's; "other" for any other
	Status   int
	Code     core.Code // of a refusal
	Cause    string    // of a refusal, a failure or a redirect; "ok": none
	Duration time.Duration
	Reused   bool // a refresh token that is spent came again, and its log-in ended
	Repeated bool // a refresh gave tokens again: node.Result.Repeated
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
