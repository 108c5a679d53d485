package config

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// warning is about a setting that is accepted but dangerous or probably not meant. Start, edgetoken config and reload
// show it.
type warning struct {
	key string
	// text says what is wrong and what to do, as a sentence that begins with the key, or a sentence of its own after ":
	// "; "" where nothing is wrong. It quotes no text of the configuration file.
	text func(*Config) string
	// refused: with wire: secure this is a mistake, since it breaks what that promises.
	refused bool
}

// warnings are all warnings that depend only on the configuration.
var warnings = []warning{
	{"EDGETOKEN_*", ignoredLinks, false},
	{"simple_jwt.TOKEN_TYPE_CLAIM", when(func(c *Config) bool { return c.Settings.TokenTypeClaim == "" },
		"is null, so that tokens say nothing of their type and a refresh token passes as an access token: give a "+
			"name, such as token_type"), true},
	{"simple_jwt.JTI_CLAIM", when(func(c *Config) bool { return c.Settings.IDClaim == "" },
		"is null, so that tokens have no id and no log-in can be revoked: give a name, such as jti"), true},
	{"simple_jwt.CHECK_USER_IS_ACTIVE", when(func(c *Config) bool { return !c.Settings.CheckUserIsActive },
		"is false, so that the access tokens of disabled customers go on where no cut-off ends them: set it "+
			"to true"), false},
	{"blacklist_app", when(func(c *Config) bool { return !c.Settings.BlacklistApp && c.Settings.Wire == core.Secure },
		"is false, so that no single log-in can be revoked and a log-out leaves its tokens good until they expire: "+
			"set it to true"), false},
	{"limits.listed_logins", when(func(c *Config) bool {
		return !c.ListSessions && !c.origins["limits.listed_logins"].IsDefault()
	}, "is set and counts for nothing without sessions.list: set that too, or leave it out"), false},
	{"password.memory", cheapHash, false},
	{"simple_jwt.SIGNING_KEY", placeholder, false},
	{"simple_jwt.SIGNING_KEY", weakKey, false},
	{"simple_jwt.SIGNING_KEY", readable("simple_jwt.SIGNING_KEY"), false},
	{"simple_jwt.SIGNING_KEY", oddSecret(false), false},
	{"simple_jwt.SIGNING_KEY_FILE", oddSecret(true), false},
	{"simple_jwt.SIGNING_KEY_FILE", exposed("simple_jwt.SIGNING_KEY"), false},
	{"simple_jwt.VERIFYING_KEY", when(func(c *Config) bool { return c.VerifyingKey.IsSet() && c.symmetric() },
		"has no meaning for HS256, HS384 and HS512, where one key signs and checks: leave it out"), false},
	{"simple_jwt.ACCESS_TOKEN_LIFETIME", when(func(c *Config) bool {
		return c.Settings.AccessTokenLifetime > c.Settings.RefreshTokenLifetime
	},
		"is longer than REFRESH_TOKEN_LIFETIME, so that access tokens outlive the refresh token that they "+
			"come of"), false},
	{"simple_jwt.ACCESS_TOKEN_LIFETIME", when(func(c *Config) bool {
		return c.Settings.AccessTokenLifetime > day &&
			c.Settings.Wire == core.Exact
	},
		"is more than a day, and with wire: exact nothing ends an access token before it expires: whoever steals one "+
			"has it for that long"), false},
	{"simple_jwt.REFRESH_TOKEN_LIFETIME", when(func(c *Config) bool {
		return c.Settings.RefreshTokenLifetime > 366*day
	},
		"is more than a year: whoever steals a refresh token has it for that long, unless it is revoked"), false},
	{"simple_jwt.ROTATE_REFRESH_TOKENS", when(func(c *Config) bool {
		return c.Settings.RotateRefreshTokens && !c.Settings.Advances()
	},
		"is true without BLACKLIST_AFTER_ROTATION and blacklist_app, so that each refresh leaves one more refresh "+
			"token that is good until it expires: whoever steals one can go on refreshing it, nobody notices, and a "+
			"log-out ends only the one it presents; set both to true"), false},
	{"refresh.grace", unused("refresh.grace", (*core.Settings).Advances,
		"ROTATE_REFRESH_TOKENS, BLACKLIST_AFTER_ROTATION and blacklist_app"), false},
	{"refresh.max_session", unused("refresh.max_session", rotates, "ROTATE_REFRESH_TOKENS"), false},
	{"refresh.idle", unused("refresh.idle", rotates, "ROTATE_REFRESH_TOKENS"), false},
	{"simple_jwt.SLIDING_TOKEN_LIFETIME", when(func(c *Config) bool {
		return c.Settings.SlidingTokenLifetime > c.Settings.SlidingTokenRefreshLifetime
	},
		"is longer than SLIDING_TOKEN_REFRESH_LIFETIME, so that a sliding token which is still good can no longer "+
			"be refreshed"), false},
	{"simple_jwt.SLIDING_TOKEN_REFRESH_LIFETIME", when(func(c *Config) bool {
		return c.Settings.SlidingTokenRefreshLifetime > 366*day
	},
		"is more than a year: whoever steals a sliding token can refresh it for that long, unless it is "+
			"revoked"), false},
	{"simple_jwt.AUTH_HEADER_TYPES", when(func(c *Config) bool {
		return slices.ContainsFunc(c.Settings.AuthHeaderTypes,
			func(t string) bool { return len(strings.Fields(t)) != 1 || strings.TrimSpace(t) != t })
	}, "has a type that is empty or has a blank, which no header can have: name single words, such as Bearer"), false},
	{"simple_jwt.LEEWAY", when(func(c *Config) bool { return c.Settings.Leeway > maxLeeway },
		"is more than 10 minutes: every token is good for that long after it expired; clocks that are set differ by "+
			"seconds"), false},
	{"keys.rotate_every", restingRotation, false},
	{"keys.rotate_every", oftenRotated, false},
	{"keys.publish_before", shortNotice, false},
	{"keys.secret", repetitive, false},
	{"keys.secret", readable("keys.secret"), false},
	{"keys.secret_FILE", exposed("keys.secret"), false},
	{"keys.signer", idleSigner, false},
	{"bundle.publish", when(func(c *Config) bool {
		return c.BundlePublish && c.SigningKey.IsSet() && strings.HasPrefix(c.Algorithm, "HS")
	}, "is on and SIGNING_KEY is a secret, which is never in a bundle: verifiers elsewhere get none until a key pair "+
		"signs"), false},
	{"fleet.servers", clearServers, false},
	{"fleet.recorder.servers", clearRecorder, false},
	{"fleet.when_stale", when(func(c *Config) bool { return c.Fleet.WhenStale == WhenStaleOpen },
		"is open, so that an edge that has lost its hub goes on to take tokens that were revoked since: leave it out"),
		false},
	{"fleet.refresh.home_away", idleAccess, false},
	{"behind_proxy", sharedAddress, false},
	{"behind_proxy", when(func(c *Config) bool { return c.BehindProxy && c.Limits.ConnectionsPerAddress > 0 },
		"is on, so that limits.connections_per_address counts the proxy as one client: all clients share it"), false},
	{"trusted_hops", when(func(c *Config) bool { return c.TrustedHops > 0 && !c.BehindProxy && !isLoopback(c.Listen) },
		"is set and behind_proxy is off: a client that reaches the node itself writes X-Forwarded-For as it likes, "+
			"and no throttle by address holds it; "+
			"set behind_proxy: true, or trusted_hops: 0"), false},
	{"allowed_hosts", when(func(c *Config) bool { return c.AllowedHosts == nil && isAnyAddress(c.Listen) },
		"is not set: requests for other hosts than loopback are refused"), false},
	{"hashing.in_process", when(func(c *Config) bool { return c.HashInProcess },
		"is on, so that a storm of log-ins holds up the checks of tokens, nothing ends a hash that is stuck, and "+
			"passwords stay in the memory of the node: leave it out"), false},
	{"metrics.listen", openMetrics, false},
	{"browser.SESSION_COOKIE_SECURE", when(func(c *Config) bool {
		return c.overTLS() && c.browserOn &&
			!c.Browser.Session.Secure
	}, insecureCookie), false},
	{"browser.CSRF_COOKIE_SECURE", when(func(c *Config) bool {
		return c.overTLS() && c.browserOn &&
			!c.Browser.CSRF.Secure
	}, insecureCookie), false},
	{"cookies.secure", when(func(c *Config) bool {
		return c.overTLS() && c.TokenCookies.On &&
			!c.TokenCookies.Access.Secure
	}, insecureCookie), false},
	{"check.cookie", otherCookie, false},
	{"check.proxy", when(func(c *Config) bool {
		return c.AllowedHosts == nil &&
			c.ForwardAuth.Filled().Proxy != httpapi.Nginx
	},
		"is set and allowed_hosts is not, so that /auth/check/ lets nobody in to a site other than loopback: name in "+
			"allowed_hosts the sites that X-Forwarded-Host may be"), false},
	{"cors.origins", func(c *Config) string {
		if !c.CORS.Credentials {
			return ""
		}
		return withoutTLS(c.CORS.Origins, "whoever sits on its network can act as its customers")
	}, false},
	{"cors.origins", readersOnly, false},
	{"browser.CSRF_TRUSTED_ORIGINS", func(c *Config) string {
		if !c.overTLS() {
			return ""
		}
		return withoutTLS(c.Browser.TrustedOrigins, "whoever sits on its network can send forms in the name of a "+
			"customer")
	}, false},
}

