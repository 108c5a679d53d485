package node_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/node"
)

// spending has a node spend refresh tokens on a wire.
func spending(wire core.Wire) func(*core.Settings) {
	return func(s *core.Settings) { s.Wire, s.RotateRefreshTokens, s.BlacklistAfterRotation = wire, true, true }
}

func exactRotation(c *node.Config)  { spending(core.Exact)(&c.Settings) }
func secureRotation(c *node.Config) { spending(core.Secure)(&c.Settings) }

// rotate refreshes a token that is good, and gives the new ones.
func (w *world) rotate(t testing.TB, token string) (refresh, access string) {
	t.Helper()
	result, err := w.Refresh(t.Context(), token)
	if err != nil || result.Refused() || len(result.Tokens) != 2 || result.Tokens[1].Type != core.RefreshToken {
		t.Fatalf("Refresh = %+v, %v; want an access token and a refresh token", result.Outcome, err)
	}
	return result.Tokens[1].Value, result.Tokens[0].Value
}

// refused refreshes a token that is not good.
func (w *world) refused(t testing.TB, token string) {
	t.Helper()
	if result, err := w.Refresh(t.Context(), token); err != nil || causeOf(result) != cause.Blacklisted {
		t.Errorf("Refresh = %v, %v; want %v", causeOf(result), err, cause.Blacklisted)
	}
}

// R1: of many refreshes with one token at once one is granted, and a spent token does not harm its successor.
func TestOneRefreshSpendsTheToken(t *testing.T) {
	w := newWorld(t, exactRotation)
	token, _ := w.login(t)
	for range 3 {
		var group sync.WaitGroup
		results := make([]node.Result, 50)
		for i := range results {
			group.Go(func() {
				var err error
				if results[i], err = w.Refresh(t.Context(), token); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		next := ""
		for _, r := range results {
			switch {
			case !r.Refused() && next != "":
				t.Fatal("one token was good for two refreshes")
			case !r.Refused():
				next = r.Tokens[1].Value
			case causeOf(r) != cause.Blacklisted:
				t.Errorf("refused for %v, want %v", causeOf(r), cause.Blacklisted)
			}
		}
		if next == "" {
			t.Fatal("no refresh was granted")
		}
		w.refused(t, token)
		token = next
	}
	w.rotate(t, token)
}

// A log-out with any generation ends the log-in.
func TestLogOutEndsAllGenerations(t *testing.T) {
	for name, end := range map[string]func(w *world, first, second, access string) error{
		"spent":   func(w *world, first, _, _ string) error { return w.EndLogin(t.Context(), first) },
		"current": func(w *world, _, second, _ string) error { return w.EndLogin(t.Context(), second) },
		"access":  func(w *world, _, _, access string) error { return w.EndLogin(t.Context(), access) },
		"blacklist": func(w *world, _, second, _ string) error {
			_, err := w.Blacklist(t.Context(), second)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, exactRotation)
			first, _ := w.login(t)
			second, access := w.rotate(t, first)
			must(t, end(w, first, second, access))
			w.refused(t, second)
		})
	}
}

// A token that Django issued with the same key takes part, whoever it names.
func TestForeignTokensRotate(t *testing.T) {
	for name, user := range map[string]string{"a customer": `"user_id":"1",`, "nobody": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, exactRotation)
			exp := strconv.FormatInt(w.now.Add(time.Hour).Unix(), 10)
			token := coretest.Sign("HS256", strings.Repeat("k", 32), `{"alg":"HS256"}`,
				`{"token_type":"refresh","jti":"2dc8cf11a73ba01f73f3fdec072823d4",`+user+`"exp":`+exp+`}`)
			next, _ := w.rotate(t, token)
			w.refused(t, token)
			if result, err := w.Verify(t.Context(), token); err != nil || causeOf(result) != cause.Blacklisted {
				t.Errorf("Verify of the spent token = %v, %v", causeOf(result), err)
			}
			if result, err := w.Verify(t.Context(), next); err != nil || result.Refused() {
				t.Errorf("Verify of its successor = %v, %v", causeOf(result), err)
			}
			last, _ := w.rotate(t, next)
			w.refused(t, next)
			if result, err := w.Blacklist(t.Context(), last); err != nil || result.Refused() {
				t.Errorf("Blacklist = %v, %v", causeOf(result), err)
			}
			w.refused(t, last)
		})
	}
}

// What was spent or blacklisted stays so once its customer is removed, also where nobody asks for the customer.
func TestRemovalForgetsNoRevocation(t *testing.T) {
	for _, version := range []core.Version{core.V55, core.V52} {
		w := newWorld(t, func(c *node.Config) { exactRotation(c); c.Settings.Compat = version })
		spent, _ := w.login(t)
		w.rotate(t, spent)
		listed, _ := w.login(t)
		_, err := w.Blacklist(t.Context(), listed)
		must(t, err)
		good, _ := w.login(t)
		must(t, w.store.Remove(t.Context(), core.Integer(1), time.Hour))
		for what, want := range map[string]cause.Cause{
			spent: cause.Blacklisted, listed: cause.Blacklisted, good: cause.OK,
		} {
			if r, err := w.Verify(t.Context(), what); err != nil || causeOf(r) != want {
				t.Errorf("%s: Verify = %v, %v; want %v", version, causeOf(r), err, want)
			}
		}
	}
}

// R2: a refresh that is repeated within the window gets the same tokens, and later ends the log-in, access tokens
// included, and no other one.
func TestRefreshIsRepeated(t *testing.T) {
	w := newWorld(t, secureRotation)
	first, access := w.login(t)
	other, _ := w.login(t)
	second, of2 := w.rotate(t, first)
	for range 3 {
		w.passes(3 * time.Second)
		if again, access := w.rotate(t, first); again != second || access != of2 {
			t.Errorf("the repeated refresh gave\n%s\n%s, want\n%s\n%s", again, access, second, of2)
		}
		r, err := w.Verify(t.Context(), first)
		w.wantCause(t, "verify inside the window", r, err, cause.OK)
	}
	w.passes(time.Second)
	r, err := w.Verify(t.Context(), first)
	w.wantCause(t, "verify after the window", r, err, cause.Blacklisted)
	r, err = w.Authenticate(t.Context(), of2)
	w.wantCause(t, "the access token of the successor", r, err, cause.OK)
	r, err = w.Refresh(t.Context(), first)
	w.wantCause(t, "refresh after the window", r, err, cause.Reused)
	for what, token := range map[string]string{"the first access token": access, "that of the successor": of2} {
		r, err = w.Authenticate(t.Context(), token)
		w.wantCause(t, what, r, err, cause.Blacklisted)
	}
	r, err = w.Refresh(t.Context(), second)
	w.wantCause(t, "the successor", r, err, cause.Blacklisted)
	w.rotate(t, other)
}
