package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/cmd/edgetoken/config"
)

const longKey = "a-secret-of-more-than-thirty-two-bytes"

// load reads a configuration whose file holds text, in an empty working directory.
func load(t testing.TB, text string, environ []string, flags ...config.Flag) (*config.Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("edgetoken.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(config.Sources{File: "edgetoken.yaml", FileNeeded: true, Environ: environ, Flags: flags})
}

func TestDefaults(t *testing.T) {
	c, err := config.Load(config.Sources{File: filepath.Join(t.TempDir(), "edgetoken.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c.Settings, core.DefaultSettings()) {
		t.Errorf("Settings = %+v, want core's defaults", c.Settings)
	}
	if c.Listen != "127.0.0.1:8000" || c.Engine != "wasm" || c.Data != "data" || !c.ErrorHeader || c.AllowedHosts != nil || c.IDs != core.NoCustomer {
		t.Errorf("Load = %+v", c)
	}
	for _, l := range c.Show() {
		if l.Origin != "default" {
			t.Errorf("origin of %s = %s, want default", l.Key, l.Origin)
		}
	}
}

// TestEverySimpleJWTName keeps the table from forgetting a setting of simplejwt 5.2 to 5.5 (rest_framework_simplejwt/settings.py).
func TestEverySimpleJWTName(t *testing.T) {
	known := map[string]bool{}
	for _, k := range config.Keys() {
		known[k] = true
	}
	for _, name := range strings.Fields(`ACCESS_TOKEN_LIFETIME REFRESH_TOKEN_LIFETIME ROTATE_REFRESH_TOKENS BLACKLIST_AFTER_ROTATION UPDATE_LAST_LOGIN ALGORITHM
		SIGNING_KEY VERIFYING_KEY AUDIENCE ISSUER JSON_ENCODER JWK_URL LEEWAY AUTH_HEADER_TYPES AUTH_HEADER_NAME USER_ID_FIELD USER_ID_CLAIM
		USER_AUTHENTICATION_RULE AUTH_TOKEN_CLASSES TOKEN_TYPE_CLAIM JTI_CLAIM TOKEN_USER_CLASS SLIDING_TOKEN_REFRESH_EXP_CLAIM SLIDING_TOKEN_LIFETIME
		SLIDING_TOKEN_REFRESH_LIFETIME TOKEN_OBTAIN_SERIALIZER TOKEN_REFRESH_SERIALIZER TOKEN_VERIFY_SERIALIZER TOKEN_BLACKLIST_SERIALIZER
		SLIDING_TOKEN_OBTAIN_SERIALIZER SLIDING_TOKEN_REFRESH_SERIALIZER CHECK_REVOKE_TOKEN REVOKE_TOKEN_CLAIM CHECK_USER_IS_ACTIVE`) {
		if !known["simple_jwt."+name] {
			t.Errorf("%s is unknown", name)
		}
	}
}

// TestKeysAreOfUse: what is known only to be refused with a word is in no list of keys.
func TestKeysAreOfUse(t *testing.T) {
	for _, k := range config.Keys() {
		if k == "login.field" || k == "refresh" {
			t.Errorf("%s is listed", k)
		}
	}
	if _, err := load(t, "login: {field: username}\nrefresh: {rotate: true}\n", nil); err == nil || !strings.Contains(err.Error(), "has 2 mistakes") {
		t.Errorf("Load = %v, want two mistakes that say what is there instead", err)
	}
}

func TestValues(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		get     func(*config.Config) any
		want    any
	}{
		"seconds":                {"simple_jwt:\n  ACCESS_TOKEN_LIFETIME: 300\n", nil, func(c *config.Config) any { return c.Settings.AccessTokenLifetime }, 5 * time.Minute},
		"seconds in text":        {"simple_jwt:\n  ACCESS_TOKEN_LIFETIME: \"300\"\n", nil, func(c *config.Config) any { return c.Settings.AccessTokenLifetime }, 5 * time.Minute},
		"part of a second":       {"simple_jwt: {LEEWAY: 0.5}\n", nil, func(c *config.Config) any { return c.Settings.Leeway }, 500 * time.Millisecond},
		"days":                   {"simple_jwt:\n  REFRESH_TOKEN_LIFETIME: 3d\n", nil, func(c *config.Config) any { return c.Settings.RefreshTokenLifetime }, 72 * time.Hour},
		"days and hours":         {"simple_jwt:\n  REFRESH_TOKEN_LIFETIME: 1d12h\n", nil, func(c *config.Config) any { return c.Settings.RefreshTokenLifetime }, 36 * time.Hour},
		"126 years":              {"simple_jwt:\n  LEEWAY: 4000000000\n", nil, func(c *config.Config) any { return c.Settings.Leeway }, 4_000_000_000 * time.Second},
		"audience":               {"simple_jwt:\n  AUDIENCE: shop\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) }, "[shop] false"},
		"audiences":              {"simple_jwt:\n  AUDIENCE: [shop, office]\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) }, "[shop office] true"},
		"audience null":          {"simple_jwt:\n  AUDIENCE: null\n", nil, func(c *config.Config) any { return c.Settings.Audience == nil }, true},
		"audience of variable":   {"", []string{"EDGETOKEN_SIMPLE_JWT_AUDIENCE=a,b"}, func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) }, "[a,b] false"},
		"audiences of variable":  {"", []string{`EDGETOKEN_SIMPLE_JWT_AUDIENCE=["a,b", c]`}, func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) }, "[a,b c] true"},
		"issuer":                 {"simple_jwt:\n  ISSUER: https://auth.example\n", nil, func(c *config.Config) any { return *c.Settings.Issuer }, "https://auth.example"},
		"issuer null":            {"simple_jwt:\n  ISSUER:\n", nil, func(c *config.Config) any { return c.Settings.Issuer == nil }, true},
		"no types":               {"simple_jwt:\n  TOKEN_TYPE_CLAIM: null\n", nil, func(c *config.Config) any { return c.Settings.TokenTypeClaim }, ""},
		"one header type":        {"simple_jwt:\n  AUTH_HEADER_TYPES: JWT\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthHeaderTypes) }, "[JWT]"},
		"header types":           {"", []string{"EDGETOKEN_SIMPLE_JWT_AUTH_HEADER_TYPES=Bearer, JWT"}, func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthHeaderTypes) }, "[Bearer JWT]"},
		"classes":                {"simple_jwt:\n  AUTH_TOKEN_CLASSES:\n  - access\n  - sliding\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthTokenClasses) }, "[access sliding]"},
		"class of a settings.py": {"simple_jwt:\n  AUTH_TOKEN_CLASSES: rest_framework_simplejwt.tokens.AccessToken\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthTokenClasses) }, "[access]"},
		"5.2":                    {"compat: \"5.2\"\n", nil, func(c *config.Config) any { return c.Settings.Compat }, core.V52},
		"TLS":                    {"listen: :1\ntls: {cert: a, key: b}\n", nil, func(c *config.Config) any { return c.TLSCert + c.TLSKey }, "ab"},
		"behind a proxy":         {"listen: 10.0.0.1:1\nbehind_proxy: true\n", nil, func(c *config.Config) any { return c.BehindProxy }, true},
		"loopback":               {"listen: localhost:1\n", nil, func(c *config.Config) any { return c.Listen }, "localhost:1"},
		"loopback, another":      {"listen: 127.1.2.3:1\n", nil, func(c *config.Config) any { return c.Listen }, "127.1.2.3:1"},
		"public key of a file":   {"simple_jwt:\n  VERIFYING_KEY_FILE: edgetoken.yaml\n", nil, func(c *config.Config) any { return string(c.VerifyingKey.Reveal()) }, "simple_jwt:\n  VERIFYING_KEY_FILE: edgetoken.yaml"},
		"size":                   {"limits: {body_bytes: 1MiB, header_bytes: 1024}\n", nil, func(c *config.Config) any { return fmt.Sprint(c.MaxBody, c.Limits.HeaderBytes) }, "1048576 1024"},
		"size of a variable":     {"", []string{"EDGETOKEN_HASHING_MEMORY=1GiB"}, func(c *config.Config) any { return c.Hashing.Memory }, int64(1 << 30)},
		"rate":                   {"throttles: {anon: 100/hour, login: null}\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Throttles.Anon, c.Throttles.Login) }, "100/h "},
		"hops":                   {"", []string{"EDGETOKEN_TRUSTED_HOPS=2"}, func(c *config.Config) any { return c.TrustedHops }, 2},
		"boolean of a variable":  {"", []string{"EDGETOKEN_BLACKLIST_APP=False"}, func(c *config.Config) any { return c.Settings.BlacklistApp }, false},
		"number of a variable":   {"", []string{"EDGETOKEN_PASSWORD_MEMORY=64"}, func(c *config.Config) any { return c.Password.Memory }, uint32(64)},
		"level":                  {"log:\n  level: debug\n", nil, func(c *config.Config) any { return c.LogLevel }, slog.LevelDebug},
		"ids":                    {"customers:\n  ids: text\n", nil, func(c *config.Config) any { return c.IDs }, core.TextID},
		"secret in quotes":       {"simple_jwt:\n  SIGNING_KEY: \"#" + longKey + "\"  # ours\n", nil, func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, "#" + longKey},
		"secret of a variable":   {"", []string{"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=#" + longKey}, func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, "#" + longKey},
		"secret in a block":      {"simple_jwt:\n  SIGNING_KEY: |\n    " + longKey + "\n    two\n", nil, func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, longKey + "\ntwo\n"},
		"Kubernetes' variables":  {"", []string{"EDGETOKEN_SERVICE_HOST=10.0.0.1", "EDGETOKEN_PORT=tcp://10.0.0.1:80", "EDGETOKEN_PORT_80_TCP=x"}, func(c *config.Config) any { return c.Listen }, "127.0.0.1:8000"},
		"Python at its default":  {"simple_jwt:\n  TOKEN_OBTAIN_SERIALIZER: rest_framework_simplejwt.serializers.TokenObtainPairSerializer\n  JSON_ENCODER: null\n", nil, func(c *config.Config) any { return c.Engine }, "wasm"},
		"rotation off":           {"simple_jwt:\n  ROTATE_REFRESH_TOKENS: false\n", nil, func(c *config.Config) any { return c.Engine }, "wasm"},
		"rotation off, Python's": {"", []string{"EDGETOKEN_SIMPLE_JWT_ROTATE_REFRESH_TOKENS=False"}, func(c *config.Config) any { return c.Engine }, "wasm"},
		"claims":                 {"claims:\n  plan: attributes.billing.plan\n  email: email\n", nil, func(c *config.Config) any { return fmt.Sprint(c.Claims) }, "[{plan attributes.billing.plan} {email email}]"},
		"claims of a variable":   {"claims: {x: id}\n", []string{`EDGETOKEN_CLAIMS={"a": "email", b: groups}`}, func(c *config.Config) any { return fmt.Sprint(c.Claims) }, "[{a email} {b groups}]"},
		"claims null":            {"claims:\n", nil, func(c *config.Config) any { return c.Claims == nil }, true},
		"claims null, variable":  {"claims: {x: id}\n", []string{"EDGETOKEN_CLAIMS=null"}, func(c *config.Config) any { return c.Claims == nil }, true},
		"answer":                 {"login:\n  field: email\n  match: case_insensitive\n  answer: {id: id, exp: last_login}\n", nil, func(c *config.Config) any { return fmt.Sprint(c.LoginMatch+" ", c.LoginAnswer) }, "case_insensitive [{id id} {exp last_login}]"},
		"JSON":                   {`{"simple_jwt": {"ISSUER": "\u00e9\ud83d\ude00/\"x\\\n", "ROTATE_REFRESH_TOKENS": false}}`, nil, func(c *config.Config) any { return *c.Settings.Issuer }, "é😀/\"x\\\n"},
		"empty file":             {"# nothing yet\n", nil, func(c *config.Config) any { return c.Engine }, "wasm"},
		"empty block":            {"simple_jwt:\nlog:\n", nil, func(c *config.Config) any { return c.Engine }, "wasm"},
	} {
		t.Run(name, func(t *testing.T) {
			c2, err := load(t, c.file, c.environ)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.get(c2); got != c.want {
				t.Errorf("Load(%q, %q) gives %v, want %v", c.file, c.environ, got, c.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		want    string
	}{
		"unknown key":           {"listne: x\n", nil, `edgetoken.yaml:1: listne: is unknown: did you mean listen?`},
		"other case":            {"Listen: x\n", nil, `edgetoken.yaml:1: Listen: is unknown: did you mean listen?`},
		"other case in a block": {"simple_jwt:\n  leeway: 1\n", nil, `edgetoken.yaml:2: simple_jwt.leeway: is unknown: did you mean LEEWAY?`},
		"outside its block":     {"LEEWAY: 1\n", nil, `edgetoken.yaml:1: LEEWAY: is unknown here: it belongs under simple_jwt:`},
		"inside a block":        {"simple_jwt:\n  listen: x\n", nil, `edgetoken.yaml:2: simple_jwt.listen: is unknown here: it belongs at the left margin`},
		"unknown, far off":      {"x: 1\n", nil, `edgetoken.yaml:1: x: is unknown: see edgetoken config --help for the keys`},
		"small typo":            {"simple_jwt:\n  ACESS_TOKEN_LIFETIME: 1\n", nil, `edgetoken.yaml:2: simple_jwt.ACESS_TOKEN_LIFETIME: is unknown: did you mean ACCESS_TOKEN_LIFETIME?`},
		"block as Django's":     {"SIMPLE_JWT:\n  LEEWAY: 1\n", nil, `edgetoken.yaml:1: SIMPLE_JWT: is unknown: did you mean simple_jwt?`},
		"typo in a block":       {"throtles:\n  anon: 1/s\n", nil, `edgetoken.yaml:1: throtles: is unknown: did you mean throttles?`},
		"variable, far off":     {"", []string{"EDGETOKEN_X=1"}, `EDGETOKEN_X: is no variable of edgetoken: see edgetoken config --help for their names`},
		"host with a scheme":    {"data: x\nallowed_hosts: [a.example, \"https://b.example\"]\n", nil, `edgetoken.yaml:2: allowed_hosts: "https://b.example" is no host: write a name such as auth.example.com without scheme, port and path, .example.com for a domain and all below it, or "*" for any`},
		"host with a port":      {"allowed_hosts: \"b.example:8000\"\n", nil, `edgetoken.yaml:1: allowed_hosts: "b.example:8000" is no host: write a name such as auth.example.com without scheme, port and path, .example.com for a domain and all below it, or "*" for any`},
		"host with a path":      {"", []string{"EDGETOKEN_ALLOWED_HOSTS=b.example/x"}, `EDGETOKEN_ALLOWED_HOSTS: allowed_hosts: "b.example/x" is no host: write a name such as auth.example.com without scheme, port and path, .example.com for a domain and all below it, or "*" for any`},
		"host of IPv6":          {"allowed_hosts: [\"::1\"]\n", nil, `edgetoken.yaml:1: allowed_hosts: "::1" is an address of IPv6, which stands in brackets: write "[::1]"`},
		"PEM for HMAC":          {"simple_jwt:\n  SIGNING_KEY: \"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\n-----END PRIVATE KEY-----\"\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is a key pair's and no secret, which HS256 wants (PyJWT refuses it too): set ALGORITHM to that of the key, such as RS256, ES256 or EdDSA`},
		"ssh key for HMAC":      {"allow_weak_signing_key: true\nsimple_jwt:\n  SIGNING_KEY: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\n", nil, `edgetoken.yaml:3: simple_jwt.SIGNING_KEY: is a key pair's and no secret, which HS256 wants (PyJWT refuses it too): set ALGORITHM to that of the key, such as RS256, ES256 or EdDSA`},
		"metrics on listen":     {"listen: 127.0.0.1:1\nmetrics: {listen: \"127.0.0.1:1\"}\n", nil, `edgetoken.yaml:2: metrics.listen: is the address of listen: choose another port`},
		"value with @":          {"simple_jwt:\n  SIGNING_KEY: @" + longKey + "\n", nil, "edgetoken.yaml:2: is no YAML: '@' is a reserved character; a value that begins with @, ` or %, or holds \": \", must be put in quotes"},
		"value with a colon":    {"data: a: b\n", nil, "edgetoken.yaml:1: is no YAML: mapping value is not allowed in this context; a value that begins with @, ` or %, or holds \": \", must be put in quotes"},
		"removed":               {"simple_jwt:\n  SECRET_KEY: " + longKey + "\n", nil, `edgetoken.yaml:2: simple_jwt.SECRET_KEY: was removed from simplejwt: use SIGNING_KEY`},
		"twice":                 {"listen: :1\nlisten: :2\n", nil, `edgetoken.yaml:2: listen: is set twice, first at edgetoken.yaml:1: keep one`},
		"key and its file":      {"simple_jwt:\n  SIGNING_KEY: " + longKey + "\n  SIGNING_KEY_FILE: edgetoken.yaml\n", nil, `edgetoken.yaml:3: simple_jwt.SIGNING_KEY_FILE: contradicts simple_jwt.SIGNING_KEY at edgetoken.yaml:2: keep one of the two`},
		"no block":              {"simple_jwt: 5\n", nil, `edgetoken.yaml:1: simple_jwt: must be a block of keys, each on a line of its own`},
		"no mapping":            {"- a\n", nil, `edgetoken.yaml:1: must consist of lines such as "listen: 127.0.0.1:8000"`},
		"second document":       {"listen: :1\n---\ndata: x\n", nil, `edgetoken.yaml:3: holds a second document: keep one`},
		"boolean":               {"blacklist_app: yes\n", nil, `edgetoken.yaml:1: blacklist_app: "yes" is neither true nor false`},
		"number for a boolean":  {"blacklist_app: 1\n", nil, `edgetoken.yaml:1: blacklist_app: 1 is neither true nor false`},
		"text for a number":     {"max_instances: many\n", nil, `edgetoken.yaml:1: max_instances: "many" is no whole number`},
		"octal":                 {"max_instances: 010\n", nil, `edgetoken.yaml:1: max_instances: 010 is no whole number`},
		"number out of bounds":  {"max_instances: -1\n", nil, `edgetoken.yaml:1: max_instances: -1 is not between 0 and 10000`},
		"number for a text":     {"simple_jwt:\n  ISSUER: 5\n", nil, `edgetoken.yaml:2: simple_jwt.ISSUER: 5 is no text: put it in quotes`},
		"version as number":     {"compat: 5.5\n", nil, `edgetoken.yaml:1: compat: 5.5 is no text: put it in quotes (use "5.5" or "5.2")`},
		"null":                  {"listen: null\n", nil, `edgetoken.yaml:1: listen: is null: give a value, or leave the key out for the default`},
		"anchor":                {"listen: &a :1\n", nil, `edgetoken.yaml:1: listen: must be text, not an anchor, alias or tag`},
		"duration":              {"simple_jwt:\n  LEEWAY: 1 00:00:00\n", nil, `edgetoken.yaml:2: simple_jwt.LEEWAY: "1 00:00:00" is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"endless duration":      {"simple_jwt:\n  LEEWAY: 1e300\n", nil, `edgetoken.yaml:2: simple_jwt.LEEWAY: "1e300" is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"300 years":             {"simple_jwt:\n  LEEWAY: 109500d\n", nil, `edgetoken.yaml:2: simple_jwt.LEEWAY: "109500d" is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d`},
		"negative":              {"simple_jwt:\n  LEEWAY: -1\n", nil, `edgetoken.yaml:2: simple_jwt.LEEWAY: must not be negative`},
		"lifetime of zero":      {"simple_jwt:\n  ACCESS_TOKEN_LIFETIME: 0\n", nil, `edgetoken.yaml:2: simple_jwt.ACCESS_TOKEN_LIFETIME: must be at least 1 second`},
		"empty secret":          {"simple_jwt:\n  SIGNING_KEY: \"\"\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment`},
		"secret begins with #":  {"simple_jwt:\n  SIGNING_KEY: #abc\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment`},
		"secret holds a #":      {"simple_jwt:\n  SIGNING_KEY: " + longKey + " #abc\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is cut off by a comment: put the whole secret in quotes, else it ends before the #`},
		"secret is a number":    {"simple_jwt:\n  SIGNING_KEY: 1234567890\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: must be text: put it in quotes`},
		"empty variable":        {"", []string{"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY="}, `EDGETOKEN_SIMPLE_JWT_SIGNING_KEY: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment`},
		"secret file missing":   {"simple_jwt:\n  SIGNING_KEY_FILE: nowhere\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY_FILE: cannot be read: open nowhere: no such file or directory`},
		"weak":                  {"simple_jwt:\n  SIGNING_KEY: hunter2\n", nil, `edgetoken.yaml:2: simple_jwt.SIGNING_KEY: is weak for HS256: the secret has 7 bytes and needs at least 32 (RFC 7518 §3.2); take a longer one, or set allow_weak_signing_key: true while old tokens are in use`},
		"weak for its hash":     {"simple_jwt:\n  ALGORITHM: HS512\n  SIGNING_KEY: " + longKey + "\n", nil, `edgetoken.yaml:3: simple_jwt.SIGNING_KEY: is weak for HS512: the secret has 38 bytes and needs at least 64 (RFC 7518 §3.2); take a longer one, or set allow_weak_signing_key: true while old tokens are in use`},
		"no PEM":                {"simple_jwt:\n  ALGORITHM: RS256\n  SIGNING_KEY: secret\n", nil, `edgetoken.yaml:3: simple_jwt.SIGNING_KEY: cannot be used with RS256: SIGNING_KEY is no PEM text: it begins with -----BEGIN PRIVATE KEY----- or the like, with the line breaks kept`},
		"verifying alone":       {"simple_jwt:\n  ALGORITHM: RS256\n  VERIFYING_KEY: x\n", nil, `edgetoken.yaml:3: simple_jwt.VERIFYING_KEY: stands alone: give SIGNING_KEY, its private key, too`},
		"algorithm none":        {"simple_jwt:\n  ALGORITHM: none\n", nil, `edgetoken.yaml:2: simple_jwt.ALGORITHM: "none" is unknown: use one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA`},
		"rotation":              {"simple_jwt:\n  ROTATE_REFRESH_TOKENS: true\n", nil, `edgetoken.yaml:2: simple_jwt.ROTATE_REFRESH_TOKENS: rotation is not supported by this version: set it to false`},
		"Python":                {"simple_jwt:\n  TOKEN_OBTAIN_SERIALIZER: shop.Mine\n", nil, `edgetoken.yaml:2: simple_jwt.TOKEN_OBTAIN_SERIALIZER: names Python code, which cannot run here: claims: says what its get_token() adds and login.answer: what its validate() adds; leave it out`},
		"claim of no field":     {"claims:\n  plan: plan\n", nil, `edgetoken.yaml:2: claims.plan: "plan" is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claim of the password": {"claims:\n  x: password\n", nil, `edgetoken.yaml:2: claims.x: "password" is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claim without a name":  {"claims:\n  x: attributes.a..b\n", nil, `edgetoken.yaml:2: claims.x: "attributes.a..b" is no attribute: each name between the dots has 1 to 255 bytes`},
		"claim of two kinds":    {"claims:\n  x: [email]\n", nil, `edgetoken.yaml:2: claims.x: must be text, not a list`},
		"claim that is number":  {"claims:\n  1: email\n", nil, `edgetoken.yaml:2: claims.1: must be text, not an anchor, alias or tag`},
		"claim twice":           {"claims:\n  x: email\n  x: id\n", nil, `edgetoken.yaml:3: claims.x: is set twice, first at edgetoken.yaml:2: keep one`},
		"two claims":            {"claims:\n  a: b\n\n  c: d\n", nil, "the configuration has 2 mistakes:\n" + `  edgetoken.yaml:2: claims.a: "b" is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME` + "\n" + `  edgetoken.yaml:4: claims.c: "d" is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claims of a list":      {"claims: [email]\n", nil, `edgetoken.yaml:1: claims: must be a block of names with a field each, such as "plan: attributes.plan", not a list`},
		"claims of a variable":  {"", []string{"EDGETOKEN_CLAIMS={a: b}"}, `EDGETOKEN_CLAIMS: claims.a: "b" is no field of a customer: use id, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined, last_login, groups, permissions or attributes.NAME`},
		"claims of no block":    {"", []string{"EDGETOKEN_CLAIMS=email"}, `EDGETOKEN_CLAIMS: claims: must be a block of names with a field each, such as "plan: attributes.plan", not "email"`},
		"registered claim":      {"claims:\n  email: email\n  Sub: id\n", nil, `edgetoken.yaml:3: claims.Sub: "Sub" is reserved: choose another name`},
		"configured claim":      {"simple_jwt: {USER_ID_CLAIM: uid}\nclaims: {user_id: id, UID: id}\n", nil, `edgetoken.yaml:2: claims.UID: "UID" is reserved: choose another name`},
		"folded claim":          {"claims:\n  haſh_password: id\n", nil, `edgetoken.yaml:2: claims.haſh_password: "haſh_password" is reserved: choose another name`},
		"claim without letters": {"claims:\n  \"\": id\n", nil, `edgetoken.yaml:2: claims.: "" is no name: a name has 1 to 255 bytes of UTF-8`},
		"answer":                {"login: {answer: {Access: id}}\n", nil, `edgetoken.yaml:1: login.answer.Access: "Access" is reserved: choose another name`},
		"match":                 {"login:\n  match: fuzzy\n", nil, `edgetoken.yaml:2: login.match: "fuzzy" is unknown: use exact or case_insensitive`},
		"field":                 {"login:\n  field: username\n", nil, `edgetoken.yaml:2: login.field: names what customers log in with, which is their e-mail address: set it to email, or leave it out`},
		"class":                 {"simple_jwt:\n  AUTH_TOKEN_CLASSES: [refresh]\n", nil, `edgetoken.yaml:2: simple_jwt.AUTH_TOKEN_CLASSES: "refresh" is no class of tokens that is known here: use access or sliding`},
		"no classes":            {"simple_jwt:\n  AUTH_TOKEN_CLASSES: []\n", nil, `edgetoken.yaml:2: simple_jwt.AUTH_TOKEN_CLASSES: must name at least one class: access or sliding`},
		"header name":           {"simple_jwt:\n  AUTH_HEADER_NAME: X-Token\n", nil, `edgetoken.yaml:2: simple_jwt.AUTH_HEADER_NAME: "X-Token" is no header in Django's form: write X-Access-Token as HTTP_X_ACCESS_TOKEN`},
		"same claim":            {"simple_jwt:\n  USER_ID_CLAIM: jti\n", nil, `edgetoken.yaml:2: simple_jwt.USER_ID_CLAIM: "jti" is the name that JTI_CLAIM has already`},
		"not in 5.2":            {"compat: \"5.2\"\nsimple_jwt:\n  CHECK_REVOKE_TOKEN: true\n", nil, `edgetoken.yaml:3: simple_jwt.CHECK_REVOKE_TOKEN: does not exist in version 5.2: leave it out, or set compat: "5.5"`},
		"address":               {"listen: 8000\n", nil, `edgetoken.yaml:1: listen: 8000 is no text: put it in quotes`},
		"address without port":  {"listen: localhost\n", nil, `edgetoken.yaml:1: listen: "localhost" is no address: write host:port, such as 127.0.0.1:8000`},
		"port":                  {"listen: :http\n", nil, `edgetoken.yaml:1: listen: "http" is no port: use a number up to 65535`},
		"password":              {"password:\n  memory: 7\n", nil, `edgetoken.yaml:2: password.memory: argon2 memory 7 KiB: must be 8 to 524288 KiB with 1 lane`},
		"no hosts":              {"allowed_hosts: []\n", nil, `edgetoken.yaml:1: allowed_hosts: names no host, so that every request would be refused: name some, or "*" for any`},
		"open, in clear":        {"listen: :1\n", nil, `edgetoken.yaml:1: listen: ":1" is open to other machines, where passwords and tokens would travel in clear: set tls.cert and tls.key, or behind_proxy: true where a proxy with TLS stands before the node; loopback needs neither`},
		"open, by name":         {"listen: auth.example:1\nbehind_proxy: false\n", nil, `edgetoken.yaml:1: listen: "auth.example:1" is open to other machines, where passwords and tokens would travel in clear: set tls.cert and tls.key, or behind_proxy: true where a proxy with TLS stands before the node; loopback needs neither`},
		"certificate alone":     {"tls: {cert: a}\n", nil, `edgetoken.yaml:1: tls.cert: stands alone: give tls.key, its private key, too`},
		"private key alone":     {"listen: :1\ntls:\n  key: a\n", nil, `edgetoken.yaml:3: tls.key: stands alone: give tls.cert, its certificate, too`},
		"public key and file":   {"simple_jwt:\n  VERIFYING_KEY: x\n  VERIFYING_KEY_FILE: edgetoken.yaml\n", nil, `edgetoken.yaml:3: simple_jwt.VERIFYING_KEY_FILE: contradicts simple_jwt.VERIFYING_KEY at edgetoken.yaml:2: keep one of the two`},
		"public file alone":     {"simple_jwt:\n  ALGORITHM: RS256\n  VERIFYING_KEY_FILE: edgetoken.yaml\n", nil, `edgetoken.yaml:3: simple_jwt.VERIFYING_KEY_FILE: stands alone: give SIGNING_KEY, its private key, too`},
		"size":                  {"limits:\n  body_bytes: 4MB\n", nil, `edgetoken.yaml:2: limits.body_bytes: "4MB" is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, 4MiB, 1GiB`},
		"negative size":         {"limits: {body_rate: -1}\n", nil, `edgetoken.yaml:1: limits.body_rate: -1 is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, 4MiB, 1GiB`},
		"endless size":          {"hashing: {memory: 9999999999GiB}\n", nil, `edgetoken.yaml:1: hashing.memory: "9999999999GiB" is no number of bytes up to 2 TiB: give one as it is, or with a unit as in 64KiB, 4MiB, 1GiB`},
		"negative time":         {"limits:\n  read_timeout: -5\n", nil, `edgetoken.yaml:2: limits.read_timeout: must not be negative`},
		"header after all":      {"limits:\n  header_timeout: 40s\n", nil, `edgetoken.yaml:2: limits.header_timeout: must not be more than limits.read_timeout, which has the header in it`},
		"more than all":         {"limits: {connections: 5, connections_per_address: 6}\n", nil, `edgetoken.yaml:1: limits.connections_per_address: must not be more than limits.connections`},
		"body over all bodies":  {"limits: {body_bytes: 65MiB}\n", nil, `edgetoken.yaml:1: limits.body_bytes: must not be more than limits.body_memory: raise that, or 0 for the larger of its default and this`},
		"hash over its memory":  {"password: {memory: 200000}\n", nil, `edgetoken.yaml:1: password.memory: is 200000 KiB and hashing.memory 131072: raise that, or no password could be hashed`},
		"rate":                  {"throttles:\n  login: 5\n", nil, `edgetoken.yaml:2: throttles.login: 5 is no text: put it in quotes`},
		"rate without a period": {"throttles:\n  login: 5/\n", nil, `edgetoken.yaml:2: throttles.login: rate "5/": write a number of requests and a period of s, m, h or d, as in "100/hour"`},
		"no rate":               {"throttles:\n  login: \"\"\n", nil, `edgetoken.yaml:2: throttles.login: is empty: give a rate such as "100/hour", or null for none`},
		"no time to stop":       {"shutdown_timeout: 0\n", nil, `edgetoken.yaml:1: shutdown_timeout: must be at least 1 second`},
		"unknown variable":      {"", []string{"EDGETOKEN_LISTNE=x"}, `EDGETOKEN_LISTNE: is no variable of edgetoken: did you mean EDGETOKEN_LISTEN?`},
		"wrong variable":        {"", []string{"EDGETOKEN_ENGINE=v8"}, `EDGETOKEN_ENGINE: engine: "v8" is unknown: use wasm, wasm-full or native`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.file, c.environ)
			if err == nil || err.Error() != c.want {
				t.Errorf("Load(%q, %q) =\n  %v\nwant\n  %s", c.file, c.environ, err, c.want)
			}
		})
	}
}

// A text that is no YAML is reported by its line; the parser's own message would quote the lines around it.
func TestSyntaxErrorShowsNoSecret(t *testing.T) {
	for name, file := range map[string]string{
		"open quote":      "simple_jwt:\n  SIGNING_KEY: \"" + longKey + "\n",
		"indented":        "simple_jwt:\n  SIGNING_KEY: " + longKey + "\n    LEEWAY: 1\n",
		"open list":       "simple_jwt: {SIGNING_KEY: " + longKey + ", x: [}\n",
		"tab":             "simple_jwt:\n\tSIGNING_KEY: " + longKey + "\n",
		"secret as a key": longKey + ": {x\n",
		"list as secret":  "simple_jwt:\n  SIGNING_KEY: [" + longKey + "]\n",
		"null in secret":  "simple_jwt:\n  SIGNING_KEY: !!binary " + longKey + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, file, nil)
			if err == nil || !strings.HasPrefix(err.Error(), "edgetoken.yaml:") {
				t.Fatalf("Load(%q) = %v, want a mistake with its line", file, err)
			}
			if strings.Contains(err.Error(), "thirty-two") {
				t.Errorf("Load(%q) shows the secret: %v", file, err)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := load(t, `listne: 127.0.0.1:8000
engine: v8
blacklist_app: perhaps
simple_jwt:
  ACCESS_TOKEN_LIFETIME: soon
  ALGORITHM: HS1
  SIGNING_KEY: #secret
  USER_ID_CLAIM: exp
  ROTATE_REFRESH_TOKENS: true
`, []string{"EDGETOKEN_WIRE=loose"}, config.Flag{Key: "listen", Value: "8000"})
	want := `the configuration has 10 mistakes:
  edgetoken.yaml:1: listne: is unknown: did you mean listen?
  edgetoken.yaml:2: engine: "v8" is unknown: use wasm, wasm-full or native
  edgetoken.yaml:3: blacklist_app: "perhaps" is neither true nor false
  edgetoken.yaml:5: simple_jwt.ACCESS_TOKEN_LIFETIME: "soon" is no duration: give seconds as a number, or text such as 90s, 15m, 1h30m, 3d
  edgetoken.yaml:6: simple_jwt.ALGORITHM: "HS1" is unknown: use one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA
  edgetoken.yaml:7: simple_jwt.SIGNING_KEY: is empty: give the secret, or leave the key out for a key of the node's own; a value that holds # must stand in quotes, else YAML takes the rest of the line for a comment
  edgetoken.yaml:8: simple_jwt.USER_ID_CLAIM: "exp" is a registered claim with a meaning of its own (RFC 7519 §4.1); choose another name
  edgetoken.yaml:9: simple_jwt.ROTATE_REFRESH_TOKENS: rotation is not supported by this version: set it to false
  EDGETOKEN_WIRE: wire: "loose" is unknown: use secure or exact
  --listen: listen: "8000" is no address: write host:port, such as 127.0.0.1:8000`
	if err == nil || err.Error() != want {
		t.Errorf("Load =\n%v\nwant\n%s", err, want)
	}
}

func TestOrder(t *testing.T) {
	file := "listen: :1\nengine: native\ndata: a\nsimple_jwt:\n  SIGNING_KEY: from-the-file-" + longKey + "\n"
	environ := []string{"EDGETOKEN_LISTEN=:2", "EDGETOKEN_ENGINE=wasm-full", "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE=edgetoken.yaml"}
	c, err := load(t, file, environ, config.Flag{Key: "listen", Value: "[::1]:3"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "[::1]:3" || c.Engine != "wasm-full" || c.Data != "a" || string(c.SigningKey.Reveal())+"\n" != file {
		t.Errorf("Load gives listen %s, engine %s, data %s", c.Listen, c.Engine, c.Data)
	}
	want := map[string]string{
		"listen": "--listen", "engine": "EDGETOKEN_ENGINE", "data": "edgetoken.yaml:3", "wire": "default",
		"simple_jwt.SIGNING_KEY": "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE",
	}
	for _, l := range c.Show() {
		if w, ok := want[l.Key]; ok && l.Origin != w {
			t.Errorf("origin of %s = %s, want %s", l.Key, l.Origin, w)
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	c, err := load(t, "simple_jwt:\n  SIGNING_KEY: "+longKey+"\n  VERIFYING_KEY: "+longKey+"\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", c, "key", c.SigningKey)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", c, "key", c.SigningKey)
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded) + fmt.Sprint(c.Show()) + fmt.Sprint(c.Warnings)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		shown += fmt.Sprintf(verb, *c) + fmt.Sprintf(verb, c.SigningKey) + fmt.Sprintf(verb, struct{ hidden config.Secret }{c.SigningKey})
	}
	for _, form := range []string{longKey, fmt.Sprintf("%x", longKey), strings.Trim(fmt.Sprint([]byte(longKey)), "[]")} {
		if strings.Contains(shown, form) {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
	if !strings.Contains(shown, "key=********") {
		t.Errorf("no mask in %s", shown)
	}
}

func TestWarnings(t *testing.T) {
	c, err := load(t, "allow_weak_signing_key: true\nsimple_jwt:\n  SIGNING_KEY: hunter2\n  VERIFYING_KEY: x\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.Warnings, "\n")
	for _, want := range []string{"SIGNING_KEY is weak for HS256: the secret has 7 bytes", "VERIFYING_KEY has no meaning for HS256"} {
		if !strings.Contains(got, want) {
			t.Errorf("Warnings = %q, want %q", got, want)
		}
	}
}

func TestMoreWarnings(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"throttles behind a proxy": {"behind_proxy: true\nthrottles: {anon: 1/s, account: 1/s}\n", "all clients share the proxy's address in throttles.anon: set trusted_hops"},
		"connections of a proxy":   {"behind_proxy: true\nlimits: {connections_per_address: 5}\n", "limits.connections_per_address counts the proxy as one client"},
		"hops are set":             {"behind_proxy: true\ntrusted_hops: 1\nthrottles: {anon: 1/s}\n", ""},
		"no throttle":              {"behind_proxy: true\nthrottles: {account: 1/s}\n", ""},
		"lifetimes":                {"simple_jwt: {ACCESS_TOKEN_LIFETIME: 2h, REFRESH_TOKEN_LIFETIME: 1h}\n", "ACCESS_TOKEN_LIFETIME is longer than REFRESH_TOKEN_LIFETIME"},
		"metrics for all":          {"metrics: {listen: \":9\"}\n", "metrics.listen :9 is open to other machines"},
		"metrics on loopback":      {"metrics: {listen: \"127.0.0.1:9\"}\n", ""},
		"hosts":                    {"allowed_hosts: [a.example, .b.example, \"[::1]\", 127.0.0.1, \"*\"]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := load(t, c.file, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(cfg.Warnings, "\n"); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("Warnings of %q = %q, want %q", c.file, got, c.want)
			}
		})
	}
}

// A secret in the configuration file makes that a key file.
func TestSecretInAFileOfOthers(t *testing.T) {
	const secret = "simple_jwt:\n  SIGNING_KEY: " + longKey + "\n"
	for _, c := range []struct {
		mode          os.FileMode
		text, warning string
		mistake       string
	}{
		{0o600, secret, "", ""},
		{0o644, secret, "simple_jwt.SIGNING_KEY stands in edgetoken.yaml, which others can read: run chmod 600 edgetoken.yaml", ""},
		{0o666, secret, "", "edgetoken.yaml:2: simple_jwt.SIGNING_KEY: stands in edgetoken.yaml, which others can change (mode -rw-rw-rw-): run chmod 600 edgetoken.yaml, and replace the key"},
		{0o666, "log: {level: info}\n", "", ""},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("edgetoken.yaml", []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod("edgetoken.yaml", c.mode); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(config.Sources{File: "edgetoken.yaml", FileNeeded: true})
		mistake, warnings := "", ""
		if err != nil {
			mistake = err.Error()
		} else {
			warnings = strings.Join(cfg.Warnings, "\n")
		}
		if mistake != c.mistake || !strings.HasPrefix(warnings, c.warning) || (warnings == "") != (c.warning == "") {
			t.Errorf("mode %v: mistake %q, warnings %q; want %q, %q", c.mode, mistake, warnings, c.mistake, c.warning)
		}
	}
}

// What a value stands for where it is not given is shown, and the file of a secret.
func TestEffectiveValues(t *testing.T) {
	c, err := load(t, "data: there\nlisten: 192.0.2.1:1\nbehind_proxy: true\nsimple_jwt:\n  SIGNING_KEY_FILE: edgetoken.yaml\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"hashing.workers": fmt.Sprint(runtime.GOMAXPROCS(0)) + " default", "cache_dir": "there/cache default",
		"allowed_hosts":          `["localhost","127.0.0.1","[::1]","192.0.2.1"] default`,
		"simple_jwt.SIGNING_KEY": "******** edgetoken.yaml:5", "simple_jwt.SIGNING_KEY_FILE": "edgetoken.yaml edgetoken.yaml:5",
	}
	for _, l := range c.Show() {
		if got := l.Text() + " " + l.Origin; want[l.Key] != "" && got != want[l.Key] {
			t.Errorf("%s is shown as %s, want %s", l.Key, got, want[l.Key])
		}
		delete(want, l.Key)
	}
	if len(want) > 0 {
		t.Errorf("%v are not shown", want)
	}
}

// What Show gives is read again as the same configuration.
func TestShowIsReadAgain(t *testing.T) {
	first, err := load(t, "listen: \"[::1]:80\"\nsimple_jwt:\n  LEEWAY: 90061\n  AUDIENCE: [a, 'b c']\n  ISSUER: \"\"\n  JTI_CLAIM: tid\nlog:\n  level: warn\n"+
		"limits: {body_bytes: 3MiB, body_rate: 1000}\nthrottles: {login: 5/minute}\n"+
		"claims: {plan: attributes.plan, \"a, b: {<\": email}\nlogin: {match: case_insensitive, answer: {id: id}}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	var environ []string
	for _, l := range first.Show() {
		if l.Value != nil && l.Value != "" && l.Text() != `""` {
			environ = append(environ, config.EnvName(l.Key)+"="+strings.Trim(l.Text(), `"`))
		}
	}
	second, err := load(t, "simple_jwt:\n  ISSUER: \"\"\n", environ)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first.Settings, second.Settings) || second.Listen != first.Listen || second.LogLevel != slog.LevelWarn ||
		second.MaxBody != 3<<20 || second.Limits != first.Limits || second.Throttles != first.Throttles ||
		len(second.Claims) != 2 || !reflect.DeepEqual(second.Claims, first.Claims) || len(second.LoginAnswer) != 1 || second.LoginMatch != first.LoginMatch {
		t.Errorf("%v gives %+v, want %+v", environ, second, first)
	}
}

func FuzzFile(f *testing.F) {
	f.Add("listen: :1\nsimple_jwt:\n  LEEWAY: 1h\n  AUDIENCE: [a, b]\n")
	f.Add("simple_jwt: {SIGNING_KEY: |\n a\n}")
	f.Add("a: &x [*x]\n? [b]\n: c\n---\n")
	f.Add("claims: {a: email, a: attributes.b.c, 1: [x]}\nlogin:\n  answer:\n    \"\\u0000\": id\n")
	f.Add("password: {memory: 0x7f, iterations: .nan}\n<<: {a: b}\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load(t, text, nil)
		if err != nil {
			if _, ok := err.(*config.Report); !ok {
				t.Errorf("Load = %v, which is no report", err)
			}
			return
		}
		if errs := c.Settings.Validate(); errs != nil {
			t.Errorf("Load accepts what core refuses: %v", errs)
		}
		if errs := c.Claims.Validate(c.Settings.Reserved); errs != nil {
			t.Errorf("Load accepts claims that no node takes: %v", errs)
		}
	})
}

// A key that has one value is shown where somebody gave it.
func TestGivenIsShown(t *testing.T) {
	const key = "simple_jwt.ROTATE_REFRESH_TOKENS"
	for file, want := range map[string]string{"": "[]", "simple_jwt: {ROTATE_REFRESH_TOKENS: false}\n": "[{" + key + " false edgetoken.yaml:1}]"} {
		c, err := load(t, file, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(c.Show(), func(l config.Line) bool { return l.Key != key })
		if got := fmt.Sprint(lines); got != want {
			t.Errorf("Show() of %q has %s, want %s", file, got, want)
		}
	}
}
