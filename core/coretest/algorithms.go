package coretest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/jws"
)

// OneOf is a set with one key for one algorithm; it implements core.Keys and core.KeyMaterial.
type OneOf struct {
	*jws.Key
	info core.KeyInfo
}

func (k OneOf) Set() core.KeySet {
	return core.KeySet{Epoch: 3, Keys: []core.KeyInfo{k.info}, Signing: []core.SigningKey{{}}}
}

func (k OneOf) Check(_ context.Context, _ int, input, signature []byte) (bool, error) {
	return k.Key.Check(input, signature), nil
}

func (k OneOf) Sign(_ context.Context, _ int, input, entropy []byte) ([]byte, error) {
	return k.Key.Sign(input, entropy)
}

func (k OneOf) Material(int) ([]byte, error) { return k.Key.Material() }

// rsaKeys are generated once, since each takes a while.
var rsaKeys = [2]func() (*rsa.PrivateKey, error){
	sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
}

// NewOneOf makes a key for an algorithm. n is 0 or 1; the two give different keys.
func NewOneOf(t testing.TB, algorithm string, n int) OneOf {
	t.Helper()
	return oneOf(t, algorithm, newRaw(t, algorithm, n))
}

// newRaw makes a key for an algorithm, of the standard library's type.
func newRaw(t testing.TB, algorithm string, n int) (raw any) {
	t.Helper()
	var err error
	switch algorithm[:2] {
	case "HS":
		raw = []byte([2]string{Secret, OtherSecret}[n])
	case "ES":
		curve := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(),
			"ES512": elliptic.P521()}[algorithm]
		raw, err = ecdsa.GenerateKey(curve, rand.Reader)
	case "Ed":
		_, raw, err = ed25519.GenerateKey(rand.Reader)
	default:
		raw, err = rsaKeys[n]()
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func oneOf(t testing.TB, algorithm string, raw any) OneOf {
	t.Helper()
	key, err := jws.NewKey(algorithm, raw)
	if err != nil {
		t.Fatal(err)
	}
	return OneOf{key, core.KeyInfo{Algorithm: algorithm, Default: true, AnyID: true}}
}

// testAlgorithms: every algorithm signs, and accepts only signatures of its own key. The same request gives the same
// bytes as natively.
func testAlgorithms(t *testing.T, newEngine NewEngine) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			keys := NewOneOf(t, algorithm, 0)
			native := core.NewNative(core.DefaultSettings(), keys)
			e := newEngine(t, core.DefaultSettings(), keys)
			pair := decide(t, e, request(core.Login))
			for i, want := range decide(t, native, request(core.Login)).Tokens {
				if got := pair.Tokens[i].Value; got != want.Value {
					t.Errorf("token %d is %s, natively %s", i, got, want.Value)
				}
			}
			value := pair.Tokens[1].Value
			if o := open(t, e, value); o.Cause != cause.OK || string(o.Claims) != claimsOf(t, value) {
				t.Errorf("its own token is refused for %v", o.Cause)
			}
			header, _ := base64.RawURLEncoding.DecodeString(value[:strings.IndexByte(value, '.')])
			if want := `{"alg":"` + algorithm + `",`; !strings.HasPrefix(string(header), want) {
				t.Errorf("its header is %s, want %s…", header, want)
			}
			input := value[:strings.LastIndexByte(value, '.')]
			other := NewOneOf(t, algorithm, 1)
			signature, err := other.Key.Sign([]byte(input), Entropy)
			if err != nil {
				t.Fatal(err)
			}
			for name, c := range map[string]struct {
				signature string
				want      cause.Cause
			}{
				"of another key": {encode(string(signature)), cause.BadSignature},
				"cut":            {encode(string(signature[:len(signature)-1])), cause.BadSignature},
				"empty":          {"", cause.BadSignature},
				"zeros":          {encode(strings.Repeat("\x00", len(signature))), cause.BadSignature},
			} {
				if o := open(t, e, input+"."+c.signature); o.Cause != c.want {
					t.Errorf("signature %s: %v, want %v", name, o.Cause, c.want)
				}
			}
		})
	}
}
