package service_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/service"
)

// TestMetricsDoNotWaitForBodies: a body that does not come delays no answer.
func TestMetricsDoNotWaitForBodies(t *testing.T) {
	s := httptest.NewServer(service.WithoutBodies(http.NotFoundHandler()))
	defer s.Close()
	for _, header := range []string{"Content-Length: 77", "Content-Length: 77\r\nExpect: 100-continue",
		"Transfer-Encoding: chunked"} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		request := "GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n"
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 404 ") {
			t.Errorf("%q: %v, %.100q", header, err, answer)
		}
		_ = conn.Close()
	}
}
