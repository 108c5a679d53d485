package keyring

import (
	"crypto/rand"
	"testing"

	"github.com/edgetoken/edgetoken/core/jwk"
	"github.com/edgetoken/edgetoken/core/jws"
)

// What is published here is read by the verifiers of package jwk as the same key, and the other way round.
func TestVerifiersReadWhatIsPublished(t *testing.T) {
	for _, algorithm := range jws.Algorithms() {
		k, err := GenerateKey(algorithm, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text, err := k.Export("jwk", k.Symmetric())
		if err != nil {
			t.Fatal(err)
		}
		read, err := jwk.Read(text)
		if err != nil || read.ID != k.ID() || read.Algorithm != algorithm {
			t.Errorf("%s: %q for %s, %v", algorithm, read.ID, read.Algorithm, err)
			continue
		}
		signature, err := k.jws.Sign([]byte("input"), make([]byte, 32))
		if err != nil || !read.Check([]byte("input"), signature) || read.Check([]byte("other"), signature) {
			t.Errorf("%s: the key that is read checks other signatures, or %v", algorithm, err)
		}
		if k.Symmetric() {
			continue
		}
		found, err := Read([]byte(jwk.Public(read.ID, algorithm, read.Material)), "")
		if err != nil || !found.Keys[0].ChecksAlike(k) || found.Keys[0].ID() != k.ID() {
			t.Errorf("%s: what package jwk writes is read as %v, %v", algorithm, found.Keys, err)
		}
	}
}
