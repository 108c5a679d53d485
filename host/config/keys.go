package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// leastRotation is how long a key signs at least: the times of keys are whole seconds, and each rotation leaves a key
// in the store.
const leastRotation = time.Minute

// leastSignerTimeout and mostSignerTimeout bound how long a request waits for a signature from outside. A client and a
// proxy give up after some 30 seconds.
const leastSignerTimeout, mostSignerTimeout = 10 * time.Millisecond, 30 * time.Second

func keyRows() []row {
	secret := at("keys.secret", Secret{}, readSecret, func(c *Config) *Secret { return &c.KeysSecret })
	secret.rival = "keys.secret_FILE"
	secretFile := at("keys.secret_FILE", Secret{}, readSecretFile, func(c *Config) *Secret { return &c.KeysSecret })
	secretFile.rival, secretFile.quiet = secret.key, true
	secretFile.get = func(c *Config) any { return c.KeysSecret.File() }
	return append([]row{
		at("keys.rotate_every", 0, readLimit, func(c *Config) *time.Duration { return &c.KeysRotateEvery }),
		at("keys.publish_before", day, readLimit, func(c *Config) *time.Duration { return &c.KeysPublishBefore }),
	}, atStart(
		secret, secretFile,
		at("keys.signer", "", readSigner, func(c *Config) *string { return &c.KeysSigner }),
		at("keys.signer_timeout", 2*time.Second, readDuration,
			func(c *Config) *time.Duration { return &c.KeysSignerTimeout }),
	)...)
}

// bundleRows are about the trust bundle, by which verifiers elsewhere go.
func bundleRows() []row {
	return []row{
		at("bundle.publish", false, readBool, func(c *Config) *bool { return &c.BundlePublish }),
		at("bundle.lifetime", time.Hour, readBundleLifetime,
			func(c *Config) *time.Duration { return &c.BundleLifetime }),
	}
}

// The bounds of bundle.lifetime: a verifier must be able to fetch the next bundle in time, and one that is older than a
// week says little of what was revoked.
const leastBundleLifetime, mostBundleLifetime = time.Minute, 7 * day

func readBundleLifetime(v value) (time.Duration, error) {
	d, err := readDuration(v)
	if err == nil && (d < leastBundleLifetime || d > mostBundleLifetime) {
		err = fmt.Errorf("is %v and must be 1m to 7d: how long verifiers go by a bundle that they cannot renew", v)
	}
	return d, err
}

// UnixSigner begins the value of keys.signer, before the path of a socket.
const UnixSigner = "unix:"

// maxSocketPath is the longest path of a socket on Linux, in bytes.
const maxSocketPath = 107

// readSigner reads where keys sign that are elsewhere: unix: and the path of a socket; empty: nowhere.
func readSigner(v value) (string, error) {
	s, err := readText(v)
	if err != nil || s == "" {
		return "", err
	}
	// A path that begins with @ is an abstract socket, which has neither owner nor mode.
	path, ok := strings.CutPrefix(s, UnixSigner)
	if !ok || path == "" || strings.HasPrefix(path, "//") || strings.HasPrefix(path, "@") ||
		strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%q is no signer: write unix: and the path of its socket, as in unix:/run/kms.sock", s)
	}
	if len(path) > maxSocketPath {
		return "", fmt.Errorf("has a path that is longer than %d bytes, more than a socket can have", maxSocketPath)
	}
	return s, nil
}

// KeyAlgorithm is ALGORITHM where it was given, and "" where it stands at its default. That is for a configured
// SIGNING_KEY; keys that a node makes are for ES256.
func (c *Config) KeyAlgorithm() string {
	if _, given := c.origins["simple_jwt.ALGORITHM"]; !given {
		return ""
	}
	return c.Algorithm
}

// VerifiesOnly reports whether VERIFYING_KEY stands alone, so that the node issues no tokens.
func (c *Config) VerifiesOnly() bool {
	return c.VerifyingKey.IsSet() && !c.SigningKey.IsSet() && !c.symmetric()
}

