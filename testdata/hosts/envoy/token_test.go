package envoy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
)

// signer is a key that signs tokens.
type signer struct {
	kid, algorithm string
	key            *jws.Key
	jwk            string // the public key, or the secret
	material       []byte // of the public key
}

// newSigner makes a key.
func newSigner(t *testing.T, algorithm string) *signer {
	t.Helper()
	var private any
	var err error
	switch algorithm {
	case "HS256":
		secret := make([]byte, 32)
		rand.Read(secret)
		private = secret
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{kid: algorithm + " key", algorithm: algorithm}
	if s.key, err = jws.NewKey(algorithm, private); err != nil {
		t.Fatal(err)
	}
	if secret, ok := private.([]byte); ok {
		s.jwk = fmt.Sprintf(`{"kty":"oct","kid":%q,"alg":%q,"k":%q}`, s.kid, algorithm, encode(secret))
		return s
	}
	public, err := jws.NewKey(algorithm, private.(crypto.Signer).Public())
	if err != nil {
		t.Fatal(err)
	}
	if s.material, err = public.Material(); err != nil {
		t.Fatal(err)
	}
	s.jwk = jwk.Public(s.kid, algorithm, s.material)
	return s
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s *signer) sign(input []byte) ([]byte, error) {
	entropy := make([]byte, 64)
	rand.Read(entropy)
	return s.key.Sign(input, entropy)
}

// claims are those of tokens in tests, until a moment from now.
type claims map[string]any

// token makes an access token that is good for an hour, but for what change says.
func (s *signer) token(t testing.TB, change claims) string {
	t.Helper()
	now := time.Now().Unix()
	id := make([]byte, 16)
	rand.Read(id)
	all := claims{
		"token_type": "access", "exp": now + 3600, "iat": now, "jti": fmt.Sprintf("%x", id), "user_id": "7",
	}
	for name, value := range change {
		all[name] = value
	}
	header, err := json.Marshal(map[string]string{"alg": s.algorithm, "kid": s.kid, "typ": "JWT"})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	input := encode(header) + "." + encode(payload)
	signature, err := s.sign([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

// forged is a token of another customer under the signature of this one.
func forged(t testing.TB, s *signer) string {
	t.Helper()
	mine, other := s.token(t, nil), s.token(t, claims{"user_id": "1"})
	return other[:strings.LastIndexByte(other, '.')] + mine[strings.LastIndexByte(mine, '.'):]
}
