package client_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/host/client"
)

// TestRefusedBeforeTheBody: a server may refuse a token before it has read what comes with it, by HTTP/1.1 and HTTP/2,
// asked to wait (Expect: 100-continue) or not; the body arrives as a whole with the next token.
func TestRefusedBeforeTheBody(t *testing.T) {
	text := bytes.Repeat([]byte("three apples "), 20_000)
	for name, c := range map[string]struct {
		http2  bool
		expect string
	}{"HTTP/1.1": {}, "HTTP/1.1, continue": {expect: "100-continue"}, "HTTP/2": {http2: true}} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("/auth/token/", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"access":"old","refresh":"first"}`)
			})
			mux.HandleFunc("/auth/token/refresh/", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"access":"new","refresh":"second"}`)
			})
			mux.HandleFunc("/orders/", func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer new" || r.ProtoMajor == 2 != c.http2 {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				body, _ := io.ReadAll(r.Body)
				_, _ = w.Write(body)
			})
			server := httptest.NewUnstartedServer(mux)
			server.EnableHTTP2 = c.http2
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that were not needed
			server.StartTLS()
			defer server.Close()
			p, err := client.New(client.Config{Server: server.URL, Transport: server.Client().Transport})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Login(context.Background(), "ana@example.com", "right"); err != nil {
				t.Fatal(err)
			}
			var callers sync.WaitGroup
			for range 10 {
				callers.Go(func() {
					request, err := http.NewRequest(http.MethodPost, server.URL+"/orders/", bytes.NewReader(text))
					if err != nil {
						t.Error(err)
						return
					}
					if c.expect != "" {
						request.Header.Set("Expect", c.expect)
					}
					answer, err := p.HTTP().Do(request)
					if err != nil {
						t.Error(err)
						return
					}
					defer answer.Body.Close()
					got, err := io.ReadAll(answer.Body)
					if err != nil || answer.StatusCode != http.StatusOK || !bytes.Equal(got, text) {
						t.Errorf("%s, %d bytes, %v", answer.Status, len(got), err)
					}
				})
			}
			callers.Wait()
		})
	}
}
