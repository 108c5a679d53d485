package client_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/client"
)

const (
	loginPath     = "/auth/token/"
	refreshPath   = "/auth/token/refresh/"
	blacklistPath = "/auth/token/blacklist/"
)

// TestSession: a session lasts as long as it is used, although the clock of the client is 26 years slow, and a log-out
// ends it at the server.
func TestSession(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		if p.me() != 0 {
			w.Error("somebody is logged in")
		}
		p.login()
		for range 100 {
			if status := p.me(); status != http.StatusOK {
				w.Fatalf("me: %d", status)
			}
			time.Sleep(20 * time.Minute)
		}
		if n := w.count(refreshPath); n < 30 || n > 50 {
			w.Errorf("%d refreshes in 33 hours", n)
		}
		access, err := p.Token(w.Context())
		w.must(err)
		w.must(p.Logout(w.Context()))
		w.must(p.Logout(w.Context()))
		if p.me() != 0 {
			w.Error("somebody is logged in after the log-out")
		}
		request, err := http.NewRequest("GET", "http://127.0.0.1:8000/customers/me/", nil)
		w.must(err)
		request.Header.Set("Authorization", "Bearer "+access)
		answer, err := (&http.Client{Transport: w.transport()}).Do(request)
		w.must(err)
		answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			w.Errorf("the access token is answered with %d after the log-out", answer.StatusCode)
		}
		p.wantTold(client.Logout{Reason: client.Asked})
	})
}

// TestOneRefresh: however many callers find the token due, one refresh is sent.
func TestOneRefresh(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		for round := range 3 {
			time.Sleep(57 * time.Minute)
			var callers sync.WaitGroup
			for range 50 {
				callers.Go(func() {
					if status := p.me(); status != http.StatusOK {
						w.Errorf("me: %d", status)
					}
				})
			}
			callers.Wait()
			if n := w.count(refreshPath); n != round+1 {
				w.Errorf("%d refreshes after %d rounds", n, round+1)
			}
		}
	})
}

// TestRetryAfter401: a request that is refused is sent once more, with its body, under another token.
func TestRetryAfter401(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		time.Sleep(time.Minute)
		old, err := p.Token(w.Context())
		w.must(err)
		var bodies []string
		w.answer("/orders/", func(out http.ResponseWriter, in *http.Request) {
			body, _ := io.ReadAll(in.Body)
			bodies = append(bodies, string(body))
			if in.Header.Get("Authorization") == "Bearer "+old {
				out.WriteHeader(http.StatusUnauthorized)
			}
		})
		answer, err := p.HTTP().Post("http://127.0.0.1:8000/orders/", "text/plain", strings.NewReader("three apples"))
		w.must(err)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || len(bodies) != 2 || bodies[1] != "three apples" {
			w.Errorf("%d after %q", answer.StatusCode, bodies)
		}
		// A refusal that no token changes costs one refresh, and is told as it is.
		w.answer("/orders/", func(out http.ResponseWriter, _ *http.Request) {
			out.WriteHeader(http.StatusUnauthorized)
		})
		time.Sleep(time.Minute)
		refreshes := w.count(refreshPath)
		for range 5 {
			answer, err := p.HTTP().Get("http://127.0.0.1:8000/orders/")
			w.must(err)
			answer.Body.Close()
			if answer.StatusCode != http.StatusUnauthorized {
				w.Errorf("status %d, want the 401", answer.StatusCode)
			}
		}
		if n := w.count(refreshPath) - refreshes; n != 1 {
			w.Errorf("%d refreshes", n)
		}
		p.wantTold()
	})
}

// TestLogoutDuringRefresh: an answer to a refresh does not bring a session back that somebody has ended meanwhile, and
// the tokens in it are of no use.
func TestLogoutDuringRefresh(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		storage := client.File(filepath.Join(w.dir, "tokens"))
		a, b := w.person(client.Config{Storage: storage}), w.person(client.Config{Storage: storage})
		a.login()
		if b.me() != http.StatusOK {
			w.Error("b is not logged in")
		}
		time.Sleep(57 * time.Minute)
		arrived, goOn := make(chan bool), make(chan bool)
		w.answer(refreshPath, func(out http.ResponseWriter, in *http.Request) {
			w.answer(refreshPath, nil)
			w.handler.ServeHTTP(out, in) // what it writes is held back until the handler returns
			arrived <- true
			<-goOn
		})
		var asking sync.WaitGroup
		asking.Go(func() {
			if status := a.me(); status != 0 {
				w.Errorf("a is logged in after b has logged out: %d", status)
			}
		})
		<-arrived
		w.must(b.Forget(w.Context())) // the server does not hear of it
		close(goOn)
		asking.Wait()
		if held, err := storage.Load(w.Context()); err != nil || held.LoggedIn() {
			w.Errorf("stored: %v, %v", held.LoggedIn(), err)
		}
		a.wantTold(client.Logout{Reason: client.Elsewhere})
		b.wantTold(client.Logout{Reason: client.Asked})
		if w.count(blacklistPath) != 1 {
			w.Error("the pair that was dropped is still good")
		}
	})
}

