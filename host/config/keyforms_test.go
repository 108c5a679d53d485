package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
)

// TestKeyInAnyForm: a key in PEM is one and the same key however YAML, a variable or a file holds it.
func TestKeyInAnyForm(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	const es256 = "simple_jwt:\n  ALGORITHM: ES256\n  SIGNING_KEY"
	blocked := "\n    " + strings.Join(lines, "\n    ") + "\n"
	for name, file := range map[string]string{
		"block":                  es256 + ": |" + blocked,
		"folded":                 es256 + ": >" + blocked,
		"plain, several lines":   es256 + ":" + blocked,
		"plain, from the first":  es256 + ": " + strings.Join(lines, "\n    ") + "\n",
		"one line":               es256 + ": " + strings.Join(lines, "") + "\n",
		"one line with blanks":   es256 + ": \"" + strings.Join(lines, " ") + "\"\n",
		"double quotes, escapes": es256 + ": \"" + strings.Join(lines, `\n`) + "\"\n",
		"single quotes":          es256 + ": '" + strings.Join(lines, "\n    ") + "'\n",
		"file":                   es256 + "_FILE: key.pem\n",
		"file, indented":         es256 + "_FILE: indented.pem\n",
	} {
		t.Chdir(t.TempDir())
		for path, content := range map[string]string{"edgetoken.yaml": file, "key.pem": "\ufeff" + text,
			"indented.pem": blocked} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if c, err := config.Load(config.Sources{File: "edgetoken.yaml", FileNeeded: true}); err != nil ||
			len(c.Warnings) != 0 {
			t.Errorf("%s: %v, %v", name, err, c)
		}
	}
	// What docker --env-file and shells make of it.
	for _, value := range []string{text, strings.Join(lines, " "), strings.Join(lines, ""), `"` +
		strings.Join(lines, " ") + `"`} {
		if c, err := load(t, "", []string{"EDGETOKEN_SIMPLE_JWT_ALGORITHM=ES256", "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=" +
			value}); err != nil || len(c.Warnings) != 0 {
			t.Errorf("a variable: %v", err)
		}
	}
	_, err = load(t, "", []string{"EDGETOKEN_SIMPLE_JWT_ALGORITHM=ES256", "EDGETOKEN_SIMPLE_JWT_SIGNING_KEY=" +
		strings.Join(lines, `\n`)})
	if err == nil || !strings.Contains(err.Error(), `it has \n, two characters, in the place of line breaks`) ||
		strings.Contains(err.Error(), lines[1][:8]) {
		t.Errorf("a variable with \\n: %v", err)
	}
}
