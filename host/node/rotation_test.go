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

// advancing has a node spend refresh tokens.
func advancing(c *node.Config) {
	c.Settings.Wire, c.Settings.RotateRefreshTokens, c.Settings.BlacklistAfterRotation = core.Exact, true, true
}

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
	w := newWorld(t, advancing)
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
			w := newWorld(t, advancing)
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
			w := newWorld(t, advancing)
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
		w := newWorld(t, func(c *node.Config) { advancing(c); c.Settings.Compat = version })
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
