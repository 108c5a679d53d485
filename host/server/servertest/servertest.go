// Package servertest serves handlers for tests, and speaks HTTP to them by hand.
package servertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/server"
)

// Serve serves a handler within limits until the test ends, and gives its address.
func Serve(t testing.TB, limits server.Limits, handler http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	s := &server.Server{Handler: handler, Limits: limits, Grace: time.Second, Log: slog.New(slog.DiscardHandler)}
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return l.Addr().String()
}

// Conn is a connection that speaks HTTP by hand. Reads and writes fail once it is a minute old.
type Conn struct {
	net.Conn
	t testing.TB
}

// Dial opens a connection.
func Dial(t testing.TB, address string) Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return Conn{conn, t}
}

// Get is a whole request.
const Get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

// Send sends a text; an error shows at the next read.
func (c Conn) Send(text string) { _, _ = io.WriteString(c, text) }

// Status reads an answer and gives its status, 0 where the connection was closed instead.
func (c Conn) Status() int {
	c.t.Helper()
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if n == 0 {
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			c.t.Fatal("neither an answer nor the end came within a minute")
		}
		return 0
	}
	var status int
	if _, err := fmt.Sscanf(string(buf[:n]), "HTTP/1.1 %d ", &status); err != nil {
		c.t.Fatalf("answer %q: %v", buf[:n], err)
	}
	return status
}
