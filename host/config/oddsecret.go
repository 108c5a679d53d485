package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oddSecret warns of characters that an editor, a shell or an --env-file probably added to a secret. The secret is
// used as it is, since a shop may sign with exactly these bytes. Keys in PEM have their own rules.
func oddSecret(fromFile bool) func(*Config) string {
	return func(c *Config) string {
		if !c.SigningKey.IsSet() || !c.symmetric() || (c.SigningKey.file != "") != fromFile {
			return ""
		}
		secret := c.SigningKey.Reveal()
		seen := oddities(secret)
		if seen == nil {
			return ""
		}
		return fmt.Sprintf(": the secret has %d bytes: it %s, and all of that is part of the secret; write it "+
			"without, unless whoever else signs has it so too", len(secret), strings.Join(seen, ", "))
	}
}

// quoted is what stands in quotes of a shell, Python or a text processor, and named a line of settings.py, of an
// --env-file or of YAML.
var (
	quoted = regexp.MustCompile("(?s)^(?:[bru]{0,2}\".*\"|[bru]{0,2}'.*'|`.*`|“.*”|‘.*’|«.*»)$")
	named  = regexp.MustCompile(`^(?:export\s+)?(?:\w*_)?(?:SIGNING_KEY|SECRET_KEY)\s*[:=]`)
)

// unseen reports whether r is invisible and no blank.
func unseen(r rune) bool { return !unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// oddities lists what a secret has but hardly anybody intends.
func oddities(secret []byte) []string {
	var seen []string
	add := func(odd bool, what string) {
		if odd {
			seen = append(seen, what)
		}
	}
	utf16 := bytes.HasPrefix(secret, []byte("\xff\xfe")) || bytes.HasPrefix(secret, []byte("\xfe\xff"))
	add(utf16, "begins with the byte order mark of UTF-16")
	add(!utf16 && bytes.IndexByte(secret, 0) >= 0, "has NUL bytes, as UTF-16 has")
	if seen != nil {
		return seen
	}
	text, marked := bytes.CutPrefix(secret, []byte("\ufeff"))
	add(marked, "begins with a byte order mark")
	inner := bytes.TrimSpace(text)
	add(quoted.Match(inner), "stands in quotes")
	add(named.Match(inner), "begins with the name of a setting")
	add(utf8.Valid(inner) && bytes.ContainsFunc(inner, unseen), "has a character that cannot be seen")
	before, after := text[:len(text)-len(bytes.TrimLeftFunc(text, unicode.IsSpace))],
		text[len(bytes.TrimRightFunc(text, unicode.IsSpace)):]
	lineEnd := func(b []byte) bool { return bytes.ContainsAny(b, "\r\n") }
	add(lineEnd(before), "begins with a line break")
	add(len(before) > 0 && !lineEnd(before), "begins with a blank")
	add(lineEnd(inner), "has several lines")
	add(lineEnd(after), "ends with a line break")
	add(len(after) > 0 && !lineEnd(after), "ends with a blank")
	return seen
}
