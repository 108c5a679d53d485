package keyring_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/keyring"
)

// TestReadTakesWhatSettingsTake: of the keys that openssl and ssh-keygen made for the table, Read finds those that a
// setting takes, and the same ones in DER.
func TestReadTakesWhatSettingsTake(t *testing.T) {
	var keys, ders int
	for _, c := range keyCases(t) {
		text := c.Signing.bytes(t)
		ring, err := keyring.FromSettings(c.Algorithm, text, nil, false)
		inDER := strings.HasSuffix(c.Name, " in DER") // which no setting takes
		if err != nil && !inDER {
			continue
		}
		for i, text := range append([][]byte{text}, derOf(text)...) {
			found, err := keyring.Read(text, c.Algorithm)
			var got []keyring.FoundKey
			for _, k := range found.Keys {
				if k.CanSign() {
					got = append(got, k)
				}
			}
			if len(got) != 1 || !inDER && !bytes.Equal(got[0].Public(), ring.Members()[0].Key.Public()) {
				t.Errorf("%s, text %d: Read = %s, %v; want %v", c.Name, i, describe(found), err, ring)
			}
			keys += len(got)
			ders += min(i, 1)
		}
	}
	if keys < 100 || ders < 50 {
		t.Errorf("%d keys were read, %d of them in DER", keys, ders)
	}
}

// derOf is what the keys of a PEM text are in DER.
func derOf(text []byte) (keys [][]byte) {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return keys
		}
		if b.Type == "PRIVATE KEY" || b.Type == "EC PRIVATE KEY" || b.Type == "RSA PRIVATE KEY" {
			keys = append(keys, b.Bytes)
		}
	}
}

// TestReadWhatOthersWrite: files as openssl and ssh-keygen write them now.
func TestReadWhatOthersWrite(t *testing.T) {
	for _, name := range []string{"openssl", "ssh-keygen"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	for _, c := range []struct{ name, command, want string }{
		{"PKCS #8", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out F", "ES384 signs"},
		{"SEC 1 after its curve", "openssl ecparam -name secp521r1 -genkey -out F", "ES512 signs"},
		{"Ed25519", "openssl genpkey -algorithm ED25519 -out F", "EdDSA signs"},
		{"Ed448", "openssl genpkey -algorithm ED448 -out F", "no usable key: it is an Ed448 key; EdDSA signs with " +
			"Ed25519 here"},
		{"key and certificate", "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a " +
			"-keyout K -out C && cat C K > F", "ES256 signs"},
		{"certificate", "cp C F", "ES256"},
		{"certificate in DER", "openssl x509 -in C -outform DER -out F", "ES256"},
		{"trusted certificate", "openssl x509 -in C -trustout -addtrust serverAuth -out F", "ES256"},
		{"RSA in DER", "openssl genrsa -out R 2048 && openssl rsa -in R -traditional -outform DER -out F",
			"PS256 signs"},
		{"PKCS #8 in DER", "openssl pkcs8 -topk8 -nocrypt -in R -outform DER -out F", "PS256 signs"},
		{"RSA public", "openssl rsa -in R -RSAPublicKey_out -out F", "PS256"},
		{"RSA public in DER", "openssl rsa -in R -RSAPublicKey_out -outform DER -out F", "PS256"},
		{"SPKI in DER", "openssl rsa -in R -pubout -outform DER -out F", "PS256"},
		{"private and public", "openssl rsa -in R -pubout -out P && cat R P > F", "PS256 signs"},
		{"encrypted", "openssl pkcs8 -topk8 -in R -passout pass:x -out F", "no usable key: it is encrypted, and " +
			"there is no place for its password here: openssl pkey -in FILE writes it in clear"},
		{"encrypted, in DER", "openssl pkcs8 -topk8 -in R -passout pass:x -outform DER -out F", "no usable key: it " +
			"is encrypted, and there is no place for its password here: openssl pkey -in FILE writes it in clear"},
		{"PKCS #12", "openssl pkcs12 -export -in C -inkey K -passout pass:x -out F", "no usable key: it is PKCS #12: " +
			"openssl pkcs12 -noenc -in FILE writes it as PEM"},
		{"PKCS #12 as PEM", "openssl pkcs12 -export -in C -inkey K -passout pass:x -out D && " +
			"openssl pkcs12 -noenc -in D -passin pass:x -out F", "ES256 signs"},
		{"request", "openssl req -new -key K -subj /CN=a -out F", "no usable key: it is no key: what is read is " +
			"PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY, PUBLIC KEY, RSA PUBLIC KEY, CERTIFICATE"},
		{"ssh-keygen, PKCS #8", "ssh-keygen -q -t ecdsa -b 256 -m PKCS8 -N '' -f S && cat S > F", "ES256 signs"},
		{"ssh-keygen, PEM", "cp R T && chmod 600 T && ssh-keygen -q -p -m PEM -N '' -f T && cat T > F", "PS256 signs"},
		{"ssh-keygen, public", "ssh-keygen -e -m PKCS8 -f S > F", "ES256"},
		{"ssh-keygen, its own", "ssh-keygen -q -t ed25519 -N '' -f U && cat U > F", "no usable key: it is a private " +
			"key in OpenSSH's own format, which PyJWT does not read either: " +
			"ssh-keygen -p -m PKCS8 -f FILE rewrites it"},
		{"ssh-keygen, its own public", "cat U.pub > F", "no usable key: it is a public key in OpenSSH's own " +
			"format: ssh-keygen -e -m PKCS8 -f FILE writes it as PEM"},
	} {
		make := exec.Command("sh", "-c", c.command)
		make.Dir = dir
		if out, err := make.CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v\n%s", c.name, c.command, err, out)
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "F"))
		if err != nil {
			t.Fatal(err)
		}
		found, err := keyring.Read(text, "PS256")
		if err != nil {
			if err.Error() != c.want {
				t.Errorf("%s: Read = %v, want %s", c.name, err, c.want)
			}
			continue
		}
		got := describe(found)
		got = strings.Replace(got, " "+found.Keys[0].ID(), "", 1)
		if got != c.want {
			t.Errorf("%s: Read = %s, want %s", c.name, got, c.want)
		}
	}
}

