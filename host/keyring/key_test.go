package keyring_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
	"github.com/edgetoken/edgetoken/host/keyring"
)

// oneRSA is the RSA key of all tests, since to make one takes long.
var oneRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// generateKey makes a new key, but for RSA.
func generateKey(t testing.TB, algorithm string) keyring.Key {
	t.Helper()
	if strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS") {
		private, err := oneRSA()
		if err != nil {
			t.Fatal(err)
		}
		k, err := keyring.NewKeyOf(algorithm, private)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k, err := keyring.GenerateKey(algorithm, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeyParts: a key comes back from its private part, and from its public part as one that checks.
func TestKeyParts(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			k := generateKey(t, algorithm)
			symmetric := strings.HasPrefix(algorithm, "HS")
			length := 43
			if symmetric {
				length = 32
			}
			if k.Symmetric() != symmetric || !k.CanSign() || k.Algorithm() != algorithm || len(k.ID()) != length {
				t.Errorf("a new key is %v, symmetric %v, can sign %v", k, k.Symmetric(), k.CanSign())
			}
			thumbprint, err := k.Thumbprint()
			if symmetric == (err == nil) || err == nil && thumbprint != k.ID() {
				t.Errorf("Thumbprint of %v = %s, %v", k, thumbprint, err)
			}
			private, err := k.MarshalPrivate()
			if err != nil {
				t.Fatal(err)
			}
			again, err := keyring.ParsePrivate(algorithm, "a", private)
			if err != nil || again.ID() != "a" || !again.CanSign() || !bytes.Equal(again.Public(), k.Public()) {
				t.Fatalf("ParsePrivate = %v, %v", again, err)
			}
			input := []byte("x")
			signature := sign(t, again, input)
			check(t, k, input, signature)
			if symmetric {
				if k.Public() != nil {
					t.Error("a secret has a public part")
				}
				return
			}
			public, err := keyring.ParsePublic(algorithm, k.ID(), k.Public())
			if err != nil || public.CanSign() || public.Symmetric() || public.ID() != k.ID() {
				t.Fatalf("ParsePublic = %v, %v", public, err)
			}
			check(t, public, input, signature)
			if b, err := public.MarshalPrivate(); err == nil {
				t.Errorf("MarshalPrivate of a public key gives %d bytes", len(b))
			}
			if _, err := keyring.NewRing([]keyring.Member{member(public)}, []core.SigningKey{{}}); err == nil {
				t.Error("a public key may sign")
			}
		})
	}
}

// member describes a key as one of several.
func member(k keyring.Key) keyring.Member {
	return keyring.Member{Key: k, Info: core.KeyInfo{ID: k.ID(), Algorithm: k.Algorithm()}}
}

func sign(t *testing.T, k keyring.Key, input []byte) []byte {
	t.Helper()
	r, err := keyring.NewRing([]keyring.Member{member(k)}, []core.SigningKey{{}})
	if err != nil {
		t.Fatal(err)
	}
	signature, err := r.Sign(t.Context(), 0, input, make([]byte, core.EntropyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func check(t *testing.T, k keyring.Key, input, signature []byte) {
	t.Helper()
	r, err := keyring.NewRing([]keyring.Member{member(k)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if good, err := r.Check(t.Context(), 0, input, signature); !good || err != nil {
		t.Errorf("Check with %v = %v, %v", k, good, err)
	}
}

func TestNewRingRefuses(t *testing.T) {
	a, b := generateKey(t, "ES256"), generateKey(t, "EdDSA")
	first := func(info core.KeyInfo) keyring.Member { return keyring.Member{Key: a, Info: info} }
	for name, c := range map[string]struct {
		members []keyring.Member
		signing []core.SigningKey
		want    string
	}{
		"one kid twice":     {[]keyring.Member{member(a), member(b.WithID(a.ID()))}, nil, "two keys have the kid"},
		"another algorithm": {[]keyring.Member{first(core.KeyInfo{Algorithm: "ES384"})}, nil, "is for ES256"},
		"two defaults":      {[]keyring.Member{standard(a), standard(b)}, nil, "2 keys check tokens without kid"},
		"no such key":       {[]keyring.Member{member(a)}, []core.SigningKey{{Key: 1}}, "no index of Keys"},
		"an end before 1970": {[]keyring.Member{first(core.KeyInfo{Algorithm: "ES256", NotAfter: -1})}, nil,
			"before 1970"},
	} {
		if r, err := keyring.NewRing(c.members, c.signing); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: NewRing = %v, %v; want %q", name, r, err, c.want)
		}
	}
	r, err := keyring.NewRing([]keyring.Member{standard(a), member(b)}, []core.SigningKey{{Key: 1}, {Key: 0, From: 5}})
	if err != nil || len(r.Set().Keys) != 2 || len(r.Set().Signing) != 2 {
		t.Errorf("NewRing = %v, %v", r, err)
	}
	if r, err := keyring.NewRing(nil, nil); err != nil || len(r.Set().Keys) != 0 {
		t.Errorf("NewRing of nothing = %v, %v", r, err)
	}
}

func standard(k keyring.Key) keyring.Member {
	m := member(k)
	m.Info.Default = true
	return m
}

// TestKeyPrints: a key prints as its algorithm and its id, in whatever holds it.
func TestKeyPrints(t *testing.T) {
	secret := []byte("SeCrEt-SeCrEt-SeCrEt-SeCrEt-SeCrEt")
	k, err := keyring.NewKeyOf("HS256", secret)
	if err != nil {
		t.Fatal(err)
	}
	k = k.WithID("a")
	encoded, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, k), fmt.Sprintf(verb, &k), fmt.Sprintf(verb, []any{k}),
			fmt.Sprintf(verb, struct{ hidden keyring.Key }{k}), fmt.Sprintf(verb, struct{ hidden *keyring.Key }{&k}))
	}
	for _, s := range shown {
		for _, form := range []string{"secret", fmt.Sprintf("%x", secret[:6]), fmt.Sprint(secret[:6])[1:20]} {
			if strings.Contains(strings.ToLower(s), form) {
				t.Errorf("the secret is shown: %s", s)
			}
		}
	}
	if got := fmt.Sprint(k); got != "HS256 a" {
		t.Errorf("a key prints as %q", got)
	}
	if got := fmt.Sprint(keyring.Key{}); got != "no key" {
		t.Errorf("the zero key prints as %q", got)
	}
}

// TestThumbprint: the example of RFC 7638 §3.1.
func TestThumbprint(t *testing.T) {
	found, err := keyring.Read([]byte(publicRSA), "")
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := found.Keys[0].Thumbprint(); sum != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" || err != nil {
		t.Errorf("Thumbprint = %s, %v", sum, err)
	}
}
