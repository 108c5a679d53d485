package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
)

// benched is the handler of a node without a log that has seen its tokens before.
func benched(b *testing.B) (handler http.Handler, refresh, access string) {
	b.Helper()
	verified, err := cache.New(1 << 20)
	if err != nil {
		b.Fatal(err)
	}
	s := openShop(b, func(n *node.Config, h *httpapi.Config) {
		n.Engine = verified.Engine(core.NewNative(n.Settings, testKeys(b)))
		h.Log = slog.New(slog.DiscardHandler)
	})
	refresh, access = s.login(b)
	return s.Config.Handler, refresh, access
}

// BenchmarkForwardAuth is one answer to a proxy, net/http not counted.
func BenchmarkForwardAuth(b *testing.B) {
	handler, _, access := benched(b)
	request := httptest.NewRequest("GET", "http://shop.example/auth/check/", nil)
	request.Header.Set("Authorization", "Bearer "+access)
	b.ReportAllocs()
	for b.Loop() {
		w := silent{}
		if handler.ServeHTTP(w, request); w["X-User-Id"][0] != "7" {
			b.Fatal(w)
		}
	}
}

// BenchmarkRefresh is one refresh, net/http not counted.
func BenchmarkRefresh(b *testing.B) {
	handler, refresh, _ := benched(b)
	content := strings.NewReader(refreshBody(refresh))
	request := httptest.NewRequest("POST", "http://shop.example/auth/token/refresh/", nil)
	request.Header.Set("Content-Type", "application/json")
	request.ContentLength = content.Size()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = content.Seek(0, io.SeekStart)
		request.Body = io.NopCloser(content)
		w := silent{}
		if handler.ServeHTTP(w, request); w["Content-Type"] == nil {
			b.Fatal(w)
		}
	}
}

func refreshBody(refresh string) string { return `{"refresh":"` + refresh + `"}` }

// silent is a response that nobody gets.
type silent http.Header

func (s silent) Header() http.Header       { return http.Header(s) }
func (silent) Write(p []byte) (int, error) { return len(p), nil }
func (silent) WriteHeader(int)             {}

// BenchmarkServed asks over a connection that stays open: a node, and net/http alone with the node's answer.
func BenchmarkServed(b *testing.B) {
	handler, refresh, access := benched(b)
	content := refreshBody(refresh)
	for name, request := range map[string]string{
		"check": "GET /auth/check/ HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer " + access + "\r\n\r\n",
		"refresh": "POST /auth/token/refresh/ HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n" +
			fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(content), content),
	} {
		b.Run(name+"/node", func(b *testing.B) {
			askAgain(b, servertest.Serve(b, server.Limits{}, handler.ServeHTTP), request)
		})
		b.Run(name+"/bare", func(b *testing.B) {
			askAgain(b, bareServer(b, handler, request), request)
		})
	}
}

// bareServer is net/http alone, which always gives what the handler answers to the request.
func bareServer(b *testing.B, handler http.Handler, request string) string {
	b.Helper()
	parsed, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request)))
	if err != nil {
		b.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, parsed)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), answer.Header())
		_, _ = w.Write(answer.Body.Bytes())
	}))
	b.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// askAgain sends a request again and again. All answers are as long as the first.
func askAgain(b *testing.B, address, request string) {
	b.Helper()
	c := servertest.Dial(b, address)
	answer := make([]byte, 4<<10)
	c.Send(request)
	n, err := c.Read(answer)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Send(request)
		if _, err := io.ReadFull(c, answer[:n]); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 OK\r\n")) {
			b.Fatalf("%q, %v", answer[:n], err)
		}
	}
}
