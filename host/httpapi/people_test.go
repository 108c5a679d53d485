package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/claimmap/claimmaptest"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// claims are those of a token.
func claims(t testing.TB, token string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTextIDs goes the whole way with a customer whose id is a text. UUIDs are texts as any other: one in another
// spelling is another id, as it is none that a log-in has written.
func TestTextIDs(t *testing.T) {
	const id = "550e8400-e29b-41d4-a716-446655440000"
	for _, version := range []core.Version{core.V55, core.V52} {
		for _, wire := range []core.Wire{core.Secure, core.Exact} {
			t.Run(string(version)+" "+string(wire), func(t *testing.T) {
				db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db"), IDs: core.TextID})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if _, err := db.AddAll(t.Context(), []store.NewCustomer{
					{ID: core.Text(id), Email: "ana@example.com", IsActive: true, IsStaff: true,
						PasswordHash: hashOf(t, "right")},
					{ID: core.Text("1"), Email: "one@example.com"}, {ID: core.Text("Zoë"), Email: "zoe@example.com"},
				}); err != nil {
					t.Fatal(err)
				}
				s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
					n.Store, n.Settings.Compat, n.Settings.Wire = db, version, wire
				})
				refresh, access := s.login(t)
				for _, token := range []string{refresh, access} {
					if got := claims(t, token)["user_id"]; got != id {
						t.Errorf("user_id = %v, want %s", got, id)
					}
				}
				check := func(method, path, body, token string, status int, want string) string {
					t.Helper()
					header := "X-None: x"
					if token != "" {
						header = "Authorization: Bearer " + token
					}
					answer, got := s.ask(t, method, path, body, header, "Content-Type: application/json")
					if answer.StatusCode != status || !strings.Contains(got, want) {
						t.Errorf("%s %s: %d %s, want %d with %s", method, path, answer.StatusCode, got, status, want)
					}
					return got
				}
				check("GET", "/customers/me/", "", access, 200, `{"id":"`+id+`",`)
				check("GET", "/customers/", "", access, 200, `[{"id":"1",`)
				refreshed := check("POST", "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`, "", 200, `{"access":"`)
				_, token, _ := strings.Cut(strings.TrimSuffix(refreshed, `"}`), `"access":"`)
				check("GET", "/customers/me/", "", token, 200, `{"id":"`+id+`",`)
				check("POST", "/auth/token/verify/", `{"token":"`+token+`"}`, "", 200, `{}`)
				check("POST", "/auth/token/blacklist/", `{"refresh":"`+refresh+`"}`, "", 200, `{}`)
				check("POST", "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`, "", 401, `Token is blacklisted`)
				after := 200
				if wire == core.Secure {
					after = 401
				}
				check("GET", "/customers/me/", "", token, after, "")

				signed := func(userID string) string {
					return sign(t, fmt.Sprintf(`{"token_type":"access","exp":4102444800,"jti":"%032x","user_id":%s}`,
						time.Now().UnixNano(), userID))
				}
				check("GET", "/customers/me/", "", signed(`"Zoë"`), 401, `User is inactive`)
				// str() of the claim: the id "1"
				check("GET", "/customers/me/", "", signed(`1`), 401, `User is inactive`)
				for _, other := range []string{`"` + strings.ToUpper(id) + `"`, `"` + strings.ReplaceAll(id, "-", "") +
					`"`, `"urn:uuid:` + id + `"`, `"{` + id + `}"`, `" ` + id + `"`, `"1 "`, `1.0`, `true`, `""`} {
					check("GET", "/customers/me/", "", signed(other), 401, `User not found`)
				}
				if err := db.SetActive(t.Context(), core.Text(id), false); err != nil {
					t.Fatal(err)
				}
				check("POST", "/auth/token/", `{"email":"ana@example.com","password":"right"}`, "", 401,
					`No active account found`)
			})
		}
	}
}

// TestTextIDsElsewhere: other names of the claim, and e-mail addresses as USER_ID_FIELD.
func TestTextIDsElsewhere(t *testing.T) {
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db"), IDs: core.TextID})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Add(t.Context(), store.NewCustomer{ID: core.Text(`a"<b>`), Email: "ana@example.com", IsActive: true,
		PasswordHash: hashOf(t, "right")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		field store.Field
		want  string
	}{{"sub", store.FieldID, `a"<b>`}, {"sub", store.FieldEmail, "ana@example.com"}} {
		s := openShop(t, func(n *node.Config, _ *httpapi.Config) {
			n.Store, n.UserIDField, n.Settings.UserIDClaim, n.Settings.CheckRevokeToken = db, c.field, c.name, true
		})
		_, access := s.login(t)
		if got := claims(t, access)[c.name]; got != c.want {
			t.Errorf("%s = %v, want %s", c.name, got, c.want)
		}
		if answer, body := s.ask(t, "GET", "/customers/me/", "",
			"Authorization: Bearer "+access); answer.StatusCode != http.StatusOK ||
			!strings.HasPrefix(body, `{"id":"a\"<b>",`) {
			t.Errorf("me: %d %s", answer.StatusCode, body)
		}
	}
}

