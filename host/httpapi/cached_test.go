package httpapi_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/cache"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestCachedToken asks about tokens whose signature is remembered: what is remembered makes none of them good for
// anything else, nor for longer.
func TestCachedToken(t *testing.T) {
	var ahead atomic.Int64
	remembered, err := cache.New(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
		n.Engine = remembered.Engine(core.NewNative(n.Settings, testKeys(t)))
		n.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	refresh, access := s.login(t)
	verify := func(token string) int {
		answer, _ := s.post(t, "/auth/token/verify/", `{"token":"`+token+`"}`)
		return answer.StatusCode
	}
	use := func(token string) (int, string) {
		answer, _ := s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+token)
		return answer.StatusCode, answer.Header.Get("X-Auth-Error")
	}
	for range 3 {
		if status := verify(refresh); status != http.StatusOK {
			t.Fatalf("verify of the refresh token: %d", status)
		}
		if status, cause := use(access); status != http.StatusOK {
			t.Fatalf("the access token: %d %s", status, cause)
		}
	}
	if hits := remembered.Stats().Hits; hits != 4 {
		t.Fatalf("%d hits, want 4", hits)
	}

	if status, cause := use(refresh); status != http.StatusUnauthorized || cause != "wrong_type" {
		t.Errorf("a refresh token that verify has seen, as access token: %d %q", status, cause)
	}
	if answer, body := s.post(t, "/auth/token/refresh/",
		`{"refresh":"`+access+`"}`); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("an access token that was used, as refresh token: %d %s", answer.StatusCode, body)
	}
	last := "A"
	if access[len(access)-1] == 'A' {
		last = "Q" // another character of which the last bits are zero
	}
	if status, cause := use(access[:len(access)-1] + last); status != http.StatusUnauthorized || cause != "invalid" {
		t.Errorf("another signature: %d %q", status, cause)
	}
	ahead.Store(int64(time.Hour - time.Minute))
	if status, cause := use(access); status != http.StatusOK {
		t.Errorf("a minute before its end: %d %q", status, cause)
	}
	ahead.Store(int64(time.Hour + time.Minute))
	if status, cause := use(access); status != http.StatusUnauthorized || cause != "expired" {
		t.Errorf("a minute past its end: %d %q", status, cause)
	}
	ahead.Store(int64(73 * time.Hour))
	if status := verify(refresh); status != http.StatusUnauthorized {
		t.Errorf("verify of the refresh token past its end: %d", status)
	}
}
