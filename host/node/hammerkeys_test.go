package node_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/jws"
)

// ring is a set of keys with ids, of which some sign from a time on.
type ring struct {
	set  core.KeySet
	keys []*jws.Key
}

func (r ring) Set() core.KeySet { return r.set }

func (r ring) Check(_ context.Context, key int, input, signature []byte) (bool, error) {
	return r.keys[key].Check(input, signature), nil
}

func (r ring) Sign(_ context.Context, key int, input, entropy []byte) ([]byte, error) {
	return r.keys[key].Sign(input, entropy)
}

// ringOf is a set of keys, named by their ids, of which those of signing sign. The first checks what names no key.
func ringOf(epoch uint64, keys map[string]*jws.Key, ids []string, signing ...core.SigningKey) ring {
	r := ring{set: core.KeySet{Epoch: epoch, Signing: signing}}
	for i, id := range ids {
		r.keys = append(r.keys, keys[id])
		r.set.Keys = append(r.set.Keys, core.KeyInfo{ID: id, Algorithm: keys[id].Algorithm(), Default: i == 0})
	}
	return r
}

// remote is a key in a KMS, which signs at random.
type remote struct{ *ecdsa.PrivateKey }

func (k remote) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(rand.Reader, digest, o)
}

// signer is a key of an algorithm, or "KMS".
func signer(t *testing.T, name string) *jws.Key {
	t.Helper()
	var raw any
	var err error
	algorithm := name
	switch name {
	case "HS256":
		raw = []byte(rand.Text() + rand.Text())
	case "ES256", "KMS":
		var key *ecdsa.PrivateKey
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if raw = key; name == "KMS" {
			raw, algorithm = remote{key}, "ES256"
		}
	case "EdDSA":
		_, raw, err = ed25519.GenerateKey(rand.Reader)
	default:
		raw, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	must(t, err)
	key, err := jws.NewKey(algorithm, raw)
	must(t, err)
	return key
}
