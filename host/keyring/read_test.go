package keyring_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
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

// publicRSA is the key of RFC 7638 §3.1.
const publicRSA = `{"kty":"RSA","kid":"r","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"}`

// ending is a JWK with a value, in JSON, for exp.
func ending(key, value string) string { return strings.Replace(key, "{", `{"exp":`+value+`,`, 1) }

// TestReadJWK: what is read of a JWK or of a JWK Set, and what of it is skipped.
func TestReadJWK(t *testing.T) {
	for name, c := range map[string]struct {
		text, algorithm string
		want            string // keys, and the places and reasons of those that were skipped
	}{
		"secret":                      {secretJWK, "", "HS256 s signs"},
		"curve names the algorithm":   {privateEC, "ES384", "ES256 e signs"},
		"public key":                  {publicOKP, "", "EdDSA o"},
		"Ed25519 by its newer name":   {with(publicOKP, `"alg":"Ed25519"`), "", "Ed25519 o"},
		"Ed25519 as configured":       {publicOKP, "Ed25519", "Ed25519 o"},
		"RSA as configured":           {publicRSA, "PS384", "PS384 r"},
		"RSA with another configured": {publicRSA, "ES256", "RS256 r"},
		"RSA that has an alg":         {with(publicRSA, `"alg":"RS512"`), "PS384", "RS512 r"},
		"secret as configured":        {without(secretJWK, `"alg":"HS256",`), "HS512", "HS512 s signs"},
		"no kid": {without(publicEC, `"kid":"e",`), "",
			"ES256 oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"},
		"blanks and BOM":       {"\ufeff\n " + publicEC + "\n", "", "ES256 e"},
		"set of one":           {set(publicEC), "", "ES256 e"},
		"set":                  {set(secretJWK, publicEC, publicOKP), "", "HS256 s signs, ES256 e, EdDSA o"},
		"with an end":          {ending(publicOKP, "1790000000"), "", "EdDSA o until 1790000000"},
		"end within a second":  {ending(publicOKP, "1790000000.9"), "", "EdDSA o until 1790000000"},
		"end as a float":       {ending(publicOKP, "1.79e9"), "", "EdDSA o until 1790000000"},
		"end in 9999":          {ending(publicOKP, "253402300799"), "", "EdDSA o until 253402300799"},
		"use and key_ops":      {with(publicEC, `"use":"sig","key_ops":["verify"]`), "", "ES256 e"},
		"unknown members":      {with(publicEC, `"use":"sig","nbf":1,"z":[]`), "", "ES256 e"},
		"private and public":   {set(publicEC, privateEC), "", "ES256 e signs"},
		"public after private": {set(privateEC, publicEC), "", "ES256 e signs"},
		"one of four": {set(agreementEC, `7`, publicEC, `{"kty":"AKP","kid":"m"}`), "",
			"ES256 e; 0 x it is an X25519 key; 1  it is no JWK; 3 m it is a key of the type AKP"},
		"twice": {set(publicEC, publicEC), "", "ES256 e; 1 e it stands there twice"},
		"same kid": {set(publicEC, strings.Replace(publicOKP, `"o"`, `"e"`, 1)), "",
			"ES256 e; 1 e its kid is that of another key"},
		"same secret twice":     {set(secretJWK, secretJWK), "", "HS256 s signs; 1 s its kid is that of another key"},
		"same key by two names": {set(publicEC, strings.Replace(publicEC, `"e"`, `"f"`, 1)), "", "ES256 e, ES256 f"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := keyring.Read([]byte(c.text), c.algorithm)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(found)
			if !strings.HasPrefix(got, c.want) || strings.Count(got, ";") != strings.Count(c.want, ";") {
				t.Errorf("Read = %s\nwant   %s", got, c.want)
			}
		})
	}
}

// describe writes what was found: the keys, and then what was skipped.
func describe(found keyring.Found) string {
	var keys []string
	for _, k := range found.Keys {
		s := fmt.Sprint(k)
		if k.CanSign() {
			s += " signs"
		}
		if k.NotAfter != 0 {
			s += fmt.Sprint(" until ", k.NotAfter)
		}
		keys = append(keys, s)
	}
	s := strings.Join(keys, ", ")
	for _, skipped := range found.Skipped {
		reason, _, _ := strings.Cut(skipped.Reason, ",")
		reason, _, _ = strings.Cut(reason, " (")
		s += fmt.Sprintf("; %d %s %s", skipped.Index, skipped.ID, reason)
	}
	return s
}

