package config_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
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
	if c.Listen != "127.0.0.1:8000" || c.Engine != "wasm" || c.Data != "data" || !c.ErrorHeader ||
		c.AllowedHosts != nil || c.IDs != core.NoCustomer {
		t.Errorf("Load = %+v", c)
	}
	for _, l := range c.Show() {
		if l.Origin != "default" {
			t.Errorf("origin of %s = %s, want default", l.Key, l.Origin)
		}
	}
}

// TestEverySimpleJWTName keeps the table from forgetting a setting of simplejwt 5.2 to 5.5
// (rest_framework_simplejwt/settings.py).
func TestEverySimpleJWTName(t *testing.T) {
	known := map[string]bool{}
	for _, k := range config.Keys() {
		known[k] = true
	}
	for _, name := range strings.Fields(`
		ACCESS_TOKEN_LIFETIME REFRESH_TOKEN_LIFETIME ROTATE_REFRESH_TOKENS BLACKLIST_AFTER_ROTATION
		UPDATE_LAST_LOGIN ALGORITHM SIGNING_KEY VERIFYING_KEY AUDIENCE ISSUER JSON_ENCODER JWK_URL LEEWAY
		AUTH_HEADER_TYPES AUTH_HEADER_NAME USER_ID_FIELD USER_ID_CLAIM USER_AUTHENTICATION_RULE
		AUTH_TOKEN_CLASSES TOKEN_TYPE_CLAIM JTI_CLAIM TOKEN_USER_CLASS SLIDING_TOKEN_REFRESH_EXP_CLAIM
		SLIDING_TOKEN_LIFETIME SLIDING_TOKEN_REFRESH_LIFETIME TOKEN_OBTAIN_SERIALIZER
		TOKEN_REFRESH_SERIALIZER TOKEN_VERIFY_SERIALIZER TOKEN_BLACKLIST_SERIALIZER
		SLIDING_TOKEN_OBTAIN_SERIALIZER SLIDING_TOKEN_REFRESH_SERIALIZER CHECK_REVOKE_TOKEN
		REVOKE_TOKEN_CLAIM CHECK_USER_IS_ACTIVE
	`) {
		if !known["simple_jwt."+name] {
			t.Errorf("%s is unknown", name)
		}
	}
}

// TestKeysAreOfUse: what is known only to be refused with a word is in no list of keys.
func TestKeysAreOfUse(t *testing.T) {
	for _, k := range config.Keys() {
		if k == "login.field" {
			t.Errorf("%s is listed", k)
		}
	}
	if _, err := load(t, "login: {field: username}\n", nil); err == nil ||
		!strings.Contains(err.Error(), "login.field: names what customers log in with") {
		t.Errorf("Load = %v, want a mistake that says what is there instead", err)
	}
}

// rotation has refresh tokens rotate, each good for one refresh.
const rotation = "simple_jwt: {ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true}\n"

// shown is the value of a key in the effective configuration.
func shown(c *config.Config, key string) any {
	for _, l := range c.Show() {
		if l.Key == key {
			return l.Value
		}
	}
	return nil
}