// checkKeyLife reports what contradicts the keys of the store and what signs elsewhere.
func (c *Config) checkKeyLife(bad func(string, error)) {
	if t := c.KeysSignerTimeout; t < leastSignerTimeout || t > mostSignerTimeout {
		bad("keys.signer_timeout", fmt.Errorf("must be %v to %v", leastSignerTimeout, mostSignerTimeout))
	}
	if c.KeysSigner != "" && c.Engine == "wasm-full" {
		bad("keys.signer", errors.New("needs engine: wasm or native: wasm-full signs inside the module, "+
			"which a key elsewhere cannot enter"))
	}
	if c.KeysSecret.IsSet() {
		_, err := keyring.NewSealer(c.KeysSecret.Reveal())
		bad(c.given("keys.secret"), err)
		bad(c.given("keys.secret"), c.checkWritable("keys.secret"))
	}
}

// checkRotation reports why keys cannot be rotated on a schedule.
func (c *Config) checkRotation() error {
	every := c.KeysRotateEvery
	switch {
	case every == 0:
		return nil
	case every < leastRotation:
		return fmt.Errorf("must be at least %s, or 0 for off", formatDuration(leastRotation))
	case every < 2*c.KeysPublishBefore:
		// So the next key is published only after the last one took over: at most one key waits.
		return errors.New("must be at least twice keys.publish_before: a key would be published before the " +
			"one ahead of it signs")
	case c.SigningKey.IsSet():
		return errors.New("has nothing to rotate while SIGNING_KEY signs: import that first (edgetoken keys import " +
			"--signing-key), and remove SIGNING_KEY")
	case c.VerifiesOnly():
		return errors.New("has nothing to rotate with VERIFYING_KEY alone, where no key signs: import it first " +
			"(edgetoken keys import), and remove VERIFYING_KEY")
	case c.Settings.Wire == core.Exact:
		return errors.New("needs wire: secure: with wire: exact tokens have no kid, and nobody could tell which key " +
			"verifies them")
	}
	return nil
}

// leastPublished is how long verifiers commonly keep a key set before they ask again.
const leastPublished = 10 * time.Minute

// shortNotice tells of keys that sign before verifiers know them.
func shortNotice(c *Config) string {
	if c.KeysPublishBefore >= leastPublished {
		return ""
	}
	return "is less than " + formatDuration(leastPublished) + ": whoever keeps the key set that long refuses the " +
		"tokens of a new key until it asks again"
}

// repetitive tells of a node secret that can be guessed.
func repetitive(c *Config) string {
	if secret := c.KeysSecret.Reveal(); len(secret) > 0 && distinct(secret) < leastDistinct {
		return fmt.Sprintf("has fewer than %d different characters, so that it can be guessed: take a random one",
			leastDistinct)
	}
	return ""
}

// oftenRotated tells of a store that fills up with the records of keys, which stay for a year: it takes 10,000.
func oftenRotated(c *Config) string {
	if c.KeysRotateEvery == 0 || c.KeysRotateEvery >= time.Hour {
		return ""
	}
	return "is less than an hour: a store remembers keys for a year, and has room for 10,000: after that many no key " +
		"is made any more, and the last one goes on signing"
}

// restingRotation tells of keys elsewhere, which no rotation replaces.
func restingRotation(c *Config) string {
	if c.KeysRotateEvery == 0 || c.KeysSigner == "" {
		return ""
	}
	return "counts for nothing while a key of keys.signer signs, since a new key would be in the store: make the " +
		"next one in the signer, and edgetoken keys activate it"
}

// idleSigner tells of a signer whose keys cannot sign.
func idleSigner(c *Config) string {
	if c.KeysSigner == "" || !c.SigningKey.IsSet() {
		return ""
	}
	return "is set beside SIGNING_KEY, which signs: its keys are published and sign nothing; import SIGNING_KEY " +
		"(edgetoken keys import --signing-key) and remove it"
}
