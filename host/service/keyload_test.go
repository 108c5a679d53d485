package service_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
	"github.com/edgetoken/edgetoken/store"
)

// TestRotationsUnderLoad: customers log in, refresh and verify without a pause while one key after the other is made,
// signs, and is retired once all that it signed has expired. No request is refused or lost, and afterwards nothing is
// taken that a retired key signed. The numbers come from the environment: EDGETOKEN_TEST_ROTATIONS (2), _KEY_RATE (400
// requests/s).
func TestRotationsUnderLoad(t *testing.T) {
	rotations, rate := number(t, "ROTATIONS", 2), number(t, "KEY_RATE", 400)
	n := startNode(t, servicetest.Sandbox())
	const lifetime = 2 * time.Second
	n.Configure(t, "simple_jwt: {ACCESS_TOKEN_LIFETIME: 2s, REFRESH_TOKEN_LIFETIME: 2s}\nlog: {level: error}\n")
	if _, err := n.Reload(); err != nil {
		t.Fatal(err)
	}
	l := n.keyLoad(t, rate)
	began := time.Now()
	var retired []keyring.Key
	was := signing(t, n.Keys())
	for range rotations {
		made, err := n.Keys().Generate(t.Context(), keys.Generate{Algorithm: was.Algorithm()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Keys().Activate(t.Context(), made.Key.ID, time.Time{}); err != nil {
			t.Fatal(err)
		}
		activated := time.Now()
		for _, kind := range []string{"access", "refresh"} {
			if status := l.send("verify", forge(t, was, kind)); status != http.StatusOK {
				t.Errorf("verify of an %s token of the key that signed before answers %d", kind, status)
			}
		}
		next := signing(t, n.Keys())
		if next.ID() != made.Key.ID {
			t.Fatalf("%s signs, want %s", next, made.Key.ID)
		}
		time.Sleep(time.Until(activated.Add(lifetime + time.Second)))
		if _, err := n.Keys().Retire(t.Context(), was.ID(), false); err != nil {
			t.Fatal(err)
		}
		retired, was = append(retired, was), next
	}
	took := time.Since(began)
	l.stop()
	for _, k := range retired {
		for _, kind := range []string{"access", "refresh"} {
			if status := l.send("verify", forge(t, k, kind)); status != http.StatusUnauthorized {
				t.Errorf("verify of an %s token of the retired key %s answers %d", kind, k, status)
			}
		}
		if status := l.send("refresh", forge(t, k, "refresh")); status != http.StatusUnauthorized {
			t.Errorf("refresh by the retired key %s answers %d", k, status)
		}
	}
	slices.Sort(l.took)
	n99, most := l.took[len(l.took)*99/100], l.took[len(l.took)-1]
	t.Logf("%d rotations in %.0f s: %d log-ins, %d refreshes and verifications (%.0f/s), %d lost, %d answered when "+
		"their token had expired; half within %v, 99 of 100 within %v, all within %v", rotations, took.Seconds(),
		l.logins.Load(), len(l.took), float64(len(l.took))/took.Seconds(), l.lost.Load(), l.late.Load(),
		l.took[len(l.took)/2], n99, most)
	if l.lost.Load() > 0 {
		t.Errorf("%d requests are lost", l.lost.Load())
	}
}

// signing is the key that signs, with its private part.
func signing(t *testing.T, m *keys.Manager) keyring.Key {
	t.Helper()
	list, err := m.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	private, err := m.Private(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range list.Keys {
		if k.State == core.KeySigning {
			return private[k.ID]
		}
	}
	t.Fatal("no key signs")
	return keyring.Key{}
}

// forge is a token of the first customer's that expires in an hour, signed with a key.
func forge(t *testing.T, k keyring.Key, kind string) string {
	return forgeFor(t, k, kind, time.Now(), 1)
}

// forgeFor is a token of a customer's that is issued at a time and expires an hour later, or 3 days for refresh tokens.
func forgeFor(t *testing.T, k keyring.Key, kind string, now time.Time, customer int) string {
	t.Helper()
	ring, err := keyring.NewRing([]keyring.Member{{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm()}}},
		nil)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	lives := map[string]int64{"access": 3600, "refresh": 3 * 86400}[kind]
	input := encode(fmt.Appendf(nil, `{"alg":%q,"typ":"JWT","kid":%q}`, k.Algorithm(), k.ID())) + "." +
		encode(fmt.Appendf(nil, `{"token_type":%q,"exp":%d,"iat":%d,"jti":"%032x","user_id":"%d"}`, kind,
			now.Unix()+lives, now.Unix(), customer, customer))
	signature, err := ring.Sign(context.Background(), 0, []byte(input), make([]byte, core.EntropyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

// keyLoad are customers who use a node until they are stopped.
type keyLoad struct {
	url    string
	client *http.Client
	stop   func()

	due, logins, lost, late atomic.Int64 // requests; late: refused when their token had expired

	mu   sync.Mutex
	took []time.Duration // of good refreshes and verifications
}

// keyLoad has 32 customers refresh and verify at a rate of requests a second together.
func (n *node) keyLoad(t *testing.T, rate int) *keyLoad {
	l := &keyLoad{url: n.URL(), client: n.Client}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	l.stop = sync.OnceFunc(func() { close(ended); wg.Wait() })
	t.Cleanup(l.stop)
	began := time.Now()
	for i := range 32 {
		email := fmt.Sprintf("customer%d@example.com", i)
		if err := n.AddCustomer(t.Context(), store.NewCustomer{Email: email, IsActive: true},
			"correct horse 1"); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				l.session(t, email, func() {
					time.Sleep(time.Until(began.Add(time.Duration(l.due.Add(1)) * time.Second / time.Duration(rate))))
				})
			}
		})
	}
	return l
}

// session logs in, and refreshes and verifies for as long as the refresh token is sure to be valid. wait waits for the
// turn of a request.
func (l *keyLoad) session(t *testing.T, email string, wait func()) {
	began := time.Now()
	var pair struct{ Access, Refresh string }
	if !l.good(t, "", fmt.Sprintf(`{"email":%q,"password":"correct horse 1"}`, email), &pair, "") {
		return
	}
	l.logins.Add(1)
	for time.Since(began) < 700*time.Millisecond {
		wait()
		if !l.good(t, "refresh/", fmt.Sprintf(`{"refresh":%q}`, pair.Refresh), &pair, pair.Refresh) {
			return
		}
		wait()
		if !l.good(t, "verify/", fmt.Sprintf(`{"token":%q}`, pair.Access), nil, pair.Access) {
			return
		}
	}
}

// good makes a request and counts it. It is lost unless the answer is 200, or the token had expired before it came.
func (l *keyLoad) good(t *testing.T, path, body string, answer any, token string) bool {
	began := time.Now()
	status, text, err := l.post(path, body)
	took := time.Since(began)
	switch {
	case err == nil && status == http.StatusOK:
		if token != "" {
			l.mu.Lock()
			l.took = append(l.took, took)
			l.mu.Unlock()
		}
		if answer == nil {
			return true
		}
		if err = json.Unmarshal(text, answer); err == nil {
			return true
		}
	case err == nil && token != "" && !time.Now().Before(expiry(token)):
		l.late.Add(1)
		return false
	}
	if l.lost.Add(1) < 10 {
		t.Errorf("a request to %q is lost: %d %s, %v", path, status, text, err)
	}
	return false
}

// send sends a token and gives the status of the answer; 0 where there is none.
func (l *keyLoad) send(path, token string) int {
	field := "token"
	if path == "refresh" {
		field = "refresh"
	}
	status, _, _ := l.post(path+"/", fmt.Sprintf(`{%q:%q}`, field, token))
	return status
}

func (l *keyLoad) post(path, body string) (status int, text []byte, err error) {
	r, err := l.client.Post(l.url+"/auth/token/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	defer r.Body.Close()
	text, err = io.ReadAll(r.Body)
	return r.StatusCode, text, err
}

// expiry is the exp of a token.
func expiry(token string) time.Time {
	claims, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var c struct{ Exp int64 }
	_ = json.NewDecoder(bytes.NewReader(claims)).Decode(&c)
	return time.Unix(c.Exp, 0)
}