func TestValues(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		get     func(*config.Config) any
		want    any
	}{
		"seconds": {"simple_jwt:\n  ACCESS_TOKEN_LIFETIME: 300\n", nil,
			func(c *config.Config) any { return c.Settings.AccessTokenLifetime }, 5 * time.Minute},
		"seconds in text": {"simple_jwt:\n  ACCESS_TOKEN_LIFETIME: \"300\"\n", nil,
			func(c *config.Config) any { return c.Settings.AccessTokenLifetime }, 5 * time.Minute},
		"part of a second": {"simple_jwt: {LEEWAY: 0.5}\n", nil,
			func(c *config.Config) any { return c.Settings.Leeway }, 500 * time.Millisecond},
		"days": {"simple_jwt:\n  REFRESH_TOKEN_LIFETIME: 3d\n", nil,
			func(c *config.Config) any { return c.Settings.RefreshTokenLifetime }, 72 * time.Hour},
		"days and hours": {"simple_jwt:\n  REFRESH_TOKEN_LIFETIME: 1d12h\n", nil,
			func(c *config.Config) any { return c.Settings.RefreshTokenLifetime }, 36 * time.Hour},
		"126 years": {"simple_jwt:\n  LEEWAY: 4000000000\n", nil,
			func(c *config.Config) any { return c.Settings.Leeway }, 4_000_000_000 * time.Second},
		"audience": {"simple_jwt:\n  AUDIENCE: shop\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) },
			"[shop] false"},
		"audiences": {"simple_jwt:\n  AUDIENCE: [shop, office]\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) },
			"[shop office] true"},
		"audience null": {"simple_jwt:\n  AUDIENCE: null\n", nil,
			func(c *config.Config) any { return c.Settings.Audience == nil }, true},
		"audience of variable": {"", []string{"EDGETOKEN_SIMPLE_JWT_AUDIENCE=a,b"},
			func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) },
			"[a,b] false"},
		"audiences of variable": {"", []string{`EDGETOKEN_SIMPLE_JWT_AUDIENCE=["a,b", c]`},
			func(c *config.Config) any { return fmt.Sprint(c.Settings.Audience, c.Settings.AudienceList) },
			"[a,b c] true"},
		"issuer": {"simple_jwt:\n  ISSUER: https://auth.example\n", nil,
			func(c *config.Config) any { return *c.Settings.Issuer }, "https://auth.example"},
		"issuer null": {"simple_jwt:\n  ISSUER:\n", nil,
			func(c *config.Config) any { return c.Settings.Issuer == nil }, true},
		"no types": {"wire: exact\nsimple_jwt:\n  TOKEN_TYPE_CLAIM: null\n", nil,
			func(c *config.Config) any { return c.Settings.TokenTypeClaim }, ""},
		"one header type": {"simple_jwt:\n  AUTH_HEADER_TYPES: JWT\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthHeaderTypes) }, "[JWT]"},
		"header types": {"", []string{"EDGETOKEN_SIMPLE_JWT_AUTH_HEADER_TYPES=Bearer, JWT"},
			func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthHeaderTypes) }, "[Bearer JWT]"},
		"classes": {"simple_jwt:\n  AUTH_TOKEN_CLASSES:\n  - access\n  - sliding\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthTokenClasses) }, "[access sliding]"},
		"class of a settings.py": {"simple_jwt:\n  AUTH_TOKEN_CLASSES: " +
			"rest_framework_simplejwt.tokens.AccessToken\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Settings.AuthTokenClasses) }, "[access]"},
		"outbox": {"outbox: {enabled: true, bytes: 64MiB}\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Outbox, c.MaxOutbox) }, "true 67108864"},
		"outbox of variables": {"", []string{"EDGETOKEN_OUTBOX_ENABLED=true", "EDGETOKEN_OUTBOX_BYTES=2GiB"},
			func(c *config.Config) any { return fmt.Sprint(c.Outbox, c.MaxOutbox) }, "true 2147483648"},
		"keys of the store": {"keys: {rotate_every: 30d, publish_before: 2d, signer: \"unix:kms.sock\", " +
			"signer_timeout: 5s}\n", nil, func(c *config.Config) any {
			return fmt.Sprint(c.KeysRotateEvery, c.KeysPublishBefore, c.KeysSigner, c.KeysSignerTimeout)
		}, "720h0m0s 48h0m0sunix:kms.sock5s"},
		"keys, by default": {"", nil, func(c *config.Config) any {
			return fmt.Sprint(c.KeysRotateEvery, c.KeysPublishBefore, c.KeysSigner, c.KeysSignerTimeout,
				c.KeysSecret.IsSet())
		}, "0s 24h0m0s2s false"},
		"node secret": {"", []string{"EDGETOKEN_KEYS_SECRET=" + longKey},
			func(c *config.Config) any { return string(c.KeysSecret.Reveal()) }, longKey},
		"node secret of a file": {"keys: {secret_FILE: edgetoken.yaml}\n", nil,
			func(c *config.Config) any { return string(c.KeysSecret.Reveal()) }, "keys: {secret_FILE: edgetoken.yaml}"},
		"fleet": {"fleet: {listen: \"h:1\", address: [\"hub.example:1\"], servers: [\"tls://nats.example:4222\"], " +
			"staleness: 30s, log: {age: 1d}, refresh: {durability: hub}}\n", []string{
			"EDGETOKEN_FLEET_SKEW=500ms", "EDGETOKEN_FLEET_LOG_BYTES=64MiB",
			"EDGETOKEN_FLEET_REFRESH_HOME_AWAY=access_only"},
			func(c *config.Config) any {
				f := c.Fleet
				return fmt.Sprint(f.Listen, f.Addresses, f.Servers, f.Behind(), f.LogAge, f.LogBytes, f.Durability,
					f.HomeAway)
			}, "h:1[hub.example:1] [tls://nats.example:4222] 31s 24h0m0s 67108864hubaccess_only"},
		"fleet, by default": {"", nil, func(c *config.Config) any {
			f := c.Fleet
			return fmt.Sprint(f.Listen, f.NATSListen, f.Lane, f.Behind(), f.WhenStale, f.Durability, f.HomeAway,
				f.Addresses)
		}, ":7421:7422nats1m2sclosedlocalunavailable[]"},
		"a node of no fleet at its port": {"behind_proxy: true\nlisten: :7421\n", nil,
			func(c *config.Config) any { return c.Listen }, ":7421"},
		"5.2": {"compat: \"5.2\"\n", nil, func(c *config.Config) any { return c.Settings.Compat },
			core.V52},
		"TLS": {"listen: :1\ntls: {cert: a, key: b}\n", nil,
			func(c *config.Config) any { return c.TLSCert + c.TLSKey }, "ab"},
		"behind a proxy": {"listen: 10.0.0.1:1\nbehind_proxy: true\n", nil,
			func(c *config.Config) any { return c.BehindProxy }, true},
		"loopback": {"listen: localhost:1\n", nil, func(c *config.Config) any { return c.Listen },
			"localhost:1"},
		"loopback, another": {"listen: 127.1.2.3:1\n", nil, func(c *config.Config) any { return c.Listen },
			"127.1.2.3:1"},
		"public key of a file": {"simple_jwt:\n  SIGNING_KEY: " + longKey +
			"\n  VERIFYING_KEY_FILE: edgetoken.yaml\n", nil,
			func(c *config.Config) any { return string(c.VerifyingKey.Reveal()) },
			"simple_jwt:\n  SIGNING_KEY: " + longKey + "\n  VERIFYING_KEY_FILE: edgetoken.yaml"},
		"size": {"limits: {body_bytes: 1MiB, header_bytes: 1024}\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.MaxBody, c.Limits.HeaderBytes) }, "1048576 1024"},
		"size of a variable": {"", []string{"EDGETOKEN_HASHING_MEMORY=1GiB"},
			func(c *config.Config) any { return c.Hashing.Memory }, int64(1 << 30)},
		"rate": {"throttles: {anon: 100/hour, login: null}\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Throttles.Anon, c.Throttles.Login) }, "100/h "},
		"hops": {"", []string{"EDGETOKEN_TRUSTED_HOPS=2"},
			func(c *config.Config) any { return c.TrustedHops }, 2},
		"boolean of a variable": {"", []string{"EDGETOKEN_BLACKLIST_APP=False"},
			func(c *config.Config) any { return c.Settings.BlacklistApp }, false},
		"number of a variable": {"", []string{"EDGETOKEN_PASSWORD_MEMORY=64"},
			func(c *config.Config) any { return c.Password.Memory }, uint32(64)},
		"level": {"log:\n  level: debug\n", nil, func(c *config.Config) any { return c.LogLevel },
			slog.LevelDebug},
		"ids": {"customers:\n  ids: text\n", nil, func(c *config.Config) any { return c.IDs },
			core.TextID},
		"secret in quotes": {"simple_jwt:\n  SIGNING_KEY: \"#" + longKey + "\"  # ours\n", nil,
			func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, "#" + longKey},
		"secret of a variable": {"", []string{"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=#" + longKey},
			func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, "#" + longKey},
		"secret in a block": {"simple_jwt:\n  SIGNING_KEY: |\n    " + longKey + "\n    two\n", nil,
			func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, longKey + "\ntwo\n"},
		"Kubernetes' variables": {"", []string{"EDGETOKEN_SERVICE_HOST=10.0.0.1", "EDGETOKEN_PORT=tcp://10.0.0.1:80",
			"EDGETOKEN_PORT_80_TCP=x"}, func(c *config.Config) any { return c.Listen }, "127.0.0.1:8000"},
		"Python at its default": {"simple_jwt:\n  TOKEN_OBTAIN_SERIALIZER: " +
			"rest_framework_simplejwt.serializers.TokenObtainPairSerializer\n  JSON_ENCODER: null\n", nil,
			func(c *config.Config) any { return c.Engine }, "wasm"},
		"rotation": {"simple_jwt:\n  ROTATE_REFRESH_TOKENS: true\n", nil,
			func(c *config.Config) any { return c.Settings.RotateRefreshTokens }, true},
		"windows": {rotation + "refresh: {grace: 30, max_session: 90d, idle: 14d}\n", nil,
			func(c *config.Config) any {
				return fmt.Sprint(c.Settings.RefreshGrace, c.Settings.MaxSession, c.Settings.RefreshIdle, c.Warnings)
			}, "30s 2160h0m0s 336h0m0s []"},
		"no window, no end": {rotation, []string{"EDGETOKEN_REFRESH_GRACE=0", "EDGETOKEN_REFRESH_MAX_SESSION=0s"},
			func(c *config.Config) any { return fmt.Sprint(c.Settings.RefreshGrace, c.Settings.MaxSession) }, "0s 0s"},
		"sessions follow refresh tokens": {"simple_jwt: {REFRESH_TOKEN_LIFETIME: 40d}\n", nil,
			func(c *config.Config) any { return shown(c, "refresh.max_session") }, "40d"},
		"sessions of 30 days": {"", nil, func(c *config.Config) any { return shown(c, "refresh.max_session") }, "30d"},
		"rotation off, Python's": {"", []string{"EDGETOKEN_SIMPLE_JWT_ROTATE_REFRESH_TOKENS=False"},
			func(c *config.Config) any { return c.Settings.RotateRefreshTokens }, false},
		"claims": {"claims:\n  plan: attributes.billing.plan\n  email: email\n", nil,
			func(c *config.Config) any { return fmt.Sprint(c.Claims) },
			"[{plan attributes.billing.plan} {email email}]"},
		"claims of a variable": {"claims: {x: id}\n", []string{`EDGETOKEN_CLAIMS={"a": "email", b: groups}`},
			func(c *config.Config) any { return fmt.Sprint(c.Claims) }, "[{a email} {b groups}]"},
		"claims null": {"claims:\n", nil, func(c *config.Config) any { return c.Claims == nil }, true},
		"claims null, variable": {"claims: {x: id}\n", []string{"EDGETOKEN_CLAIMS=null"},
			func(c *config.Config) any { return c.Claims == nil }, true},
		"answer": {"login:\n  field: email\n  match: case_insensitive\n  answer: {id: id, exp: " +
			"last_login}\n", nil, func(c *config.Config) any { return fmt.Sprint(c.LoginMatch+" ", c.LoginAnswer) },
			"case_insensitive [{id id} {exp last_login}]"},
		"JSON": {`{"simple_jwt": {"ISSUER": "\u00e9\ud83d\ude00/\"x\\\n", "ROTATE_REFRESH_TOKENS": false}}`, nil,
			func(c *config.Config) any { return *c.Settings.Issuer }, "é😀/\"x\\\n"},
		"empty file":  {"# nothing yet\n", nil, func(c *config.Config) any { return c.Engine }, "wasm"},
		"empty block": {"simple_jwt:\nlog:\n", nil, func(c *config.Config) any { return c.Engine }, "wasm"},
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

func TestOrder(t *testing.T) {
	file := "listen: :1\nengine: native\ndata: a\nsimple_jwt:\n  SIGNING_KEY: from-the-file-" + longKey + "\n"
	environ := []string{"EDGETOKEN_LISTEN=:2", "EDGETOKEN_ENGINE=wasm-full",
		"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE=edgetoken.yaml"}
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

// TestVerifyingKeyAlone: a public key, or a certificate, may stand alone.
func TestVerifyingKeyAlone(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	for label, der := range map[string][]byte{"PUBLIC KEY": spki, "CERTIFICATE": certificate} {
		text := string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
		c, err := load(t, "simple_jwt:\n  ALGORITHM: ES256\n  VERIFYING_KEY: |\n    "+
			strings.ReplaceAll(text, "\n", "\n    ")+"\n", nil)
		if err != nil {
			t.Errorf("%s: Load = %v", label, err)
		} else if got := string(c.VerifyingKey.Reveal()); strings.TrimSpace(got) != strings.TrimSpace(text) {
			t.Errorf("%s: VERIFYING_KEY is\n%s\nwant\n%s", label, got, text)
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
		shown += fmt.Sprintf(verb, *c) + fmt.Sprintf(verb, c.SigningKey) +
			fmt.Sprintf(verb, struct{ hidden config.Secret }{c.SigningKey})
	}
	for _, form := range []string{longKey, fmt.Sprintf("%x", longKey),
		strings.Trim(fmt.Sprint([]byte(longKey)), "[]")} {
		if strings.Contains(shown, form) {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
	if !strings.Contains(shown, "key=********") {
		t.Errorf("no mask in %s", shown)
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
		{0o644, secret, "simple_jwt.SIGNING_KEY stands in edgetoken.yaml, which others can read: run chmod 600 " +
			"edgetoken.yaml", ""},
		{0o666, secret, "", "edgetoken.yaml:2: simple_jwt.SIGNING_KEY: stands in edgetoken.yaml, which others can " +
			"change (mode -rw-rw-rw-): run chmod 600 edgetoken.yaml, and replace the key"},
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
	c, err := load(t, "data: there\nlisten: 192.0.2.1:1\nbehind_proxy: true\nlimits: {connections: "+
		"100}\nsimple_jwt:\n  SIGNING_KEY_FILE: edgetoken.yaml\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"hashing.workers": fmt.Sprint(runtime.GOMAXPROCS(0)) + " default", "cache_dir": "there/cache default",
		"hashing.queue":                  fmt.Sprint(64*runtime.GOMAXPROCS(0)) + " default",
		"limits.connections_per_address": "50 default",
		"allowed_hosts":                  `["localhost","127.0.0.1","[::1]","192.0.2.1"] default`,
		"simple_jwt.SIGNING_KEY":         "******** edgetoken.yaml:6",
		"simple_jwt.SIGNING_KEY_FILE":    "edgetoken.yaml edgetoken.yaml:6",
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

// TestZeroIsShownAsItsDefault: a limit of 0 is shown as what the node keeps to.
func TestZeroIsShownAsItsDefault(t *testing.T) {
	defaults, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, l := range defaults.Show() {
		block, _, _ := strings.Cut(l.Key, ".")
		c, err := load(t, "", []string{config.EnvName(l.Key) + "=0"})
		if block != "limits" && block != "hashing" || err != nil {
			continue // 0 is refused
		}
		shown++
		for _, zero := range c.Show() {
			if zero.Key == l.Key && zero.Text() != l.Text() {
				t.Errorf("%s: 0 is shown as %s, want %s", l.Key, zero.Text(), l.Text())
			}
		}
	}
	if shown < 16 {
		t.Errorf("only %d keys take 0", shown)
	}
}

// What Show gives is read again as the same configuration.
func TestShowIsReadAgain(t *testing.T) {
	first, err := load(t, "listen: \"[::1]:80\"\nsimple_jwt:\n  LEEWAY: 90061\n  AUDIENCE: [a, 'b c']\n  ISSUER: "+
		"\"\"\n  JTI_CLAIM: tid\nlog:\n  level: warn\n"+
		"limits: {body_bytes: 3MiB, body_rate: 1000, connections_per_address: 70}\nthrottles: {login: 5/minute}\n"+
		"claims: {plan: attributes.plan, \"a, b: {<\": email}\nlogin: {match: case_insensitive, answer: "+
		"{id: id}}\n", nil)
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
	if !reflect.DeepEqual(first.Settings, second.Settings) || second.Listen != first.Listen ||
		second.LogLevel != slog.LevelWarn ||
		second.MaxBody != 3<<20 || second.Limits != first.Limits || second.Throttles != first.Throttles ||
		len(second.Claims) != 2 || !reflect.DeepEqual(second.Claims, first.Claims) || len(second.LoginAnswer) != 1 ||
		second.LoginMatch != first.LoginMatch {
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
	const key = "simple_jwt.JWK_URL"
	for file, want := range map[string]string{"": "[]", "simple_jwt: {JWK_URL: null}\n": "[{" + key +
		" <nil> edgetoken.yaml:1}]"} {
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
