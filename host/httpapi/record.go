package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// maxEmail bounds an e-mail address in the log, in bytes (RFC 5321 §4.5.3.1).
const maxEmail = 254

// record writes the log record of a request: what was asked, by whom and how it ended, never what was sent, but for the e-mail address if
// that is wished. Of a path that is none of ours it has what shownPath leaves of it.
func (h *handler) record(rq *request, a answer, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case errors.Is(a.err, context.Canceled):
		// The client is gone.
	case a.status >= 500, a.err != nil:
		level = slog.LevelError
	case h.healthCheck(rq.route) != nil:
		// A health check that found nothing.
		level = slog.LevelDebug
	}
	if !h.cfg.Log.Enabled(rq.Context(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("method", methodName(rq.Method))}
	if rq.route != "" {
		attrs = append(attrs, slog.String("route", rq.route))
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
	if id := rq.about.Customer.ID; !id.IsZero() {
		attrs = append(attrs, slog.String("customer", id.String()))
	}
	if h.cfg.LogEmails && rq.email != "" {
		attrs = append(attrs, slog.String("email", rq.email[:min(len(rq.email), maxEmail)]))
	}
	if rq.about.KeyID != "" {
		attrs = append(attrs, slog.String("kid", rq.about.KeyID))
	}
	if rq.about.Family.Listed {
		attrs = append(attrs, slog.String("family", fmt.Sprintf("%012x", rq.about.Family.Bits)))
	}
	if client := rq.client(); client.address.IsValid() {
		attrs = append(attrs, slog.String("client", client.address.String()))
	}
	attrs = append(attrs, slog.Duration("duration", took))
	if a.err != nil {
		attrs = append(attrs, slog.String("error", a.err.Error()))
	}
	h.cfg.Log.LogAttrs(rq.Context(), level, "request", attrs...)
}
