package explain_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/store"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// oneKey is a set with one key for HMAC.
type oneKey struct{ key *jws.Key }

func (k oneKey) Set() core.KeySet {
	return core.KeySet{Signing: []core.SigningKey{{}}, Keys: []core.KeyInfo{
		{Algorithm: "HS256", Default: true, AnyID: true},
	}}
}

func (k oneKey) Check(_ context.Context, _ int, input, signature []byte) (bool, error) {
	return k.key.Check(input, signature), nil
}

func (k oneKey) Sign(_ context.Context, _ int, input, entropy []byte) ([]byte, error) {
	return k.key.Sign(input, entropy)
}

// signed makes a token with these claims.
func signed(t *testing.T, k oneKey, claims string) string {
	t.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := k.key.Sign([]byte(input), nil)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestToken(t *testing.T) {
	keys := oneKey{testKey(t)}
	settings := core.DefaultSettings()
	good := `{"token_type":"access","exp":1800000000,"iat":1767322000,"jti":"a","user_id":"7"}`
	ana := store.Customer{ID: core.Integer(7), Email: "ana@example.com", IsActive: true}
	for _, c := range []struct {
		name, token, as string
		customer        store.Customer
		public          bool
		accepted        bool
		refusedBy       string
		says            string // of the step that refused, or of the customer
		never           string
	}{
		{name: "good", token: signed(t, keys, good), customer: ana, accepted: true, says: "7 ana@example.com, active"},
		{name: "good, for its holder", token: signed(t, keys, good), customer: ana, public: true, accepted: true,
			says: "7, active", never: "ana@"},
		{name: "expired", token: signed(t, keys, `{"token_type":"access","exp":1767322000,"jti":"a","user_id":"7"}`),
			customer: ana, refusedBy: "exp", says: "it expired 17 minutes ago (2026-01-02 02:46:40 UTC)"},
		{name: "expiring now", token: signed(t, keys,
			`{"token_type":"access","exp":1767323045,"jti":"a","user_id":"7"}`), customer: ana, refusedBy: "exp",
			says: "it expired just now (2026-01-02 03:04:05 UTC)"},
		{name: "as a refresh token", token: signed(t, keys, good), as: "refresh", customer: ana, refusedBy: "type",
			says: "another type (access)"},
		{name: "of nobody", token: signed(t, keys, good), refusedBy: "customer", says: "does not exist (7)"},
		{name: "changed", token: signed(t, keys, good) + "AAAA", customer: ana, refusedBy: "signature",
			says: "another key signed"},
		{name: "no token", token: "a.b", refusedBy: "form", says: "three parts"},
		{name: "too long", token: strings.Repeat("a", core.MaxTokenBytes+1), refusedBy: "form", says: "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, err := explain.Token(t.Context(), explain.Config{
				Engine: core.NewNative(settings, keys), Settings: &settings, Now: now, Public: c.public,
				Load: func(_ context.Context, opened core.Opened, _ time.Time) (core.State, store.Customer, error) {
					var state core.State
					if !c.customer.ID.IsZero() {
						state.Customer = core.Customer{ID: c.customer.ID, Active: c.customer.IsActive}
					}
					return state, c.customer, nil
				},
			}, c.token, c.as)
			if err != nil {
				t.Fatal(err)
			}
			if j.Accepted != c.accepted {
				t.Errorf("accepted = %v, want %v: %+v", j.Accepted, c.accepted, j.Steps)
			}
			end := slices.IndexFunc(j.Steps, func(s explain.Step) bool { return s.Result != explain.OK })
			if c.accepted != (end < 0) || end >= 0 && (j.Steps[end].Name != c.refusedBy ||
				j.Steps[end].Result != explain.Refused || !strings.Contains(j.Steps[end].Detail, c.says)) {
				t.Errorf("steps = %+v, want %q to refuse because %q", j.Steps, c.refusedBy, c.says)
			}
			text, err := json.Marshal(j)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), c.says) || c.never != "" && strings.Contains(string(text), c.never) {
				t.Errorf("%s, want it to say %q and not %q", text, c.says, c.never)
			}
			if i := strings.LastIndexByte(c.token, '.'); i > 0 && len(c.token) > i+8 &&
				strings.Contains(string(text), c.token[i+1:]) {
				t.Errorf("the explanation has the signature: %s", text)
			}
		})
	}
}