// maxLeeway is the largest plausible difference between clocks.
const maxLeeway = 10 * time.Minute

const insecureCookie = "is false although the node is reached over TLS: a browser sends the cookie in clear too, to " +
	"whoever asks; set it to auto"

// warn makes Warnings of the rows that apply, and reports those that wire: secure refuses.
func (c *Config) warn(bad func(string, error)) {
	c.Warnings = nil
	for _, w := range warnings {
		text := w.text(c)
		switch {
		case text == "":
		case w.refused && c.Settings.Wire == core.Secure:
			bad(w.key, fmt.Errorf("%s; wire: exact takes it, with a warning", text))
		default:
			c.Warnings = append(c.Warnings, strings.Replace(w.key+" "+text, " : ", ": ", 1))
		}
	}
}

// when is the text of a warning that is always the same.
func when(applies func(*Config) bool, text string) func(*Config) string {
	return func(c *Config) string {
		if applies(c) {
			return text
		}
		return ""
	}
}

// overTLS reports whether clients reach the node over TLS.
func (c *Config) overTLS() bool { return c.TLSCert != "" || c.BehindProxy }

// symmetric reports whether one secret signs and checks.
func (c *Config) symmetric() bool { return strings.HasPrefix(c.Algorithm, "HS") }

// leastMemory, in KiB, and leastWork, the product of memory and iterations, are below each of the settings that
// OWASP's Password Storage Cheat Sheet has for argon2id: 7168 KiB with 5 iterations is the cheapest of them.
const leastMemory, leastWork = 7168, 7168 * 5

