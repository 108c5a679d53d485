package node_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// start logs ana in in a browser.
func (w *world) start(t testing.TB, replaces string) (secret string) {
	t.Helper()
	secret, result, err := w.StartSession(t.Context(), client, "ana@example.com", "right", replaces)
	if err != nil || result.Refused() || len(secret) != 43 || result.Customer.ID != core.Integer(1) {
		t.Fatalf("StartSession = %q, %v, %v; want a secret", secret, causeOf(result), err)
	}
	return secret
}

// whose is the id of the customer with this session; 0 if there is none.
func (w *world) whose(t testing.TB, secret string) int64 {
	t.Helper()
	customer, err := w.Session(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return customer.ID.Int
}

// sessions counts those in the store.
func (w *world) sessions(t testing.TB) int {
	t.Helper()
	stats, err := w.store.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Sessions
}

func TestStartSession(t *testing.T) {
	for _, c := range []struct {
		name, email, password string
		want                  cause.Cause
		customer              int64
	}{
		{"right", "ana@example.com", "right", cause.OK, 1},
		{"wrong password", "ana@example.com", "wrong", cause.BadCredentials, 1},
		{"unknown", "nobody@example.com", "right", cause.BadCredentials, 0},
		{"inactive", "ben@example.com", "right", cause.BadCredentials, 2},
		{"unusable password", "unusable@example.com", "!", cause.BadCredentials, 3},
		{"hash of an unknown format", "unknown-format@example.com", "right", cause.BadCredentials, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(cfg *node.Config) { cfg.Settings.UpdateLastLogin = false })
			secret, result, err := w.StartSession(t.Context(), client, c.email, c.password, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := causeOf(result); got != c.want || result.Customer.ID.Int != c.customer ||
				secret != "" != (c.want == cause.OK) {
				t.Errorf("StartSession(%q, %q) = %q, %v about %v; want %v about %d", c.email, c.password, secret, got,
					result.Customer.ID, c.want, c.customer)
			}
			if got := w.whose(t, secret); c.want == cause.OK && got != c.customer {
				t.Errorf("Session = customer %d, want %d", got, c.customer)
			}
			customer, err := w.store.Get(t.Context(), core.Integer(1))
			if written := customer.LastLogin.Equal(w.now); err != nil || written != (c.want == cause.OK) {
				t.Errorf("last login = %v, %v at %v, want it written only by a log-in, whatever UPDATE_LAST_LOGIN says",
					customer.LastLogin, err, w.now)
			}
		})
	}
}

func TestSessionReplaces(t *testing.T) {
	w := newWorld(t, nil)
	first := w.start(t, "")
	second := w.start(t, first)
	if first == second || w.whose(t, first) != 0 || w.whose(t, second) != 1 {
		t.Errorf("after a log-in over a session: the first is customer %d's, the second %d's; want 0 and 1",
			w.whose(t, first), w.whose(t, second))
	}
	// A secret without a session replaces none.
	for _, other := range []string{"", "planted", strings.Repeat("A", 43)} {
		if third := w.start(t, other); w.whose(t, third) != 1 || w.whose(t, second) != 1 || third == other {
			t.Errorf("StartSession over %q = %q, and the other session is customer %d's", other, third,
				w.whose(t, second))
		}
	}
}

// TestSessionGoesOn: as in Django, the customer's own session keeps its secret over another log-in and lasts from
// then on. A session of somebody else ends.
func TestSessionGoesOn(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.Settings.Wire = core.Exact })
	first := w.start(t, "")
	w.now = w.now.Add(node.DefaultSessionAge / 2)
	if second := w.start(t, first); second != first {
		t.Errorf("after another log-in of its customer the secret is %q, want %q still", second, first)
	}
	w.now = w.now.Add(node.DefaultSessionAge * 3 / 4)
	if got := w.whose(t, first); got != 1 {
		t.Errorf("the session is customer %d's, want it to last from the second log-in on", got)
	}
	w.now = w.now.Add(node.DefaultSessionAge)
	if third := w.start(t, first); third == first || w.whose(t, third) != 1 {
		t.Errorf("after it has expired, a log-in over it gives %q, customer %d's; want a new one", third,
			w.whose(t, third))
	}
}

func TestSessionEnds(t *testing.T) {
	for name, end := range map[string]func(w *world, ctx context.Context) error{
		"password changed": changePassword, "disabled": disable, "removed": remove, "logged out everywhere": logOut,
		"expired": func(w *world, _ context.Context) error { w.now = w.now.Add(node.DefaultSessionAge); return nil },
		"disabled and enabled": func(w *world, ctx context.Context) error {
			return errors.Join(disable(w, ctx), w.store.SetActive(ctx, core.Integer(1), true))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			secret := w.start(t, "")
			w.now = w.now.Add(time.Second)
			if err := end(w, t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.whose(t, secret); got != 0 {
				t.Errorf("the session is still customer %d's", got)
			}
		})
	}
}

