package httpapi_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
)

// faulty is a key elsewhere that makes as many signatures as it has left, and then gives errors.
type faulty struct {
	crypto.Signer
	left atomic.Int64
}

func (f *faulty) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if f.left.Add(-1) < 0 {
		return nil, errors.New("no such slot")
	}
	return f.Signer.Sign(random, digest, opts)
}

// elsewhere is a ring whose key is f. Of a key for RS256 no signature is remembered.
func elsewhere(t *testing.T, f *faulty, algorithm string) *keyring.Ring {
	t.Helper()
	var err error
	if algorithm == "ES256" {
		f.Signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		f.Signer, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.left.Store(1 << 30)
	k, err := keyring.External(f, algorithm, "", keyring.ExternalLimits{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := keyring.NewRing([]keyring.Member{{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: algorithm}}},
		[]core.SigningKey{{Key: 0}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// spends has refresh tokens rotate, each good for one refresh.
func spends(n *node.Config) {
	n.Settings.RotateRefreshTokens, n.Settings.BlacklistAfterRotation = true, true
}

// TestSignerFails: where a signer elsewhere fails, at the first or at the second token of a pair, every view that
// issues tokens is a 503 with Retry-After, without a token and with nothing stored, in all forms of an answer. What
// needs no signature goes on.
func TestSignerFails(t *testing.T) {
	f := &faulty{}
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		spends(n)
		takesSliding(n)
		n.Engine = core.NewNative(n.Settings, elsewhere(t, f, "RS256"))
	})
	refresh, access := s.login(t)
	sliding := s.slide(t)
	views := []struct {
		path, body string
		tokens     int64
	}{
		{"/auth/token/", `{"email":"ana@example.com","password":"right"}`, 2},
		{"/auth/token/sliding/", slidingLogin, 1},
		{"/auth/token/refresh/", `{"refresh":"` + refresh + `"}`, 2},
		{"/auth/token/sliding/refresh/", `{"token":"` + sliding + `"}`, 1},
	}
	for _, token := range []string{refresh, sliding} { // the store notes how long tokens live that it is shown
		s.post(t, "/auth/token/verify/", `{"token":"`+token+`"}`)
	}
	before := s.written(t)
	for _, v := range views {
		for left := range v.tokens {
			for _, accept := range []string{"application/json", "text/html"} {
				f.left.Store(left)
				answer, body := s.post(t, v.path, v.body, "Accept: "+accept)
				if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "1" ||
					strings.Contains(body, "slot") || accept != "text/html" && // whose page shows what was sent
					(strings.Contains(body, "eyJ") || len(answer.Cookies()) > 0) {
					t.Errorf("%s as %s with %d signatures left: %d, Retry-After %q, %s", v.path, accept, left,
						answer.StatusCode, answer.Header.Get("Retry-After"), body)
				}
			}
		}
	}
	if after := s.written(t); after != before {
		t.Errorf("%d commits, want %d: something was stored", after, before)
	}
	if log := s.record(t); strings.Count(log, `"cause":"signer"`) < len(views) ||
		!strings.Contains(log, "the signer outside did not sign: key ") || !strings.Contains(log, "no such slot") {
		t.Errorf("the log says\n%s\nwant a record for each view", log)
	}
	if answer, body := s.ask(t, "GET", "/customers/me/", "",
		"Authorization: Bearer "+access); answer.StatusCode != http.StatusOK {
		t.Errorf("a token of before: %d %s", answer.StatusCode, body)
	}
	f.left.Store(1 << 30)
	for _, v := range views {
		if answer, body := s.post(t, v.path, v.body); answer.StatusCode != http.StatusOK {
			t.Errorf("%s once the signer is back: %d %s", v.path, answer.StatusCode, body)
		}
	}
}

// written is how many commits the store of a shop has made.
func (s *shop) written(t *testing.T) uint64 {
	t.Helper()
	stats, err := s.store.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Commits
}

// TestSignerFailsForBrowsers: tokens in cookies stay as they were, and a log-in by the page, which issues no token,
// needs no signer.
func TestSignerFailsForBrowsers(t *testing.T) {
	f := &faulty{}
	s := openShop(t, func(n *node.Config, h *httpapi.Config) {
		spends(n)
		inCookies(h)
		n.Engine = core.NewNative(n.Settings, elsewhere(t, f, "RS256"))
	})
	b := s.app(t)
	b.enter(t)
	cookies := b.cookies["access"] + b.cookies["refresh"]
	f.left.Store(1)
	if answer, body := b.send(t, "/auth/token/refresh/", ""); answer.StatusCode != http.StatusServiceUnavailable ||
		b.cookies["access"]+b.cookies["refresh"] != cookies || answer.Header.Get("Retry-After") != "1" {
		t.Errorf("refresh: %d %s, cookies changed: %v", answer.StatusCode, body,
			b.cookies["access"]+b.cookies["refresh"] != cookies)
	}
	f.left.Store(1)
	if answer, body := b.send(t, "/auth/token/",
		`{"email":"ana@example.com","password":"right"}`); answer.StatusCode != http.StatusServiceUnavailable ||
		b.cookies["access"]+b.cookies["refresh"] != cookies {
		t.Errorf("log-in: %d %s", answer.StatusCode, body)
	}
	f.left.Store(0)
	s.browser().logIn(t)
	f.left.Store(2)
	if answer, body := b.send(t, "/auth/token/refresh/", ""); answer.StatusCode != http.StatusOK || body != "{}" {
		t.Errorf("refresh once the signer is back: %d %s", answer.StatusCode, body)
	}
}

// TestRepeatsOfRandomSignatures: within the window a refresh gets the same answer byte for byte, though the key signs
// differently each time: requests at once, and one that comes when the signer is away.
func TestRepeatsOfRandomSignatures(t *testing.T) {
	f := &faulty{}
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		spends(n)
		n.Engine = core.NewNative(n.Settings, elsewhere(t, f, "ES256"))
	})
	refresh, _ := s.login(t)
	var answers [8]string
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { _, answers[i] = s.post(t, "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`) })
	}
	all.Wait()
	f.left.Store(0)
	_, again := s.post(t, "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`)
	for _, first := range answers {
		if again != first || !strings.Contains(again, `"refresh"`) {
			t.Fatalf("of one refresh there are the answers\n%s\n%s", first, again)
		}
	}
}
