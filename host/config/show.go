package config

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/claimmap"
	"github.com/edgetoken/edgetoken/host/throttle"
)

// Line is one line of the effective configuration.
type Line struct {
	Key string `json:"key"`
	// Value is null, a boolean, a number, a text (durations too), a list of texts or an object of texts; the mask for a
	// secret.
	Value  any    `json:"value"`
	Origin string `json:"origin"`
}

// Show is the effective configuration, secrets masked.
func (c *Config) Show() []Line {
	var lines []Line
	for _, r := range rows {
		origin := c.origins[r.key]
		if r.get == nil || r.quiet && origin.IsDefault() {
			continue
		}
		if r.rival != "" && origin.IsDefault() {
			origin = c.origins[r.rival]
		}
		lines = append(lines, Line{Key: r.key, Value: plain(r.get(c)), Origin: origin.String()})
	}
	return lines
}

// plainText is text that YAML takes for a text without quotes.
var plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./:*-]*$|^[0-9]+[dhms][0-9dhms.]*$|^[0-9]+[KMG]iB$|^[0-9.]+:[0-9]+$`)

// Text is the value as the file would have it.
func (l Line) Text() string {
	if s, ok := l.Value.(string); ok && (s == mask || plainText.MatchString(s) &&
		!slices.Contains([]string{"true", "false", "null"}, s)) {
		return s
	}
	b, err := json.Marshal(l.Value)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// plain gives a value of a field as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case time.Duration:
		return formatDuration(v)
	case Secret:
		if v.IsSet() {
			return v.String()
		}
		return nil
	case slog.Level:
		return strings.ToLower(v.String())
	case core.IDKind:
		switch v {
		case core.IntegerID:
			return "integer"
		case core.TextID:
			return "text"
		}
		return nil
	case *string:
		if v == nil {
			return nil
		}
		return *v
	case []string:
		if v == nil {
			return nil
		}
	case claimmap.Members:
		if v == nil {
			return nil
		}
	case throttle.Rate:
		if v == (throttle.Rate{}) {
			return nil
		}
		return v.String()
	case core.Version:
		return string(v)
	case core.Wire:
		return string(v)
	}
	return v
}

// Keys are the names of the keys, in the order in which Show has them, but for those that are known only to say what
// to write instead.
func Keys() []string {
	var keys []string
	for _, r := range rows {
		if !r.unnamed {
			keys = append(keys, r.key)
		}
	}
	return keys
}

// AtStart reports whether a running node keeps the value that this key has when it starts.
func AtStart(key string) bool {
	r, _ := find(key)
	return r != nil && r.fixed
}
