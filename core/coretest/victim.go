package coretest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"
	"encoding/pem"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// victim is a key under attack, with a good token and what its attackers have: all that is public, and a key of their
// own.
type victim struct {
	algorithm, header      string
	key, theirs            OneOf
	good, input, signature string // a token; its first two parts; its third
	// the public key, and the attacker's, in encodings by name; none of a secret
	publicKeys, attackers map[string][]byte
}

func newVictim(algorithm string) *victim {
	v := &victim{algorithm: algorithm, header: `{"alg":"` + algorithm + `","typ":"JWT"}`,
		key: NewOneOf(algorithm, 0), theirs: NewOneOf(algorithm, 1)}
	v.publicKeys, v.attackers = encodings(v.key.Raw), encodings(v.theirs.Raw)
	v.good = v.issue(v.header, good)
	dot := strings.LastIndexByte(v.good, '.')
	v.input, v.signature = v.good[:dot], v.good[dot+1:]
	return v
}

// issue makes a token that the key signed; forge makes one that the attacker's key signed.
func (v *victim) issue(header, claims string) string { return v.key.Issue(header, claims) }
func (v *victim) forge(header, claims string) string { return v.theirs.Issue(header, claims) }

// sign makes a token of a signing input, whatever that is.
func (v *victim) sign(input string) string { return v.key.signed(input) }

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
func encodings(raw any) map[string][]byte {
	private, ok := raw.(crypto.Signer)
	if !ok {
		return nil
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		panic("coretest: " + err.Error())
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
			panic("coretest: " + err.Error())
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

// severalReading: of a secret and public keys in one set, none checks for another.
func severalReading() Reading {
	rs, es, hs := newVictim("RS256"), newVictim("ES256"), newVictim("HS256")
	keys := []OneOf{rs.key, es.key, hs.key}
	for i, id := range []string{"rsa", "ec", "secret"} {
		keys[i].Info.ID, keys[i].Info.AnyID, keys[i].Info.Default = id, false, i == 0
	}
	header := func(alg, kid string) string { return `{"alg":"` + alg + `","kid":"` + kid + `"}` }
	cases := []Token{
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
	for _, name := range slices.Sorted(maps.Keys(rs.publicKeys)) {
		public := rs.publicKeys[name]
		cases = append(cases,
			Token{"MAC_with_public_key_" + name + "_and_kid_of_the_secret",
				mac("HS256", public, header("HS256", "secret"), good), cause.BadSignature},
			Token{"MAC_with_public_key_" + name + "_and_its_own_kid",
				mac("HS256", public, header("HS256", "rsa"), good), cause.BadAlgorithm},
		)
	}
	return Reading{Name: "several_keys", Settings: core.DefaultSettings(), Keys: keys, Tokens: cases}
}
