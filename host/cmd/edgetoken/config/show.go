package config

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// Line is one line of the effective configuration.
type Line struct {
	Key    string `json:"key"`
	Value  any    `json:"value"` // null, a boolean, a number, a text or a list of texts; the mask for a secret; durations in text
	Origin string `json:"origin"`
}

// Show is the effective configuration, secrets masked.
func (c *Config) Show() []Line {
	var lines []Line
	for _, r := range rows {
		if r.get == nil {
			continue
		}
		origin := c.origins[r.key]
		if r.rival != "" && origin.IsDefault() {
			origin = c.origins[r.rival]
		}
		lines = append(lines, Line{Key: r.key, Value: plain(r.get(c)), Origin: origin.String()})
	}
	return lines
}

// plainText is text that YAML takes for a text without quotes.
var plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./:*-]*$|^[0-9]+[dhms][0-9dhms.]*$|^[0-9.]+:[0-9]+$`)

// Text is the value as the file would have it.
func (l Line) Text() string {
	if s, ok := l.Value.(string); ok && (s == mask || plainText.MatchString(s) && !slices.Contains([]string{"true", "false", "null"}, s)) {
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
	case core.Version:
		return string(v)
	case core.Wire:
		return string(v)
	}
	return v
}

// Keys are the names of all keys, in the order in which Show has them.
func Keys() []string {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.key
	}
	return keys
}
