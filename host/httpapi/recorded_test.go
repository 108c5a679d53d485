package httpapi_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// defaultSettings are DEFAULT_SETTINGS of replay.py.
const defaultSettings = `{
	"SECRET_KEY": "conformance-test-secret-key-0123456789abcdef-do-not-use-in-production",
	"SIGNING_KEY": "conformance-test-secret-key-0123456789abcdef-do-not-use-in-production",
	"VERIFYING_KEY": "",
	"ALGORITHM": "HS256",
	"ACCESS_TOKEN_LIFETIME": 3600,
	"REFRESH_TOKEN_LIFETIME": 259200,
	"ROTATE_REFRESH_TOKENS": false,
	"BLACKLIST_AFTER_ROTATION": false,
	"BLACKLIST_APP": true,
	"UPDATE_LAST_LOGIN": true,
	"AUDIENCE": null,
	"ISSUER": null,
	"LEEWAY": 0,
	"AUTH_HEADER_TYPES": ["Bearer"],
	"AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
	"AUTH_TOKEN_CLASSES": ["access"],
	"USER_ID_FIELD": "id",
	"USER_ID_CLAIM": "user_id",
	"TOKEN_TYPE_CLAIM": "token_type",
	"JTI_CLAIM": "jti",
	"SLIDING_TOKEN_LIFETIME": 300,
	"SLIDING_TOKEN_REFRESH_LIFETIME": 86400,
	"SLIDING_TOKEN_REFRESH_EXP_CLAIM": "refresh_exp",
	"CHECK_REVOKE_TOKEN": false,
	"REVOKE_TOKEN_CLAIM": "hash_password",
	"CHECK_USER_IS_ACTIVE": true,
	"ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"]
}`

// recordedSettings are the settings of a case in full.
type recordedSettings map[string]any

// settings are the defaults with what a case changes; "@rs256.private_pem" stands for that member of keys.json.
func (c *corpus) settings(changed map[string]any) (recordedSettings, error) {
	var s recordedSettings
	d := json.NewDecoder(strings.NewReader(defaultSettings))
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		return nil, err
	}
	for name, value := range changed {
		if _, known := s[name]; !known {
			return nil, fmt.Errorf("setting %s is not one of DEFAULT_SETTINGS", name)
		}
		if text, ok := value.(string); ok && strings.HasPrefix(text, "@") {
			key, member, _ := strings.Cut(text[1:], ".")
			value = c.keys[key][member]
		}
		s[name] = value
	}
	return s, nil
}

func (s recordedSettings) text(name string) string { text, _ := s[name].(string); return text }
func (s recordedSettings) is(name string) bool     { value, _ := s[name].(bool); return value }

// seconds is a duration; 4,000,000,000 seconds still fit.
func (s recordedSettings) seconds(name string) time.Duration {
	number, _ := s[name].(json.Number)
	seconds, _ := number.Float64()
	return time.Duration(seconds * float64(time.Second))
}

// texts is a list of texts, or one text.
func (s recordedSettings) texts(name string) []string {
	if text, ok := s[name].(string); ok {
		return []string{text}
	}
	list, _ := s[name].([]any)
	var texts []string
	for _, item := range list {
		texts = append(texts, item.(string))
	}
	return texts
}

// core are the settings as core has them.
func (s recordedSettings) core(version core.Version) (core.Settings, error) {
	c := core.DefaultSettings()
	c.Compat, c.Wire = version, core.Exact
	if s.is("secure") { // no setting of replay.py, but one of TestSecureDifferences
		c.Wire, c.RefreshGrace = core.Secure, core.MaxGrace // so that no slow machine lets a window pass
	}
	c.AccessTokenLifetime = s.seconds("ACCESS_TOKEN_LIFETIME")
	c.RefreshTokenLifetime = s.seconds("REFRESH_TOKEN_LIFETIME")
	c.BlacklistApp = s.is("BLACKLIST_APP")
	c.RotateRefreshTokens = s.is("ROTATE_REFRESH_TOKENS")
	c.BlacklistAfterRotation = s.is("BLACKLIST_AFTER_ROTATION")
	c.UpdateLastLogin = s.is("UPDATE_LAST_LOGIN")
	c.Audience = s.texts("AUDIENCE")
	_, c.AudienceList = s["AUDIENCE"].([]any)
	if issuer, ok := s["ISSUER"].(string); ok {
		c.Issuer = &issuer
	}
	c.Leeway = s.seconds("LEEWAY")
	c.AuthHeaderTypes = s.texts("AUTH_HEADER_TYPES")
	c.AuthTokenClasses = nil
	for _, class := range s.texts("AUTH_TOKEN_CLASSES") {
		c.AuthTokenClasses = append(c.AuthTokenClasses, core.TokenType(class))
	}
	c.UserIDClaim = s.text("USER_ID_CLAIM")
	c.TokenTypeClaim = s.text("TOKEN_TYPE_CLAIM")
	c.IDClaim = s.text("JTI_CLAIM")
	c.SlidingTokenLifetime = s.seconds("SLIDING_TOKEN_LIFETIME")
	c.SlidingTokenRefreshLifetime = s.seconds("SLIDING_TOKEN_REFRESH_LIFETIME")
	c.SlidingTokenRefreshExpClaim = s.text("SLIDING_TOKEN_REFRESH_EXP_CLAIM")
	c.CheckRevokeToken = s.is("CHECK_REVOKE_TOKEN")
	c.RevokeTokenClaim = s.text("REVOKE_TOKEN_CLAIM")
	c.CheckUserIsActive = s.is("CHECK_USER_IS_ACTIVE")
	return c, errors.Join(c.Validate()...)
}