// step is the step of an explanation with a name; zero: it has none.
func step(j explain.Explanation, name string) explain.Step {
	for _, s := range j.Steps {
		if s.Name == name {
			return s
		}
	}
	return explain.Step{}
}

// TestKeyEnd: who looks after the node is told when the key ends or ended; the holder of a token hears of one that
// ended as of another's.
func TestKeyEnd(t *testing.T) {
	keys := oneKey{testKey(t)}
	settings := core.DefaultSettings()
	token := signed(t, keys, `{"token_type":"access","exp":1800000000,"iat":1767322000,"jti":"a","user_id":"7"}`)
	explained := func(notAfter int64, token string, public bool) explain.Explanation {
		set := core.KeySet{Signing: []core.SigningKey{{}}, Keys: []core.KeyInfo{
			{Algorithm: "HS256", ID: "ours", Default: true, NotAfter: notAfter},
		}}
		j, err := explain.Token(t.Context(), explain.Config{
			Engine: core.NewNative(settings, withSet{keys, set}), Settings: &settings, Now: now, Public: public,
			Load: func(context.Context, core.Opened, time.Time) (core.State, store.Customer, error) {
				state := core.State{Customer: core.Customer{ID: core.Integer(7), Active: true}}
				return state, store.Customer{ID: core.Integer(7), IsActive: true}, nil
			},
		}, token, "")
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	for _, c := range []struct {
		name     string
		notAfter int64
		key, end explain.Step
		cause    string
	}{
		{"none", 0, explain.Step{"key", explain.OK, "HS256, kid ours"}, explain.Step{"key end", explain.OK, "none"},
			"ok"},
		{"in an hour", now.Unix() + 7200, explain.Step{"key", explain.OK,
			"HS256, kid ours, until 2026-01-02 05:04:05 UTC"},
			explain.Step{"key end", explain.OK, "2026-01-02 05:04:05 UTC, in 2 hours"}, "ok"},
		{"now", now.Unix(), explain.Step{"key", explain.OK, "HS256, kid ours, until 2026-01-02 03:04:05 UTC"},
			explain.Step{"key end", explain.Refused,
				"the key has ended, and with it every token that it signed " +
					"(2026-01-02 03:04:05 UTC, 0 seconds ago)"}, "key_ended"},
	} {
		j := explained(c.notAfter, token, false)
		if key, end := step(j, "key"), step(j, "key end"); key != c.key || end != c.end || j.Cause != c.cause ||
			!j.Signed {
			t.Errorf("%s: %+v, %+v, cause %s, signed %v; want %+v, %+v, %s, true", c.name, key, end, j.Cause,
				j.Signed, c.key, c.end, c.cause)
		}
		if end := step(explained(c.notAfter, token, true), "key end"); end.Name != "" {
			t.Errorf("%s: the holder is told of the key: %+v", c.name, end)
		}
	}
	bad := signed(t, keys, `{"exp":1800000000,"exp":1800000000,"jti":"a"}`)
	if ended := explained(now.Unix(), bad, true); ended.Signed ||
		ended.Cause != explained(0, bad[:len(bad)-43]+strings.Repeat("A", 43), true).Cause {
		t.Errorf("the holder of bad claims of a key that ended is told %+v, want what a forged one is", ended)
	}
	forged := token[:len(token)-43] + strings.Repeat("A", 43)
	ended, unknown := explained(now.Unix(), token, true), explained(0, forged, true)
	got, _ := json.Marshal(ended)
	want, _ := json.Marshal(unknown)
	if string(got) != string(want) || ended.Accepted || ended.Signed || !ended.Customer.ID.IsZero() {
		t.Errorf("the holder of a token of a key that ended is told\n%s\nwant as for a forged one\n%s", got, want)
	}
}

// TestPublicTellsNoKeys: which keys there are is not told by how a token is refused.
func TestPublicTellsNoKeys(t *testing.T) {
	named := oneKey{testKey(t)}
	settings := core.DefaultSettings()
	set := core.KeySet{Signing: []core.SigningKey{{}}, Keys: []core.KeyInfo{{Algorithm: "HS256", ID: "ours",
		Default: true}}}
	var first []byte
	for _, header := range []string{
		`{"alg":"HS256","kid":"ours"}`, `{"alg":"HS256","kid":"none"}`, `{"alg":"HS256"}`,
		`{"alg":"RS256","kid":"ours"}`, `{"alg":"none"}`,
	} {
		token := base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30." + strings.Repeat("A", 43)
		j, err := explain.Token(t.Context(), explain.Config{
			Engine: core.NewNative(settings, withSet{named, set}), Settings: &settings, Now: now, Public: true,
		}, token, "header")
		if err != nil {
			t.Fatal(err)
		}
		j.Header = nil
		text, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if string(text) != string(first) || j.Accepted {
			t.Errorf("%s: %s, want as for a bad signature: %s", header, text, first)
		}
	}
}

// withSet is a key that a set has under another name.
type withSet struct {
	oneKey
	set core.KeySet
}

func (k withSet) Set() core.KeySet { return k.set }

// TestPublicTellsNoCustomers: where no check asks for the customer, it is not told whether there is one, and whether
// it is active.
func TestPublicTellsNoCustomers(t *testing.T) {
	keys := oneKey{testKey(t)}
	for name, c := range map[string]struct {
		as      string
		compat  core.Version
		wire    core.Wire
		differs bool
	}{
		"blacklist":            {"blacklist", core.V55, core.Secure, false},
		"verify":               {"verify", core.V55, core.Secure, true},
		"verify, exact 5.5":    {"verify", core.V55, core.Exact, false},
		"refresh":              {"refresh", core.V55, core.Secure, true},
		"refresh, exact 5.2":   {"refresh", core.V52, core.Exact, false},
		"blacklist, exact 5.2": {"blacklist", core.V52, core.Exact, false},
	} {
		settings := core.DefaultSettings()
		settings.Compat, settings.Wire = c.compat, c.wire
		token := signed(t, keys, `{"token_type":"refresh","exp":1800000000,"iat":1767322000,"jti":"a","user_id":"7"}`)
		var texts []string
		for _, customer := range []store.Customer{{}, {ID: core.Integer(7)}, {ID: core.Integer(7), IsActive: true}} {
			j, err := explain.Token(t.Context(), explain.Config{
				Engine: core.NewNative(settings, keys), Settings: &settings, Now: now, Public: true,
				Load: func(context.Context, core.Opened, time.Time) (core.State, store.Customer, error) {
					return core.State{Customer: core.Customer{ID: customer.ID,
						Active: customer.IsActive}}, customer, nil
				},
			}, token, c.as)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(j)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: of nobody %s, of a disabled customer %s; want the same", name, texts[0], texts[1])
		}
		if (texts[1] != texts[2]) != c.differs {
			t.Errorf("%s: of a disabled customer %s, of an active one %s; want a difference: %v", name, texts[1],
				texts[2], c.differs)
		}
	}
}

func testKey(t *testing.T) *jws.Key {
	t.Helper()
	key, err := jws.NewKey("HS256", []byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestMembers(t *testing.T) {
	settings := core.DefaultSettings()
	settings.UserIDClaim, settings.TokenTypeClaim = "customer", ""
	got := explain.ClaimMembers(json.RawMessage(`{"exp": 1767323105, "customer":[1, {"a":"b"}], "exp":"x", "":1, "nbf":1e300, "mine":true}`), &settings, now)
	want := []explain.Member{
		{Name: "exp", Value: "1767323105", Meaning: "When the token expires.",
			When: "2026-01-02 03:05:05 UTC, in 60 seconds"},
		{Name: "customer", Value: `[1, {"a":"b"}]`, Meaning: "The customer."},
		{Name: "exp", Value: `"x"`, Meaning: "When the token expires."},
		{Name: "", Value: "1"},
		{Name: "nbf", Value: "1e300", Meaning: "From when on the token is good."},
		{Name: "mine", Value: "true"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("ClaimMembers = %+v, want %+v", got, want)
	}
	for _, object := range []string{"", "null", "[1]", `"a"`} {
		if got := explain.HeaderMembers(json.RawMessage(object)); got != nil {
			t.Errorf("HeaderMembers(%q) = %v, want none", object, got)
		}
	}
	if got := explain.HeaderMembers(json.RawMessage(`{"alg":"none"}`)); len(got) != 1 || got[0].Meaning == "" {
		t.Errorf("HeaderMembers = %+v", got)
	}
}