// TestReadChain: of a chain of certificates the first is a key, and with its private key one.
func TestReadChain(t *testing.T) {
	keys := make([]*ecdsa.PrivateKey, 3)
	var text []byte
	var parent *x509.Certificate
	for i, name := range []string{"root", "issuer", "leaf"} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = key
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: i < 2,
			BasicConstraintsValid: true}
		signer := key
		if parent == nil {
			parent = c
		} else {
			signer = keys[i-1]
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		parent = c
		text = append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), text...)
	}
	leaf, err := keyring.NewKeyOf("ES256", keys[2])
	if err != nil {
		t.Fatal(err)
	}
	private, err := leaf.Export("pem", true)
	if err != nil {
		t.Fatal(err)
	}
	const issuer = "it is the certificate of an issuer of another one"
	skipped := "; 1  " + issuer + "; 2  " + issuer
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"chain":     {text, leaf.String() + skipped},
		"key after": {append(bytes.Clone(text), private...), leaf.String() + " signs" + skipped},
	} {
		found, err := keyring.Read(c.text, "")
		if err != nil || describe(found) != c.want {
			t.Errorf("%s: Read = %s, %v; want %s", name, describe(found), err, c.want)
		}
	}
}

// TestReadIsBounded: huge numbers are refused at once. To compute with them would take hours.
func TestReadIsBounded(t *testing.T) {
	odd := func(bits uint) *big.Int {
		return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
	}
	n := odd(5 << 20)
	half := odd(1 << 20)
	private, err := asn1.Marshal(struct {
		V                     int
		N                     *big.Int
		E                     int
		D, P, Q, Dp, Dq, Qinv *big.Int
	}{0, odd(2 << 20), 65537, odd(1 << 19), odd(1 << 19), odd(1 << 19), odd(1 << 19), odd(1 << 19), odd(1 << 19)})
	if err != nil {
		t.Fatal(err)
	}
	public, err := asn1.Marshal(struct {
		N *big.Int
		E int
	}{n, 65537})
	if err != nil {
		t.Fatal(err)
	}
	number := func(n *big.Int) string { return strings.Repeat("q", n.BitLen()/8*4/3/4*4) }
	for name, text := range map[string][]byte{
		"private":        private,
		"public":         public,
		"private in PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: private}),
		"JWK": []byte(`{"kty":"RSA","e":"AQAB","n":"` + number(half) + `","d":"` + number(half) + `","p":"` +
			number(half) + `","q":"` + number(half) + `"}`),
		"numbers of a good JWK": []byte(with(publicRSA, `"d":"`+number(half)+`","p":"`+number(half)+`","q":"`+
			number(half)+`"`)),
	} {
		if found, err := keyring.Read(text, ""); err == nil {
			t.Errorf("%s of %d bytes: Read = %s", name, len(text), describe(found))
		}
	}
}
