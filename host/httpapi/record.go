package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// record writes the log record of a request: what was asked and how it ended, never what was sent. A path that is none of ours is left
// out, since anything may stand in it.
func (h *handler) record(rq *request, a answer, took time.Duration) {
	attrs := []slog.Attr{slog.String("method", rq.Method)}
	if rq.route != "" {
		attrs = append(attrs, slog.String("route", rq.route))
	}
	attrs = append(attrs, slog.Int("status", a.status))
	if a.cause != core.OK {
		attrs = append(attrs, slog.String("code", string(a.code)), slog.String("cause", a.cause.String()))
	}
	if !rq.about.IsZero() {
		attrs = append(attrs, slog.String("customer", rq.about.String()))
	}
	attrs = append(attrs, slog.Duration("duration", took))
	level := slog.LevelInfo
	switch {
	case errors.Is(a.err, context.Canceled):
		// The client is gone.
	case a.status >= 500:
		level = slog.LevelError
	case rq.view == nil && rq.route != "":
		// A health check that found nothing.
		level = slog.LevelDebug
	}
	if a.err != nil {
		attrs = append(attrs, slog.String("error", a.err.Error()))
	}
	h.cfg.Log.LogAttrs(rq.Context(), level, "request", attrs...)
}