// field is USER_ID_FIELD.
func (s recordedSettings) field() (store.Field, error) {
	switch name := s.text("USER_ID_FIELD"); name {
	case "id":
		return store.FieldID, nil
	case "email":
		return store.FieldEmail, nil
	default:
		return 0, fmt.Errorf("USER_ID_FIELD %q is neither id nor email", name)
	}
}

// keysFor are the keys of a case; the test keys may be weak ones.
func keysFor(t testing.TB, s recordedSettings) *keyring.Ring {
	t.Helper()
	ring, err := keyring.FromSettings(s.text("ALGORITHM"), []byte(s.text("SIGNING_KEY")),
		[]byte(s.text("VERIFYING_KEY")), true)
	if err != nil {
		t.Fatalf("SIGNING_KEY for %s: %v", s.text("ALGORITHM"), err)
	}
	return ring
}

// cheap are the least costs of argon2id: recordings are no test of hashing.
var cheap = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// hashes does each job of all recordings once: stored hashes are dear, and each is checked with every engine and
// version.
var hashes rememberingHasher

// rememberingHasher remembers the results of jobs.
type rememberingHasher struct{ results sync.Map } // by job: func() hashing.Result

func (h *rememberingHasher) Do(ctx context.Context, j hashing.Job) (hashing.Result, error) {
	result, _ := h.results.LoadOrStore(j, sync.OnceValue(func() hashing.Result {
		r, _ := hashing.InProcess{}.Do(ctx, j) // which never fails
		return r
	}))
	return result.(func() hashing.Result)(), nil
}

func (h *rememberingHasher) Health() error { return nil }

// customers are those of a case: a name of setups.json or a list.
func (c *corpus) customers(t *testing.T, setup any) []store.NewCustomer {
	t.Helper()
	if name, ok := setup.(string); ok {
		setup = c.setups[name]
	}
	list, _ := setup.([]any)
	var customers []store.NewCustomer
	for _, item := range list {
		customers = append(customers, newCustomer(t, item.(map[string]any)))
	}
	return customers
}

func newCustomer(t *testing.T, from map[string]any) store.NewCustomer {
	t.Helper()
	text := func(name string) string { text, _ := from[name].(string); return text }
	is := func(name string) bool { value, _ := from[name].(bool); return value }
	moment := func(name string) time.Time {
		if text(name) == "" {
			return time.Time{}
		}
		at, err := time.Parse(time.RFC3339, text(name))
		if err != nil {
			t.Fatalf("%s of %s: %v", name, text("email"), err)
		}
		return at
	}
	id, err := from["id"].(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	hash := text("password_hash")
	if plain, ok := from["password"].(string); ok {
		hash, err = password.Hash(plain, cheap, rand.Reader)
	} else if hash == "" {
		hash, err = password.Unusable(rand.Reader)
	}
	if err != nil {
		t.Fatalf("password of %s: %v", text("email"), err)
	}
	texts := func(list any) (texts []string) {
		items, _ := list.([]any)
		for _, item := range items {
			texts = append(texts, item.(string))
		}
		return texts
	}
	groups := map[string][]string{}
	if named, ok := from["groups"].(map[string]any); ok {
		for name, permissions := range named {
			groups[name] = texts(permissions)
		}
	}
	return store.NewCustomer{
		Permissions: texts(from["permissions"]), Groups: groups,
		ID: core.Integer(id), Email: text("email"), FirstName: text("first_name"), LastName: text("last_name"),
		IsActive: is("is_active"), IsStaff: is("is_staff"), IsSuperuser: is("is_superuser"),
		LastLogin: moment("last_login"), DateJoined: moment("date_joined"), PasswordHash: hash,
	}
}

// startRecorded starts a node with these settings and exactly these customers, behind a real listener.
func startRecorded(t *testing.T, version core.Version, s recordedSettings, customers []store.NewCustomer,
	keys core.Keys,
	open opener) *httptest.Server {
	t.Helper()
	settings, err := s.core(version)
	if err != nil {
		t.Fatal(err)
	}
	field, err := s.field()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := open(settings, keys)
	if err != nil {
		t.Fatal(err)
	}
	return startServer(t, node.Config{
		Engine: engine, Store: openStore(t, customers...), Settings: settings, UserIDField: field, Passwords: cheap,
		Hasher: &hashes,
	}, httpapi.Config{AllowedHosts: s.texts("ALLOWED_HOSTS"), AuthHeaderName: s.text("AUTH_HEADER_NAME"),
		Samples: true})
}

// startServer starts a node behind a real listener, until the test ends.
func startServer(t testing.TB, nodeConfig node.Config, config httpapi.Config) *httptest.Server {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if nodeConfig.Log == nil {
		nodeConfig.Log = log
	}
	if config.Log == nil {
		config.Log = log
	}
	n, err := node.New(nodeConfig)
	if err != nil {
		t.Fatal(err)
	}
	config.Node = n
	handler, err := httpapi.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// openStore opens a new store with these customers, until the test ends.
func openStore(t testing.TB, customers ...store.NewCustomer) *store.DB {
	t.Helper()
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.AddAll(t.Context(), customers); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestSettingsAreKnown holds the table above to replay.py's: a name that is missing here would be lost in silence.
func TestSettingsAreKnown(t *testing.T) {
	c := readCorpus(t)
	full, err := c.settings(nil)
	if err != nil {
		t.Fatal(err)
	}
	names := maps.Clone(settingsOfReplay(t))
	for name := range full {
		if !names[name] {
			t.Errorf("setting %s is not one of replay.py's", name)
		}
		delete(names, name)
	}
	for name := range names {
		t.Errorf("setting %s of replay.py is missing", name)
	}
}
