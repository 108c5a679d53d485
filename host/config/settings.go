package config

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/store/password"
)

// setAudience reads AUDIENCE: null, a text, or a list of texts, which is also written as one.
func setAudience(c *Config, v value) error {
	s := &c.Settings
	v = v.unpacked(false)
	if v.kind == null || v.loose && v.text == "null" {
		s.Audience, s.AudienceList = nil, false
		return nil
	}
	v.loose = false // a comma is part of the one text
	texts, err := readTexts(v)
	if err != nil {
		return err
	}
	s.Audience, s.AudienceList = texts, v.kind == list
	return nil
}

func getAudience(c *Config) any {
	switch s := c.Settings; {
	case s.AudienceList:
		return s.Audience
	case len(s.Audience) == 1:
		return s.Audience[0]
	}
	return nil
}

func sameAudience(c, other *Config) bool {
	a, b := c.Settings, other.Settings
	return slices.Equal(a.Audience, b.Audience) && a.AudienceList == b.AudienceList
}

// classes are the values of AUTH_TOKEN_CLASSES, with the names that they have in a settings.py.
var classes = map[string]core.TokenType{
	"access":  core.AccessToken,
	"sliding": core.SlidingToken,
	"rest_framework_simplejwt.tokens.AccessToken":  core.AccessToken,
	"rest_framework_simplejwt.tokens.SlidingToken": core.SlidingToken,
}

func readClasses(v value) ([]core.TokenType, error) {
	texts, err := readTexts(v)
	if err != nil {
		return nil, err
	}
	var types []core.TokenType
	for _, t := range texts {
		class, ok := classes[t]
		if !ok {
			return nil, fmt.Errorf("%q is no class of tokens that is known here: use access or sliding", t)
		}
		types = append(types, class)
	}
	return types, nil
}

// readHeaderName reads a header's name as Django's request.META has it: HTTP_X_ACCESS_TOKEN for X-Access-Token.
func readHeaderName(v value) (string, error) {
	s, err := readText(v)
	if err != nil {
		return "", err
	}
	name, ok := strings.CutPrefix(s, "HTTP_")
	if !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return "", fmt.Errorf("%q is no header in Django's form: write X-Access-Token as HTTP_X_ACCESS_TOKEN", s)
	}
	return s, nil
}

// readListen reads host:port.
func readListen(v value) (string, error) {
	s, err := readText(v)
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", fmt.Errorf("%q is no address: write host:port, such as 127.0.0.1:8000", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", fmt.Errorf("%q is no port: use a number up to 65535", port)
	}
	return s, nil
}

// listenHost is the host of a listen address as a Host header has it; empty where the address is every interface.
func listenHost(listen string) string {
	host, _, err := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	switch {
	case err != nil || host == "" || ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) || host == "localhost":
		return ""
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

// check reports contradictions between values. It skips keys whose value is already wrong.
func (c *Config) check(failed func(key string) bool) []Problem {
	var problems []Problem
	bad := func(key string, err error) {
		if err != nil && !failed(key) {
			problems = append(problems, about(key, c.origins[key], err))
		}
	}
	for _, err := range c.Settings.Validate() {
		setting, text, _ := strings.Cut(err.Error(), ": ")
		if r, _ := find("simple_jwt." + setting); r != nil {
			setting = r.key
		}
		bad(setting, errors.New(text))
	}
	if !failed("simple_jwt.REFRESH_TOKEN_LIFETIME") {
		bad("refresh.max_session", c.checkMaxSession())
	}
	if !failed("password.memory") && !failed("password.iterations") && !failed("password.parallelism") {
		bad("password.memory", checkCosts(c.Password))
	}
	if c.Settings.Compat == core.V52 && c.Settings.CheckRevokeToken {
		bad("simple_jwt.CHECK_REVOKE_TOKEN",
			errors.New(`does not exist in version 5.2: leave it out, or set compat: "5.5"`))
	}
	if c.Settings.Compat == core.V52 && !c.Settings.CheckUserIsActive {
		bad("simple_jwt.CHECK_USER_IS_ACTIVE",
			errors.New(`does not exist in version 5.2, which always checks: leave it out, or set compat: "5.5"`))
	}
	if c.ListSessions && !c.Settings.BlacklistApp {
		bad("sessions.list", errors.New("is true and blacklist_app is false, so that no customer could end a log-in: "+
			"set blacklist_app to true"))
	}
	if c.ShutdownTimeout < time.Second {
		bad("shutdown_timeout", errors.New("must be at least 1 second"))
	}
	if c.AllowedHosts != nil && len(c.AllowedHosts) == 0 {
		bad("allowed_hosts", errors.New(`names no host, so that every request would be refused: name some, or "*" for any`))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") && !failed("tls.cert") && !failed("tls.key") {
		alone, other := "tls.cert", "tls.key, its private key,"
		if c.TLSCert == "" {
			alone, other = "tls.key", "tls.cert, its certificate,"
		}
		bad(alone, fmt.Errorf("stands alone: give %s too", other))
	}
	if !failed("tls.cert") && !failed("tls.key") && !failed("behind_proxy") {
		bad("listen", c.CheckAddress(c.Listen))
	}
	c.checkMembers(bad)
	c.checkBrowser(bad)
	bad("allowed_hosts", checkHosts(c.AllowedHosts))
	if c.MetricsListen != "" && c.MetricsListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") && !failed("listen") {
		bad("metrics.listen", errors.New("is the address of listen: choose another port"))
	}
	c.checkLimits(bad)
	c.checkKeys(bad)
	bad(c.given("simple_jwt.SIGNING_KEY"), c.checkWritable("simple_jwt.SIGNING_KEY"))
	if !failed("keys.publish_before") {
		bad("keys.rotate_every", c.checkRotation())
	}
	c.checkKeyLife(bad)
	c.checkFleet(bad)
	c.warn(bad)
	return problems
}

