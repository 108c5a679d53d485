package keyring_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// TestVectors reads the keys of the RFCs' examples, checks their signatures, and makes the deterministic ones again.
// The examples of ECDSA were made with random numbers, and those of RSASSA-PSS with a salt.
func TestVectors(t *testing.T) {
	for _, file := range coretest.VectorFiles {
		for _, v := range coretest.Vectors(t, file) {
			t.Run(file+" "+v.Section, func(t *testing.T) {
				r := readRing(t, string(v.JWK(t)))
				if got := r.Set().Keys[0].Algorithm; got != v.Algorithm {
					t.Errorf("algorithm %s, want %s", got, v.Algorithm)
				}
				if v.Signature == "" {
					return
				}
				signature, err := base64.RawURLEncoding.DecodeString(v.Signature)
				if err != nil {
					t.Fatal(err)
				}
				if ok, err := r.Check(t.Context(), 0, []byte(v.Input), signature); !ok || err != nil {
					t.Errorf("Check = %v, %v; want true", ok, err)
				}
				if ok, err := r.Check(t.Context(), 0, []byte(v.Input+"x"), signature); ok || err != nil {
					t.Errorf("Check of another input = %v, %v; want false", ok, err)
				}
				if len(r.Set().Signing) == 0 {
					return
				}
				made, err := r.Sign(t.Context(), 0, []byte(v.Input), make([]byte, core.EntropyBytes))
				if err != nil {
					t.Fatal(err)
				}
				deterministic := !strings.HasPrefix(v.Algorithm, "ES") && !strings.HasPrefix(v.Algorithm, "PS")
				if deterministic && string(made) != string(signature) {
					t.Errorf("Sign = %x, want %x", made, signature)
				}
				if ok, err := r.Check(t.Context(), 0, []byte(v.Input), made); !ok || err != nil {
					t.Errorf("Check of its own signature = %v, %v; want true", ok, err)
				}
			})
		}
	}
}
