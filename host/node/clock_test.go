package node_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

const day = 24 * time.Hour

// djangos is a token as Django issues one: signed by the same key, with an id that is not ours.
func (w *world) djangos(t testing.TB, tokenType, id string, customer int, lives time.Duration) string {
	t.Helper()
	return w.djangosOf(t, tokenType, id, strconv.Itoa(customer), lives)
}

// djangosOf is djangos of a customer with any id.
func (w *world) djangosOf(t testing.TB, tokenType, id, user string, lives time.Duration) string {
	t.Helper()
	return w.signed(t, fmt.Sprintf(`{"token_type":%q,"exp":%d,"iat":%d,"jti":%q,"user_id":%q}`, tokenType,
		w.now.Add(lives).Unix(), w.now.Unix(), id, user))
}

// expiring is such a token with any expiry.
func (w *world) expiring(t testing.TB, at int64) string {
	t.Helper()
	return w.signed(t, fmt.Sprintf(`{"token_type":"refresh","exp":%d,"jti":"e","user_id":"1"}`, at))
}

// signed is a token with these claims.
func (w *world) signed(t testing.TB, claims string) string {
	t.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := newKeys(t, "").Sign(t.Context(), 0, []byte(input), nil)
	must(t, err)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// must ends the test at an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestImplausibleClock: while the clock is not plausible nothing is issued, but every way to revoke works. Once the
// clock is right, log-ins work again and what was revoked stays so.
func TestImplausibleClock(t *testing.T) {
	for name, wrong := range map[string]time.Time{
		"never set":             time.Unix(0, 0),
		"before the source":     time.Unix(core.EarliestTime-1, 0),
		"beyond the field":      time.Date(2094, 1, 1, 0, 0, 0, 0, time.UTC),
		"367 days ahead":        time.Date(2027, 3, 6, 5, 6, 7, 0, time.UTC),
		"beyond Python's years": time.Date(12026, 3, 4, 5, 6, 7, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w := newWorld(t, func(c *node.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			ctx := t.Context()
			must(t, w.RaiseLifetimes(ctx))
			must(t, w.Ready(ctx))
			right := w.now
			blacklisted, _ := w.login(t)
			loggedOut, access := w.login(t)
			revoked, _ := w.login(t)
			w.passes(time.Minute)
			w.now = wrong
			hashed := w.Stats().Hashing.Done
			for range 3 {
				if _, err := w.Login(ctx, client, "ana@example.com", "right"); !errors.Is(err, core.ErrClock) {
					t.Errorf("Login = %v, want ErrClock", err)
				}
				if _, err := w.Login(ctx, client, "ana@example.com", "wrong"); !errors.Is(err, core.ErrClock) {
					t.Errorf("Login with a wrong password = %v, want ErrClock", err)
				}
				_, _, err := w.StartSession(ctx, client, "ana@example.com", "right", "")
				if !errors.Is(err, core.ErrClock) {
					t.Errorf("StartSession = %v, want ErrClock", err)
				}
				for _, token := range []string{revoked, "nonsense"} {
					if _, err := w.Refresh(ctx, token); !errors.Is(err, core.ErrClock) {
						t.Errorf("Refresh = %v, want ErrClock", err)
					}
				}
				if err := w.Ready(ctx); !errors.Is(err, core.ErrClock) || !strings.HasPrefix(err.Error(), "clock: ") {
					t.Errorf("Ready = %v, want it to name the clock", err)
				}
			}
			if n := w.Stats().Hashing.Done - hashed; n != 0 {
				t.Errorf("%d passwords were hashed for nothing", n)
			}
			n := strings.Count(log.String(), "level=ERROR")
			if n != 1 || !strings.Contains(log.String(), "set the clock") {
				t.Errorf("the log has %d errors, want one that says what to do:\n%s", n, log.String())
			}
			if _, err := w.Verify(ctx, access); err != nil {
				t.Errorf("Verify = %v, want an answer", err)
			}
			if _, err := w.Authenticate(ctx, access); err != nil {
				t.Errorf("Authenticate = %v, want an answer", err)
			}
			// A refresh token of ours says when it was issued and expires; one without these claims is checked by any
			// clock.
			bare := w.bare(t, "x1")
			if result, err := w.Blacklist(ctx, bare); err != nil || result.Refused() && wrong.Year() <= 9999 {
				t.Errorf("Blacklist = %v, %v", causeOf(result), err)
			}
			must(t, w.EndLogin(ctx, access))
			_, err := w.Blacklist(ctx, blacklisted)
			must(t, err)
			must(t, w.store.Revoke(ctx, core.Integer(1)))
			must(t, w.store.SetActive(ctx, core.Integer(3), false))
			must(t, w.store.SetPassword(ctx, core.Integer(4), hash(t, "new")))
			must(t, w.store.RevokeAll(ctx))
			w.passes(time.Hour)
			must(t, w.Purge(ctx))

			w.now = right.Add(time.Minute)
			for i, token := range []string{blacklisted, loggedOut, revoked, bare} {
				if result, err := w.Refresh(ctx, token); err != nil || !result.Refused() {
					t.Errorf("Refresh of token %d once the clock is right = %v, %v, want it refused", i,
						causeOf(result),
						err)
				}
			}
			must(t, w.Ready(ctx))
			for range 2 {
				refresh, access := w.login(t)
				if result, err := w.Refresh(ctx, refresh); err != nil || result.Refused() {
					t.Errorf("Refresh of a new log-in = %v, %v", causeOf(result), err)
				}
				if result, err := w.Authenticate(ctx, access); err != nil || result.Refused() {
					t.Errorf("Authenticate of a new log-in = %v, %v", causeOf(result), err)
				}
				if mark, err := w.store.Stats(ctx); err != nil || mark.HighWater > w.now.Add(3*time.Hour).UnixMilli() {
					t.Errorf("the high-water mark is at %v, %v, want it near the present",
						time.UnixMilli(mark.HighWater), err)
				}
				must(t, w.store.Revoke(ctx, core.Integer(1)))
				if result, err := w.Authenticate(ctx, access); err != nil || causeOf(result) != cause.CutOff {
					t.Errorf("Authenticate after a revocation = %v, %v, want %v", causeOf(result), err, cause.CutOff)
				}
			}
			if n := strings.Count(log.String(), "plausible again"); n != 1 {
				t.Errorf("the log says %d times that it is over, want once", n)
			}
		})
	}
}

// bare is a token without iat that expires in the last year.
func (w *world) bare(t testing.TB, id string) string {
	t.Helper()
	return w.signed(t, `{"token_type":"refresh","exp":253402300799,"jti":"`+id+`","user_id":"1"}`)
}

// TestForeignTokensOutliveNoTombstone is R3 over ids: a token of Django's that lives longer than tokens do here is
// never taken for one of a later customer with the same id.
func TestForeignTokensOutliveNoTombstone(t *testing.T) {
	for name, show := range map[string]func(*world, string) error{
		"checked": func(w *world, token string) error {
			_, err := w.Authenticate(t.Context(), token)
			return err
		},
		"verified":         func(w *world, token string) error { _, err := w.Verify(t.Context(), token); return err },
		"of another class": func(w *world, token string) error { _, err := w.Refresh(t.Context(), token); return err },
	} {
		for _, early := range []bool{true, false} { // whether it is shown before the customer is removed
			t.Run(fmt.Sprintf("%s, before the removal: %v", name, early), func(t *testing.T) {
				w := newWorld(t, nil)
				must(t, w.RaiseLifetimes(t.Context()))
				token := w.djangos(t, "access", "x1", 1, 30*day)
				w.passes(time.Minute)
				if early {
					must(t, show(w, token))
				}
				must(t, w.store.Remove(t.Context(), core.Integer(1), 4*day))
				w.passes(time.Minute)
				if !early {
					must(t, show(w, token))
				}
				for range 29 {
					w.passes(day)
					must(t, w.Purge(t.Context()))
				}
				_, err := w.store.Add(t.Context(), store.NewCustomer{ID: core.Integer(1), Email: "another@example.com",
					IsActive: true, PasswordHash: "!"})
				must(t, err)
				if result, err := w.Authenticate(t.Context(), token); err != nil || causeOf(result) != cause.CutOff {
					t.Errorf("the token is that of the new customer: %v, %v, want %v", causeOf(result), err,
						cause.CutOff)
				}
				// The tombstone has an end.
				must(t, w.store.Remove(t.Context(), core.Integer(1), 4*day))
				w.passes(33 * day)
				must(t, w.Purge(t.Context()))
				if s, err := w.store.Stats(t.Context()); err != nil || s.Tombstones != 0 {
					t.Errorf("%d tombstones are left in the end, %v", s.Tombstones, err)
				}
			})
		}
	}
}

// TestForeignFamiliesGoByTheirToken: a foreign token that was blacklisted stays so until it expires, however short the
// lifetimes of tokens are here.
func TestForeignFamiliesGoByTheirToken(t *testing.T) {
	w := newWorld(t, nil)
	must(t, w.RaiseLifetimes(t.Context()))
	token := w.djangos(t, "refresh", "x1", 1, 30*day)
	result, err := w.Refresh(t.Context(), token)
	must(t, err)
	access := result.Tokens[0].Value
	if result, err := w.Blacklist(t.Context(), token); err != nil || result.Refused() {
		t.Fatal(causeOf(result), err)
	}
	for range 29 {
		w.passes(day)
		must(t, w.Purge(t.Context()))
	}
	for _, shown := range []string{token, access} {
		if result, err := w.Verify(t.Context(), shown); err != nil || !result.Refused() {
			t.Errorf("Verify = %v, %v, want it refused", causeOf(result), err)
		}
	}
	w.passes(4 * day)
	must(t, w.Purge(t.Context()))
	if s, err := w.store.Stats(t.Context()); err != nil || s.Families != 0 {
		t.Errorf("%d families are left, %v", s.Families, err)
	}
}

// TestImportedInactive: a customer that was imported disabled has no cut-off. On the secure wire its tokens are refused
// everywhere, even after it is enabled.
func TestImportedInactive(t *testing.T) {
	for wire, want := range map[core.Wire]cause.Cause{core.Secure: cause.InactiveAccount, core.Exact: cause.OK} {
		w := newWorld(t, func(c *node.Config) { c.Settings.Wire = wire })
		token := w.djangos(t, "access", "x1", 2, day)
		w.passes(time.Minute)
		if result, err := w.Verify(t.Context(), token); err != nil || causeOf(result) != want {
			t.Errorf("%s: Verify = %v, %v, want %v", wire, causeOf(result), err, want)
		}
		must(t, w.store.SetActive(t.Context(), core.Integer(2), true))
		want := map[core.Wire]cause.Cause{core.Secure: cause.CutOff, core.Exact: cause.OK}[wire]
		for name, ask := range map[string]func() (node.Result, error){
			"Verify":       func() (node.Result, error) { return w.Verify(t.Context(), token) },
			"Authenticate": func() (node.Result, error) { return w.Authenticate(t.Context(), token) },
		} {
			if result, err := ask(); err != nil || causeOf(result) != want {
				t.Errorf("%s: %s of an old token after the customer is enabled = %v, %v, want %v", wire, name,
					causeOf(result), err, want)
			}
		}
	}
}

// TestLogOutsFold: on the secure wire the records of a customer that logs out again and again fold, however it logs
// out. On the exact wire none does.
func TestLogOutsFold(t *testing.T) {
	for wire, folds := range map[core.Wire]bool{core.Secure: true, core.Exact: false} {
		w := newWorld(t, func(c *node.Config) { c.Settings.Wire = wire })
		list := make([]core.Effect, 4096)
		for i := range list {
			start := w.now.UnixMilli() - int64(i) - 1
			list[i] = core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: core.Integer(1),
				Start: start, Bits: uint64(i)}, At: start, Until: w.now.Add(day).Unix()}
		}
		must(t, w.store.Settle(t.Context(), core.Effects{List: list}))
		refresh, _ := w.login(t)
		_, access := w.login(t)
		if result, err := w.Blacklist(t.Context(), refresh); err != nil || result.Refused() {
			t.Fatal(causeOf(result), err)
		}
		must(t, w.EndLogin(t.Context(), access))
		want := 4096 + 2
		if folds {
			want = 4096
		}
		if s, err := w.store.Stats(t.Context()); err != nil || s.Families != want {
			t.Errorf("%s: %d families, %v, want %d", wire, s.Families, err, want)
		}
		if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.Blacklisted {
			t.Errorf("%s: Refresh = %v, %v", wire, causeOf(result), err)
		}
	}
}