// checkCosts is Validate without the numbers that it was given.
func checkCosts(p password.Params) error {
	err := p.Validate()
	if err == nil {
		return nil
	}
	_, text, _ := strings.Cut(err.Error(), ": ")
	return errors.New(strings.Replace(text, "their product", "its product with password.iterations", 1))
}

// checkHosts refuses hosts that no Host header can match.
func checkHosts(hosts []string) error {
	for _, h := range hosts {
		name := strings.Trim(strings.TrimPrefix(h, "."),
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")
		v6, brackets := strings.CutPrefix(strings.TrimSuffix(h, "]"), "[")
		switch {
		case h == "*" || h != "" && name == "" || brackets && strings.HasSuffix(h, "]") && strings.Contains(v6, ":") &&
			net.ParseIP(v6) != nil:
			continue
		case net.ParseIP(h) != nil:
			return fmt.Errorf("%q is an address of IPv6, which stands in brackets, as in \"[::1]\"", h)
		}
		return fmt.Errorf("%q is no host: write a name such as auth.example.com without scheme, port and path, "+
			".example.com for a domain and all below it, or \"*\" for any", h)
	}
	return nil
}

// checkWritable refuses a secret in a file that others can change.
func (c *Config) checkWritable(key string) error {
	if path, mode := c.secretFile(key); mode&0o022 != 0 {
		return fmt.Errorf("stands in %s, which others can change (mode %v): run chmod 600 %[1]s, and replace "+
			"the key", path, mode)
	}
	return nil
}

// CheckAddress refuses to listen at an address where passwords and tokens would travel in clear.
func (c *Config) CheckAddress(address string) error {
	if c.TLSCert != "" || c.TLSKey != "" || c.BehindProxy || isLoopback(address) {
		return nil
	}
	return fmt.Errorf("%q is open to other machines, where passwords and tokens would travel in clear: set tls.cert "+
		"and tls.key, "+
		"or behind_proxy: true where a proxy with TLS stands before the node; loopback needs neither", address)
}

// isLoopback reports whether an address is reached from this machine alone.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

// checkKeys reports keys that ALGORITHM cannot use. A short secret that is allowed makes a warning instead.
func (c *Config) checkKeys(bad func(string, error)) {
	symmetric := c.symmetric()
	signing, verifying := c.given("simple_jwt.SIGNING_KEY"), c.given("simple_jwt.VERIFYING_KEY")
	switch {
	case c.SigningKey.IsSet():
	case c.VerifyingKey.IsSet() && symmetric:
		bad(verifying, fmt.Errorf("has no meaning for %s, where one secret signs and checks: set ALGORITHM to that of "+
			"the key, such as RS256, ES256 or EdDSA, or give the secret as SIGNING_KEY", c.Algorithm))
		return
	case c.VerifyingKey.IsSet():
		if _, err := keyring.FromSettings(c.Algorithm, nil, c.VerifyingKey.Reveal(), false); err != nil {
			bad(verifying, fmt.Errorf("cannot be used with %s: %w", c.Algorithm, err))
		}
		return
	default:
		return
	}
	if symmetric && keyring.IsKeyPair(c.SigningKey.Reveal()) {
		bad(signing, fmt.Errorf("is a key pair's and no secret, which %s wants (PyJWT refuses it too): set ALGORITHM "+
			"to that of the key, such as RS256, ES256 or EdDSA", c.Algorithm))
		return
	}
	_, err := keyring.FromSettings(c.Algorithm, c.SigningKey.Reveal(), c.VerifyingKey.Reveal(), false)
	if err == nil {
		return
	}
	if errors.Is(err, keyring.ErrKeyPair) {
		bad(verifying, err)
		return
	}
	var weak *jws.WeakKeyError
	if !symmetric || !errors.As(err, &weak) {
		bad(signing, fmt.Errorf("cannot be used with %s: %w", c.Algorithm, err))
		return
	}
	if c.AllowWeakSigningKey {
		return
	}
	bad(signing, fmt.Errorf("is weak for %s: %w; take a longer one, or set allow_weak_signing_key: true while old "+
		"tokens are in use", c.Algorithm, err))
}

// given is the form in which a secret was given: its own key, or that of its file.
func (c *Config) given(key string) string {
	if _, fromFile := c.origins[key+"_FILE"]; fromFile {
		return key + "_FILE"
	}
	return key
}
