package config_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
)

// TestWarnings has a configuration for each row of the table, with the beginning of what is said, and what is near a
// row and right.
func TestWarnings(t *testing.T) {
	const exact, tls, inOpen = "wire: exact\n", "tls: {cert: a, key: b}\n", "# this file has mode 644\n"
	weak := "allow_weak_signing_key: true\nsimple_jwt:\n  SIGNING_KEY: "
	said := make([]bool, len(config.WarningKeys()))
	for _, c := range []struct{ file, want string }{
		{exact + "simple_jwt: {TOKEN_TYPE_CLAIM: null}\n", "simple_jwt.TOKEN_TYPE_CLAIM is null, so that tokens say " +
			"nothing of their type and a refresh token passes as an access token"},
		{exact + "simple_jwt: {JTI_CLAIM: null}\n", "simple_jwt.JTI_CLAIM is null, so that tokens have no id and no " +
			"log-in can be revoked"},
		{"simple_jwt: {CHECK_USER_IS_ACTIVE: false}\n", "simple_jwt.CHECK_USER_IS_ACTIVE is false, so that the " +
			"access tokens of disabled customers go on"},
		{"blacklist_app: false\n", "blacklist_app is false, so that no single log-in can be revoked"},
		{exact + "blacklist_app: false\n", ""},
		{"sessions: {list: true}\nlimits: {listed_logins: 64}\n", ""},
		{"limits: {listed_logins: 64}\n", "limits.listed_logins is set and counts for nothing without sessions.list"},
		{"password: {memory: 8, iterations: 1}\n", "password.memory and password.iterations make hashes that are " +
			"cheap to guess, and a log-in puts one in the place of a dearer hash"},
		{"password: {iterations: 1}\n", "password.memory and password.iterations make hashes that are cheap"},
		{"password: {memory: 7168, iterations: 5}\n", ""},
		{"password: {memory: 47104, iterations: 1}\n", ""},
		{"simple_jwt: {SIGNING_KEY: \"django-insecure-" + longKey + "\"}\n", "simple_jwt.SIGNING_KEY begins with " +
			"django-insecure-: "},
		{"simple_jwt: {SIGNING_KEY: " + strings.Repeat("abab", 10) + "}\n", "simple_jwt.SIGNING_KEY has fewer than 5 " +
			"different characters"},
		{"simple_jwt: {SIGNING_KEY: " + longKey + "}\n", ""},
		{weak + "hunter2\n", "simple_jwt.SIGNING_KEY is weak for HS256: the secret has 7 bytes and needs at least 32 " +
			"(RFC 7518 §3.2)"},
		{weak + longKey + "\n", ""},
		{"simple_jwt: {SIGNING_KEY: " + longKey + ", VERIFYING_KEY: x}\n",
			"simple_jwt.VERIFYING_KEY has no meaning for HS256"},
		{"simple_jwt: {ACCESS_TOKEN_LIFETIME: 2h, REFRESH_TOKEN_LIFETIME: 1h}\n", "simple_jwt.ACCESS_TOKEN_LIFETIME " +
			"is longer than REFRESH_TOKEN_LIFETIME"},
		{exact + "simple_jwt: {ACCESS_TOKEN_LIFETIME: 25h}\n", "simple_jwt.ACCESS_TOKEN_LIFETIME is more than a day, " +
			"and with wire: exact"},
		{"simple_jwt: {ACCESS_TOKEN_LIFETIME: 25h}\n", ""},
		{"simple_jwt: {REFRESH_TOKEN_LIFETIME: 367d}\n", "simple_jwt.REFRESH_TOKEN_LIFETIME is more than a year"},
		{"simple_jwt: {ROTATE_REFRESH_TOKENS: true}\n", "simple_jwt.ROTATE_REFRESH_TOKENS is true without " +
			"BLACKLIST_AFTER_ROTATION and blacklist_app"},
		{exact + "blacklist_app: false\nsimple_jwt: {ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true}\n",
			"simple_jwt.ROTATE_REFRESH_TOKENS is true without"},
		{exact + "simple_jwt: {ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true}\n", ""},
		{rotation, ""},
		{rotation + "refresh: {grace: 0, max_session: 60d, idle: 1d}\n", ""},
		{exact + rotation + "refresh: {grace: 20s}\n", "refresh.grace is set and counts for nothing with wire: exact"},
		{exact + rotation + "refresh: {max_session: 60d}\n",
			"refresh.max_session is set and counts for nothing with wire: exact"},
		{exact + rotation + "refresh: {idle: 1d}\n", "refresh.idle is set and counts for nothing with wire: exact"},
		{"refresh: {max_session: 60d}\n", "refresh.max_session is set and counts for nothing without " +
			"ROTATE_REFRESH_TOKENS: set"},
		{"refresh: {grace: 20s}\n", "refresh.grace is set and counts for nothing without ROTATE_REFRESH_TOKENS, " +
			"BLACKLIST_AFTER_ROTATION and blacklist_app: set"},
		{"simple_jwt: {SLIDING_TOKEN_LIFETIME: 2d}\n",
			"simple_jwt.SLIDING_TOKEN_LIFETIME is longer than SLIDING_TOKEN_REFRESH_LIFETIME"},
		{"simple_jwt: {SLIDING_TOKEN_REFRESH_LIFETIME: 400d}\n",
			"simple_jwt.SLIDING_TOKEN_REFRESH_LIFETIME is more than a year"},
		{"simple_jwt: {AUTH_HEADER_TYPES: [JWT, Bearer token]}\n", "simple_jwt.AUTH_HEADER_TYPES has a type that is " +
			"empty or has a blank"},
		{"simple_jwt: {AUTH_HEADER_TYPES: \"\"}\n", "simple_jwt.AUTH_HEADER_TYPES has a type that is empty or has " +
			"a blank"},
		{"simple_jwt: {LEEWAY: 1h}\n", "simple_jwt.LEEWAY is more than 10 minutes"},
		{"simple_jwt: {LEEWAY: 10m}\n", ""},
		{"fleet: {servers: [\"tls://a.example\", \"nats://b.example\"]}\n", "fleet.servers names a server without " +
			"TLS (item 2 of the list)"},
		{"fleet: {servers: [\"nats://localhost:4222\", \"nats://127.0.0.1\", \"nats://[::1]:1\"]}\n", ""},
		{"fleet: {recorder: {servers: [\"nats://a.example\"]}}\n", "fleet.recorder.servers names a server without " +
			"TLS (item 1 of the list)"},
		{"fleet: {when_stale: open}\n", "fleet.when_stale is open, so that an edge that has lost its hub goes on to " +
			"take"},
		{"fleet: {refresh: {home_away: access_only}}\n", "fleet.refresh.home_away is access_only and counts for " +
			"nothing"},
		{rotation + "fleet: {refresh: {home_away: access_only}}\n", ""},
		{"behind_proxy: true\nthrottles: {anon: 1/s, account: 1/s}\n", "behind_proxy is on and trusted_hops is 0, so " +
			"that all clients share the proxy's address in throttles.anon: set trusted_hops"},
		{"behind_proxy: true\ntrusted_hops: 1\nthrottles: {anon: 1/s}\n", ""},
		{"behind_proxy: true\nthrottles: {account: 1/s}\n", ""},
		{"behind_proxy: true\nlimits: {connections_per_address: 5}\n", "behind_proxy is on, so that " +
			"limits.connections_per_address counts the proxy as one client"},
		{tls + "listen: 192.0.2.1:1\ntrusted_hops: 1\n", "trusted_hops is set and behind_proxy is off: a client that " +
			"reaches the node itself writes X-Forwarded-For"},
		{"trusted_hops: 1\n", ""},
		{tls + "listen: :1\n", "allowed_hosts is not set: requests for other hosts than loopback are refused"},
		{tls + "listen: :1\nallowed_hosts: a.example\n", ""},
		{"hashing: {in_process: true}\n", "hashing.in_process is on, so that a storm of log-ins holds up the checks " +
			"of tokens"},
		{"hashing: {in_process: false, timeout: 5s}\n", ""},
		{"metrics: {listen: \":9\"}\n", "metrics.listen :9 is open to other machines"},
		{"metrics: {listen: \"a.example:9\"}\n", "metrics.listen is open to other machines"},
		{"metrics: {listen: \"127.0.0.1:9\"}\n", ""},
		{tls + "browser: {SESSION_COOKIE_SECURE: false}\n", "browser.SESSION_COOKIE_SECURE is false although the " +
			"node is reached over TLS"},
		{"browser: {SESSION_COOKIE_SECURE: false}\n", ""},
		{tls + "browser: {enabled: false, SESSION_COOKIE_SECURE: false}\n", ""},
		{tls + "browser: {CSRF_COOKIE_SECURE: false}\n", "browser.CSRF_COOKIE_SECURE is false although"},
		{tls + "cookies: {enabled: true, secure: false}\n", "cookies.secure is false although"},
		{"check: {cookie: access}\ncookies: {enabled: true}\n" + tls, "check.cookie is not the cookie of the access " +
			"token, so that /auth/check/ does not find the tokens of cookies.enabled: set check.cookie to " +
			"__Host-access"},
		{"check: {cookie: access}\ncookies: {enabled: true, access_name: t}\n", "check.cookie is not the cookie of " +
			"the access token, so that /auth/check/ does not find the tokens of cookies.enabled: set check.cookie to " +
			"what cookies.access_name is"},
		{"check: {proxy: traefik}\n", "check.proxy is set and allowed_hosts is not, so that /auth/check/ lets " +
			"nobody in"},
		{"check: {proxy: caddy}\nallowed_hosts: shop.example\n", ""},
		{"check: {proxy: nginx}\n", ""},
		{"cors: {origins: [\"https://a.example\", \"http://b.example\"], credentials: true}\n",
			"cors.origins names an origin without TLS (item 2 of the list), so that whoever sits on its network can " +
				"act as"},
		{"cookies: {enabled: true}\ncors: {origins: [\"https://a.example\", \"https://*.b.example\", " +
			"\"https://c.example\"], credentials: true}\nbrowser: {CSRF_TRUSTED_ORIGINS: [\"https://a.example\"]}\n",
			"cors.origins names an origin that browser.CSRF_TRUSTED_ORIGINS lacks (item 2, 3 of the list), so that " +
				"its pages may read"},
		{"cookies: {enabled: true}\ncors: {origins: [\"https://a.b.example\", \"https://*.b.example\"], credentials: " +
			"true}\nbrowser: {CSRF_TRUSTED_ORIGINS: [\"https://*.b.example\"]}\n", ""},
		{"cookies: {enabled: true}\ncors: {origins: [\"https://a.example\"]}\n", ""},
		{"cors: {origins: [\"https://a.example\"], credentials: true}\n", ""},
		{tls + "browser: {CSRF_TRUSTED_ORIGINS: [\"http://b.example\"]}\n", "browser.CSRF_TRUSTED_ORIGINS names an " +
			"origin without TLS (item 1 of the list), so that whoever sits on its network can send forms"},
		{"browser: {CSRF_TRUSTED_ORIGINS: [\"http://b.example\"]}\n", ""},
		{"allowed_hosts: [a.example, .b.example, \"[::1]\", 127.0.0.1, \"*\"]\n", ""},
		{"simple_jwt:\n  SIGNING_KEY: |\n    " + longKey + "\n", "simple_jwt.SIGNING_KEY: the secret has 39 bytes: " +
			"it ends with a line break"},
		{"simple_jwt: {SIGNING_KEY_FILE: odd}\n", "simple_jwt.SIGNING_KEY_FILE: the secret has 39 bytes: it ends " +
			"with a line break"},
		{"simple_jwt: {SIGNING_KEY_FILE: open}\n", "simple_jwt.SIGNING_KEY_FILE: others can read or change open: run " +
			"chmod 600 open"},
		{inOpen + "simple_jwt: {SIGNING_KEY: " + longKey + "}\n", "simple_jwt.SIGNING_KEY stands in edgetoken.yaml, " +
			"which others can read: run chmod 600"},
		{"keys: {publish_before: 5m}\n", "keys.publish_before is less than 10m: whoever keeps the key set"},
		{"keys: {publish_before: 10m, rotate_every: 1h}\n", ""},
		{"keys: {publish_before: 10m, rotate_every: 59m}\n", "keys.rotate_every is less than an hour: a store " +
			"remembers keys for a year"},
		{"keys: {secret: " + strings.Repeat("abab", 10) + "}\n", "keys.secret has fewer than 5 different characters"},
		{"keys: {secret: " + longKey + "}\n", ""},
		{inOpen + "keys: {secret: " + longKey + "}\n", "keys.secret stands in edgetoken.yaml, which others can read: " +
			"run chmod 600"},
		{"keys: {secret_FILE: open}\n", "keys.secret_FILE: others can read or change open: run chmod 600 open"},
		{"keys: {signer: \"unix:x\"}\nsimple_jwt: {SIGNING_KEY: " + longKey + "}\n",
			"keys.signer is set beside SIGNING_KEY, which signs: its keys are published and sign nothing"},
		{"keys: {signer: \"unix:x\"}\n", ""},
		{"bundle: {publish: true}\nsimple_jwt: {SIGNING_KEY: " + longKey + "}\n", "bundle.publish is on and " +
			"SIGNING_KEY is a secret"},
		{"bundle: {publish: true}\n", ""},
		{"keys: {signer: \"unix:x\", rotate_every: 30d}\n", "keys.rotate_every counts for nothing while a key of " +
			"keys.signer signs, since a new key would be in the store"},
		{"", ""},
	} {
		t.Chdir(t.TempDir())
		mode := os.FileMode(0o600)
		if strings.HasPrefix(c.file, inOpen) {
			mode = 0o644
		}
		if err := errors.Join(os.WriteFile("edgetoken.yaml", []byte(c.file), mode),
			os.WriteFile("open", []byte(longKey+"\n"), 0o644),
			os.WriteFile("odd", []byte(longKey+"\n\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(config.Sources{File: "edgetoken.yaml", FileNeeded: true})
		if err != nil {
			t.Errorf("Load(%q) = %v", c.file, err)
			continue
		}
		if got := strings.Join(cfg.Warnings, "\n"); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") ||
			len(cfg.Warnings) > 1 {
			t.Errorf("Load(%q) warns\n%s\nwant\n%s", c.file, got, c.want)
		}
		for _, row := range config.RowsOf(cfg) {
			said[row] = true
		}
	}
	for i, key := range config.WarningKeys() {
		if !said[i] && key != "EDGETOKEN_*" { // TestServiceLinks has those

			t.Errorf("row %d, of %s, has no case here", i, key)
		}
	}
}

// TestNullClaims: with wire: secure what it promises cannot be kept without these claims, and the start is refused.
func TestNullClaims(t *testing.T) {
	for _, key := range []string{"TOKEN_TYPE_CLAIM", "JTI_CLAIM"} {
		for _, environ := range [][]string{nil, {"EDGETOKEN_SIMPLE_JWT_" + key + "=null"}} {
			file, origin := "simple_jwt:\n  "+key+": null\n", "edgetoken.yaml:2"
			if environ != nil {
				file, origin = "", "EDGETOKEN_SIMPLE_JWT_"+key
			}
			_, err := load(t, file, environ)
			if err == nil || !strings.HasPrefix(err.Error(), origin+": simple_jwt."+key+": is null, so that tokens ") ||
				!strings.HasSuffix(err.Error(), "wire: exact takes it, with a warning") {
				t.Errorf("Load(%q, %q) = %v, want a mistake", file, environ, err)
			}
		}
	}
}

// TestWarningsFollowWhatIsKept: a reload warns of the configuration that is in force then, not of values that are
// read at the start only.
func TestWarningsFollowWhatIsKept(t *testing.T) {
	running, err := load(t, "metrics: {listen: \":9\"}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	next, err := load(t, "simple_jwt: {LEEWAY: 1h}\nbehind_proxy: true\nthrottles: {anon: 1/s}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	next.Keep(running)
	got := strings.Join(next.Warnings, "\n")
	if len(next.Warnings) != 2 || !strings.Contains(got, "LEEWAY") || !strings.Contains(got, "metrics.listen :9") {
		t.Errorf("after Keep warnings are %q, want those of LEEWAY and metrics.listen", next.Warnings)
	}
}

// TestWarningsAreDocumented: each key that has a row is in the table of the documentation, and no other.
func TestWarningsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Warnings\n")
	section, _, _ = strings.Cut(section, "\n## ")
	keys := config.WarningKeys()
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if !strings.Contains(section, "`"+key+"`") {
			t.Errorf("docs/operations.md, Warnings, does not have %s", key)
		}
	}
	for line := range strings.Lines(section) {
		named, ok := strings.CutPrefix(line, "| `")
		if !ok {
			continue
		}
		named, _, _ = strings.Cut(named, "` |")
		for key := range strings.SplitSeq(named, "`, `") {
			if !slices.Contains(keys, key) {
				t.Errorf("docs/operations.md, Warnings, has %s, of which nothing warns", key)
			}
		}
	}
}
