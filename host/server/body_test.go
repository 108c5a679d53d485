package server_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
)

// TestBodyBrokenOff: whatever reads on, a body that is cut off stays cut off, and its connection ends.
func TestBodyBrokenOff(t *testing.T) {
	address := servertest.Serve(t, server.Limits{}, func(w http.ResponseWriter, r *http.Request) {
		r, body := server.Receive(w, r, 1000)
		defer body.Leave()
		for range 2 {
			if _, err := io.ReadAll(r.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("ReadAll = %v, want %v", err, io.ErrUnexpectedEOF)
			}
		}
		body.Settle(r, w.Header(), false)
	})
	for _, sent := range []string{"Content-Length: 77\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n4d\r\n{"} {
		c := servertest.Dial(t, address)
		c.Send("POST / HTTP/1.1\r\nHost: localhost\r\n" + sent)
		if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(c); err != nil || !strings.Contains(string(answer), "\r\nConnection: close\r\n") {
			t.Errorf("%q: %q, %v; want Connection: close", sent, answer, err)
		}
	}
}
