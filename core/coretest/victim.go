package coretest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jws"
)

// victim is a key under attack, with a good token and what its attackers have: all that is public, and a key of their
// own.
type victim struct {
	algorithm, header      string
	raw                    any // the key of the standard library
	key, theirs            OneOf
	good, input, signature string // a token; its first two parts; its third
	// the public key, and the attacker's, in encodings by name; none of a secret
	publicKeys, attackers map[string][]byte
}

func newVictim(t *testing.T, algorithm string) *victim {
	t.Helper()
	raw, other := newRaw(t, algorithm, 0), newRaw(t, algorithm, 1)
	v := &victim{
		algorithm: algorithm, header: `{"alg":"` + algorithm + `","typ":"JWT"}`, raw: raw,
		key: oneOf(t, algorithm, raw), theirs: oneOf(t, algorithm, other), publicKeys: encodings(t, raw),
		attackers: encodings(t, other),
	}
	v.good = v.issue(v.header, good)
	dot := strings.LastIndexByte(v.good, '.')
	v.input, v.signature = v.good[:dot], v.good[dot+1:]
	return v
}

// issue makes a token that the key signed; forge makes one that the attacker's key signed.
func (v *victim) issue(header, claims string) string {
	return v.sign(encode(header) + "." + encode(claims))
}
func (v *victim) forge(header, claims string) string {
	return signed(v.theirs, encode(header)+"."+encode(claims))
}

// sign makes a token of a signing input, whatever that is.
func (v *victim) sign(input string) string { return signed(v.key, input) }

func signed(k OneOf, input string) string {
	signature, err := k.Key.Sign([]byte(input), Entropy)
	if err != nil {
		panic("coretest: " + err.Error())
	}
	return input + "." + encode(string(signature))
}

// rebind is the key under another algorithm.
func (v *victim) rebind(algorithm string) *jws.Key {
	k, err := jws.NewKey(algorithm, v.raw)
	if err != nil {
		panic("coretest: " + err.Error())
	}
	return k
}

// unless is the cause for victims of other algorithms; for those of that one only the signature is wrong.
func (v *victim) unless(algorithm string, c cause.Cause) cause.Cause {
	if v.algorithm == algorithm {
		return cause.BadSignature
	}
	return c
}

// mac makes a token with a secret that no Key accepts.
func mac(algorithm string, secret []byte, header, claims string) string {
	hash := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[algorithm]
	input := encode(header) + "." + encode(claims)
	m := hmac.New(hash.New, secret)
	m.Write([]byte(input))
	return input + "." + encode(string(m.Sum(nil)))
}

// otherCase is a text with its letters in the other case.
func otherCase(s string) string {
	if upper := strings.ToUpper(s); upper != s {
		return upper
	}
	return strings.ToLower(s)
}

// encodings are the ways in which the public key of raw is published.
func encodings(t *testing.T, raw any) map[string][]byte {
	t.Helper()
	private, ok := raw.(crypto.Signer)
	if !ok {
		return nil
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	m := map[string][]byte{"PEM": text, "PEM_without_its_line_end": text[:len(text)-1], "DER": der}
	switch k := private.Public().(type) {
	case *rsa.PublicKey:
		der := x509.MarshalPKCS1PublicKey(k)
		m["DER_of_PKCS1"] = der
		m["PEM_of_PKCS1"] = pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der})
		m["modulus"] = k.N.Bytes()
		m["JWK"] = []byte(`{"e":"` + encode(string(big.NewInt(int64(k.E)).Bytes())) + `","kty":"RSA","n":"` +
			encode(string(k.N.Bytes())) + `"}`)
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		size := len(point) / 2
		m["point"] = point
		m["JWK"] = []byte(`{"crv":"` + k.Params().Name + `","kty":"EC","x":"` + encode(string(point[1:1+size])) +
			`","y":"` + encode(string(point[1+size:])) + `"}`)
	case ed25519.PublicKey:
		m["raw"] = k
		m["JWK"] = []byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(string(k)) + `"}`)
	}
	return m
}

// several is a set of keys of different algorithms.
type several []OneOf

func (s several) Set() core.KeySet {
	set := core.KeySet{Epoch: 4}
	for _, k := range s {
		set.Keys = append(set.Keys, k.info)
	}
	return set
}

func (s several) Check(ctx context.Context, key int, input, signature []byte) (bool, error) {
	return s[key].Check(ctx, 0, input, signature)
}

func (s several) Sign(ctx context.Context, key int, input, entropy []byte) ([]byte, error) {
	return s[key].Sign(ctx, 0, input, entropy)
}

func (s several) Material(key int) ([]byte, error) { return s[key].Material(0) }

// testSeveralKeys: of a secret and public keys in one set, none checks for another.
func testSeveralKeys(t *testing.T, newEngine NewEngine) {
	rs, es, hs := newVictim(t, "RS256"), newVictim(t, "ES256"), newVictim(t, "HS256")
	keys := several{rs.key, es.key, hs.key}
	for i, id := range []string{"rsa", "ec", "secret"} {
		keys[i].info.ID, keys[i].info.AnyID, keys[i].info.Default = id, false, i == 0
	}
	e := newEngine(t, core.DefaultSettings(), keys)
	header := func(alg, kid string) string { return `{"alg":"` + alg + `","kid":"` + kid + `"}` }
	cases := []attackCase{
		{"its_own_key_rsa", rs.issue(header("RS256", "rsa"), good), cause.OK},
		{"its_own_key_ec", es.issue(header("ES256", "ec"), good), cause.OK},
		{"its_own_key_secret", hs.issue(header("HS256", "secret"), good), cause.OK},
		{"no_kid", rs.issue(`{"alg":"RS256"}`, good), cause.OK},
		{"no_kid_and_not_the_default", es.issue(`{"alg":"ES256"}`, good), cause.BadAlgorithm},
		{"kid_of_another_key", es.issue(header("ES256", "rsa"), good), cause.BadAlgorithm},
		{"kid_of_another_key_and_its_algorithm", es.issue(header("RS256", "rsa"), good), cause.BadSignature},
		{"unknown_kid", rs.issue(header("RS256", "RSA"), good), cause.UnknownKey},
		{"kid_escaped", rs.issue(header("RS256", `\u0072sa`), good), cause.OK},
		{"kid_with_a_space", rs.issue(header("RS256", "rsa "), good), cause.UnknownKey},
		{"kid_empty", rs.issue(header("RS256", ""), good), cause.UnknownKey},
		{"kid_a_path", rs.issue(header("RS256", "./rsa"), good), cause.UnknownKey},
		{"secret_said_to_be_RSA", hs.issue(header("HS256", "rsa"), good), cause.BadAlgorithm},
	}
	for name, public := range rs.publicKeys {
		cases = append(cases,
			attackCase{"MAC_with_public_key_" + name + "_and_kid_of_the_secret",
				mac("HS256", public, header("HS256", "secret"), good), cause.BadSignature},
			attackCase{"MAC_with_public_key_" + name + "_and_its_own_kid",
				mac("HS256", public, header("HS256", "rsa"), good), cause.BadAlgorithm},
		)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if o := open(t, e, c.token); o.Cause != c.want {
				t.Errorf("Open(%.80q) is refused for %v, want %v", c.token, o.Cause, c.want)
			}
		})
	}
}
