package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// row is one key: how its default is set, its value read and shown.
type row struct {
	key     string
	def     func(*Config)              // nil: the zero value
	set     func(*Config, value) error // understands the value, or says what is wrong with it
	get     func(*Config) any          // for the effective configuration; nil: not shown
	rival   string                     // the other form of the same value, which must not be given beside it
	quiet   bool                       // shown only if given: it has only one value, or is another form of a value
	unnamed bool                       // in no list of keys: the error says what to write instead

	fixed bool                                // read at the start alone: a running node keeps the value that it has
	keep  func(c *Config, running *Config)    // takes the value of running
	same  func(c *Config, other *Config) bool // whether both have one value
}

// at is the row of a value that stands in a field and is read by read.
func at[T any](key string, def T, read func(value) (T, error), field func(*Config) *T) row {
	return row{
		key: key,
		def: func(c *Config) { *field(c) = def },
		set: func(c *Config, v value) error {
			t, err := read(v)
			if err == nil {
				*field(c) = t
			}
			return err
		},
		get:  func(c *Config) any { return *field(c) },
		keep: func(c, running *Config) { *field(c) = *field(running) },
		same: func(c, other *Config) bool { return equal(*field(c), *field(other)) },
	}
}

// shownAs is the row of a value that, if not given, stands for another value.
func (r row) shownAs(effective func(*Config) any) row {
	r.get = effective
	return r
}

// atStart are rows whose values a running node cannot change.
func atStart(list ...row) []row {
	for i := range list {
		list[i].fixed = true
	}
	return list
}

// rows are all keys, in the order in which they are shown.
var rows = slices.Concat(nodeRows(), peopleRows(), browserRows(), limitRows(), keyRows(), bundleRows(),
	fleetRows(), refreshRows(), tokenRows(), refusedRows())

// defaultTokenCache is what verified tokens may take, in bytes: some 15,000 of them.
const defaultTokenCache = 16 << 20

