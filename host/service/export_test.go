package service

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

var (
	WithoutBodies = withoutBodies
	ListenerTLS   = listenerTLS
)

// NewObserver counts what it is told, as the metrics of a service do.
func NewObserver() func(httpapi.Observation) { return newMetrics(&Service{}, &config.Config{}).observe }

// ServeMetrics serves the metrics of a service that does nothing.
func ServeMetrics(ctx context.Context, l net.Listener) error {
	return newMetrics(&Service{log: slog.New(slog.DiscardHandler)}, &config.Config{}).serve(ctx, l, time.Second)
}
