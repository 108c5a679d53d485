package httpapi_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestKeyEnds: the node remembers tokens, and then their key ends. Every endpoint answers, byte for byte, as for a
// token of an unknown key.
func TestKeyEnds(t *testing.T) {
	var ahead atomic.Int64
	verified, err := cache.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	info := core.KeyInfo{ID: "k", Algorithm: "HS256", Default: true, NotAfter: time.Now().Add(30 * time.Minute).Unix()}
	keys := coretest.NewHMACKeys(1, coretest.HMACKey{KeyInfo: info, Secret: coretest.Secret})
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		n.Engine = verified.Engine(core.NewNative(n.Settings, keys))
		n.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	refresh, access := s.login(t)
	stranger := coretest.Sign("HS256", coretest.OtherSecret, `{"alg":"HS256","kid":"other"}`,
		`{"token_type":"access","exp":4102444800,"jti":"x","user_id":"7"}`)
	type seen struct {
		status       int
		body, header string
	}
	ask := func(method, path, body string, headers ...string) seen {
		answer, text := s.ask(t, method, path, body, headers...)
		return seen{answer.StatusCode, text, answer.Header.Get("X-Auth-Error") + " " +
			answer.Header.Get("Www-Authenticate")}
	}
	const asJSON = "Content-Type: application/json"
	asks := []struct {
		name, token string
		ask         func(token string) seen
	}{
		{"me", access, func(token string) seen {
			return ask("GET", "/customers/me/", "", "Authorization: Bearer "+token)
		}},
		{"verify access", access, func(token string) seen {
			return ask("POST", "/auth/token/verify/", `{"token":"`+token+`"}`, asJSON)
		}},
		{"verify refresh", refresh, func(token string) seen {
			return ask("POST", "/auth/token/verify/", `{"token":"`+token+`"}`, asJSON)
		}},
		{"refresh", refresh, func(token string) seen {
			return ask("POST", "/auth/token/refresh/", `{"refresh":"`+token+`"}`, asJSON)
		}},
		{"blacklist", refresh, func(token string) seen {
			return ask("POST", "/auth/token/blacklist/", `{"refresh":"`+token+`"}`, asJSON)
		}},
	}
	for range 2 {
		for _, a := range asks[:4] {
			if got := a.ask(a.token); got.status != http.StatusOK {
				t.Fatalf("%s before the end: %+v", a.name, got)
			}
		}
	}
	logged := func(want string) { // a record is written after its answer
		t.Helper()
		for range 10_000 {
			if strings.Contains(s.log.String(), want) {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("the log lacks %q: %s", want, s.log)
	}
	ahead.Store(int64(30 * time.Minute))
	for _, a := range asks {
		got, want := a.ask(a.token), a.ask(stranger)
		if got != want || got.status != http.StatusUnauthorized || !strings.HasPrefix(got.header, "invalid ") {
			t.Errorf("%s: %+v, want as for a stranger's token %+v", a.name, got, want)
		}
	}
	logged(`"code":"token_not_valid","cause":"key_ended"`)
	if got := ask("GET", "/readyz", ""); got.status != http.StatusServiceUnavailable ||
		!strings.Contains(got.body, `"error":"keys"`) {
		t.Errorf("readyz: %+v", got)
	}
	if got := ask("POST", "/auth/token/", `{"email":"ana@example.com","password":"right"}`,
		asJSON); got.status != http.StatusServiceUnavailable {
		t.Errorf("log-in: %+v", got)
	}
	logged(core.ErrKeyEnded.Error())
}