func nodeRows() []row {
	d := core.DefaultSettings()
	return slices.Concat([]row{
		at("compat", d.Compat, readOneOf(map[string]core.Version{"5.5": core.V55, "5.2": core.V52}, `"5.5" or "5.2"`),
			func(c *Config) *core.Version { return &c.Settings.Compat }),
		at("wire", d.Wire, readOneOf(map[string]core.Wire{"secure": core.Secure, "exact": core.Exact},
			"secure or exact"),
			func(c *Config) *core.Wire { return &c.Settings.Wire }),
	}, atStart(
		at("listen", "127.0.0.1:8000", readListen, func(c *Config) *string { return &c.Listen }),
	), []row{
		at("tls.cert", "", readFull, func(c *Config) *string { return &c.TLSCert }),
		at("tls.key", "", readFull, func(c *Config) *string { return &c.TLSKey }),
	}, atStart(
		at("behind_proxy", false, readBool, func(c *Config) *bool { return &c.BehindProxy }),
	), []row{
		at("allowed_hosts", nil, readTexts,
			func(c *Config) *[]string { return &c.AllowedHosts }).shownAs(func(c *Config) any { return c.Hosts() }),
	}, atStart(
		at("data", "data", readFull, func(c *Config) *string { return &c.Data }),
		at("data_group", false, readOneOf(map[string]bool{"refuse": false, "allow": true}, "refuse or allow"),
			func(c *Config) *bool { return &c.DataGroup }).
			shownAs(func(c *Config) any { return map[bool]string{false: "refuse", true: "allow"}[c.DataGroup] }),
		at("cache_dir", "", readFull, func(c *Config) *string { return &c.CacheDir }).shownAs(func(c *Config) any {
			return cmp.Or(c.CacheDir, filepath.Join(c.Data, "cache"))
		}),
		at("engine", "wasm", readOneOf(same("wasm", "wasm-full", "native"), "wasm, wasm-full or native"),
			func(c *Config) *string { return &c.Engine }),
		size("token_cache", defaultTokenCache, func(c *Config) *int64 { return &c.TokenCache }),
		at("max_instances", 0, readInt(0, 10_000), func(c *Config) *int { return &c.MaxInstances }),
		at("customers.ids", 0, readOneOf(map[string]core.IDKind{"integer": core.IntegerID, "text": core.TextID},
			"integer or text"),
			func(c *Config) *core.IDKind { return &c.IDs }),
		at("outbox.enabled", false, readBool, func(c *Config) *bool { return &c.Outbox }),
		size("outbox.bytes", store.DefaultMaxOutbox, func(c *Config) *int64 { return &c.MaxOutbox }).
			shownAs(func(c *Config) any { return shownBytes(cmp.Or(c.MaxOutbox, store.DefaultMaxOutbox)) }),
	), []row{
		at("password.memory", password.Default.Memory, readUint32,
			func(c *Config) *uint32 { return &c.Password.Memory }),
		at("password.iterations", password.Default.Iterations, readUint32,
			func(c *Config) *uint32 { return &c.Password.Iterations }),
		at("password.min_length", 8, readInt(0, 1024), func(c *Config) *int { return &c.MinPassword }),
		at("password.parallelism", password.Default.Parallelism, readUint8,
			func(c *Config) *uint8 { return &c.Password.Parallelism }),
		at("blacklist_app", d.BlacklistApp, readBool, func(c *Config) *bool { return &c.Settings.BlacklistApp }),
		at("sessions.list", false, readBool, func(c *Config) *bool { return &c.ListSessions }),
		at("allow_weak_signing_key", false, readBool, func(c *Config) *bool { return &c.AllowWeakSigningKey }),
		at("error_header", true, readBool, func(c *Config) *bool { return &c.ErrorHeader }),
		at("samples", false, readBool, func(c *Config) *bool { return &c.Samples }),
		at("log.level", slog.LevelInfo, readOneOf(map[string]slog.Level{"debug": slog.LevelDebug,
			"info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError},
			"debug, info, warn or error"), func(c *Config) *slog.Level { return &c.LogLevel }),
		at("log.emails", false, readBool, func(c *Config) *bool { return &c.LogEmails }),
	}, atStart(
		at("log.format", "text", readOneOf(same("text", "json"), "text or json"),
			func(c *Config) *string { return &c.LogFormat }),
		at("metrics.listen", "", readListen, func(c *Config) *string { return &c.MetricsListen }),
		at("shutdown_timeout", 10*time.Second, readDuration,
			func(c *Config) *time.Duration { return &c.ShutdownTimeout }),
	))
}

// peopleRows are how customers log in, and what is shown of them.
func peopleRows() []row {
	return slices.Concat(atStart(
		at("login.match", "exact", readOneOf(same("exact", CaseInsensitive), "exact or case_insensitive"),
			func(c *Config) *string { return &c.LoginMatch }),
	), []row{
		membersAt("login.answer", func(c *Config) *claimmap.Members { return &c.LoginAnswer }),
		membersAt("claims", func(c *Config) *claimmap.Members { return &c.Claims }),
		membersAt("check.headers",
			func(c *Config) *claimmap.Members { return &c.ForwardAuth.Headers }).
			shownAs(func(c *Config) any { return c.ForwardAuth.Filled().Headers }),
		at("check.cookie", "", readText, func(c *Config) *string { return &c.ForwardAuth.Cookie }),
		at("check.proxy", httpapi.Nginx, readOneOf(same(httpapi.Nginx, httpapi.Traefik, httpapi.Caddy),
			"nginx, traefik or caddy"),
			func(c *Config) *string { return &c.ForwardAuth.Proxy }),
	})
}

// CaseInsensitive is the value of login.match under which e-mail addresses that differ by case only are one.
const CaseInsensitive = "case_insensitive"

func tokenRows() []row {
	d := core.DefaultSettings()
	secret := at("simple_jwt.SIGNING_KEY", Secret{}, readSecret, func(c *Config) *Secret { return &c.SigningKey })
	secret.rival = "simple_jwt.SIGNING_KEY_FILE"
	secretFile := at("simple_jwt.SIGNING_KEY_FILE", Secret{}, readSecretFile,
		func(c *Config) *Secret { return &c.SigningKey })
	secretFile.rival, secretFile.quiet = secret.key, true
	secretFile.get = func(c *Config) any { return c.SigningKey.File() }
	public := at("simple_jwt.VERIFYING_KEY", Secret{}, readHidden, func(c *Config) *Secret { return &c.VerifyingKey })
	public.rival = "simple_jwt.VERIFYING_KEY_FILE"
	publicFile := at("simple_jwt.VERIFYING_KEY_FILE", Secret{}, readSecretFile,
		func(c *Config) *Secret { return &c.VerifyingKey })
	publicFile.rival, publicFile.quiet = public.key, true
	publicFile.get = func(c *Config) any { return c.VerifyingKey.File() }
	return []row{
		at("simple_jwt.ACCESS_TOKEN_LIFETIME", d.AccessTokenLifetime, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.AccessTokenLifetime }),
		at("simple_jwt.REFRESH_TOKEN_LIFETIME", d.RefreshTokenLifetime, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.RefreshTokenLifetime }),
		at("simple_jwt.ROTATE_REFRESH_TOKENS", d.RotateRefreshTokens, readBool,
			func(c *Config) *bool { return &c.Settings.RotateRefreshTokens }),
		at("simple_jwt.BLACKLIST_AFTER_ROTATION", d.BlacklistAfterRotation, readBool,
			func(c *Config) *bool { return &c.Settings.BlacklistAfterRotation }),
		at("simple_jwt.UPDATE_LAST_LOGIN", d.UpdateLastLogin, readBool,
			func(c *Config) *bool { return &c.Settings.UpdateLastLogin }),
		at("simple_jwt.ALGORITHM", "HS256", readAlgorithm, func(c *Config) *string { return &c.Algorithm }),
		secret, secretFile, public, publicFile,
		{key: "simple_jwt.AUDIENCE", set: setAudience, get: getAudience, same: sameAudience},
		at("simple_jwt.ISSUER", nil, readOptional, func(c *Config) **string { return &c.Settings.Issuer }),
		at("simple_jwt.LEEWAY", d.Leeway, readDuration, func(c *Config) *time.Duration { return &c.Settings.Leeway }),
		at("simple_jwt.AUTH_HEADER_TYPES", d.AuthHeaderTypes, readTexts,
			func(c *Config) *[]string { return &c.Settings.AuthHeaderTypes }),
		at("simple_jwt.AUTH_HEADER_NAME", "HTTP_AUTHORIZATION", readHeaderName,
			func(c *Config) *string { return &c.AuthHeaderName }),
		at("simple_jwt.AUTH_TOKEN_CLASSES", d.AuthTokenClasses, readClasses,
			func(c *Config) *[]core.TokenType { return &c.Settings.AuthTokenClasses }),
		at("simple_jwt.USER_ID_FIELD", "id", readOneOf(same("id", "email"), "id or email"),
			func(c *Config) *string { return &c.UserIDField }),
		at("simple_jwt.USER_ID_CLAIM", d.UserIDClaim, readFull,
			func(c *Config) *string { return &c.Settings.UserIDClaim }),
		at("simple_jwt.TOKEN_TYPE_CLAIM", d.TokenTypeClaim, readName,
			func(c *Config) *string { return &c.Settings.TokenTypeClaim }),
		at("simple_jwt.JTI_CLAIM", d.IDClaim, readName, func(c *Config) *string { return &c.Settings.IDClaim }),
		at("simple_jwt.SLIDING_TOKEN_LIFETIME", d.SlidingTokenLifetime, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.SlidingTokenLifetime }),
		at("simple_jwt.SLIDING_TOKEN_REFRESH_LIFETIME", d.SlidingTokenRefreshLifetime, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.SlidingTokenRefreshLifetime }),
		at("simple_jwt.SLIDING_TOKEN_REFRESH_EXP_CLAIM", d.SlidingTokenRefreshExpClaim, readFull,
			func(c *Config) *string { return &c.Settings.SlidingTokenRefreshExpClaim }),
		at("simple_jwt.CHECK_REVOKE_TOKEN", d.CheckRevokeToken, readBool,
			func(c *Config) *bool { return &c.Settings.CheckRevokeToken }),
		at("simple_jwt.REVOKE_TOKEN_CLAIM", d.RevokeTokenClaim, readFull,
			func(c *Config) *string { return &c.Settings.RevokeTokenClaim }),
		at("simple_jwt.CHECK_USER_IS_ACTIVE", d.CheckUserIsActive, readBool,
			func(c *Config) *bool { return &c.Settings.CheckUserIsActive }),
	}
}