func cheapHash(c *Config) string {
	p := c.Password
	if p.Memory >= leastMemory && uint64(p.Memory)*uint64(p.Iterations) >= leastWork {
		return ""
	}
	return "and password.iterations make hashes that are cheap to guess, and a log-in puts one in the place of a " +
		"dearer hash that is stored: " +
		"leave them out for 19456 KiB and 2 iterations, or take what OWASP names for argon2id"
}

// insecurePrefix begins the SECRET_KEY that Django's startproject writes, which is not meant for use, and
// leastDistinct is how many different characters a secret must have (Django's check security.W009).
const insecurePrefix, leastDistinct = "django-insecure-", 5

func placeholder(c *Config) string {
	secret := c.SigningKey.Reveal()
	if bytes.HasPrefix(bytes.TrimLeft(secret, "\ufeff \t\r\n\"'"), []byte(insecurePrefix)) {
		return "begins with " + insecurePrefix + ": Django's startproject wrote it into settings.py, so whoever has " +
			"read the project's source can sign tokens; take a random one"
	}
	if len(secret) > 0 && distinct(secret) < leastDistinct {
		return fmt.Sprintf("has fewer than %d different characters, so that it can be guessed: take a "+
			"random one", leastDistinct)
	}
	return ""
}

// distinct is how many different bytes a secret has.
func distinct(secret []byte) int {
	seen := map[byte]bool{}
	for _, b := range secret {
		seen[b] = true
	}
	return len(seen)
}

// weakKey tells of a secret that is shorter than the hash and was allowed.
func weakKey(c *Config) string {
	if !c.AllowWeakSigningKey || !c.SigningKey.IsSet() || !c.symmetric() {
		return ""
	}
	if _, err := keyring.FromSettings(c.Algorithm, c.SigningKey.Reveal(), nil, false); err != nil {
		return "is weak for " + c.Algorithm + ": " + err.Error()
	}
	return ""
}

