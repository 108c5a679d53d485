package node_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// cheap are the least costs of argon2id.
var cheap = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// client is the address that log-ins come from.
var client = node.Client{Prefix: netip.MustParsePrefix("192.0.2.1/32")}

// testKeys is one HMAC key.
type testKeys struct {
	*jws.Key
	issuer string
}

func (k testKeys) Set() core.KeySet {
	return core.KeySet{Epoch: 1, Signing: []core.SigningKey{{}},
		Keys: []core.KeyInfo{{Algorithm: k.Algorithm(), Issuer: k.issuer, Default: true, AnyID: true}}}
}

func (k testKeys) Check(_ context.Context, _ int, input, signature []byte) (bool, error) {
	return k.Key.Check(input, signature), nil
}

func (k testKeys) Sign(_ context.Context, _ int, input, entropy []byte) ([]byte, error) {
	return k.Key.Sign(input, entropy)
}

func newKeys(t testing.TB, issuer string) testKeys {
	t.Helper()
	key, err := jws.NewKey("HS256", []byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return testKeys{key, issuer}
}

// hash is the encoded hash of a password.
func hash(t testing.TB, plain string) string {
	t.Helper()
	encoded, err := password.Hash(plain, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// causeOf is why a result was refused; cause.OK where it was not.
func causeOf(r node.Result) cause.Cause {
	if !r.Refused() {
		return cause.OK
	}
	return r.Refusals[0].Cause
}

func TestLogin(t *testing.T) {
	for _, c := range []struct {
		name, email, password string
		want                  cause.Cause
		customer              int64
	}{
		{"right", "ana@example.com", "right", cause.OK, 1},
		{"wrong password", "ana@example.com", "wrong", cause.BadCredentials, 1},
		{"empty password", "ana@example.com", "", cause.BadCredentials, 1},
		{"e-mail in another case", "Ana@example.com", "right", cause.BadCredentials, 0},
		{"unknown", "nobody@example.com", "right", cause.BadCredentials, 0},
		{"inactive", "ben@example.com", "right", cause.BadCredentials, 2},
		{"unusable password", "unusable@example.com", "!", cause.BadCredentials, 3},
		{"hash of an unknown format", "unknown-format@example.com", "right", cause.BadCredentials, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			result, err := w.Login(t.Context(), client, c.email, c.password)
			if err != nil {
				t.Fatal(err)
			}
			if got := causeOf(result); got != c.want || len(result.Tokens) > 0 != (c.want == cause.OK) {
				t.Errorf("Login(%q, %q) = %v with %d tokens, want %v", c.email, c.password, got, len(result.Tokens),
					c.want)
			}
			if got := result.Customer.ID.Int; got != c.customer {
				t.Errorf("Login(%q) is about customer %d, want %d", c.email, got, c.customer)
			}
		})
	}
}

func TestLoginRecordsTheTime(t *testing.T) {
	w := newWorld(t, nil)
	w.login(t)
	customer, err := w.store.Get(t.Context(), core.Integer(1))
	if err != nil || !customer.LastLogin.Equal(w.now) {
		t.Errorf("last login = %v, %v; want %v", customer.LastLogin, err, w.now)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t, nil)
	refresh, access := w.login(t)
	ask := map[string]func(context.Context, string) (node.Result, error){
		"Authenticate": w.Authenticate, "Verify": w.Verify, "Refresh": w.Refresh, "Blacklist": w.Blacklist,
	}
	for _, c := range []struct {
		name, ask, token string
		want             cause.Cause
		customer         int64
	}{
		{"access token in a header", "Authenticate", access, cause.OK, 1},
		{"refresh token in a header", "Authenticate", refresh, cause.WrongType, 1},
		{"nonsense in a header", "Authenticate", "nonsense", cause.Malformed, 0},
		{"nothing", "Authenticate", "", cause.Malformed, 0},
		{"verify either", "Verify", access, cause.OK, 1},
		{"refresh", "Refresh", refresh, cause.OK, 1},
		{"refresh with an access token", "Refresh", access, cause.WrongType, 1},
		{"refresh with nonsense", "Refresh", "a.b.c", cause.Malformed, 0},
		{"a token longer than any", "Refresh", strings.Repeat("a", 1<<20), cause.TooLong, 0},
		{"blacklist nonsense", "Blacklist", "nonsense", cause.Malformed, 0},
		{"blacklist", "Blacklist", refresh, cause.OK, 1},
		{"blacklist again", "Blacklist", refresh, cause.Blacklisted, 1},
		{"refresh after it", "Refresh", refresh, cause.Blacklisted, 1},
	} {
		result, err := ask[c.ask](t.Context(), c.token)
		if err != nil {
			t.Errorf("%s: %s: %v", c.name, c.ask, err)
			continue
		}
		if got := causeOf(result); got != c.want || result.Customer.ID.Int != c.customer {
			t.Errorf("%s: %s = %v about customer %v, want %v about %d", c.name, c.ask, got, result.Customer.ID, c.want,
				c.customer)
		}
	}
}

func TestUserIDFieldEmail(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.UserIDField = store.FieldEmail })
	_, access := w.login(t)
	result, err := w.Authenticate(t.Context(), access)
	if err != nil || result.Refused() || result.Customer.Email != "ana@example.com" {
		t.Errorf("Authenticate = %v about %q, %v; want ana", causeOf(result), result.Customer.Email, err)
	}
}

