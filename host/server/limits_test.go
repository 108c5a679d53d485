package server_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/server/servertest"
)

func TestConnections(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits server.Limits
	}{
		{"in all", server.Limits{Connections: 3, ConnectionsPerAddress: 3}},
		{"of an address", server.Limits{Connections: 100, ConnectionsPerAddress: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			began, release := make(chan struct{}), make(chan struct{})
			address := servertest.Serve(t, c.limits, func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/hold" {
					began <- struct{}{}
					<-release
				}
			})
			// Half a header, a request in the middle, and a whole one whose connection stays open.
			slow := servertest.Dial(t, address)
			slow.Send("GET / HTTP/1.1\r\nHos")
			held := servertest.Dial(t, address)
			held.Send(hold)
			<-began
			second := servertest.Dial(t, address)
			if second.Send(servertest.Get); second.Status() != http.StatusOK {
				t.Fatal("a connection within the bound was not served")
			}
			third := servertest.Dial(t, address)
			if third.Send(servertest.Get); third.Status() != http.StatusOK {
				t.Error("a connection beyond the bound was not served, though another one sends nothing")
			}
			if got := slow.Status(); got != 0 {
				t.Errorf("the slow connection got %d, want its end", got)
			}
			// The server learns a little later than the client that a request has ended, so that the connection may
			// make room.
			fourth := dialServed(t, address)
			var left []servertest.Conn
			for _, w := range []servertest.Conn{second, third} {
				if w.Send(servertest.Get); w.Status() == http.StatusOK {
					left = append(left, w)
				}
			}
			if len(left) != 1 {
				t.Fatalf("%d of two idle connections are left, want one: the other made room", len(left))
			}
			// All three are in the middle of a request: nobody makes room.
			for _, w := range []servertest.Conn{left[0], fourth} {
				w.Send(hold)
				<-began
			}
			fifth := servertest.Dial(t, address)
			if fifth.Send(servertest.Get); fifth.Status() != 0 {
				t.Error("a connection beyond the bound was answered, though all others are busy")
			}
			close(release)
			for _, w := range []servertest.Conn{held, left[0], fourth} {
				if got := w.Status(); got != http.StatusOK {
					t.Errorf("a request in flight got %d, want 200", got)
				}
			}
			dialServed(t, address)
		})
	}
}

// hold is a request whose handler waits.
var hold = strings.Replace(servertest.Get, "/ ", "/hold ", 1)

// dialServed is a new connection that was served, at the latest when the server has seen that another one is idle.
func dialServed(t *testing.T, address string) servertest.Conn {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		w := servertest.Dial(t, address)
		if w.Send(servertest.Get); w.Status() == http.StatusOK {
			return w
		}
		if time.Now().After(deadline) {
			t.Fatal("a connection beyond the bound was not served, though another one is idle")
		}
	}
}

// TestConnectionsOverTLS: beneath TLS connections are bounded alike.
func TestConnectionsOverTLS(t *testing.T) {
	model := httptest.NewTLSServer(http.NotFoundHandler())
	defer model.Close()
	began, release := make(chan struct{}), make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &server.Server{
		TLS:    &tls.Config{Certificates: model.TLS.Certificates, MinVersion: tls.VersionTLS12},
		Limits: server.Limits{Connections: 1}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hold" {
				began <- struct{}{}
				<-release
			}
		}),
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, l) }()
	defer func() {
		cancel()
		<-ended
	}()
	ask := func(path string) error {
		// A client of its own is a connection of its own.
		trusted := model.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
		t.Cleanup(transport.CloseIdleConnections)
		answer, err := (&http.Client{Transport: transport}).Get("https://" + l.Addr().String() + path)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
	held := make(chan error)
	go func() { held <- ask("/hold") }()
	<-began
	if ask("/") == nil {
		t.Error("a connection beyond the bound was answered, though the other one is busy")
	}
	close(release)
	if err := <-held; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	// The connection that answered is idle now, or will be in a moment.
	deadline := time.Now().Add(time.Minute)
	for err = ask("/"); err != nil && time.Now().Before(deadline); err = ask("/") {
	}
	if err != nil {
		t.Errorf("a connection after the other one had been answered: %v", err)
	}
}