// refusedRows are keys that are known and may only be null or stand at their default.
func refusedRows() []row {
	const serializers = "rest_framework_simplejwt.serializers."
	const fixed = "names Python code, which cannot run here: the answers of the end points are fixed; leave it out"
	return []row{
		only("simple_jwt.JWK_URL", "", "keys from a URL are not supported by this version: leave it out"),
		only("simple_jwt.JSON_ENCODER", "", "names Python code, which cannot run here: claims are plain JSON; "+
			"leave it out"),
		only("simple_jwt.USER_AUTHENTICATION_RULE",
			"rest_framework_simplejwt.authentication.default_user_authentication_rule",
			"names Python code, which cannot run here: a customer must exist and be active (edgetoken customers "+
				"disable, CHECK_USER_IS_ACTIVE); leave it out"),
		only("simple_jwt.TOKEN_USER_CLASS", "rest_framework_simplejwt.models.TokenUser",
			"names Python code, which cannot run here: /customers/me/ shows the stored customer; leave it out"),
		only("simple_jwt.TOKEN_OBTAIN_SERIALIZER", serializers+"TokenObtainPairSerializer",
			"names Python code, which cannot run here: claims: says what its get_token() adds and login.answer: what "+
				"its validate() adds; leave it out"),
		only("simple_jwt.TOKEN_REFRESH_SERIALIZER", serializers+"TokenRefreshSerializer", fixed),
		only("simple_jwt.TOKEN_VERIFY_SERIALIZER", serializers+"TokenVerifySerializer", fixed),
		only("simple_jwt.TOKEN_BLACKLIST_SERIALIZER", serializers+"TokenBlacklistSerializer", fixed),
		only("simple_jwt.SLIDING_TOKEN_OBTAIN_SERIALIZER", serializers+"TokenObtainSlidingSerializer", fixed),
		only("simple_jwt.SLIDING_TOKEN_REFRESH_SERIALIZER", serializers+"TokenRefreshSlidingSerializer", fixed),
		only("login.field", "email", "names what customers log in with, which is their e-mail address: set it to "+
			"email, or leave it out").unlisted(),
	}
}

