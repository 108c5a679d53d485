package coretest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// OneOf is a set with one key for one algorithm; it implements core.Keys and core.KeyMaterial.
type OneOf struct {
	*jws.Key
	Raw  any // the key of the standard library, private
	Info core.KeyInfo
}

// NewOneOf makes a key for an algorithm, always the same. n is 0 or 1; the two give different keys.
func NewOneOf(algorithm string, n int) OneOf {
	raw := newRaw(algorithm, n)
	return OneOf{bind(algorithm, raw), raw, core.KeyInfo{Algorithm: algorithm, Default: true, AnyID: true}}
}

func (k OneOf) Set() core.KeySet {
	return core.KeySet{Epoch: 3, Keys: []core.KeyInfo{k.Info}, Signing: []core.SigningKey{{}}}
}

func (k OneOf) Check(_ context.Context, _ int, input, signature []byte) (bool, error) {
	return k.Key.Check(input, signature), nil
}

func (k OneOf) Sign(_ context.Context, _ int, input, entropy []byte) ([]byte, error) {
	return k.Key.Sign(input, entropy)
}

func (k OneOf) Material(int) ([]byte, error) { return k.Key.Material() }

// Issue makes a token of the texts of a header and claims.
func (k OneOf) Issue(header, claims string) string {
	return k.signed(encode(header) + "." + encode(claims))
}

// SignInput signs the input of any JWS.
func (k OneOf) SignInput(input []byte) ([]byte, error) { return k.Key.Sign(input, []byte(entropy)) }

// PublicMaterial is the public key of a pair, as trust bundles have it.
func (k OneOf) PublicMaterial() []byte {
	m, err := bind(k.Info.Algorithm, k.Raw.(crypto.Signer).Public()).Material()
	if err != nil {
		panic("coretest: " + err.Error())
	}
	return m
}

func (k OneOf) signed(input string) string {
	signature, err := k.SignInput([]byte(input))
	if err != nil {
		panic("coretest: " + err.Error())
	}
	return input + "." + encode(string(signature))
}

// JWK is the public key, or the secret, as a JSON Web Key (RFC 7517).
func (k OneOf) JWK() string {
	members := string(encodings(k.Raw)["JWK"])
	if secret, ok := k.Raw.([]byte); ok {
		members = `{"k":"` + encode(string(secret)) + `","kty":"oct"}`
	}
	id := ""
	if k.Info.ID != "" {
		id = `,"kid":"` + k.Info.ID + `"`
	}
	if k.Info.NotAfter != 0 {
		id += `,"exp":` + itoa(k.Info.NotAfter)
	}
	return `{"alg":"` + k.Info.Algorithm + `"` + id + "," + members[1:]
}

// several is a set of keys of different algorithms.
type several []OneOf

func (s several) Set() core.KeySet {
	set := core.KeySet{Epoch: 4}
	for _, k := range s {
		set.Keys = append(set.Keys, k.Info)
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

// bind is a key under an algorithm.
func bind(algorithm string, raw any) *jws.Key {
	key, err := jws.NewKey(algorithm, raw)
	if err != nil {
		panic("coretest: " + err.Error())
	}
	return key
}

// newRaw makes a key for an algorithm, of the standard library's type.
func newRaw(algorithm string, n int) any {
	seed := sha512.Sum512([]byte("key of the suite for " + algorithm + string(rune('0'+n))))
	switch algorithm[:2] {
	case "HS":
		return []byte([2]string{Secret, OtherSecret}[n])
	case "ES":
		curve := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(),
			"ES512": elliptic.P521()}[algorithm]
		scalar := make([]byte, (curve.Params().BitSize+7)/8)
		copy(scalar[1:], seed[:]) // below the order
		key, err := ecdsa.ParseRawPrivateKey(curve, scalar)
		if err != nil {
			panic("coretest: " + err.Error())
		}
		return key
	case "Ed":
		return ed25519.NewKeyFromSeed(seed[:ed25519.SeedSize])
	default:
		return rsaKeys()[n]
	}
}

//go:embed rsa.pem
var rsaPEM []byte

// rsaKeys are two keys of 2048 bits, which nobody uses but this suite.
var rsaKeys = sync.OnceValue(func() (keys []*rsa.PrivateKey) {
	for rest := rsaPEM; len(keys) < 2; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			panic("coretest: " + err.Error())
		}
		keys = append(keys, key)
	}
	return keys
})
