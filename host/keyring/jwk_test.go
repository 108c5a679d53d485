package keyring_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// Keys of RFC 7515 appendix A.
const (
	secretJWK   = `{"kty":"oct","kid":"s","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	publicEC    = `{"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	privateEC   = `{"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
	mismatched  = `{"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LM"}`
	publicOKP   = `{"kty":"OKP","kid":"o","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	agreementEC = `{"kty":"OKP","kid":"x","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
)

// ending is a JWK with a value, in JSON, for exp.
func ending(key, value string) string { return strings.Replace(key, "{", `{"exp":`+value+`,`, 1) }

func TestFromJWK(t *testing.T) {
	without := func(s, member string) string { return strings.Replace(s, member, "", 1) }
	for _, c := range []struct {
		name, text string
		signing    int
		want       []core.KeyInfo
	}{
		{"secret", secretJWK, 0, []core.KeyInfo{{ID: "s", Algorithm: "HS256", Default: true}}},
		{"private key whose curve names the algorithm", privateEC, 0,
			[]core.KeyInfo{{ID: "e", Algorithm: "ES256", Default: true}}},
		{"public key", publicOKP, -1, []core.KeyInfo{{ID: "o", Algorithm: "EdDSA", Default: true}}},
		{"Ed25519 by its newer name", strings.Replace(publicOKP, "{", `{"alg":"Ed25519",`, 1), -1,
			[]core.KeyInfo{{ID: "o", Algorithm: "Ed25519", Default: true}}},
		{"no kid", without(publicEC, `"kid":"e",`), -1, []core.KeyInfo{{Algorithm: "ES256", Default: true}}},
		{"set of one", `{"keys":[` + publicEC + `]}`, -1, []core.KeyInfo{{ID: "e", Algorithm: "ES256", Default: true}}},
		{"set of public keys", `{"keys":[` + publicEC + `,` + publicOKP + `]}`, -1,
			[]core.KeyInfo{{ID: "e", Algorithm: "ES256"}, {ID: "o", Algorithm: "EdDSA"}}},
		{"set of secret keys", `{"keys":[` + secretJWK + `,` + privateEC + `]}`, 0,
			[]core.KeyInfo{{ID: "s", Algorithm: "HS256"}, {ID: "e", Algorithm: "ES256"}}},
		{"with an end", ending(publicOKP, "1790000000"), -1,
			[]core.KeyInfo{{ID: "o", Algorithm: "EdDSA", Default: true, NotAfter: 1790000000}}},
		{"secret with an end", ending(secretJWK, "1790000000"), 0,
			[]core.KeyInfo{{ID: "s", Algorithm: "HS256", Default: true, NotAfter: 1790000000}}},
		{"end within a second", ending(publicOKP, "1790000000.9"), -1,
			[]core.KeyInfo{{ID: "o", Algorithm: "EdDSA", Default: true, NotAfter: 1790000000}}},
		{"end as a float", ending(publicOKP, "1.79e9"), -1,
			[]core.KeyInfo{{ID: "o", Algorithm: "EdDSA", Default: true, NotAfter: 1790000000}}},
		{"end in 9999", ending(publicOKP, "253402300799"), -1,
			[]core.KeyInfo{{ID: "o", Algorithm: "EdDSA", Default: true, NotAfter: 253402300799}}},
		{"set of which one ends", `{"keys":[` + publicEC + `,` + ending(publicOKP, "1790000000") + `]}`, -1,
			[]core.KeyInfo{{ID: "e", Algorithm: "ES256"}, {ID: "o", Algorithm: "EdDSA", NotAfter: 1790000000}}},
		{"use and key_ops", strings.Replace(publicEC, "{", `{"use":"sig","key_ops":["verify"],`, 1), -1,
			[]core.KeyInfo{{ID: "e", Algorithm: "ES256", Default: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := keyring.FromJWK([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			set := r.Set()
			if got := set.SigningAt(time.Unix(0, 0)); got != c.signing {
				t.Errorf("key %d signs, want %d", got, c.signing)
			}
			if len(set.Keys) != len(c.want) {
				t.Fatalf("%d keys, want %d", len(set.Keys), len(c.want))
			}
			for i, want := range c.want {
				if set.Keys[i] != want {
					t.Errorf("key %d is %+v, want %+v", i, set.Keys[i], want)
				}
			}
			err = r.Save(filepath.Join(t.TempDir(), "signing.key"))
			if (err == nil) != (len(c.want) == 1) {
				t.Errorf("Save of %d keys = %v", len(c.want), err)
			}
		})
	}
}

func TestFromJWKRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", ``, "neither a JWK nor a JWK Set"},
		{"no JSON", `hunter2`, "neither a JWK nor a JWK Set"},
		{"PEM", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "neither a JWK nor a JWK Set"},
		{"empty set", `{"keys":[]}`, "neither a JWK nor a JWK Set"},
		{"too long", strings.Repeat(" ", 1<<17), "too long"},
		{"for encryption", strings.Replace(publicEC, "{", `{"use":"enc",`, 1), "use is not sig"},
		{"for wrapping keys", strings.Replace(publicEC, "{", `{"key_ops":["wrapKey","deriveBits"],`, 1), "key_ops"},
		{"alg none", strings.Replace(secretJWK, "HS256", "none", 1), "unknown algorithm"},
		{"alg missing where it is not clear", strings.Replace(secretJWK, `"alg":"HS256",`, "", 1), "unknown algorithm"},
		{"alg of another kind of key", strings.Replace(publicEC, "{", `{"alg":"RS256",`, 1),
			"not one for this algorithm"},
		{"alg of another curve", strings.Replace(publicEC, "{", `{"alg":"ES384",`, 1), "not one for this algorithm"},
		{"alg Ed25519 of another curve", strings.Replace(publicEC, "{", `{"alg":"Ed25519",`, 1),
			"not one for this algorithm"},
		{"alg Ed448", strings.Replace(publicOKP, "{", `{"alg":"Ed448",`, 1), "unknown algorithm"},
		{"key agreement", agreementEC, "unknown algorithm"},
		{"alg Ed25519 of a key for key agreement", strings.Replace(agreementEC, "{", `{"alg":"Ed25519",`, 1),
			"not one for this algorithm"},
		{"short secret", `{"kty":"oct","kid":"s","alg":"HS512","k":"aHVudGVyMg"}`, "has 7 bytes and needs at least 64"},
		{"point off the curve", strings.Replace(publicEC, "x_FEzRu9", "x_FEzRu8", 1), "not on the curve P-256"},
		{"numbers of two keys", mismatched, "not of one key"},
		{"two keys with one kid", `{"keys":[` + publicEC + `,` + strings.Replace(publicOKP, `"o"`, `"e"`, 1) + `]}`,
			"key 2: its kid"},
		{"one of two keys without kid",
			`{"keys":[` + publicOKP + `,` + strings.Replace(publicEC, `"kid":"e",`, "", 1) + `]}`,
			"key 2: it has no kid"},
		{"secret beside a public key", `{"keys":[` + publicEC + `,` + secretJWK + `]}`,
			"secret keys beside public ones"},
		{"end as a text", ending(publicOKP, `"1790000000"`), "exp is no time in Unix seconds"},
		{"end null", ending(publicOKP, `null`), "exp is no time in Unix seconds"},
		{"end true", ending(publicOKP, `true`), "exp is no time in Unix seconds"},
		{"end a list", ending(publicOKP, `[1790000000]`), "exp is no time in Unix seconds"},
		{"end zero", ending(publicOKP, `0`), "exp is no time in Unix seconds"},
		{"end below a second", ending(publicOKP, `0.5`), "exp is no time in Unix seconds"},
		{"end negative", ending(publicOKP, `-1790000000`), "exp is no time in Unix seconds"},
		{"end in milliseconds", ending(publicOKP, `1790000000000`), "exp is no time in Unix seconds"},
		{"end beyond a double", ending(publicOKP, `1e400`), "neither a JWK nor a JWK Set"},
		{"bad end in a set", `{"keys":[` + publicEC + `,` + ending(publicOKP, `{}`) + `]}`,
			"key 2: the JWK's exp is no time"},
		{"one bad key in a set", `{"keys":[` + publicEC + `,` + agreementEC + `]}`, "key 2: unknown algorithm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := keyring.FromJWK([]byte(c.text))
			if !errors.Is(err, keyring.ErrNotKey) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("FromJWK = %v, want ErrNotKey with %q", err, c.want)
			}
			weak := strings.Contains(c.want, "needs") || strings.Contains(c.want, "curve P")
			if errors.As(err, new(*jws.WeakKeyError)) != weak {
				t.Errorf("FromJWK = %v, want a WeakKeyError: %v", err, weak)
			}
			for _, quoted := range []string{"hunter2", "aHVudGVyMg", "AyM1Sys", "jpsQnn"} {
				if strings.Contains(err.Error(), quoted) {
					t.Errorf("the error quotes the key: %v", err)
				}
			}
		})
	}
}

// FuzzFromJWK: what is read is a set of keys that work, and none has an algorithm that its JWK does not name or imply.
func FuzzFromJWK(f *testing.F) {
	for _, file := range coretest.VectorFiles {
		for _, v := range coretest.Vectors(f, file) {
			f.Add(v.JWK(f))
			f.Add([]byte(v.Key))
		}
	}
	f.Add([]byte(`{"keys":[` + publicEC + `,` + publicOKP + `]}`))
	f.Add([]byte(ending(publicOKP, "1790000000.5")))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := keyring.FromJWK(text)
		if err != nil {
			return
		}
		theirs, err := jwk.Parse(text)
		if err != nil || theirs.Len() != len(r.Set().Keys) {
			t.Fatalf("%d keys, jwx reads %d, %v", len(r.Set().Keys), theirs.Len(), err)
		}
		for i, info := range r.Set().Keys {
			k, _ := theirs.Key(i)
			if _, ends := k.Get("exp"); ends != (info.NotAfter > 0) {
				t.Errorf("key %d ends at %d, its JWK has an exp: %v", i, info.NotAfter, ends)
			}
			if alg := k.Algorithm().String(); alg != "" && alg != info.Algorithm {
				t.Errorf("key %d has the algorithm %s, its JWK says %s", i, info.Algorithm, alg)
			}
			if len(r.Set().Signing) == 0 {
				continue
			}
			signature, err := r.Sign(t.Context(), i, []byte("x"), make([]byte, core.EntropyBytes))
			if err != nil {
				t.Fatalf("key %d cannot sign: %v", i, err)
			}
			if ok, err := r.Check(t.Context(), i, []byte("x"), signature); !ok || err != nil {
				t.Errorf("key %d does not check its own signature: %v", i, err)
			}
		}
	})
}