// sign makes a token of these claims with the key of the test.
func sign(t *testing.T, claims string) string {
	t.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := testKeys(t).Sign(t.Context(), 0, []byte(input), make([]byte, core.EntropyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestLoginAnswer(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
		h.LoginAnswer = claimmaptest.Members(t,
			"id=id email=email plan=attributes.plan limit=attributes.limit rate=attributes.rate groups=groups "+
				"rights=permissions seen=last_login joined=date_joined gone=attributes.x")
	})
	id := core.Integer(7)
	if _, err := s.store.Set(t.Context(), id,
		store.Change{Attributes: []byte(`{"plan":"pro\u2028","limit":9223372036854775808,"rate":1.50}`)},
		0); err != nil {
		t.Fatal(err)
	}
	if err := s.store.ChangeRights(t.Context(), id, store.RightsChange{Grant: []string{"shop.view"}}); err != nil {
		t.Fatal(err)
	}
	answer, body := s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	_, shown, _ := strings.Cut(body, `","id"`)
	stored, err := s.store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := `:7,"email":"ana@example.com","plan":"pro\u2028","limit":9223372036854775808,"rate":1.5,"groups":[],"rights":["shop.view"],"seen":"` +
		claimmap.Time(stored.LastLogin) + `","joined":"2024-01-02T03:04:05.000678Z","gone":null}`
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(body, `{"refresh":"`) || shown != want {
		t.Errorf("log-in: %d %s, want %s", answer.StatusCode, shown, want)
	}
	// Nothing of a customer is shown to whoever has not his password, nor at a refresh.
	answer, body = s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"wrong"}`)
	if want := `{"detail":"No active account found with the given credentials"}`; answer.StatusCode != http.StatusUnauthorized || body != want {
		t.Errorf("wrong password: %d %s, want 401 %s", answer.StatusCode, body, want)
	}
	refresh, _ := s.login(t)
	if _, body := s.post(t, "/auth/token/refresh/", `{"refresh":"`+refresh+`"}`); strings.Contains(body, "email") {
		t.Errorf("refresh shows the customer: %s", body)
	}
}

// TestLoginAnswerThatCannotBe: what no answer can show is a failure of the node that its log names, and not the
// client's.
func TestLoginAnswerThatCannotBe(t *testing.T) {
	for name, attributes := range map[string]string{
		"half of a surrogate pair": `{"x":"\ud800"}`, "infinite": `{"x":1e999}`, "too large": `{"x":"` +
			strings.Repeat("y", claimmap.MaxBytes) + `"}`,
	} {
		s := openShop(t, func(_ *node.Config, h *httpapi.Config) {
			h.LoginAnswer = claimmaptest.Members(t, "x=attributes.x")
		})
		if _, err := s.store.Set(t.Context(), core.Integer(7), store.Change{Attributes: []byte(attributes)},
			0); err != nil {
			t.Fatal(err)
		}
		answer, body := s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
		if answer.StatusCode != http.StatusInternalServerError || strings.Contains(body, "eyJ") {
			t.Errorf("%s: log-in is %d %s, want 500 without a token", name, answer.StatusCode, body)
		}
		if log := s.record(t); !strings.Contains(log, "answer to the log-in of customer 7") {
			t.Errorf("%s: log lacks the customer: %s", name, log)
		}
		if answer, body := s.post(t, "/auth/token/",
			`{"email":"ana@example.com","password":"wrong"}`); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: wrong password is %d %s, want 401", name, answer.StatusCode, body)
		}
	}
}

func TestReservedMembers(t *testing.T) {
	settings := core.DefaultSettings()
	n, err := node.New(node.Config{Engine: core.NewNative(settings, testKeys(t)), Store: openStore(t),
		Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	_, err = httpapi.New(httpapi.Config{Node: n, LoginAnswer: claimmaptest.Members(t,
		"refresh=id ACCESS=id token=id exp=id")})
	for _, name := range []string{`"refresh"`, `"ACCESS"`, `"token"`} {
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), `"exp"`) {
			t.Errorf("New = %v, want it to name %s and not exp", err, name)
		}
	}
}

