package config_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
)

func TestKeep(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		fixed         string // keys that keep their values
		changed       string // keys that differ afterwards
		get           func(*config.Config) any
		want          any
	}{
		"nothing": {"engine: native\n", "engine: native\n", "[]", "[]",
			func(c *config.Config) any { return c.Origin("engine") }, config.Origin{File: "edgetoken.yaml", Line: 1}},
		"live": {"log: {level: info}\n", "simple_jwt: {LEEWAY: 5, AUDIENCE: a}\nlog: {level: debug}\n", "[]",
			"[log.level simple_jwt.AUDIENCE simple_jwt.LEEWAY]",
			func(c *config.Config) any { return c.Settings.Audience[0] }, "a"},
		"at the start": {"listen: localhost:1\nengine: native\n", "listen: localhost:2\ndata: x\nerror_header: " +
			"false\n", "[listen data engine]", "[error_header]",
			func(c *config.Config) any {
				return fmt.Sprintf("%s %s %s %s", c.Listen, c.Data, c.Engine, c.Origin("data"))
			}, "localhost:1 data native default"},
		"secret": {"simple_jwt: {SIGNING_KEY: " + longKey + "}\n", "simple_jwt: {SIGNING_KEY: x" + longKey + "}\n",
			"[]", "[simple_jwt.SIGNING_KEY]",
			func(c *config.Config) any { return string(c.SigningKey.Reveal()) }, "x" + longKey},
		"same secret": {"simple_jwt: {SIGNING_KEY: " + longKey + "}\n", "# ours\nsimple_jwt: {SIGNING_KEY: " + longKey +
			"}\n", "[]", "[]",
			func(c *config.Config) any { return c.Origin("simple_jwt.SIGNING_KEY").Line }, 2},
		"keys of the store": {"keys: {rotate_every: 30d, secret: " + longKey + "}\n",
			"keys: {rotate_every: 60d, publish_before: 2d, secret: x" + longKey + ", signer: \"unix:x\"}\n",
			"[keys.secret keys.signer]", "[keys.rotate_every keys.publish_before]",
			func(c *config.Config) any { return string(c.KeysSecret.Reveal()) }, longKey},
		"form of a kept secret": {"keys: {secret: " + longKey + "}\n", "keys: {secret_FILE: edgetoken.yaml}\n",
			"[keys.secret]", "[]", func(c *config.Config) any {
				return fmt.Sprint(c.Origin("keys.secret"), c.Origin("keys.secret_FILE"))
			}, "edgetoken.yaml:1 default"},
		"fleet": {"fleet: {staleness: 30s}\n", "fleet: {staleness: 40s, when_stale: open, lane: http}\n",
			"[fleet.lane fleet.staleness]", "[fleet.when_stale]",
			func(c *config.Config) any { return c.Fleet.Staleness }, 30 * time.Second},
		"certificate": {"tls: {cert: a, key: b}\n", "tls: {cert: c, key: d}\n", "[]", "[tls.cert tls.key]",
			func(c *config.Config) any { return c.TLSCert + c.TLSKey }, "cd"},
		"TLS off": {"tls: {cert: a, key: b}\nlisten: :1\n", "listen: localhost:1\n", "[listen tls.cert tls.key]",
			"[]", func(c *config.Config) any { return c.TLSCert + c.TLSKey }, "ab"},
		"TLS on": {"", "tls: {cert: a, key: b}\n", "[tls.cert tls.key]", "[]",
			func(c *config.Config) any { return c.TLSCert + c.TLSKey }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := load(t, c.before, nil)
			if err != nil {
				t.Fatal(err)
			}
			after, err := load(t, c.after, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(after.Keep(before)); got != c.fixed {
				t.Errorf("Keep() = %s, want %s", got, c.fixed)
			}
			if got := fmt.Sprint(after.Changed(before)); got != c.changed {
				t.Errorf("Changed() = %s, want %s", got, c.changed)
			}
			if got := c.get(after); got != c.want {
				t.Errorf("afterwards %v, want %v", got, c.want)
			}
		})
	}
}
