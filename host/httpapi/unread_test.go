package httpapi_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
)

// unreadShop is a shop behind a server that would wait an hour for a body.
type unreadShop struct {
	*shop
	address string
	access  string
	end     func() error // ends the server and gives what Serve gave
}

func serveUnread(t *testing.T, config *tls.Config) *unreadShop {
	t.Helper()
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.CORS.Origins, h.AllowedHosts = []string{app}, []string{"127.0.0.1", "localhost"}
	})
	_, access := s.login(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	server := &server.Server{Handler: s.Config.Handler, TLS: config, Limits: server.Limits{ReadTimeout: time.Hour},
		Grace: 10 * time.Second,
		Log:   slog.New(slog.DiscardHandler)}
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(cancel)
	return &unreadShop{s, l.Addr().String(), access, func() error { cancel(); return <-ended }}
}

// unreadRequests are answered without a look at their body.
var unreadRequests = []struct {
	line, header string
	status       int
}{
	{"POST /auth/token", "", 301},
	{"POST /auth/token/", "Host: evil.example\r\n", 400},
	{"POST /customers/me/", "", 401},
	{"GET /customers/", "Authorization: Bearer ACCESS\r\n", 403},
	{"POST /nothing/", "", 404},
	{"PUT /customers/me/", "Authorization: Bearer ACCESS\r\n", 405},
	{"POST /auth/token/", "Accept: image/png\r\n", 406},
	{"POST /customers/me/", "Authorization: Bearer ACCESS\r\nContent-Type: text/plain\r\n", 415},
	{"POST /auth/token/", "Content-Type: multipart/form-data\r\n", 400},
	{"POST /auth/token/", "Content-Type: application/json; charset=utf-7\r\n", 400},
	{"POST /auth/token/", "Content-Type: application/x-www-form-urlencoded; charset=utf-7\r\n", 400},
	{"GET /customers/me/", "Authorization: Bearer ACCESS\r\n", 200},
	{"OPTIONS /auth/token/", "Origin: " + app + "\r\nAccess-Control-Request-Method: POST\r\n", 204},
	{"GET /auth/check/", "", 401},
	{"GET /auth/check/", "Authorization: Bearer ACCESS\r\n", 200},
	{"GET /healthz", "", 200},
	{"POST /healthz", "", 405},
}

// begin is a request up to its body, without the empty line before it.
func (s *unreadShop) begin(i int, version string) string {
	r := unreadRequests[i]
	header := strings.ReplaceAll(r.header, "ACCESS", s.access)
	if !strings.Contains(header, "Host: ") {
		header += "Host: localhost\r\n"
	}
	return r.line + " HTTP/" + version + "\r\n" + header
}

// TestAnswersDoNotWaitForBodies: a body that does not come delays nothing, and its connection ends.
func TestAnswersDoNotWaitForBodies(t *testing.T) {
	s := serveUnread(t, nil)
	for i, r := range unreadRequests {
		for _, version := range []string{"1.1", "1.0"} {
			for _, announced := range []string{
				"Content-Length: 77\r\n", "Content-Length: 3500000\r\n",
				"Content-Length: 77\r\nExpect: 100-continue\r\n",
				"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n",
				"Content-Length: 77\r\nConnection: keep-alive\r\n",
			} {
				if version == "1.0" && strings.Contains(announced, "chunked") {
					continue // HTTP/1.0 has no such thing
				}
				w := servertest.Dial(t, s.address)
				w.Send(s.begin(i, version) + announced + "\r\n")
				answer, err := io.ReadAll(w)
				if err != nil {
					t.Fatalf("%s %s %q: %v after %q", version, r.line, announced, err, answer)
				}
				if want := fmt.Sprintf("HTTP/%s %d ", version, r.status); !strings.HasPrefix(string(answer), want) ||
					strings.Contains(string(answer), "100 Continue") {
					t.Errorf("%s %s %q: %.200q, want %s", version, r.line, announced, answer, want)
				}
			}
		}
	}
	if err := s.end(); err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// TestBodiesTooLongAreNotAwaited: what a header says to be too long is refused without a byte of it, and nobody is
// told to send it.
func TestBodiesTooLongAreNotAwaited(t *testing.T) {
	s := serveUnread(t, nil)
	for _, r := range []struct{ line, header, length string }{
		{"POST /auth/token/", "Content-Type: application/json\r\n", "2621441"},
		{"POST /auth/token/", "Content-Type: application/x-www-form-urlencoded\r\n", "2621441"},
		{"POST /auth/token/", "Content-Type: multipart/form-data; boundary=b\r\n", "4194305"},
		{"POST /customers/me/", "Authorization: Bearer " + s.access + "\r\nContent-Type: application/json\r\n",
			"9223372036854775807"},
		{"POST /auth/login/", "Cookie: csrftoken=" + strings.Repeat("a", 32) +
			"\r\nContent-Type: application/x-www-form-urlencoded\r\n", "9000000"},
	} {
		for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
			w := servertest.Dial(t, s.address)
			w.Send(r.line + " HTTP/1.1\r\nHost: localhost\r\n" + r.header + expect + "Content-Length: " + r.length +
				"\r\n\r\n")
			if answer, err := io.ReadAll(w); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
				t.Errorf("%s %q: %.100q, %v; want 400", r.line, r.header+expect, answer, err)
			}
		}
	}
}