// TestHostileCustomer has HTML and control characters in every field of a customer: whoever is shown him gets the
// characters as they are, as JSON that no browser takes for a page, or escaped in a page.
func TestHostileCustomer(t *testing.T) {
	const evil = "<script>alert(1)</script>\"'&\\\r\nSet-Cookie: x=1\x01\x7f\u2028\u202e\ufeff😀"
	hostile := store.NewCustomer{
		ID: core.Text(evil + "id"), Email: evil + "@example.com", FirstName: evil + "first", LastName: evil + "last",
		IsActive: true, IsStaff: true,
		PasswordHash: hashOf(t, "right"), DateJoined: time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC),
		Permissions: []string{evil + ".<b>"}, Groups: map[string][]string{evil: {"app." + evil}},
	}
	encoded := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	hostile.Attributes = []byte(`{` + encoded(evil) + `:{"a":` + encoded(evil+"attribute") + `}}`)
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db"), IDs: core.TextID})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.AddAll(t.Context(), []store.NewCustomer{hostile}); err != nil {
		t.Fatal(err)
	}
	field, err := claimmap.ParseField("attributes." + evil + ".a")
	if err != nil {
		t.Fatal(err)
	}
	all := append(claimmaptest.Members(t,
		"id=id email=email first=first_name last=last_name groups=groups rights=permissions joined=date_joined"),
		claimmap.Member{Name: evil, Field: field})
	s := openShop(t, func(n *node.Config, h *httpapi.Config) {
		n.Store, n.Claims, h.LoginAnswer, h.LogEmails = db, all, all, true
	})
	want := map[string]any{
		"id": evil + "id", "email": evil + "@example.com", "first": evil + "first", "last": evil + "last",
		"groups": []any{evil},
		"joined": "0001-01-01T00:00:00.000001Z", evil: evil + "attribute",
	}
	answer, body := s.post(t, "/auth/token/", encoded(map[string]string{"email": hostile.Email, "password": "right"}))
	var shown map[string]any
	if err := json.Unmarshal([]byte(body), &shown); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("log-in: %d %s (%v)", answer.StatusCode, body, err)
	}
	access := fmt.Sprint(shown["access"])
	for what, got := range map[string]map[string]any{"answer": shown, "access token": claims(t, access),
		"refresh token": claims(t, fmt.Sprint(shown["refresh"]))} {
		for name, value := range want {
			if encoded(got[name]) != encoded(value) {
				t.Errorf("%s: %q is %q, want %q", what, name, got[name], value)
			}
		}
		if rights, _ := got["rights"].([]any); len(rights) != 2 {
			t.Errorf("%s: rights are %q", what, rights)
		}
	}
	for _, path := range []string{"/customers/", "/customers/me/", "/customers/open/", "/customers/managed/"} {
		answer, body := s.ask(t, "GET", path, "", "Authorization: Bearer "+access)
		if !json.Valid([]byte(body)) || answer.StatusCode != http.StatusOK ||
			answer.Header.Get("Content-Type") != "application/json" ||
			answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v %s", path, answer.StatusCode, answer.Header, body)
		}
		if strings.ContainsAny(body, "\n\r\x01\u2028") {
			t.Errorf("%s holds control characters: %q", path, body)
		}
		answer, body = s.ask(t, "GET", path, "", "Authorization: Bearer "+access, "Accept: text/html")
		if answer.StatusCode != http.StatusOK || strings.Contains(body, "<script>alert") ||
			strings.Contains(body, "\x01") || answer.Header.Get("Set-Cookie") == "x=1" {
			t.Errorf("page of %s: %d %s", path, answer.StatusCode, body)
		}
	}
	for line := range strings.Lines(s.log.String()) {
		if !json.Valid([]byte(line)) || strings.Contains(line, "\x01") {
			t.Errorf("a log record is broken up: %q", line)
		}
	}
}

// TestSpellingsAreOneAccount: where case does not count, an attacker gets no fresh rate for each spelling of an
// address.
func TestSpellingsAreOneAccount(t *testing.T) {
	for _, fold := range []bool{true, false} {
		s := openShop(t, func(n *node.Config, h *httpapi.Config) {
			n.FoldEmails = fold
			rate, err := throttle.ParseRate("2/day")
			if err != nil {
				t.Fatal(err)
			}
			h.Throttles.Account = rate
		})
		var got []int
		for _, email := range []string{"ana@example.com", "Ana@example.com", "aNA@EXAMPLE.com"} {
			answer, _ := s.post(t, "/auth/token/", `{"email":"`+email+`","password":"right"}`)
			got = append(got, answer.StatusCode)
		}
		want := []int{200, 200, 429}
		if !fold {
			want = []int{200, 401, 401}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("fold %v: log-ins are answered %v, want %v", fold, got, want)
		}
	}
}