// TestPlacesAreGivenBack: connections that end make room, many times over. The server may notice a little later.
func TestPlacesAreGivenBack(t *testing.T) {
	limits := server.Limits{Connections: 2, ConnectionsPerAddress: 1}
	address := servertest.Serve(t, limits, func(http.ResponseWriter, *http.Request) {})
	deadline := time.Now().Add(time.Minute)
	for i := range 100 {
		for {
			w := servertest.Dial(t, address)
			w.Send(servertest.Get)
			status := w.Status()
			_ = w.Close()
			if status == http.StatusOK {
				break
			}
			if t.Context().Err() != nil || time.Now().After(deadline) {
				t.Fatalf("connection %d was not served", i)
			}
		}
	}
}

// post is a request up to the length of its body.
const post = "POST / HTTP/1.1\r\nHost: localhost\r\n"

func TestSlowSenders(t *testing.T) {
	limits := server.Limits{
		HeaderTimeout: 100 * time.Millisecond, ReadTimeout: 300 * time.Millisecond, IdleTimeout: 100 * time.Millisecond,
		BodyRate: 1 << 20,
	}
	address := servertest.Serve(t, limits, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	for _, c := range []struct {
		name, begin string
		want        int
	}{
		{"nothing", "", 0},
		{"a header, byte by byte", "GET / HTTP/1.1\r\nX: ", 0},
		{"a body, byte by byte", post + "Content-Length: 1000000\r\n\r\n", http.StatusBadRequest},
		{"a chunked body, byte by byte", post + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := servertest.Dial(t, address)
			w.Send(c.begin)
			ended := make(chan struct{})
			var sender sync.WaitGroup
			if c.begin != "" {
				sender.Go(func() {
					for {
						select {
						case <-ended:
							return
						case <-time.After(10 * time.Millisecond):
							w.Send("x")
						}
					}
				})
			}
			if got := w.Status(); got != c.want {
				t.Errorf("got %d, want %d (0: the end)", got, c.want)
			}
			close(ended)
			sender.Wait()
		})
	}
}

// TestLongBodies: a body that arrives steadily may take longer than ReadTimeout, and so may the answer to it.
func TestLongBodies(t *testing.T) {
	const timeout = 300 * time.Millisecond
	limits := server.Limits{HeaderTimeout: timeout, ReadTimeout: timeout, BodyRate: 1024}
	address := servertest.Serve(t, limits, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		time.Sleep(2 * timeout)
		if err != nil || len(body) != 100_000 || r.Context().Err() != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	w := servertest.Dial(t, address)
	w.Send(post + "Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 99_000))
	time.Sleep(2 * timeout)
	if w.Send(strings.Repeat("x", 1000)); w.Status() != http.StatusOK {
		t.Error("a body that arrived at its rate was refused")
	}
}

func TestHeaderTooLong(t *testing.T) {
	address := servertest.Serve(t, server.Limits{HeaderBytes: 1000}, func(http.ResponseWriter, *http.Request) {})
	w := servertest.Dial(t, address)
	w.Send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 6000) + "\r\n\r\n")
	if got := w.Status(); got != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d, want 431", got)
	}
}

func TestLimitsNameEveryMistake(t *testing.T) {
	if err := (server.Limits{}).Validate(); err != nil {
		t.Errorf("Validate of the defaults = %v, want nil", err)
	}
	limits := server.Limits{
		HeaderBytes: -1, IdleTimeout: -1, Connections: 10, ConnectionsPerAddress: 11, HeaderTimeout: time.Minute,
	}
	err := limits.Validate()
	if err == nil {
		t.Fatal("Validate gave no error")
	}
	for _, want := range []string{"HeaderBytes", "IdleTimeout", "ConnectionsPerAddress", "HeaderTimeout"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %q, want it to name %s", err, want)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &server.Server{Handler: http.NotFoundHandler(), Limits: server.Limits{Connections: -1}}
	if err := server.Serve(t.Context(), l); err == nil {
		t.Error("Serve took a negative limit")
	}
}
