package node_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// claimsOf are the claims of a token without its times and its id.
func claimsOf(t testing.TB, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"exp", "iat", "jti"} {
		delete(claims, name)
	}
	out, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestClaims: claims are in both tokens, and read anew at each refresh. A value that is gone is not copied from the
// refresh token.
func TestClaims(t *testing.T) {
	w := newWorld(t, func(c *node.Config) {
		c.Claims = claimmaptest.Members(t, "plan=attributes.plan name=first_name rights=permissions groups=groups "+
			"seen=last_login")
	})
	id := core.Integer(1)
	if err := w.store.ChangeRights(t.Context(), id, store.RightsChange{Grant: []string{"shop.own"}}); err != nil {
		t.Fatal(err)
	}
	set(t, w, id, store.Change{FirstName: new("Ana"), Attributes: json.RawMessage(`{"plan":"free"}`)})
	result, err := w.Login(t.Context(), client, "ana@example.com", "right")
	if err != nil || len(result.Tokens) != 2 {
		t.Fatalf("Login = %+v, %v", result.Outcome, err)
	}
	for _, token := range result.Tokens {
		want := `{"groups":[],"name":"Ana","plan":"free","rights":["shop.own"],"token_type":"` + string(token.Type) +
			`","user_id":"1"}`
		if got := claimsOf(t, token.Value); got != want {
			t.Errorf("claims of the %s token at log-in = %s, want %s", token.Type, got, want)
		}
	}
	refresh := result.Tokens[0].Value
	for _, c := range []struct {
		name   string
		change store.Change
		want   string
	}{
		{"changed", store.Change{FirstName: new("Zoë"), Attributes: json.RawMessage(`{"plan":"pro"}`)},
			`{"groups":[],"name":"Zoë","plan":"pro","rights":["shop.own"],"seen":"2026-03-04T05:06:07Z","token_type":"access","user_id":"1"}`},
		{"gone", store.Change{Attributes: json.RawMessage(`{}`)},
			`{"groups":[],"name":"Zoë","rights":["shop.own"],"seen":"2026-03-04T05:06:07Z","token_type":"access","user_id":"1"}`},
		{"null", store.Change{Attributes: json.RawMessage(`{"plan":null}`)},
			`{"groups":[],"name":"Zoë","rights":["shop.own"],"seen":"2026-03-04T05:06:07Z","token_type":"access","user_id":"1"}`},
		{"an object", store.Change{Attributes: json.RawMessage(`{"plan":{"<b>":[1.50,null]}}`)},
			`{"groups":[],"name":"Zoë","plan":{"\u003cb\u003e":[1.5,null]},"rights":["shop.own"],"seen":"2026-03-04T05:06:07Z","token_type":"access","user_id":"1"}`},
	} {
		set(t, w, id, c.change)
		result, err := w.Refresh(t.Context(), refresh)
		if err != nil || len(result.Tokens) != 1 {
			t.Fatalf("%s: Refresh = %+v, %v", c.name, result.Outcome, err)
		}
		if got := claimsOf(t, result.Tokens[0].Value); got != c.want {
			t.Errorf("%s: claims = %s, want %s", c.name, got, c.want)
		}
	}
}

func set(t testing.TB, w *world, id core.CustomerID, change store.Change) {
	t.Helper()
	if _, err := w.store.Set(t.Context(), id, change, time.Hour); err != nil {
		t.Fatal(err)
	}
}