// TestTokenOfAnotherIssuer is R11: a token of another issuer is never one of our customers.
func TestTokenOfAnotherIssuer(t *testing.T) {
	_, access := newWorld(t, nil).login(t)
	w := newWorld(t, func(c *node.Config) {
		c.Engine = core.NewNative(c.Settings, newKeys(t, "https://other.example"))
	})
	result, err := w.Authenticate(t.Context(), access)
	if err != nil || causeOf(result) != cause.CustomerNotFound || !result.Customer.ID.IsZero() {
		t.Errorf("Authenticate = %v about %v, %v; want %v about nobody", causeOf(result), result.Customer.ID, err,
			cause.CustomerNotFound)
	}
}

func TestStoreIsGone(t *testing.T) {
	w := newWorld(t, nil)
	refresh, access := w.login(t)
	if err := w.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v, want nil", err)
	}
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Ready(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "store: ") {
		t.Errorf("Ready = %v, want what is wrong with the store", err)
	}
	if _, err := w.Login(t.Context(), client, "ana@example.com", "right"); err == nil {
		t.Error("Login without a store gave no error")
	}
	if _, err := w.Refresh(t.Context(), refresh); err == nil {
		t.Error("Refresh without a store gave no error")
	}
	if _, err := w.Authenticate(t.Context(), access); err == nil {
		t.Error("Authenticate without a store gave no error")
	}
	// It takes no store to see that this is no token.
	if result, err := w.Authenticate(t.Context(), strings.Repeat("x", 4<<20)); err != nil ||
		causeOf(result) != cause.TooLong || node.RoomForTokens() > 2*core.MaxTokenBytes {
		t.Errorf("Authenticate with 4 MiB = %v, %v, and room for %d bytes from now on; want %v and at most %d",
			causeOf(result), err, node.RoomForTokens(), cause.TooLong, 2*core.MaxTokenBytes)
	}
	if result, err := w.Authenticate(t.Context(), "nonsense"); err != nil || causeOf(result) != cause.Malformed {
		t.Errorf("Authenticate(nonsense) = %v, %v; want %v", causeOf(result), err, cause.Malformed)
	}
}

func TestNoEntropyNoTokens(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.Rand = strings.NewReader("short") })
	if result, err := w.Login(t.Context(), client, "ana@example.com", "right"); err == nil || len(result.Tokens) > 0 {
		t.Errorf("Login = %d tokens, %v; want an error", len(result.Tokens), err)
	}
}

