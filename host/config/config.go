// Package config reads the configuration of a node: edgetoken.yaml, then EDGETOKEN_* environment variables, then
// flags, each overruling what came before.
//
// Every value is named by a key, its path in the file: "listen", "password.memory", "simple_jwt.LEEWAY". The table in
// rows.go has them all; the environment variable of a key is EDGETOKEN_ and the path in capitals with _ for the dot.
// Load reads the sources and gives a Config, which knows where each value came from, or a Report of all mistakes at
// once, each with its line. Mistakes never show the value of a secret.
//
// A file:
//
//	compat: "5.5"
//	listen: 127.0.0.1:8000
//	simple_jwt:
//	  ACCESS_TOKEN_LIFETIME: 15m
//	  SIGNING_KEY_FILE: /run/secrets/signing-key
//
// Relative paths start at the working directory.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/httpapi/browser"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/store/password"
)

// Config is the effective configuration.
type Config struct {
	// Settings are compat, wire, blacklist_app, refresh and what core reads of simple_jwt.
	Settings core.Settings

	Algorithm string // simple_jwt.ALGORITHM, one of those that core/jws has
	// SigningKey is simple_jwt.SIGNING_KEY; empty: the key in the data directory signs.
	SigningKey Secret
	// VerifyingKey is simple_jwt.VERIFYING_KEY: of SigningKey, or alone, and then nothing signs. It has no meaning for
	// HMAC.
	VerifyingKey Secret
	// AllowWeakSigningKey lets SIGNING_KEY be shorter than the hash of the algorithm (RFC 7518 §3.2).
	AllowWeakSigningKey bool
	AuthHeaderName      string // simple_jwt.AUTH_HEADER_NAME, in Django's META form
	UserIDField         string // simple_jwt.USER_ID_FIELD: id or email
	// Claims are what tokens say of customers beside simplejwt's own claims, and LoginAnswer what the answer to a
	// log-in says beside the tokens; nil: nothing.
	Claims, LoginAnswer claimmap.Members
	LoginMatch          string // login.match: exact or case_insensitive

	// KeysRotateEvery is how long a key of the store signs before its successor takes over; 0: until an operator
	// activates another. KeysPublishBefore is how long that successor is published before.
	KeysRotateEvery, KeysPublishBefore time.Duration
	// BundlePublish serves the trust bundle to all who ask. BundleLifetime is how long verifiers go by one.
	BundlePublish  bool
	BundleLifetime time.Duration
	// KeysSecret is the node secret, which seals the private keys of the store; empty: that of systemd, or that of the
	// data directory.
	KeysSecret Secret
	// Credentials is the directory of systemd's credentials (systemd.exec(5)); empty: the node has none.
	Credentials string
	// KeysSigner is where keys sign that are not in the store: UnixSigner and the path of a socket; empty: nowhere.
	// KeysSignerTimeout is how long a request waits for such a signature.
	KeysSigner        string
	KeysSignerTimeout time.Duration
	Fleet             Fleet

	Listen   string // host:port; port 0 takes a free one
	Data     string // the data directory
	CacheDir string // of compiled modules; empty: cache in the data directory
	Engine   string // wasm, wasm-full or native
	// TLSCert and TLSKey are files in PEM, the certificate with its chain and its private key; both empty: plain HTTP.
	TLSCert, TLSKey string
	// BehindProxy says that a TLS proxy is in front of the node, so plain HTTP may leave loopback.
	BehindProxy bool
	// MetricsListen is a second address, for GET /metrics alone; empty: none.
	MetricsListen string
	// AllowedHosts are Django's ALLOWED_HOSTS; nil: loopback and the host of Listen.
	AllowedHosts []string
	// IDs is the kind of customers' ids of a new store; zero: the kind the store has, integers for a new one.
	IDs core.IDKind
	// MaxSessions bounds the browser sessions of all customers together.
	MaxSessions int
	// ListSessions says that customers see where they are logged in (sessions.list), and MaxLogins how many log-ins by
	// tokens of all customers together are listed.
	ListSessions bool
	MaxLogins    int
	// Outbox says that the store keeps what is written as facts, until they are acknowledged, and MaxOutbox how many
	// bytes of them.
	Outbox    bool
	MaxOutbox int64
	// Password are the parameters of new password hashes.
	Password password.Params
	// DataGroup says that the group of the data directory is trusted if this process is in it (data_group: allow).
	DataGroup bool
	// MinPassword is the least number of characters of a password that a person sets.
	MinPassword int
	ErrorHeader bool // whether refusals carry X-Auth-Error
	Samples     bool // whether the sample views are served

	// What browsers are served.
	Browser      browser.Config
	TokenCookies browser.TokenCookies
	CORS         browser.CORS
	SessionAge   time.Duration // browser.SESSION_COOKIE_AGE
	browserOn    bool
	// Whether cookies are Secure; nil: where the node has TLS, or a proxy before it.
	sessionSecure, csrfSecure, tokensSecure *bool

	LogLevel  slog.Level
	LogFormat string // text or json
	LogEmails bool   // whether the record of a log-in has its e-mail address

	// What clients may take.
	Limits     server.Limits
	MaxBody    int64 // limits.body_bytes: of one request
	BodyMemory int64 // limits.body_memory: bytes of all large bodies together
	MaxFields  int   // limits.fields: of a form
	Hashing    admission.Config
	// HashTimeout is how long one hash may take; 0: by its costs. With HashInProcess the node hashes passwords itself,
	// and nothing can cut a hash short.
	HashTimeout   time.Duration
	HashInProcess bool
	Throttles     httpapi.Throttles
	// TrustedHops is how many proxies of ours a request comes through.
	TrustedHops int

	ShutdownTimeout time.Duration // how long requests in flight may take when the node stops
	// TokenCache is how many bytes verified tokens may take; 0: none are remembered.
	TokenCache int64
	// ForwardAuth is check.headers, check.cookie and check.proxy.
	ForwardAuth  httpapi.ForwardAuth
	MaxInstances int // of the module; 0: the engine's default

	// Warnings are about accepted settings that are probably not meant: the rows of warnings.go that apply.
	Warnings []string

	origins map[string]Origin
	links   []string // names of variables that have our prefix and are service links
}