func with(key, member string) string    { return strings.Replace(key, "{", "{"+member+",", 1) }
func without(key, member string) string { return strings.Replace(key, member, "", 1) }
func set(keys ...string) string         { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", ``, "it is empty"},
		{"blank", " \n", "it is empty"},
		{"a secret", `hunter2`, "neither PEM nor DER nor a JWK nor a JWK Set"},
		{"a list", "[" + publicEC + "]", "neither PEM nor DER nor a JWK nor a JWK Set"},
		{"other JSON", `{"a":1}`, "neither a JWK nor a JWK Set"},
		{"half a JWK", publicEC[:60], "neither a JWK nor a JWK Set"},
		{"empty set", `{"keys":[]}`, "neither a JWK nor a JWK Set"},
		{"set of nothing", `{"keys":{}}`, "neither a JWK nor a JWK Set"},
		{"too long", strings.Repeat(" ", 1<<20+1), "more than 1048576 bytes"},
		{"too many", set(strings.Split(strings.Repeat("1,", 1000)+"1", ",")...), "more than 1000 keys"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "UTF-16"},
		{"OpenSSH", "ssh-ed25519 AAAA me", "OpenSSH's own format: ssh-keygen -e -m PKCS8"},
		{"for encryption", with(publicEC, `"use":"enc"`), "use is not sig"},
		{"for wrapping keys", with(publicEC, `"key_ops":["wrapKey","deriveBits"]`), "key_ops"},
		{"alg none", strings.Replace(secretJWK, "HS256", "none", 1), "unknown algorithm"},
		{"alg for encryption", with(publicRSA, `"alg":"RSA-OAEP"`), "unknown algorithm"},
		{"secret without alg", without(secretJWK, `"alg":"HS256",`), "has no alg"},
		{"alg of another kind of key", with(publicEC, `"alg":"RS256"`), "not one for this algorithm"},
		{"alg of another curve", with(publicEC, `"alg":"ES384"`), "not one for this algorithm"},
		{"alg Ed25519 of another curve", with(publicEC, `"alg":"Ed25519"`), "not one for this algorithm"},
		{"alg Ed448", with(publicOKP, `"alg":"Ed448"`), "unknown algorithm"},
		{"X25519", agreementEC, "X25519 key, which cannot sign"},
		{"Ed448", `{"kty":"OKP","crv":"Ed448","x":"AA"}`, "is an Ed448 key"},
		{"secp256k1", `{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`, "curve secp256k1"},
		{"another curve", `{"kty":"EC","crv":"BP-256","x":"AA","y":"AA"}`, "crv is none that is known here"},
		{"AKP", `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}`, "type AKP"},
		{"another kty", `{"kty":"hunter2"}`, "kty is none that is known here"},
		{"kty a number", `{"kty":1}`, "kty is none that is known here"},
		{"a member missing", `{"kty":"EC","crv":"P-256"}`, "no JWK"},
		{"kid a number", with(without(publicEC, `"kid":"e",`), `"kid":1`), "no JWK"},
		{"kid too long", strings.Replace(publicEC, `"e"`, `"`+strings.Repeat("e", 256)+`"`, 1),
			"kid has more than 255"},
		{"secret too long", strings.Replace(secretJWK, "AyM1", strings.Repeat("AyM1", 1<<15), 1), "and may have 65535"},
		{"kid of several lines", strings.Replace(publicEC, `"e"`, `"a\nb"`, 1), "a character that cannot be printed"},
		{"short secret", `{"kty":"oct","kid":"s","alg":"HS512","k":"aHVudGVyMg"}`, "has 7 bytes and needs at least 64"},
		{"exponent of 65 bits that ends like 65537", strings.Replace(publicRSA, "AQAB", "AQAAAAAAAQAB", 1),
			"more than 31 bits"},
		{"exponent of 32 bits", strings.Replace(publicRSA, "AQAB", "gAAAAQ", 1), "more than 31 bits"},
		{"short RSA key", `{"kty":"RSA","n":"` + strings.Repeat("q", 171) + `","e":"AQAB"}`, "needs at least 2048"},
		{"point off the curve", strings.Replace(publicEC, "x_FEzRu9", "x_FEzRu8", 1), "not on the curve P-256"},
		{"numbers of two keys", mismatched, "not of one key"},
		{"RSA without primes", with(publicRSA, `"d":"AQAB"`), "has no p and q"},
		{"RSA of other numbers", with(publicRSA, `"d":"AQAB","p":"AQAB","q":"AQAB"`), "not of one key"},
		{"end as a text", ending(publicOKP, `"1790000000"`), "exp is no time in Unix seconds"},
		{"end null", ending(publicOKP, `null`), "exp is no time in Unix seconds"},
		{"end true", ending(publicOKP, `true`), "exp is no time in Unix seconds"},
		{"end a list", ending(publicOKP, `[1790000000]`), "exp is no time in Unix seconds"},
		{"end zero", ending(publicOKP, `0`), "exp is no time in Unix seconds"},
		{"end below a second", ending(publicOKP, `0.5`), "exp is no time in Unix seconds"},
		{"end negative", ending(publicOKP, `-1790000000`), "exp is no time in Unix seconds"},
		{"end in milliseconds", ending(publicOKP, `1790000000000`), "exp is no time in Unix seconds"},
		{"end beyond a double", ending(publicOKP, `1e400`), "no JWK"},
		{"several", set(agreementEC, mismatched), "key 1: it is an X25519 key, which cannot sign; key 2: the JWK's"},
		{"many", set(strings.Split(strings.Repeat("1,", 500)+"1", ",")...), "; and 491 more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := keyring.Read([]byte(c.text), "")
			if !errors.Is(err, keyring.ErrNotKey) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Read = %s, %v, want ErrNotKey with %q", describe(found), err, c.want)
			}
			for _, quoted := range []string{"hunter2", "aHVudGVyMg", "AyM1Sys", "jpsQnn"} {
				if strings.Contains(err.Error(), quoted) {
					t.Errorf("the error quotes the key: %v", err)
				}
			}
		})
	}
}