// readable tells of a secret in a configuration file that others can read.
func readable(key string) func(*Config) string {
	return func(c *Config) string {
		if path, mode := c.secretFile(key); mode&0o022 == 0 && mode&0o044 != 0 {
			return fmt.Sprintf("stands in %s, which others can read: run chmod 600 %[1]s, and replace the key if "+
				"somebody may have read it", path)
		}
		return ""
	}
}

// exposed tells of a secret in a file of its own that others can read or change.
func exposed(key string) func(*Config) string {
	return func(c *Config) string {
		secret := c.secretOf(key)
		open := secret.exposed
		if c.DataGroup && secret.ours {
			open &^= GroupBits
		}
		if open == 0 {
			return ""
		}
		return fmt.Sprintf(": others can read or change %s: run chmod 600 %[1]s, and replace the key if somebody may "+
			"have read it", secret.file)
	}
}

// secretOf is the secret of a key, which is keys.secret or simple_jwt.SIGNING_KEY.
func (c *Config) secretOf(key string) Secret {
	if key == "keys.secret" {
		return c.KeysSecret
	}
	return c.SigningKey
}

// secretFile is the configuration file, where the secret of a key stands in it, and what others may do with it.
func (c *Config) secretFile(key string) (path string, mode os.FileMode) {
	if !c.secretOf(key).inline {
		return "", 0
	}
	path = c.origins[key].File
	info, err := os.Stat(path)
	if err != nil {
		return "", 0
	}
	return path, info.Mode().Perm() &^ c.TrustedBits(info)
}

func sharedAddress(c *Config) string {
	if !c.BehindProxy || c.TrustedHops > 0 {
		return ""
	}
	var shared []string
	for _, t := range []struct {
		key string
		on  bool
	}{
		{"throttles.anon", c.Throttles.Anon.Requests > 0}, {"throttles.user", c.Throttles.User.Requests > 0},
		{"throttles.login", c.Throttles.Login.Requests > 0},
	} {
		if t.on {
			shared = append(shared, t.key)
		}
	}
	if shared == nil {
		return ""
	}
	return "is on and trusted_hops is 0, so that all clients share the proxy's address in " +
		strings.Join(shared, ", ") + ": set trusted_hops to the number of your proxies"
}

// isAnyAddress reports whether an address is that of every interface.
func isAnyAddress(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && (host == "" || net.ParseIP(host).IsUnspecified())
}

func openMetrics(c *Config) string {
	if c.MetricsListen == "" || isLoopback(c.MetricsListen) {
		return ""
	}
	address := ""
	if isAnyAddress(c.MetricsListen) {
		address = c.MetricsListen + " "
	}
	return address + "is open to other machines, in clear and without a password: whoever can reach it sees how much " +
		"the node is used"
}

// otherCookie tells of a cookie that the node does not set.
func otherCookie(c *Config) string {
	name := c.TokenCookies.Filled().Access.Name
	if !c.TokenCookies.On || c.ForwardAuth.Cookie == "" || c.ForwardAuth.Cookie == name {
		return ""
	}
	if c.TokenCookies.Access.Name != "" {
		name = "what cookies.access_name is"
	}
	return "is not the cookie of the access token, so that /auth/check/ does not find the tokens of cookies.enabled: " +
		"set check.cookie to " + name
}

// withoutTLS tells of origins in clear, by their numbers.
func withoutTLS(origins []string, so string) string {
	which := items(origins, func(origin string) bool { return strings.HasPrefix(origin, "http://") })
	if which == "" {
		return ""
	}
	return "names an origin without TLS (" + which + "), so that " + so
}

// readersOnly tells of origins whose pages send cookies that authorise nothing.
func readersOnly(c *Config) string {
	if !c.TokenCookies.On || !c.CORS.Credentials {
		return ""
	}
	which := items(c.CORS.Origins, func(origin string) bool { return !c.Browser.Trusts(origin) })
	if which == "" {
		return ""
	}
	return "names an origin that browser.CSRF_TRUSTED_ORIGINS lacks (" + which + "), so that its pages may read with " +
		"the cookies of cookies.enabled " +
		"and neither log in nor refresh, which is a 403: name it there too"
}

// items names the numbers of those items of a list that are so; "" if none is.
func items(list []string, so func(string) bool) string {
	var numbers []string
	for i, item := range list {
		if so(item) {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
	}
	if numbers == nil {
		return ""
	}
	return "item " + strings.Join(numbers, ", ") + " of the list"
}