// TestClaimsThatNoTokenCarries: a customer whose claims do not fit into a token gets no tokens. The error names it, and
// nobody without its password learns of that.
func TestClaimsThatNoTokenCarries(t *testing.T) {
	for _, c := range []struct {
		name, attributes string
		want             error
	}{
		{"too large", `{"plan":"` + strings.Repeat("x", claimmap.MaxBytes) + `"}`, claimmap.ErrTooLarge},
		{"half of a surrogate pair", `{"plan":"\ud800"}`, core.ErrExtra},
		{"too deep", `{"plan":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`, core.ErrExtra},
	} {
		w := newWorld(t, func(cfg *node.Config) { cfg.Claims = claimmaptest.Members(t, "plan=attributes.plan") })
		refresh, _ := w.login(t)
		set(t, w, core.Integer(1), store.Change{Attributes: json.RawMessage(c.attributes)})
		for name, ask := range map[string]func() (node.Result, error){
			"Login":   func() (node.Result, error) { return logIn(w, t.Context(), "") },
			"Refresh": func() (node.Result, error) { return refreshIt(w, t.Context(), refresh) },
		} {
			result, err := ask()
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "customer 1") || len(result.Tokens) > 0 {
				t.Errorf("%s: %s = %d tokens, %v; want %v that names the customer", c.name, name, len(result.Tokens),
					err, c.want)
			}
		}
		if result, err := w.Login(t.Context(), client, "ana@example.com", "wrong"); err != nil ||
			causeOf(result) != cause.BadCredentials {
			t.Errorf("%s: Login with a wrong password = %v, %v; want %v as ever", c.name, causeOf(result), err,
				cause.BadCredentials)
		}
		if err := w.store.SetActive(t.Context(), core.Integer(1), false); err != nil {
			t.Fatal(err)
		}
		if result, err := refreshIt(w, t.Context(), refresh); err != nil || !result.Refused() {
			t.Errorf("%s: Refresh of an inactive customer = %v, %v; want a refusal", c.name, causeOf(result), err)
		}
	}
}

func TestReservedClaims(t *testing.T) {
	settings := core.DefaultSettings()
	settings.UserIDClaim = "uid"
	_, err := node.New(node.Config{
		Engine: core.NewNative(settings, newKeys(t, "")), Store: newWorld(t, nil).store, Settings: settings,
		Log:    slog.New(slog.DiscardHandler),
		Claims: claimmaptest.Members(t, "UID=id plan=attributes.plan sub=email"),
	})
	for _, name := range []string{`"UID"`, `"sub"`} {
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), `"plan"`) {
			t.Errorf("New = %v, want an error that names %s and not plan", err, name)
		}
	}
}

// TestFoldEmails: with FoldEmails the case of a log-in's address does not matter, and all spellings count as one
// account for turns and throttles. Without it case matters.
func TestFoldEmails(t *testing.T) {
	for _, c := range []struct {
		fold  bool
		email string
		want  cause.Cause
	}{
		{false, "ana@example.com", cause.OK},
		{false, "Ana@Example.com", cause.BadCredentials},
		{true, "ana@example.com", cause.OK},
		{true, "ANA@EXAMPLE.COM", cause.OK},
		{true, "anna@example.com", cause.BadCredentials},
		{true, "", cause.BadCredentials},
		{true, strings.Repeat("A", 5000) + "@example.com", cause.BadCredentials},
	} {
		w := newWorld(t, func(cfg *node.Config) { cfg.FoldEmails = c.fold })
		result, err := w.Login(t.Context(), client, c.email, "right")
		if err != nil || causeOf(result) != c.want {
			t.Errorf("fold %v: Login(%.30q) = %v, %v; want %v", c.fold, c.email, causeOf(result), err, c.want)
		}
		if same := w.Account("ANA@example.com") == w.Account("ana@EXAMPLE.com"); same != c.fold {
			t.Errorf("fold %v: two spellings are one account: %v", c.fold, same)
		}
	}
}

// TestLoginTellsLastLogin: the result of a log-in has the customer as the log-in leaves it.
func TestLoginTellsLastLogin(t *testing.T) {
	for _, update := range []bool{true, false} {
		w := newWorld(t, func(cfg *node.Config) { cfg.Settings.UpdateLastLogin = update })
		result, err := logIn(w, t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		stored, err := w.store.Get(t.Context(), core.Integer(1))
		if err != nil || !result.Customer.LastLogin.Equal(stored.LastLogin) || stored.LastLogin.IsZero() == update {
			t.Errorf("UpdateLastLogin %v: LastLogin = %v, stored %v (%v)", update, result.Customer.LastLogin,
				stored.LastLogin, err)
		}
	}
}
