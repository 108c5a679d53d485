package admin_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/keys"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// newAPI serves a store of its own.
func newAPI(t *testing.T, cfg admin.Config) http.Handler {
	api, _ := newAPIOf(t, cfg, store.Config{})
	return api
}

// newAPIOf serves a store of its own that is opened with a configuration.
func newAPIOf(t *testing.T, cfg admin.Config, of store.Config) (http.Handler, *store.DB) {
	t.Helper()
	of.Path = filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(of)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg.Store, cfg.Settings, cfg.Hasher = db, core.DefaultSettings(), hashing.InProcess{}
	cfg.Passwords = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}
	sealer, err := keyring.NewSealer([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Keys = keys.New(keys.Config{Store: db, Settings: cfg.Settings,
		Sealer: func(bool) (*keyring.Sealer, error) { return sealer, nil }})
	return admin.New(cfg), db
}

func newClient(t *testing.T, cfg admin.Config) *admin.Client {
	return admin.NewClient(newAPI(t, cfg), func() error { return nil })
}

// call makes one request.
func call(t *testing.T, api http.Handler, method, path, body string) (status int, answer string) {
	t.Helper()
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

// row is a customer as ImportCustomers takes it.
const row = `{"id":null,"email":"b@example.com","first_name":"","last_name":"","is_active":true,"is_staff":false,` +
	`"is_superuser":false,"password_hash":"!","permissions":[],` +
	`"groups":[],"kept":{}}`

// TestCallsAreStrict holds the API to refuse what encoding/json would take for something else.
func TestCallsAreStrict(t *testing.T) {
	api := newAPI(t, admin.Config{})
	if status, answer := call(
		t,
		api,
		"POST",
		"/customers",
		`{"email": "ana@example.com", "password": null}`,
	); status != http.StatusOK {
		t.Fatal(answer)
	}
	for path, bodies := range map[string][]string{
		"/customer?key=ana@example.com": {
			`{"is_active": false} {"is_active": true}`, `{"Is_Active": false}`, `{"is_active": false}x`,
			`{"is_active": true, "is_active": false}`, `{"is_active": false, "is_staff": true}`, `[]`, `null`, ``,
			`{"password": "A\ud83dB correct"}`, "{\"password\": \"correct \xff horse\"}", `{"is_active": "false"}`,
		},
		"/rights?key=ana@example.com": {
			`{"grant": ["customers.\ud800"]}`, `{"Grant": ["customers.view_customer"]}`, `{"grant": [7]}`,
		},
		"/groups": {`{"name": "a\udc00"}`, `{"name": "a", "name": "b"}`, `{"NAME": "a"}`},
		"/customers?id=": {
			`{"email": "b@example.com", "password": null} 1`, `{"email": "b\ud800@example.com", "password": null}`,
		},
		"/customers/import?run=1": {
			`{"email": "b@example.com"}`, `{"rows": []}`, "x", strings.Repeat(" ", 3<<20), row + " ", row + row,
			strings.Replace(row, `"email"`, `"Email"`, 1), strings.Replace(row, `{`, `{"id":7,`, 1),
			strings.Replace(row, `"kept":{}`, `"kept":{},"more":1`, 1),
		},
		"/customers/import":    {row},
		"/groups/import?run=1": {`{"groups": [{"name": "\ud800"}]}`, `{"Groups": []}`, `[]`},
		"/origin":              {``, `{`, `x`},
		"/revoke":              {`{"all": true, "all": false}`, `{"All": true}`},
	} {
		for _, body := range bodies {
			if status, answer := call(t, api, "POST", path, body); status != http.StatusBadRequest {
				t.Errorf("POST %s %s = %d %s, want 400", path, body, status, answer)
			}
		}
	}
	if _, answer := call(
		t,
		api,
		"GET",
		"/customer?key=ana@example.com",
		"",
	); !strings.Contains(
		answer,
		`"is_active":true`,
	) {
		t.Error("a call that was refused disabled a customer")
	}
	if status, answer := call(t, api, "POST", "/customers/import?run=1", row+"\n"); status != http.StatusOK ||
		!strings.Contains(answer, `"added":1,`) {
		t.Errorf("the import of a row = %d %s", status, answer)
	}
}
