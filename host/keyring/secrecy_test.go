package keyring_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// marked finds a piece of the secrets of the tests below: no text of ours has three of these letters in a row.
var marked = regexp.MustCompile(`(?i)[qxzj]{3}`)

// damagedKey is a text with a secret in it and some changes; SECRET stands for the secret.
func damagedKey(r *rand.Rand) string {
	texts := []string{
		`{"alg":"HS256","k":"SECRET","kid":"0d5f","kty":"oct","exp":1790000000}` + "\n",
		`{"keys":[{"alg":"ES256","kty":"EC","crv":"P-256","x":"SECRET","y":"SECRET","d":"SECRET","kid":"a","use":"sig","key_ops":["sign"]}]}`,
		"-----BEGIN PRIVATE KEY-----\nSECRET\nSECRET\n-----END PRIVATE KEY-----\n",
		"-----BEGIN EC PARAMETERS-----\nSECR\n-----END EC PARAMETERS-----\n" +
			"-----BEGIN SECRET-----\nProc-Type: 4,SECRET\n\nSECRET\n-----END SECRET-----\n",
	}
	text := texts[r.IntN(len(texts))]
	pieces := []string{`"`, `,`, `:`, `{`, `}`, `[`, `]`, `\`, "\n", " ", "=", "-----", `"alg":"SECRET",`,
		`"kty":"SECRET",`, `"crv":"SECRET",`, `"use":"SECRET",`, `"kid":"SECRET",`,
		`"exp":"SECRET",`, `"key_ops":["SECRET"],`, `"SECRET":1,`, "SECRET", "\xff"}
	for range r.IntN(4) {
		at, to := r.IntN(len(text)+1), r.IntN(len(text)+1)
		if at > to {
			at, to = to, at
		}
		switch r.IntN(4) {
		case 0:
			text = text[:at] + text[to:]
		case 1:
			text = text[:at] + pieces[r.IntN(len(pieces))] + text[at:]
		case 2:
			text = text[:at] + pieces[r.IntN(len(pieces))] + text[to:]
		case 3:
			text = strings.Replace(text, `{"alg"`, `{`+pieces[r.IntN(len(pieces))]+`"alg"`, 1)
		}
	}
	secret := make([]byte, 43)
	for i := range secret {
		secret[i] = "qxzjQXZJ"[r.IntN(8)]
	}
	return strings.ReplaceAll(text, "SECRET", string(secret))
}

// TestNoTextOfAKeyIsShown: whatever a key file says, no error has a piece of it.
func TestNoTextOfAKeyIsShown(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	path := filepath.Join(t.TempDir(), "signing.key")
	refused := 0
	for range 3_000 {
		text := []byte(damagedKey(r))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, first := keyring.Load(path, 0)
		found, second := keyring.Read(text, "HS256")
		for _, skipped := range found.Skipped {
			second = errors.Join(second, errors.New(skipped.Reason))
		}
		_, third := keyring.FromSettings("ES256", text, nil, false)
		_, fourth := keyring.FromSettings("HS512", text[:min(len(text), 60)], nil, false)
		for _, err := range []error{first, second, third, fourth} {
			if err == nil {
				continue
			}
			refused++
			if shown := strings.ReplaceAll(err.Error(), path, ""); marked.MatchString(shown) {
				t.Fatalf("of\n%s\nis shown: %s", text, shown)
			}
		}
	}
	t.Logf("%d refusals", refused)
}
