package keyring

import (
	"cmp"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// Export writes the key as "pem", "der" or "jwk", which Read reads: a public key as SubjectPublicKeyInfo, a private one
// as PKCS #8. A secret has the form jwk alone, and no public part.
func (k Key) Export(format string, private bool) ([]byte, error) {
	if k.Symmetric() && !private {
		return nil, errors.New("the key is a secret, which has no public part")
	}
	label, der := "PUBLIC KEY", k.Public()
	if private {
		var err error
		if der, err = k.MarshalPrivate(); err != nil {
			return nil, err
		}
		label = "PRIVATE KEY"
	}
	switch {
	case format == "jwk":
		return k.jwk(private)
	case format != "pem" && format != "der":
		return nil, fmt.Errorf("unknown format %q: use pem, der or jwk", format)
	case k.Symmetric():
		return nil, fmt.Errorf("the key is a secret, which has no form as %s: use jwk", format)
	case format == "der":
		return der, nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}), nil
}

// jwk is the key as a JWK and a line end.
func (k Key) jwk(private bool) ([]byte, error) {
	j, err := k.toJWK(private)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(j)
	return append(b, '\n'), err
}

func (k Key) toJWK(private bool) (jwk.Key, error) {
	raw := k.raw()
	if !private {
		raw = k.publicKey()
	}
	j, err := jwk.FromRaw(raw)
	if err != nil {
		return nil, errors.New("the key has no form as a JWK") // the error could quote it
	}
	err = errors.Join(j.Set(jwk.AlgorithmKey, jwa.SignatureAlgorithm(k.Algorithm())),
		j.Set(jwk.KeyUsageKey, jwk.ForSignature))
	if k.id != "" {
		err = errors.Join(err, j.Set(jwk.KeyIDKey, k.id))
	}
	return j, err
}

// JWKS is the JWK Set (RFC 7517 §5) of the public keys among keys, in the order of their ids, and a line end. It has
// neither secrets nor private numbers. The same keys give the same bytes.
func JWKS(keys []Key) []byte {
	keys = slices.DeleteFunc(slices.Clone(keys), Key.Symmetric)
	slices.SortFunc(keys, func(a, b Key) int { return cmp.Compare(a.id, b.id) })
	set := jwk.NewSet()
	for _, k := range keys {
		if j, err := k.toJWK(false); err == nil { // of every Key a JWK was made, for its thumbprint
			_ = set.AddKey(j)
		}
	}
	b, _ := json.Marshal(set)
	return append(b, '\n')
}
