package client_test

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// body counts how often it is closed.
type body struct {
	io.Reader
	closed *atomic.Int64
}

func (b body) Close() error { b.closed.Add(1); return nil }

// TestRoundTripper: a request is not changed, and its body is closed, whatever becomes of it.
func TestRoundTripper(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		w.answer("/refuses/", func(out http.ResponseWriter, in *http.Request) {
			_, _ = io.Copy(io.Discard, in.Body)
			out.WriteHeader(http.StatusUnauthorized)
		})
		w.answer("/takes/", func(_ http.ResponseWriter, in *http.Request) { _, _ = io.Copy(io.Discard, in.Body) })
		for _, c := range []struct {
			name, path string
			login      bool
			again      func() (io.ReadCloser, error)
			bodies     int64
			want       int // status; 0: an error
		}{
			{"nobody is logged in", "/takes/", false, nil, 1, 0},
			{"an answer", "/takes/", true, nil, 1, 200},
			{"a 401 that cannot be sent again", "/refuses/", true, nil, 1, 401},
			{"a body that cannot be had again", "/refuses/", true, func() (io.ReadCloser, error) {
				return nil, io.ErrUnexpectedEOF
			}, 1, 401},
		} {
			if c.login {
				p.login()
				time.Sleep(time.Minute)
			}
			var closed atomic.Int64
			u, err := url.Parse("http://127.0.0.1:8000" + c.path)
			w.must(err)
			request := &http.Request{Method: http.MethodPost, URL: u, GetBody: c.again,
				Body: body{strings.NewReader("three apples"), &closed}}
			answer, err := p.RoundTrip(request)
			if (err != nil) != (c.want == 0) || err == nil && answer.StatusCode != c.want {
				w.Errorf("%s: %v, %v", c.name, answer, err)
			}
			if err == nil {
				answer.Body.Close()
			}
			if closed.Load() < c.bodies || request.Header != nil {
				w.Errorf("%s: closed %d bodies, header %v", c.name, closed.Load(), request.Header)
			}
		}
		var closed atomic.Int64
		if _, err := p.RoundTrip(&http.Request{Header: http.Header{}, Body: body{nil, &closed}}); err == nil ||
			closed.Load() == 0 {
			w.Errorf("a request without a URL: %v", err)
		}
	})
}

// TestRefusedConnectionIsUsedAgain: what follows a 401 does not need another connection, and none is left open.
func TestRefusedConnectionIsUsedAgain(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		time.Sleep(time.Minute)
		old, err := p.Token(w.Context())
		w.must(err)
		w.answer("/refuses/", func(out http.ResponseWriter, in *http.Request) {
			if in.Header.Get("Authorization") == "Bearer "+old {
				out.WriteHeader(http.StatusUnauthorized)
				_, _ = out.Write(make([]byte, 10_000))
			}
		})
		opened := 0
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			if !info.Reused {
				opened++
			}
		}}
		request, err := http.NewRequestWithContext(httptrace.WithClientTrace(w.Context(), trace), http.MethodGet,
			"http://127.0.0.1:8000/refuses/", nil)
		w.must(err)
		answer, err := p.HTTP().Do(request)
		w.must(err)
		answer.Body.Close()
		// The first connection was that of the log-in; the refresh, while the 401 is not read yet, needs another.
		if answer.StatusCode != http.StatusOK || opened != 0 {
			w.Errorf("%s, %d connections opened for the request", answer.Status, opened)
		}
		p.HTTP().CloseIdleConnections()
		answer, err = p.HTTP().Do(request)
		w.must(err)
		answer.Body.Close()
		if opened != 1 {
			w.Errorf("%d connections opened after all were closed", opened)
		}
	})
}