// TestSessionAge: a session lasts from its log-in on, used or not.
func TestSessionAge(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.SessionAge = time.Hour })
	if w.SessionAge() != time.Hour {
		t.Errorf("SessionAge = %v, want an hour", w.SessionAge())
	}
	secret := w.start(t, "")
	for minutes, want := range map[int]int64{59: 1, 60: 0} {
		before := w.now
		w.now = w.now.Add(time.Duration(minutes) * time.Minute)
		if got := w.whose(t, secret); got != want {
			t.Errorf("after %d minutes the session is customer %d's, want %d", minutes, got, want)
		}
		w.now = before
	}
}

func TestEndSession(t *testing.T) {
	w := newWorld(t, nil)
	secret, other := w.start(t, ""), w.start(t, "")
	for _, s := range []string{secret, secret, "nonsense", ""} {
		if err := w.EndSession(t.Context(), s); err != nil {
			t.Errorf("EndSession(%q) = %v, want nil", s, err)
		}
	}
	if w.whose(t, secret) != 0 || w.whose(t, other) != 1 {
		t.Errorf("after the log-out: %d and %d, want 0 and 1", w.whose(t, secret), w.whose(t, other))
	}
}

// TestMalformedSecret: a text without the form of a secret has no session, even if it decodes to the bytes of one.
func TestMalformedSecret(t *testing.T) {
	w := newWorld(t, nil)
	secret := w.start(t, "")
	last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", secret[42])
	sloppy := secret[:42] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last^1])
	for _, s := range []string{"", "x", secret[:42], secret + "A", secret + "=", " " + secret, secret + "\n", sloppy,
		strings.Repeat("é", 43)} {
		if got := w.whose(t, s); got != 0 {
			t.Errorf("Session(%q) = customer %d, want nobody", s, got)
		}
	}
}

func TestSessionHasRights(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.store.Add(t.Context(), store.NewCustomer{
		ID: core.Integer(9), Email: "editor@example.com", IsActive: true, PasswordHash: hash(t, "right"),
		Permissions: []string{"customers.add_customer"},
	}); err != nil {
		t.Fatal(err)
	}
	secret, _, err := w.StartSession(t.Context(), client, "editor@example.com", "right", "")
	if err != nil {
		t.Fatal(err)
	}
	customer, err := w.Session(t.Context(), secret)
	if err != nil || len(customer.Rights) != 1 || customer.Rights[0] != "customers.add_customer" {
		t.Errorf("Session = rights %v, %v; want customers.add_customer", customer.Rights, err)
	}
}

func TestSessionNeedsEntropyAndStore(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.Rand = strings.NewReader("short") })
	secret, _, err := w.StartSession(t.Context(), client, "ana@example.com", "right", "")
	if !errors.Is(err, io.ErrUnexpectedEOF) || secret != "" {
		t.Errorf("StartSession without entropy = %q, %v; want an error", secret, err)
	}
	w = newWorld(t, nil)
	secret = w.start(t, "")
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.StartSession(t.Context(), client, "ana@example.com", "right", ""); err == nil {
		t.Error("StartSession without a store gave no error")
	}
	if customer, err := w.Session(t.Context(), secret); err == nil || !customer.ID.IsZero() {
		t.Errorf("Session without a store = %v, %v; want an error", customer.ID, err)
	}
	if err := w.EndSession(t.Context(), secret); err == nil {
		t.Error("EndSession without a store gave no error")
	}
}

// TestAttackManySessions: a client that logs in again and again ends its own sessions, and nobody else's.
func TestAttackManySessions(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.store.Add(t.Context(), store.NewCustomer{ID: core.Integer(9), Email: "eve@example.com",
		IsActive: true, PasswordHash: hash(t, "right")}); err != nil {
		t.Fatal(err)
	}
	ana := w.start(t, "")
	const tries = 200
	var last string
	for range tries {
		secret, _, err := w.StartSession(t.Context(), client, "eve@example.com", "right", "")
		if err != nil {
			t.Fatal(err)
		}
		last = secret
	}
	if n := w.sessions(t); n >= tries/2 {
		t.Errorf("%d sessions after %d log-ins of one customer, want few", n, tries)
	}
	if w.whose(t, ana) != 1 || w.whose(t, last) != 9 {
		t.Errorf("ana's session is customer %d's and eve's last %d's, want 1 and 9", w.whose(t, ana), w.whose(t, last))
	}
}
