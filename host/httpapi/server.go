package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of a connection. A body of 10 MiB within readTimeout needs 350 kB/s; an answer waits at most for a queue of password hashes.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 64 << 10
	defaultGrace      = 30 * time.Second
)

// Server runs a handler on listeners.
type Server struct {
	Handler http.Handler
	// Grace is how long requests in flight may take after the end of ctx; 0: 30 seconds.
	Grace time.Duration
	// Log gets what goes wrong with connections; nil: slog.Default.
	Log *slog.Logger
}

// Serve answers on l until ctx ends. Then it takes no further connection, lets requests in flight be answered, and returns nil; or an error
// where they were not within Grace. l is closed when it returns. It may run on several listeners at once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	server := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	grace := s.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	within, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(within); err != nil {
		return errors.Join(fmt.Errorf("requests were still in flight %s after the end: %w", grace, err), server.Close())
	}
	return nil
}
