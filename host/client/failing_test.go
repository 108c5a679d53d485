package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/client"
)

// full is a storage whose disk may be full.
type full struct {
	client.Storage
	mu   sync.Mutex
	full bool
}

func (f *full) set(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

func (f *full) Replace(ctx context.Context, old, next client.Tokens) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full && next.LoggedIn() {
		return false, syscall.ENOSPC
	}
	return f.Storage.Replace(ctx, old, next)
}

// TestFullDisk: a session goes on although its tokens cannot be stored, and they are stored once they can be. Whoever
// logs out meanwhile counts.
func TestFullDisk(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := &full{Storage: client.Memory()}
		p := w.person(client.Config{Storage: storage})
		p.login()
		old, err := storage.Load(w.Context())
		w.must(err)
		storage.set(true)
		for range 10 {
			time.Sleep(57 * time.Minute)
			if status := p.me(); status != http.StatusOK {
				w.Fatalf("me: %d with a full disk", status)
			}
		}
		if held, err := storage.Load(w.Context()); err != nil || held != old {
			w.Errorf("stored: %v", err)
		}
		storage.set(false)
		time.Sleep(57 * time.Minute)
		if status := p.me(); status != http.StatusOK {
			w.Errorf("me: %d", status)
		}
		held, err := storage.Load(w.Context())
		w.must(err)
		if access, err := p.Token(w.Context()); err != nil || held.Access != access {
			w.Errorf("not stored: %v", err)
		}
		storage.set(true)
		time.Sleep(57 * time.Minute)
		if status := p.me(); status != http.StatusOK {
			w.Errorf("me: %d", status)
		}
		gone, err := storage.Replace(w.Context(), held, client.Tokens{})
		w.must(err)
		time.Sleep(57 * time.Minute)
		if status := p.me(); status != 0 || !gone {
			w.Errorf("me: %d after somebody has logged out", status)
		}
		p.wantTold(client.Logout{Reason: client.Elsewhere})
	})
}

// TestFullDiskClose: a program that ends when there is room again has stored its session.
func TestFullDiskClose(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := &full{Storage: client.Memory()}
		p := w.person(client.Config{Storage: storage})
		p.login()
		storage.set(true)
		time.Sleep(57 * time.Minute)
		access, err := p.Token(w.Context())
		w.must(err)
		p.Close()
		storage.set(false)
		p.Close()
		if held, err := storage.Load(w.Context()); err != nil || held.Access != access {
			w.Errorf("not stored: %v", err)
		}
	})
}

// TestFullDiskLogout: a session that could not be stored can be logged out of.
func TestFullDiskLogout(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := &full{Storage: client.Memory()}
		p := w.person(client.Config{Storage: storage})
		p.login()
		storage.set(true)
		time.Sleep(57 * time.Minute)
		if status := p.me(); status != http.StatusOK {
			w.Errorf("me: %d", status)
		}
		w.must(p.Logout(w.Context()))
		if held, err := storage.Load(w.Context()); err != nil || held.LoggedIn() {
			w.Errorf("stored after the log-out: %v, %v", held.LoggedIn(), err)
		}
		p.wantTold(client.Logout{Reason: client.Asked})
	})
}

// TestNobodyWaitsForAServerThatIsAway: while the token at hand does, one caller waits for a server that does not
// answer, and the others do not.
func TestNobodyWaitsForAServerThatIsAway(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		old, err := p.Token(w.Context())
		w.must(err)
		time.Sleep(57 * time.Minute)
		w.answer(refreshPath, func(_ http.ResponseWriter, in *http.Request) {
			_, _ = io.Copy(io.Discard, in.Body) // else the server does not see that the client is gone
			<-in.Context().Done()
		})
		for i := range 60 {
			began := time.Now()
			if status := p.me(); status != http.StatusOK {
				w.Errorf("me: %d", status)
			}
			if waited := time.Since(began); waited > 9*time.Second || i > 0 && waited > time.Second {
				w.Errorf("request %d took %v", i, waited)
			}
			time.Sleep(time.Second)
		}
		w.answer(refreshPath, nil)
		time.Sleep(20 * time.Second)
		p.me() // the refresh is had without waiting for it
		time.Sleep(time.Second)
		if access, err := p.Token(w.Context()); err != nil || access == old {
			w.Errorf("the old token when the server is back: %v", err)
		}
	})
}

// TestWrongAnswers: an answer that no token view gives, such as that of a portal on the way, ends no session, and is
// not asked for by each request.
func TestWrongAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a page":   func(out http.ResponseWriter, _ *http.Request) { out.Write([]byte("<html>Welcome!")) },
		"no token": func(out http.ResponseWriter, _ *http.Request) { out.Write([]byte("{}")) },
		"a redirect": func(out http.ResponseWriter, in *http.Request) {
			http.Redirect(out, in, "/portal/", http.StatusFound)
		},
		"a 403":         func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusForbidden) },
		"a proxy's 401": func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusUnauthorized) },
		"a proxy's 407": func(out http.ResponseWriter, _ *http.Request) {
			out.WriteHeader(http.StatusProxyAuthRequired)
		},
		"never, it seems": func(out http.ResponseWriter, _ *http.Request) { retry(out, "2147483647") },
		"no sooner than the year 9999": func(out http.ResponseWriter, _ *http.Request) {
			retry(out, "Fri, 31 Dec 9999 23:59:59 GMT")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				p := w.person(client.Config{})
				p.login()
				time.Sleep(57 * time.Minute)
				w.answer(refreshPath, answer)
				for range 100 {
					if status := p.me(); status != http.StatusOK {
						w.Fatalf("me: %d", status)
					}
					time.Sleep(10 * time.Millisecond)
				}
				if n := w.count(refreshPath); n > 20 {
					w.Errorf("the server was asked %d times in a second or two", n)
				}
				time.Sleep(4 * time.Minute)
				if _, err := p.Token(w.Context()); err == nil || errors.Is(err, client.ErrLoggedOut) {
					w.Errorf("with a token that has expired: %v", err)
				}
				w.answer(refreshPath, nil)
				time.Sleep(2 * time.Hour)
				if status := p.me(); status != http.StatusOK {
					w.Errorf("me: %d when the server is back", status)
				}
				p.wantTold()
			})
		})
	}
}

func retry(out http.ResponseWriter, after string) {
	out.Header().Set("Retry-After", after)
	out.WriteHeader(http.StatusServiceUnavailable)
}

// TestOneCallerGivesUp: whoever no longer waits for a refresh ends it for nobody else.
func TestOneCallerGivesUp(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		time.Sleep(57 * time.Minute)
		w.answer(refreshPath, func(out http.ResponseWriter, in *http.Request) {
			time.Sleep(time.Second)
			w.handler.ServeHTTP(out, in)
		})
		ctx, cancel := context.WithTimeout(w.Context(), 100*time.Millisecond)
		defer cancel()
		var others sync.WaitGroup
		for range 10 {
			others.Go(func() {
				time.Sleep(50 * time.Millisecond)
				if status := p.me(); status != http.StatusOK {
					w.Errorf("me: %d", status)
				}
			})
		}
		if _, err := p.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("the caller who gave up: %v", err)
		}
		others.Wait()
		if n := w.count(refreshPath); n != 1 {
			w.Errorf("%d refreshes", n)
		}
	})
}
