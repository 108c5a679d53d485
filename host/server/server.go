package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/edgetoken/edgetoken/host/logging"
)

// defaultGrace is Server.Grace where that is zero.
const defaultGrace = 30 * time.Second

// Server serves a handler on listeners.
type Server struct {
	Handler http.Handler
	// Limits bound connections; their zero value has the defaults.
	Limits Limits
	// TLS is the TLS configuration; nil: plain HTTP. The listener itself must be a plain one. Either way clients speak
	// HTTP/1.
	TLS *tls.Config
	// Grace is how long requests in flight may take once ctx has ended; 0: 30 seconds.
	Grace time.Duration
	// Log receives what goes wrong with connections; nil: slog.Default.
	Log *slog.Logger
}

// Serve serves l until ctx ends. Then it accepts no further connection, waits for the requests in flight, and returns
// nil, or an error if they took longer than Grace. It closes l. Serve may run on several listeners at once; Limits
// applies to each separately.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if err := s.Limits.Validate(); err != nil {
		return errors.Join(err, l.Close())
	}
	log := s.Log
	if log == nil {
		log = slog.Default()
	}
	limits := s.Limits.Filled()
	open := limitConnections(l, limits, log)
	repeats := logging.NewRepeats(log)
	defer repeats.Flush()
	defer open.endWaiting()
	server := &http.Server{
		Handler:   open.handler(s.Handler),
		TLSConfig: s.TLS,
		ConnState: open.changed,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			if outer, ok := conn.(*tls.Conn); ok {
				conn = outer.NetConn()
			}
			return context.WithValue(ctx, connectionKey{}, conn)
		},
		// The handler answers "OPTIONS *" too.
		DisableGeneralOptionsHandler: true,

		ReadHeaderTimeout: limits.HeaderTimeout,
		ReadTimeout:       limits.ReadTimeout,
		WriteTimeout:      limits.WriteTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    limits.HeaderBytes,
		ErrorLog:          repeats.ErrorLog(),
	}
	// The bounds assume one request at a time on each connection.
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	ended := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			ended <- server.ServeTLS(open, "", "")
		} else {
			ended <- server.Serve(open)
		}
	}()
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