// TestServerAway: while the server cannot answer, the token at hand is used until it ends, and the server is not asked
// before it wants to be.
func TestServerAway(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		time.Sleep(57 * time.Minute)
		w.answer(refreshPath, func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Retry-After", "60")
			out.WriteHeader(http.StatusServiceUnavailable)
		})
		for range 100 {
			if status := p.me(); status != http.StatusOK {
				w.Errorf("me: %d", status)
			}
			time.Sleep(time.Second)
		}
		if n := w.count(refreshPath); n > 2 {
			w.Errorf("the server was asked %d times in 100 seconds", n)
		}
		time.Sleep(4 * time.Minute)
		if _, err := p.HTTP().Get("http://127.0.0.1:8000/customers/me/"); err == nil ||
			!strings.Contains(err.Error(), "not available") {
			w.Errorf("with an expired token: %v", err)
		}
		w.answer(refreshPath, nil)
		time.Sleep(62 * time.Second)
		if status := p.me(); status != http.StatusOK {
			w.Errorf("me: %d when the server is back", status)
		}
		p.wantTold()
	})
}

// TestLogoutReachesTheServer: a log-out that the server has not heard of is none.
func TestLogoutReachesTheServer(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{})
		p.login()
		w.answer(blacklistPath, func(out http.ResponseWriter, _ *http.Request) {
			out.WriteHeader(http.StatusBadGateway)
		})
		if err := p.Logout(w.Context()); err == nil || !strings.Contains(err.Error(), "goes on at the server") {
			w.Errorf("log-out: %v", err)
		}
		if p.me() != http.StatusOK {
			w.Error("the session is gone")
		}
		w.answer(blacklistPath, nil)
		w.must(p.LogoutEverywhere(w.Context()))
		p.wantTold(client.Logout{Reason: client.Asked})
	})
}

// TestOrigins: no other origin gets the token, by no redirect.
func TestOrigins(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		p := w.person(client.Config{Origins: []string{"https://api.shop.example"}})
		p.login()
		var got []string
		w.answer("/there/", func(out http.ResponseWriter, in *http.Request) {
			got = append(got, in.Host+" "+in.Header.Get("Authorization"))
		})
		w.answer("/away/", func(out http.ResponseWriter, in *http.Request) {
			http.Redirect(out, in, "http://127.0.0.1:8001/there/", http.StatusFound)
		})
		for _, address := range []string{"http://elsewhere.example/there/", "http://127.0.0.1:8000/away/",
			"http://api.shop.example/there/"} {
			answer, err := p.HTTP().Get(address)
			w.must(err)
			answer.Body.Close()
		}
		if want := "elsewhere.example ,127.0.0.1:8001 ,api.shop.example "; strings.Join(got, ",") != want {
			w.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestScheme: a shop may want another word than Bearer, also with a log-out everywhere.
func TestScheme(t *testing.T) {
	wanted := func(s *core.Settings) { s.AuthHeaderTypes = []string{"JWT"} }
	inBubble(t, wanted, func(w *world) {
		wrong, p, other := w.person(client.Config{}), w.person(client.Config{Scheme: "JWT"}),
			w.person(client.Config{Scheme: "JWT"})
		for _, one := range []*person{wrong, p, other} {
			one.login()
		}
		if a, b, c := wrong.me(), p.me(), other.me(); a != 401 || b != 200 || c != 200 {
			w.Errorf("me: %d by Bearer, %d and %d by JWT", a, b, c)
		}
		w.must(p.LogoutEverywhere(w.Context()))
		time.Sleep(time.Minute)
		if a, b := p.me(), other.me(); a != 0 || b != 0 {
			w.Errorf("me: %d and %d after the log-out everywhere", a, b)
		}
	})
}

// TestWrongConfiguration: the error says what is wrong.
func TestWrongConfiguration(t *testing.T) {
	for want, cfg := range map[string]client.Config{
		"not a URL":                 {Server: "shop.example"},
		"not a word such as Bearer": {Server: "https://shop.example", Scheme: "JWT\r\nX-Admin: yes"},
		"without TLS":               {Server: "http://shop.example"},
		"neither user":              {Server: "https://ana:secret@shop.example"},
		"not an origin":             {Server: "https://shop.example", Origins: []string{"https://shop.example/path"}},
		"in Origins":                {Server: "https://shop.example", Origins: []string{"api"}},
		"in Origins is without TLS": {Server: "https://shop.example", Origins: []string{"http://api.shop.example"}},
		"negative":                  {Server: "https://shop.example", Early: -time.Minute},
	} {
		if _, err := client.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
	for _, server := range []string{"https://shop.example", "http://localhost:8000", "http://[::1]:8000/below"} {
		if _, err := client.New(client.Config{Server: server}); err != nil {
			t.Error(err)
		}
	}
}

// TestLoginRefused: the error is that of the server.
func TestLoginRefused(t *testing.T) {
	inBubble(t, func(s *core.Settings) {}, func(w *world) {
		p := w.person(client.Config{})
		err := p.Login(w.Context(), "ana@example.com", "wrong")
		if err == nil || !strings.Contains(err.Error(), "No active account found with the given credentials") {
			w.Errorf("log-in: %v", err)
		}
		if w.count(loginPath) != 1 {
			w.Error("a wrong password was tried again")
		}
	})
}

// TestLoginIncomplete: the error says which field the server misses.
func TestLoginIncomplete(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		for _, c := range []struct{ field, name, password, want string }{
			{"email", "", "", ": email: This field may not be blank.; password: This field may not be blank."},
			{"username", "ana@example.com", "right", ": email: This field is required."},
		} {
			err := w.person(client.Config{LoginField: c.field}).Login(w.Context(), c.name, c.password)
			if err == nil || !strings.HasSuffix(err.Error(), "400 Bad Request"+c.want) {
				w.Errorf("log-in: %v, want %q at the end", err, c.want)
			}
		}
	})
}
