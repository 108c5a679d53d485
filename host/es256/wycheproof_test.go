package es256_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/es256"
)

// wycheproofFiles are those with signatures on P-256: how digests are made, whether signatures are in DER, how many
// tests there are, and in how many of them the signature is not r and s of 32 bytes.
var wycheproofFiles = []struct {
	name       string
	digest     func([]byte) []byte // cut to 32 bytes
	der        bool
	tests, odd int
}{
	{"sha256_p1363", sha256Of, false, 252, 21},
	{"webcrypto", sha256Of, false, 252, 21},
	{"sha512_p1363", sha512Of, false, 322, 21},
	{"shake128_p1363", shake128Of, false, 258, 21},
	{"sha256", sha256Of, true, 474, 235},
	{"sha512", sha512Of, true, 544, 234},
	{"sha3_256", func(b []byte) []byte { h := sha3.Sum256(b); return h[:] }, true, 482, 235},
	{"sha3_512", func(b []byte) []byte { h := sha3.Sum512(b); return h[:32] }, true, 548, 236},
	{"shake128", shake128Of, true, 480, 235},
}

func sha256Of(b []byte) []byte   { h := sha256.Sum256(b); return h[:] }
func sha512Of(b []byte) []byte   { h := sha512.Sum512(b); return h[:32] }
func shake128Of(b []byte) []byte { return sha3.SumSHAKE128(b, 32) }

// Project Wycheproof's tests of ECDSA on P-256, by tables.
func TestWycheproof(t *testing.T) {
	dir := filepath.Join(coretest.Wycheproof(t), "testvectors_v1")
	for _, file := range wycheproofFiles {
		t.Run(file.name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, "ecdsa_secp256r1_"+file.name+"_test.json"))
			if err != nil {
				t.Fatal(err)
			}
			var vectors struct {
				TestGroups []struct {
					PublicKey struct{ Uncompressed string }
					Tests     []struct {
						Number           int `json:"tcId"`
						Comment          string
						Msg, Sig, Result string
					}
				}
			}
			if err := json.Unmarshal(b, &vectors); err != nil {
				t.Fatal(err)
			}
			tests, odd := 0, 0
			for _, g := range vectors.TestGroups {
				table, err := es256.NewTable(unhex(t, g.PublicKey.Uncompressed))
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range g.Tests {
					tests++
					signature := unhex(t, c.Sig)
					if file.der {
						signature = fixed(signature)
					}
					if len(signature) != 64 {
						if odd++; c.Result == "valid" {
							t.Errorf("test %d (%s): the form is refused", c.Number, c.Comment)
						}
						continue
					}
					if good := table.Verify(file.digest(unhex(t, c.Msg)), signature); good != (c.Result == "valid") {
						t.Errorf("test %d (%s): good is %v, want %s", c.Number, c.Comment, good, c.Result)
					}
				}
			}
			if tests != file.tests || odd != file.odd {
				t.Errorf("%d tests, %d of them of another form; want %d and %d", tests, odd, file.tests, file.odd)
			}
		})
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fixed is r and s of a signature in DER, 32 bytes each; nil where that cannot be.
func fixed(der []byte) []byte {
	var v struct{ R, S *big.Int }
	_, err := asn1.Unmarshal(der, &v)
	if err != nil || v.R.Sign() < 0 || v.S.Sign() < 0 || v.R.BitLen() > 256 || v.S.BitLen() > 256 {
		return nil
	}
	if again, err := asn1.Marshal(v); err != nil || !bytes.Equal(again, der) { // Unmarshal overlooks what is appended
		return nil
	}
	return append(v.R.FillBytes(make([]byte, 32)), v.S.FillBytes(make([]byte, 32))...)
}
