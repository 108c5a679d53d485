package envoy

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestPanics sends 100,000 requests, many at once, to a filter that panics at random in every callback, and now and
// then in a way that ends its instance. Nobody is let in who should not be, nor refused for another reason than a bug.
func TestPanics(t *testing.T) {
	key, secret := newSigner(t, "ES256"), newSigner(t, "HS256")
	filtered := listener{port: 10000, filter: ofEdgetoken("panics", everywhere(key.jwk+","+secret.jwk))}
	unstarted := listener{port: 10001, filter: ofEdgetoken("unstarted",
		`{"realm": "panic at start", `+everywhere(key.jwk)[1:])}
	e := start(t, configured(t, filtered, unstarted), module(t, "panics"), 2)
	for range 20 {
		if a := get(t, unstarted.url(), "Authorization", bearer(key.token(t, nil))); a.status != 503 || shown(a) {
			t.Fatalf("after a bug at its start the filter answers %d %s", a.status, a.body)
		}
	}

	requests := 100_000
	if text := os.Getenv("EDGETOKEN_ENVOY_PANICS"); text != "" {
		var err error
		if requests, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	tokens := []struct {
		token  string
		status int
		body   string
	}{
		{key.token(t, nil), 200, "passed"},
		{secret.token(t, nil), 200, "passed"},
		{secret.token(t, claims{"user_id": "8"}), 200, "passed"},
		{forged(t, key), 401, "token_not_valid"},
		{forged(t, secret), 401, "token_not_valid"},
		{key.token(t, claims{"exp": 1790000000}), 401, "token_not_valid"},
		{secret.token(t, claims{"token_type": "refresh"}), 401, "token_not_valid"},
		{newSigner(t, "ES256").token(t, nil), 401, "token_not_valid"},
		{"", 401, "not provided"},
	}
	var sent, right, bugs atomic.Int64
	most := 0
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			for sent.Add(1) <= int64(requests) && !t.Failed() {
				c := tokens[rand.IntN(len(tokens))]
				var headers []string
				if c.token != "" {
					headers = []string{"Authorization", bearer(c.token)}
				}
				switch rand.IntN(20000) {
				case 0:
					headers = append(headers, "X-Panic", "crash")
				case 1, 2, 3, 4:
					headers = append(headers, "X-Panic", "recovered")
				}
				a, err := ask(filtered.url(), headers...)
				switch {
				case err != nil:
					t.Error(err)
				case shown(a):
					t.Errorf("the answer shows a bug: %d %s", a.status, a.body)
				case a.status == c.status && strings.Contains(a.body, c.body):
					right.Add(1)
				case a.status == 503:
					bugs.Add(1)
				default:
					t.Errorf("%d %s, want %d with %s", a.status, a.body, c.status, c.body)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case <-time.After(time.Second):
			most = max(most, stat(t, "^wasm.envoy.wasm.runtime.v8.active$"))
		}
	}
	if right.Load() < int64(requests)/3 {
		t.Errorf("only %d of %d requests met no bug", right.Load(), requests)
	}
	if most > 8 {
		t.Errorf("%d instances at once, with two workers", most)
	}
	crashes := strings.Count(e.logged(t), "one that nobody recovers")
	t.Logf("%d right, %d with a bug, %d instances ended, at most %d instances, %d MB",
		right.Load(), bugs.Load(), crashes, most, e.memory(t))
	t.Run("recovers", func(t *testing.T) {
		ask(filtered.url(), "X-Panic", "crash")
		began := time.Now()
		for good := 0; good < 20; good++ { // in a row: a bug at random is rarer
			a := get(t, filtered.url(), "Authorization", bearer(tokens[1].token))
			if a.status != 200 {
				good = -1
			}
			if time.Since(began) > 20*time.Second {
				t.Fatal("it does not recover")
			}
		}
	})
}

// shown reports whether an answer shows what only the log should have.
func shown(a answered) bool {
	all := fmt.Sprint(a.header, a.body)
	for _, word := range []string{"goroutine", "panic", "at random", "as asked for", ".go:", "runtime"} {
		if strings.Contains(all, word) {
			return true
		}
	}
	return false
}
