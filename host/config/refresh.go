package config

import (
	"errors"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// refreshRows are the keys that bound the rotation of refresh tokens. They have an effect with wire: secure alone.
func refreshRows() []row {
	d := core.DefaultSettings()
	return []row{
		at("refresh.grace", d.RefreshGrace, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.RefreshGrace }),
		at("refresh.max_session", d.MaxSession, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.MaxSession }).
			shownAs(func(c *Config) any { return c.Settings.LongestSession() }),
		at("refresh.idle", d.RefreshIdle, readDuration,
			func(c *Config) *time.Duration { return &c.Settings.RefreshIdle }),
	}
}

// checkMaxSession refuses a session that ends before a refresh token does. The default follows the refresh token.
func (c *Config) checkMaxSession() error {
	s := &c.Settings
	if c.origins["refresh.max_session"].IsDefault() || s.MaxSession <= 0 || s.MaxSession >= s.RefreshTokenLifetime {
		return nil
	}
	return errors.New("is shorter than simple_jwt.REFRESH_TOKEN_LIFETIME, so that a session would end before its " +
		"refresh token does: raise it, or shorten that; 0 is without end")
}

// rotates reports whether a refresh gives a new refresh token.
func rotates(s *core.Settings) bool { return s.RotateRefreshTokens }

// unused warns of a key of refresh that is set without effect, since it needs wire: secure and the settings that needs
// names.
func unused(key string, used func(*core.Settings) bool, needs string) func(*Config) string {
	return func(c *Config) string {
		switch {
		case c.origins[key].IsDefault():
			return ""
		case c.Settings.Wire == core.Exact:
			return "is set and counts for nothing with wire: exact: set wire: secure, or leave it out"
		case !used(&c.Settings):
			return "is set and counts for nothing without " + needs + ": set that too, or leave it out"
		}
		return ""
	}
}