// unlisted is the row of a key that nobody needs to know.
func (r row) unlisted() row {
	r.unnamed = true
	return r
}

// only is the row of a key that is refused with the given text unless it is null or stands at its default.
func only(key, def, refusal string) row {
	return row{
		key:   key,
		quiet: true,
		set: func(_ *Config, v value) error {
			if v.kind == null || v.kind != list && v.kind != mapping && strings.EqualFold(v.text, def) && def != "" {
				return nil
			}
			return errors.New(refusal)
		},
		get: func(*Config) any {
			switch def {
			case "":
				return nil
			case "false":
				return false
			}
			return def
		},
		same: func(_, _ *Config) bool { return true },
	}
}

// misspelt says which known key to write instead of an unknown one that is near to it.
type misspelt string

func (m misspelt) Error() string { return string(m) }

// errUnknownKey says that a key is near to no known one.
var errUnknownKey = errors.New("is unknown: see edgetoken config --help for the keys")

// find gives the row of a key, or says what to do instead: misspelt or errUnknownKey.
func find(key string) (*row, error) {
	for i := range rows {
		if rows[i].key == key {
			return &rows[i], nil
		}
	}
	if instead, was := removed[key]; was {
		return nil, misspelt("was removed from simplejwt: use " + instead)
	}
	block, name := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		block, name = key[:i+1], key[i+1:]
	}
	for i := range rows {
		other := rows[i].key
		switch {
		case strings.EqualFold(other, key):
			return nil, misspelt("is unknown: did you mean " + other[len(block):] + "?")
		case block == "" && strings.EqualFold(other, "simple_jwt."+name):
			return nil, misspelt("is unknown here: it belongs under simple_jwt:")
		case block != "" && strings.EqualFold(other, name) && isBlock(strings.TrimSuffix(block, ".")):
			return nil, misspelt("is unknown here: it belongs at the left margin")
		}
	}
	if other := nearest(block, name); other != "" {
		return nil, misspelt("is unknown: did you mean " + other + "?")
	}
	return nil, errUnknownKey
}

// removed are settings that simplejwt itself refuses, and what took their place.
var removed = map[string]string{
	"simple_jwt.AUTH_HEADER_TYPE":    "AUTH_HEADER_TYPES",
	"simple_jwt.AUTH_TOKEN_CLASS":    "AUTH_TOKEN_CLASSES",
	"simple_jwt.SECRET_KEY":          "SIGNING_KEY",
	"simple_jwt.TOKEN_BACKEND_CLASS": "ALGORITHM, SIGNING_KEY and VERIFYING_KEY",
}

// isBlock reports whether keys stand below this one.
func isBlock(key string) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return strings.HasPrefix(r.key, key+".") })
}

// same is a choice among texts, each of which is its own value.
func same(texts ...string) map[string]string {
	m := make(map[string]string, len(texts))
	for _, t := range texts {
		m[t] = t
	}
	return m
}

func readUint32(v value) (uint32, error) {
	n, err := readInt(1, 1<<31-1)(v)
	return uint32(n), err
}

func readUint8(v value) (uint8, error) {
	n, err := readInt(1, 255)(v)
	return uint8(n), err
}

func readAlgorithm(v value) (string, error) {
	s, err := readText(v)
	if err != nil {
		return "", err
	}
	if slices.Contains(jws.Algorithms(), s) {
		return s, nil
	}
	return "", fmt.Errorf("%q is unknown: use one of %s", s, strings.Join(jws.Algorithms(), ", "))
}
