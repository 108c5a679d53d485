package client_test

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/client"
)

// TestRequestDuringLogout: a request whose token is due waits for a log-out that is under way, and then goes out with a
// token or not at all.
func TestRequestDuringLogout(t *testing.T) {
	for name, reaches := range map[string]bool{"a log-out": true, "one that does not reach the server": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				p := w.person(client.Config{})
				p.login()
				time.Sleep(57 * time.Minute)
				w.answer(blacklistPath, func(out http.ResponseWriter, in *http.Request) {
					time.Sleep(time.Second)
					if reaches {
						w.handler.ServeHTTP(out, in)
					} else {
						out.WriteHeader(http.StatusForbidden)
					}
				})
				var leaving sync.WaitGroup
				leaving.Go(func() {
					if err := p.Logout(w.Context()); (err == nil) != reaches {
						w.Errorf("log-out: %v", err)
					}
				})
				time.Sleep(time.Second / 2)
				want := http.StatusOK
				if reaches {
					want = 0
				}
				if status := p.me(); status != want {
					w.Errorf("me: %d, want %d", status, want)
				}
				leaving.Wait()
			})
		})
	}
}

// TestLogoutOfAStoredSession: a program that only logs out is told so as others are.
func TestLogoutOfAStoredSession(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := client.File(filepath.Join(w.dir, "session"))
		w.person(client.Config{Storage: storage}).login()
		p := w.person(client.Config{Storage: storage})
		w.must(p.Logout(w.Context()))
		w.must(p.Logout(w.Context()))
		p.wantTold(client.Logout{Reason: client.Asked})
	})
}

// TestLogoutEverywhereIsSure: that the access token was refused says nothing of other sessions: they are ended by
// another one.
func TestLogoutEverywhereIsSure(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p, other := w.person(client.Config{}), w.person(client.Config{})
		p.login()
		other.login()
		w.answer("/auth/logout/all/", func(out http.ResponseWriter, in *http.Request) {
			w.answer("/auth/logout/all/", nil)
			out.Header().Set("Content-Type", "application/json")
			out.WriteHeader(http.StatusUnauthorized)
			_, _ = out.Write([]byte(`{"detail":"Token is expired"}`))
		})
		w.must(p.LogoutEverywhere(w.Context()))
		time.Sleep(time.Minute)
		if status := other.me(); status != 0 {
			w.Errorf("another session after a log-out everywhere: %d", status)
		}
		p.wantTold(client.Logout{Reason: client.Asked})
	})
}

// TestOnLogoutMayCall: what is told of a log-out may call the client, even to log out and to close.
func TestOnLogoutMayCall(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		var p *client.Client
		var told int
		p = w.client(client.Config{OnLogout: func(client.Logout) {
			told++
			w.must(p.Logout(w.Context()))
			p.Close()
			if told > 1 {
				return
			}
			w.must(p.Login(w.Context(), "ana@example.com", "right"))
			if _, err := p.Token(w.Context()); err != nil {
				w.Error(err)
			}
		}})
		w.must(p.Login(w.Context(), "ana@example.com", "right"))
		w.must(p.Logout(w.Context()))
		if told != 1 {
			w.Errorf("told %d times", told)
		}
		w.must(p.Logout(w.Context()))
		if told != 2 {
			w.Errorf("told %d times of two sessions", told)
		}
	})
}

// late is a storage whose first reader gets what was there before goOn was closed.
type late struct {
	client.Storage
	loads atomic.Int64
	goOn  chan struct{}
}

func (l *late) Load(ctx context.Context) (client.Tokens, error) {
	held, err := l.Storage.Load(ctx)
	if l.loads.Add(1) == 1 {
		<-l.goOn
	}
	return held, err
}

// TestToldOnce: whoever reads the storage while the session ends neither goes on with it nor has its end told again.
func TestToldOnce(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := client.Memory()
		first := w.person(client.Config{Storage: storage})
		first.login()
		held, err := storage.Load(w.Context())
		w.must(err)
		w.must(first.Logout(w.Context()))
		_, err = storage.Replace(w.Context(), client.Tokens{}, client.Tokens{Refresh: held.Refresh})
		w.must(err)
		slow := &late{Storage: storage, goOn: make(chan struct{})}
		p := w.person(client.Config{Storage: slow})
		var reader sync.WaitGroup
		reader.Go(func() {
			if status := p.me(); status != 0 {
				w.Errorf("the reader of before: %d", status)
			}
		})
		synctest.Wait()
		if status := p.me(); status != 0 {
			w.Errorf("me: %d", status)
		}
		close(slow.goOn)
		reader.Wait()
		p.wantTold(client.Logout{Reason: client.Refused, Cause: "blacklisted", Detail: "Token is blacklisted"})
	})
}

// TestThieves: a refresh token that two use ends the session, whoever comes first, and both are told once.
func TestThieves(t *testing.T) {
	long := func(s *core.Settings) { s.RefreshGrace = time.Minute }
	for name, thiefFirst := range map[string]bool{"the thief first": true, "the client first": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, long, func(w *world) {
				storage := client.File(filepath.Join(w.dir, "session"))
				owner := w.person(client.Config{Storage: storage})
				owner.login()
				stolen, err := storage.Load(w.Context())
				w.must(err)
				thief := w.thief(stolen)
				first, second := owner, thief
				if thiefFirst {
					first, second = thief, owner
				}
				time.Sleep(57 * time.Minute)
				if status := first.me(); status != http.StatusOK {
					w.Errorf("who came first: %d", status)
				}
				time.Sleep(2 * time.Minute) // past the window for lost answers
				var callers sync.WaitGroup
				for range 20 {
					callers.Go(func() {
						if status := second.me(); status != 0 {
							w.Errorf("who came second: %d", status)
						}
					})
				}
				callers.Wait()
				if status := first.me(); status != 0 {
					w.Errorf("who came first, at the end: %d", status)
				}
				for _, p := range []*person{owner, thief} {
					p.me()
					p.wantTold(client.Logout{Reason: client.Refused, Cause: "blacklisted",
						Detail: "Token is blacklisted"})
				}
				owner.login()
				if owner.me() != http.StatusOK || thief.me() != 0 || len(owner.told()) != 1 {
					w.Error("no new session, or the thief has it")
				}
			})
		})
	}
}

// TestThiefWithinTheWindow: a thief who comes within the window for lost answers gets the pair that the client has, and
// is found at the next refresh of both.
func TestThiefWithinTheWindow(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := client.Memory()
		owner := w.person(client.Config{Storage: storage})
		owner.login()
		stolen, err := storage.Load(w.Context())
		w.must(err)
		thief := w.thief(stolen)
		time.Sleep(57 * time.Minute)
		if owner.me() != http.StatusOK || thief.me() != http.StatusOK {
			w.Error("one of them is refused")
		}
		time.Sleep(57 * time.Minute)
		if thief.me() != http.StatusOK {
			w.Error("the thief is refused")
		}
		time.Sleep(time.Minute)
		if status := owner.me(); status != 0 {
			w.Errorf("me: %d", status)
		}
		owner.wantTold(client.Logout{Reason: client.Refused, Cause: "blacklisted", Detail: "Token is blacklisted"})
		if status := thief.me(); status != 0 {
			w.Errorf("the thief: %d", status)
		}
	})
}
