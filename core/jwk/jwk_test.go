package jwk_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core/jwk"
)

// Members of good keys: RFC 7515 appendix A.1 and A.3, and RFC 8037 appendix A.2.
const (
	secret = `"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4h` +
		`cgUuTwjAzZr1Z9CAow"`
	ec = `"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" // of the next
	ed   = `"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
)

// A set gives the keys that check signatures, and leaves out those for something else (RFC 7517 §5).
func TestReadSet(t *testing.T) {
	keys, err := jwk.ReadSet([]byte(`{"keys":[{"kid":"a",` + secret + `,"use":"sig"},{"kid":"\u0062",` + ec + `,"exp":5},
		{` + ed + `,"alg":"Ed25519","x5c":["…"]},{"kty":"EC","crv":"secp256k1"},{` + ec + `,"use":"enc"},{"kty":"AKP"},
		{"kty":"RSA","alg":"RSA-OAEP","n":"AQAB","e":"AQAB"}]}`))
	if err != nil || len(keys) != 3 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for i, want := range []struct {
		id, algorithm string
		end           int64
		public        string
	}{
		{"a", "HS256", 0, ""},
		{"b", "ES256", 5, `{` + ec + `,"alg":"ES256","use":"sig","kid":"b"}`},
		{"", "Ed25519", 0, `{` + ed + `,"alg":"Ed25519","use":"sig"}`},
	} {
		k := keys[i]
		if k.ID != want.id || k.Algorithm != want.algorithm || k.NotAfter != want.end {
			t.Errorf("key %d is %q for %s until %d", i, k.ID, k.Algorithm, k.NotAfter)
		}
		if public := jwk.Public(k.ID, k.Algorithm, k.Material); public != want.public {
			t.Errorf("key %d is written as %s, want %s", i, public, want.public)
		}
	}
}

// A mistake names the place and the reason, and shows no key.
func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                                                    "no strict JSON object",
		`{` + ec + `,"kty":"EC"}`:                               "a name twice",
		`{"keys":{}}`:                                           "keys: it must be a list",
		`{"keys":[]}`:                                           "keys: there is none",
		`{"keys":[{"kty":"AKP"}]}`:                              "keys: there is none",
		`{"keys":[{` + ec + `},7]}`:                             "keys[1]: it is no strict JSON object",
		`{"keys":[{` + ec + `,"d":"AA"}]}`:                      "keys[0]: d: this is a private key",
		`{` + ec + `,"alg":"RS256"}`:                            "no good key for RS256",
		`{` + ec + `,"alg":"none"}`:                             "no key for signatures",
		`{` + ec + `,"exp":"5"}`:                                "exp: it must be a time",
		`{` + ec + `,"kid":5}`:                                  "kid: it must be a text",
		`{"kty":"oct","k":"AA"}`:                                "alg: it must name the algorithm",
		`{"kty":"oct","alg":"HS256","k":"AA"}`:                  "the secret has 1 bytes and HS256 needs at least 32",
		`{"kty":"oct","alg":"HS256","k":"A==="}`:                "k: it must be base64url",
		`{"kty":"oct","alg":"HS256"}`:                           "k: it must be base64url",
		`{"kty":"oct","alg":"EdDSA","k":"` + seed + `"}`:        "no key for signatures",
		`{` + ec + `,"key_ops":["encrypt"]}`:                    "no key for signatures",
		`{` + ec + `,"key_ops":"verify"}`:                       "key_ops: it must be a list",
		strings.Replace(`{`+ec+`}`, `"y":"x`, `"y":"y`, 1):      "no good key for ES256",
		strings.Replace(`{`+ec+`}`, `"y":"x_FE`, `"y":"`, 1):    "x and y: they must be of one length",
		`{"kty":"RSA","alg":"RS256","n":"AQAB","e":"AQAB"}`:     "no good key for RS256: the RSA key has 17 bits",
		`{"kid":"` + strings.Repeat("k", 256) + `",` + ec + `}`: "kid: it has more than 255 bytes",
	} {
		_, err := jwk.ReadSet([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "f83OJ3D2") {
			t.Errorf("ReadSet(%.60s) = %v, want %q", text, err, want)
		}
	}
	if _, err := jwk.Read([]byte(`{"kty":"AKP"}`)); err == nil {
		t.Error("Read takes a key of an unknown kind")
	}
}

// FuzzRead reads any bytes; what is taken is written as the same key.
func FuzzRead(f *testing.F) {
	for _, members := range []string{secret, ec, ed, ec + `,"kid":"\ud83d\ude00\"\\"`} {
		f.Add([]byte(`{` + members + `}`))
		f.Add([]byte(`{"keys":[{` + members + `},{}]}`))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := jwk.ReadSet(text)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%d keys and %v", len(keys), err)
		}
		for _, k := range keys {
			public := jwk.Public(k.ID, k.Algorithm, k.Material)
			if (public == "") != k.Symmetric() {
				t.Fatalf("a key for %s is written as %q", k.Algorithm, public)
			}
			if public == "" {
				continue
			}
			again, err := jwk.Read([]byte(public))
			if err != nil || again.ID != k.ID || again.Algorithm != k.Algorithm ||
				string(again.Material) != string(k.Material) {
				t.Fatalf("%s is read back as %q for %s, %v", public, again.ID, again.Algorithm, err)
			}
		}
	})
}