func TestPurge(t *testing.T) {
	w := newWorld(t, nil)
	refresh, _ := w.login(t)
	if _, err := w.Blacklist(t.Context(), refresh); err != nil {
		t.Fatal(err)
	}
	families := func(want int) {
		t.Helper()
		stats, err := w.store.Stats(t.Context())
		if err != nil || stats.Families != want {
			t.Errorf("%d families at %v, %v; want %d", stats.Families, w.now, err, want)
		}
	}
	families(1)
	// The clock is set ahead, and a log-in is committed by it.
	w.now = w.now.Add(30 * 24 * time.Hour)
	w.login(t)
	if err := w.Purge(t.Context()); err != nil {
		t.Errorf("Purge = %v, want nil", err)
	}
	w.now = w.now.Add(-30 * 24 * time.Hour)
	families(1)
	if result, err := w.Refresh(t.Context(), refresh); err != nil || causeOf(result) != cause.Blacklisted {
		t.Errorf("Refresh once the clock is right = %v, %v; want %v", causeOf(result), err, cause.Blacklisted)
	}
	w.passes(10 * 24 * time.Hour)
	if err := w.Purge(t.Context()); err != nil {
		t.Errorf("Purge = %v, want nil", err)
	}
	families(0)
}

func TestRunEndsWithItsContext(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Run(ctx)
}

func TestNewNamesEveryMistake(t *testing.T) {
	settings := core.DefaultSettings()
	settings.AuthHeaderTypes = nil
	tooLittle := password.Params{Memory: 1, Iterations: 1, Parallelism: 1}
	_, err := node.New(node.Config{Settings: settings, Passwords: tooLittle})
	if err == nil {
		t.Fatal("New gave no error")
	}
	for _, want := range []string{"AUTH_HEADER_TYPES", "Engine", "Store", "Passwords"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New = %q, want it to name %s", err, want)
		}
	}
}

// TestForeignID blacklists refresh tokens whose ids are not ours, though one looks like it: it is that of an access
// token.
func TestForeignID(t *testing.T) {
	w := newWorld(t, nil)
	_, access := w.login(t)
	var opened core.Opened
	e := core.NewNative(core.DefaultSettings(), newKeys(t, ""))
	if err := e.Open(t.Context(), []byte(access), &opened); err != nil {
		t.Fatal(err)
	}
	accessID, _ := opened.Text(opened.TokenID)
	for name, id := range map[string]string{"Django's": "e949b664ab542995ac29822f75d885b2", "any text": "x",
		"of an access token": accessID} {
		claims := `{"token_type":"refresh","exp":4102444800,"jti":"` + id + `","user_id":"1"}`
		input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
			base64.RawURLEncoding.EncodeToString([]byte(claims))
		signature, err := newKeys(t, "").Sign(t.Context(), 0, []byte(input), nil)
		if err != nil {
			t.Fatal(err)
		}
		token := input + "." + base64.RawURLEncoding.EncodeToString(signature)
		for _, step := range []struct {
			ask  func(context.Context, string) (node.Result, error)
			want cause.Cause
		}{{w.Refresh, cause.OK}, {w.Blacklist, cause.OK}, {w.Refresh, cause.Blacklisted},
			{w.Verify, cause.Blacklisted}} {
			if result, err := step.ask(t.Context(), token); err != nil || causeOf(result) != step.want {
				t.Errorf("%s: %v, %v; want %v", name, causeOf(result), err, step.want)
			}
		}
	}
}

// TestShorterLifetime revokes a log-in whose access token was issued when lifetimes were longer: it stays revoked as
// long as that token lives.
func TestShorterLifetime(t *testing.T) {
	w := newWorld(t, func(c *node.Config) { c.Settings.AccessTokenLifetime = 30 * 24 * time.Hour })
	if err := w.RaiseLifetimes(t.Context()); err != nil {
		t.Fatal(err)
	}
	refresh, access := w.login(t)
	settings := core.DefaultSettings()
	shorter, err := node.New(node.Config{
		Engine: core.NewNative(settings, newKeys(t, "")), Store: w.store, Settings: settings, Passwords: cheap,
		Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := shorter.RaiseLifetimes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if result, err := shorter.Blacklist(t.Context(), refresh); err != nil || result.Refused() {
		t.Fatal(causeOf(result), err)
	}
	w.passes(8 * 24 * time.Hour)
	if _, err := w.store.Add(t.Context(), store.NewCustomer{Email: "later", PasswordHash: "!"}); err != nil {
		t.Fatal(err)
	}
	if err := shorter.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if result, err := shorter.Authenticate(t.Context(), access); err != nil || causeOf(result) != cause.Blacklisted {
		t.Errorf("the access token after a purge = %v, %v; want %v", causeOf(result), err, cause.Blacklisted)
	}
}