// Sources are where a configuration comes from.
type Sources struct {
	// File is the path of the configuration file. Where FileNeeded is false it may be missing.
	File       string
	FileNeeded bool
	// Environ are environment variables as os.Environ gives them; of those without the prefix EDGETOKEN_ only
	// systemd's CREDENTIALS_DIRECTORY is read.
	Environ []string
	Flags   []Flag
}

// Flag is a configuration value that was given on the command line.
type Flag struct {
	Key   string // the key that it sets
	Value string
}

// Load reads all sources. The error is a *Report.
func Load(src Sources) (*Config, error) {
	values, problems := readFile(src.File, src.FileNeeded)
	return load(values, problems, src)
}

// load makes a configuration from what a file says and the other sources say.
func load(values []value, problems []Problem, src Sources) (*Config, error) {
	c := &Config{origins: map[string]Origin{}, Credentials: credentials(src.Environ)}
	for _, r := range rows {
		if r.def != nil {
			r.def(c)
		}
	}
	var report Report
	report.add(c.apply(values, problems)...)
	fromEnviron, links, problems := readEnviron(src.Environ)
	c.links = links
	report.add(c.apply(fromEnviron, problems)...)
	report.add(c.apply(readFlags(src.Flags))...)
	report.add(c.check(report.failed)...)
	if len(report.Problems) > 0 {
		return nil, &report
	}
	return c, nil
}

// apply sets the values of one source, and passes on the problems of the source.
func (c *Config) apply(values []value, problems []Problem) []Problem {
	seen := map[string]Origin{}
	for _, v := range values {
		bad := func(err error) { problems = append(problems, about(v.key, v.origin, err)) }
		r, err := find(v.key)
		if err != nil {
			bad(err)
			continue
		}
		if first, twice := seen[v.key]; twice {
			bad(fmt.Errorf("is set twice, first at %s: keep one", first))
			continue
		}
		seen[v.key] = v.origin
		if other, both := seen[r.rival]; both && r.rival != "" {
			bad(fmt.Errorf("contradicts %s at %s: keep one of the two", r.rival, other))
			continue
		}
		if err := r.set(c, v); err != nil {
			var each several
			if errors.As(err, &each) {
				for _, m := range each {
					problems = append(problems, about(m.key, m.origin, m.err))
				}
			} else {
				bad(err)
			}
			continue
		}
		delete(c.origins, r.rival)
		c.origins[r.key] = v.origin
	}
	return problems
}

// Origin says where the value of a key came from.
func (c *Config) Origin(key string) Origin { return c.origins[key] }

// Hosts are the hosts that are answered: AllowedHosts, or where that is nil loopback and the host of Listen.
func (c *Config) Hosts() []string {
	if c.AllowedHosts != nil {
		return c.AllowedHosts
	}
	hosts := []string{"localhost", "127.0.0.1", "[::1]"}
	if host := listenHost(c.Listen); host != "" {
		hosts = append(hosts, host)
	}
	return hosts
}