// TestConnectionsGoOnAfterUnreadBodies: a small body that was sent with its header does not cost the connection.
func TestConnectionsGoOnAfterUnreadBodies(t *testing.T) {
	s := serveUnread(t, nil)
	body := strings.Repeat("x", 77)
	w := servertest.Dial(t, s.address)
	r := bufio.NewReader(w)
	for i, u := range unreadRequests {
		for _, sent := range []string{
			"Content-Length: 77\r\n\r\n" + body, "Transfer-Encoding: chunked\r\n\r\n4d\r\n" + body + "\r\n0\r\n\r\n",
			"Content-Length: 0\r\n\r\n", "\r\n",
		} {
			w.Send(s.begin(i, "1.1") + sent)
			answer, err := http.ReadResponse(r, &http.Request{Method: strings.Fields(u.line)[0]})
			if err != nil {
				t.Fatalf("%s %q: %v", u.line, sent, err)
			}
			_, err = io.Copy(io.Discard, answer.Body)
			if err != nil || answer.StatusCode != u.status && (u.status != 415 || len(sent) > 40) || answer.Close {
				t.Fatalf("%s %q: %d, Connection %q, %v; want %d", u.line, sent, answer.StatusCode,
					answer.Header["Connection"], err, u.status)
			}
		}
	}
}

// TestSenderGetsItsRefusal: a client that sends all of its body before it reads is answered, and not reset.
func TestSenderGetsItsRefusal(t *testing.T) {
	t.Parallel()
	model := httptest.NewTLSServer(http.NotFoundHandler())
	defer model.Close()
	trusted := model.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": {Certificates: model.TLS.Certificates}} {
		s := serveUnread(t, config)
		for i, u := range unreadRequests {
			if u.status != 401 && u.status != 415 {
				continue
			}
			sizes := []int{3_500_000}
			if u.status == 401 {
				sizes = append(sizes, 20_000_000) // more than the node reads of any body
			}
			for _, size := range sizes {
				var conn net.Conn = servertest.Dial(t, s.address)
				if config != nil {
					conn = tls.Client(conn, &tls.Config{RootCAs: trusted, ServerName: "example.com"})
				}
				body := strings.NewReader(strings.Repeat("x", size))
				_, err := io.Copy(conn,
					io.MultiReader(strings.NewReader(s.begin(i, "1.1")+fmt.Sprintf("Content-Length: %d\r\n\r\n", size)),
						body))
				answer, failed := io.ReadAll(conn)
				if want := fmt.Sprintf("HTTP/1.1 %d ", u.status); err != nil || failed != nil ||
					!strings.HasPrefix(string(answer), want) {
					t.Errorf("%s, %d bytes to %s: %v, %v, %.60q; want %s", name, size, u.line, err, failed, answer,
						want)
				}
			}
		}
		if err := s.end(); err != nil {
			t.Errorf("Serve = %v", err)
		}
	}
}

// TestEndWhileABodyIsMissing: neither a client that waits for 100 Continue nor one that lingers keeps the server from
// ending.
func TestEndWhileABodyIsMissing(t *testing.T) {
	s := serveUnread(t, nil)
	for _, announced := range []string{"Content-Length: 77\r\nExpect: 100-continue\r\n", "Content-Length: 77\r\n",
		"Content-Length: 9000000\r\n", "Transfer-Encoding: chunked\r\n"} {
		for i := range unreadRequests {
			w := servertest.Dial(t, s.address)
			w.Send(s.begin(i, "1.1") + announced + "\r\n")
			if _, err := w.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.end(); err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// TestLingeringConnectionsMakeRoom: who was answered and goes on sending takes nobody's place.
func TestLingeringConnectionsMakeRoom(t *testing.T) {
	s := openShop(t, nil)
	address := servertest.Serve(t, server.Limits{Connections: 2, ConnectionsPerAddress: 2}, s.Config.Handler.ServeHTTP)
	for range 20 {
		w := servertest.Dial(t, address)
		w.Send("POST /nothing/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 77\r\n\r\nx")
		if got := w.Status(); got != http.StatusNotFound {
			t.Fatalf("got %d, want 404", got)
		}
		// once the answer has ended, the connection lingers, or does so in a moment
		if _, err := io.Copy(io.Discard, w); err != nil {
			t.Fatal(err)
		}
	}
}

// TestContinue: a client is told to send a body where somebody reads it.
func TestContinue(t *testing.T) {
	s := serveUnread(t, nil)
	w := servertest.Dial(t, s.address)
	w.Send("POST /auth/token/verify/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: " +
		"application/json\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n")
	if got := w.Status(); got != http.StatusContinue {
		t.Fatalf("got %d, want 100", got)
	}
	if w.Send(`{"token":"x"}`); w.Status() != http.StatusUnauthorized {
		t.Error("the body was not read")
	}
	if w.Send(servertest.Get); w.Status() != http.StatusNotFound {
		t.Error("the connection does not go on")
	}
}
