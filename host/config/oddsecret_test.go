package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/edgetoken/edgetoken/host/config"
)

// TestOddSecrets: what a file, a variable or YAML puts around a secret is a part of it, as ever, and there is a
// warning that says so and how many bytes it has.
func TestOddSecrets(t *testing.T) {
	var little, big []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + longKey + "\n")) {
		little, big = append(little, byte(unit), byte(unit>>8)), append(big, byte(unit>>8), byte(unit))
	}
	for _, c := range []struct{ content, secret, seen string }{
		{longKey, longKey, ""},
		{longKey + "\n", longKey, ""},
		{longKey + "\r\n", longKey, ""},
		{longKey + "\n\n", longKey + "\n", "ends with a line break"},
		{longKey + "\r\n\r\n", longKey + "\r\n", "ends with a line break"},
		{"\ufeff" + longKey + "\n", "\ufeff" + longKey, "begins with a byte order mark"},
		{string(little), strings.TrimSuffix(string(little), "\n"), "begins with the byte order mark of UTF-16"},
		{string(big), strings.TrimSuffix(string(big), "\n"), "begins with the byte order mark of UTF-16"},
		{string(little[2:]), string(little[2:]), "has NUL bytes, as UTF-16 has"},
		{`"` + longKey + `"` + "\n", `"` + longKey + `"`, "stands in quotes"},
		{`'` + longKey + `'`, `'` + longKey + `'`, "stands in quotes"},
		{"“" + longKey + "”", "“" + longKey + "”", "stands in quotes"},
		{"`" + longKey + "`", "`" + longKey + "`", "stands in quotes"},
		{"b'" + longKey + "'", "b'" + longKey + "'", "stands in quotes"},
		{longKey + "\u200b", longKey + "\u200b", "has a character that cannot be seen"},
		{"\u2060" + longKey, "\u2060" + longKey, "has a character that cannot be seen"},
		{"\x1b[1m" + longKey, "\x1b[1m" + longKey, "has a character that cannot be seen"},
		{longKey + "\u200b\xff", longKey + "\u200b\xff", ""}, // bytes, and no text
		{"SIGNING_KEY=" + longKey, "SIGNING_KEY=" + longKey, "begins with the name of a setting"},
		{"export DJANGO_SECRET_KEY='" + longKey + "'", "export DJANGO_SECRET_KEY='" + longKey + "'",
			"begins with the name of a setting"},
		{"SIGNING_KEY: " + longKey, "SIGNING_KEY: " + longKey, "begins with the name of a setting"},
		{"SECRET_KEYS" + longKey, "SECRET_KEYS" + longKey, ""},
		{" " + longKey, " " + longKey, "begins with a blank"},
		{"\n" + longKey, "\n" + longKey, "begins with a line break"},
		{longKey + "\t \n", longKey + "\t ", "ends with a blank"},
		{longKey + "\u00a0", longKey + "\u00a0", "ends with a blank"},
		{"SECRET\n" + longKey + "\n", "SECRET\n" + longKey, "has several lines"},
		{" \"" + longKey + "\"\n\n", " \"" + longKey + "\"\n", "stands in quotes, begins with a blank, ends with a " +
			"line break"},
		{`"` + longKey, `"` + longKey, ""},
		{longKey + ` "x" ` + longKey, longKey + ` "x" ` + longKey, ""},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("secret", []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(config.Sources{File: "edgetoken.yaml",
			Environ: []string{"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY_FILE=secret"}})
		if err != nil {
			t.Errorf("a file with %q: %v", c.content, err)
			continue
		}
		if got := string(cfg.SigningKey.Reveal()); got != c.secret {
			t.Errorf("a file with %q is the secret %q, want %q", c.content, got, c.secret)
		}
		want := ""
		if c.seen != "" {
			want = fmt.Sprintf("simple_jwt.SIGNING_KEY_FILE: the secret has %d bytes: it %s, and all of that is part "+
				"of the secret", len(c.secret), c.seen)
		}
		if got := strings.Join(cfg.Warnings, "\n"); !strings.HasPrefix(got, want) || (got == "") != (want == "") ||
			strings.Contains(got, longKey) {
			t.Errorf("a file with %q warns %q, want %q", c.content, got, want)
		}
	}
	// docker --env-file keeps quotes, and a YAML block its last line break.
	for _, c := range []struct {
		file    string
		environ []string
		want    string
	}{
		{"", []string{"EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=\"" + longKey + "\""}, "simple_jwt.SIGNING_KEY: the secret " +
			"has 40 bytes: it stands in quotes"},
		{"simple_jwt:\n  SIGNING_KEY: |\n    " + longKey + "\n", nil, "simple_jwt.SIGNING_KEY: the secret has 39 " +
			"bytes: it ends with a line break"},
		{"simple_jwt:\n  SIGNING_KEY: \" 'django-insecure-" + longKey + "\"\n", nil, "simple_jwt.SIGNING_KEY begins " +
			"with django-insecure-: "},
		{"simple_jwt:\n  SIGNING_KEY: |-\n    " + longKey + "\n", nil, ""},
		{"simple_jwt:\n  SIGNING_KEY: \"" + longKey + "\"\n", nil, ""},
	} {
		cfg, err := load(t, c.file, c.environ)
		if err != nil {
			t.Errorf("Load(%q, %q) = %v", c.file, c.environ, err)
		} else if got := strings.Join(cfg.Warnings, "\n"); !strings.HasPrefix(got, c.want) ||
			(got == "") != (c.want == "") {
			t.Errorf("Load(%q, %q) warns %q, want %q", c.file, c.environ, got, c.want)
		}
	}
}
