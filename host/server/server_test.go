package server_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/server"
)

// served is a server with one request in flight, whose handler waits for release.
type served struct {
	address string
	end     context.CancelFunc
	release chan struct{}
	answer  chan string // the body that the client got, or what went wrong
	ended   chan error
}

func serveOne(t *testing.T, grace time.Duration) *served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &served{
		address: l.Addr().String(), release: make(chan struct{}),
		answer: make(chan string, 1), ended: make(chan error, 1),
	}
	began := make(chan struct{})
	server := &server.Server{Grace: grace, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-s.release
		_, _ = io.WriteString(w, "answered")
	})}
	ctx, cancel := context.WithCancel(t.Context())
	s.end = cancel
	go func() { s.ended <- server.Serve(ctx, l) }()
	go func() {
		answer, err := http.Get("http://" + s.address)
		if err != nil {
			s.answer <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			body = []byte(err.Error())
		}
		s.answer <- string(body)
	}()
	<-began
	return s
}

func TestRequestsInFlightAreAnswered(t *testing.T) {
	s := serveOne(t, 0)
	s.end()
	// Once nobody is let in any more, the shutdown has begun.
	for {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			break
		}
		_ = conn.Close()
		time.Sleep(time.Millisecond)
	}
	close(s.release)
	if got := <-s.answer; got != "answered" {
		t.Errorf("the request in flight got %q, want its answer", got)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

func TestGraceEnds(t *testing.T) {
	s := serveOne(t, time.Millisecond)
	s.end()
	if err := <-s.ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve = %v, want that requests were still in flight", err)
	}
	close(s.release)
	if got := <-s.answer; got == "answered" {
		t.Error("the request was answered after the end of the grace")
	}
}

func TestServeOnAClosedListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (&server.Server{Handler: http.NotFoundHandler()}).Serve(t.Context(), l); err == nil {
		t.Error("Serve gave no error")
	}
}
