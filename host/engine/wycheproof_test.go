package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// wycheproofExceptions are the tests, by file and number, where the other verdict is right here.
var wycheproofExceptions = map[string]string{
	"json_web_signature_test 346": otherAlgorithm,
	"json_web_signature_test 350": otherAlgorithm,
	"json_web_signature_test 347": unregistered,
	"json_web_signature_test 351": unregistered,
	"json_web_signature_test 367": validToken,
	"json_web_signature_test 370": validToken,
	"json_web_signature_test 372": foreignCharacter,
	"json_web_signature_test 373": foreignCharacter,
}

const (
	otherAlgorithm   = "the key says PS256 and the token PS384: the algorithm is the key's (RFC 8725 §3.1)"
	unregistered     = "the key says ES521, which is no algorithm (RFC 7518 §3.1 has ES512)"
	validToken       = "the token has no padding; it is that of test 357, which is valid"
	foreignCharacter = "a part has a question mark, which is no character of base64url (RFC 7515 §2)"
)

// wycheproofGroup is a group of tests with one key or one set of keys.
type wycheproofGroup struct {
	Comment         string
	Private, Public json.RawMessage
	Tests           []wycheproofTest
}

type wycheproofTest struct {
	Number  int `json:"tcId"`
	Comment string
	JWS     json.RawMessage // a text, or a JSON serialisation; absent for an encrypted token
	Result  string
}

func (c wycheproofTest) token() (token string) {
	if json.Unmarshal(c.JWS, &token) != nil {
		return string(c.JWS)
	}
	return token
}

// key is what checks the tests of the group.
func (g wycheproofGroup) key() []byte {
	if g.Public != nil {
		return g.Public
	}
	return g.Private
}

// wycheproofRefused are the keys that are refused, by file and the first test of their group, and what the reason
// names.
var wycheproofRefused = map[string]string{
	"json_web_signature_test 347": "unknown algorithm",
	"json_web_signature_test 351": "unknown algorithm",
	"json_web_signature_test 353": "use is not sig",
	"json_web_signature_test 354": "use is not sig",
	"json_web_signature_test 355": "key_ops",
	"json_web_signature_test 356": "key_ops",
	"json_web_key_test 1":         "secret keys beside public ones",
	"json_web_key_test 4":         "kid is that of another key",
	"json_web_key_test 6":         "use is not sig",
	"json_web_key_test 7":         "ROCA",
	"json_web_key_test 8":         "1024 bits and needs at least 2048",
	"json_web_key_test 9":         "public exponent 1",
	"json_web_key_test 10":        "31 bytes and needs at least 32",
	"json_web_key_test 11":        "47 bytes and needs at least 48",
	"json_web_key_test 12":        "63 bytes and needs at least 64",
	"json_web_key_test 16":        "0 bytes",
	"json_web_key_test 17":        "0 bytes",
	"json_web_key_test 18":        "0 bytes",
	"json_web_key_test 19":        "unknown algorithm",
	"json_web_key_test 20":        "unknown algorithm",
	"json_web_key_test 21":        "use is not sig",
	"json_web_key_test 22":        "not on the curve P-256",
	"json_web_key_test 23":        "not one for this algorithm",
	"json_web_key_test 24":        "no JWK (RFC 7517)",
	"json_web_key_test 25":        "unknown algorithm",
	"json_web_key_test 26":        "unknown algorithm",
	"json_web_crypto_test 46":     "ROCA",
	"json_web_crypto_test 47":     "secret keys beside public ones",
}

// Project Wycheproof's tests of signatures and of keys, by all three engines. Its payloads are no claims, so what it
// calls valid is a token whose signature is good; a key that is refused refuses its tokens.
func TestWycheproof(t *testing.T) {
	dir := coretest.Wycheproof(t)
	// The number of tests in each file; json_web_crypto_test has 34 more, of encrypted tokens.
	for file, want := range map[string]int{"json_web_signature_test": 401, "json_web_key_test": 26,
		"json_web_crypto_test": 49} {
		t.Run(file, func(t *testing.T) {
			ran, excepted, refused := 0, 0, 0
			for _, g := range wycheproofGroups(t, filepath.Join(dir, "testvectors_v1", file+".json")) {
				if g.Tests[0].JWS == nil {
					continue
				}
				keys, err := ringOf(g.key())
				var with map[string]core.Engine
				switch reason := wycheproofRefused[fmt.Sprint(file, " ", g.Tests[0].Number)]; {
				case err == nil && reason == "":
					with = allWith(t, keys)
				case err == nil || reason == "" || !strings.Contains(err.Error(), reason):
					t.Errorf("Read of %s (test %d) = %v, want %q", g.Comment, g.Tests[0].Number, err, reason)
				default:
					refused++
				}
				for _, c := range g.Tests {
					ran++
					name := fmt.Sprint(file, " ", c.Number)
					want := c.Result == "valid"
					if wycheproofExceptions[name] != "" {
						excepted++
						want = !want
					}
					if with == nil && want {
						t.Errorf("%s (%s, %s): the key is refused: %v", name, g.Comment, c.Comment, err)
					}
					for engine, e := range with {
						if o := open(t, e, c.token()); coretest.SignatureGood(o.Cause) != want {
							t.Errorf("%s (%s, %s) by %s: cause %v, want a good signature %v", name, g.Comment,
								c.Comment, engine, o.Cause, want)
						}
					}
				}
			}
			if ran != want {
				t.Errorf("%d tests ran, want %d", ran, want)
			}
			t.Logf("%d tests, %d of them with another verdict here; %d keys refused", ran, excepted, refused)
		})
	}
}

func wycheproofGroups(t *testing.T, path string) []wycheproofGroup {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ TestGroups []wycheproofGroup }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.TestGroups
}