// TestRingOfFound: a key alone checks tokens without kid, and a set of private keys signs with its first.
func TestRingOfFound(t *testing.T) {
	for _, c := range []struct {
		text    string
		signing int
		want    []core.KeyInfo
	}{
		{publicEC, -1, []core.KeyInfo{{ID: "e", Algorithm: "ES256", Default: true}}},
		{ending(secretJWK, "1790000000"), 0,
			[]core.KeyInfo{{ID: "s", Algorithm: "HS256", Default: true, NotAfter: 1790000000}}},
		{set(publicEC, publicOKP), -1, []core.KeyInfo{{ID: "e", Algorithm: "ES256"}, {ID: "o", Algorithm: "EdDSA"}}},
		{set(secretJWK, privateEC), 0, []core.KeyInfo{{ID: "s", Algorithm: "HS256"}, {ID: "e", Algorithm: "ES256"}}},
	} {
		set := readRing(t, c.text).Set()
		if got := set.SigningAt(time.Unix(0, 0)); got != c.signing || !slices.Equal(set.Keys, c.want) {
			t.Errorf("%.20s…: key %d signs of %+v, want %d of %+v", c.text, got, set.Keys, c.signing, c.want)
		}
	}
	found, err := keyring.Read([]byte(set(publicEC, secretJWK)), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := found.Ring(); err == nil || !strings.Contains(err.Error(), "secret keys beside public ones") {
		t.Errorf("Ring of a secret beside a public key = %v", err)
	}
}

func readRing(t *testing.T, text string) *keyring.Ring {
	t.Helper()
	found, err := keyring.Read([]byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := found.Ring()
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// FuzzRead: what is read of any text is keys that work, that come back from their own export, and that have the
// algorithm that their JWK names.
func FuzzRead(f *testing.F) {
	for _, file := range coretest.VectorFiles {
		for _, v := range coretest.Vectors(f, file) {
			f.Add(v.JWK(f), "PS256")
			f.Add([]byte(v.Key), "")
		}
	}
	f.Add([]byte(set(publicEC, privateEC, publicOKP, mismatched, agreementEC)), "HS256")
	f.Add([]byte(ending(publicOKP, "1790000000.5")), "Ed25519")
	for _, c := range keyCases(f) {
		f.Add(append(c.Signing.bytes(f), c.Verifying.bytes(f)...), c.Algorithm)
		for _, der := range derOf(c.Signing.bytes(f)) {
			f.Add(der, c.Algorithm)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, algorithm string) {
		found, err := keyring.Read(text, algorithm)
		if (err == nil) != (len(found.Keys) > 0) {
			t.Fatalf("%d keys and %v", len(found.Keys), err)
		}
		ids := map[string]bool{}
		for _, k := range found.Keys {
			if ids[k.ID()] || k.ID() == "" {
				t.Errorf("the kid of %v is empty or that of another", k)
			}
			ids[k.ID()] = true
			again := exportAndRead(t, k.Key)
			if k.CanSign() {
				check(t, again, []byte("x"), sign(t, k.Key, []byte("x")))
				check(t, k.Key, []byte("x"), sign(t, again, []byte("x")))
			}
		}
		theirs, err := jwk.Parse(text)
		if err != nil {
			return
		}
		for i := range theirs.Len() {
			k, _ := theirs.Key(i)
			for _, ours := range found.Keys {
				if ours.ID() == k.KeyID() && len(found.Skipped) == 0 && k.Algorithm().String() != "" &&
					k.Algorithm().String() != ours.Algorithm() {
					t.Errorf("%v has another algorithm than its JWK, %s", ours, k.Algorithm())
				}
			}
		}
	})
}
