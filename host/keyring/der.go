package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithms of keys in PKCS #8 and in SubjectPublicKeyInfo (RFC 5958, RFC 5280 §4.1.2.7).
var (
	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// otherKeys are known algorithms that are refused; the error names them.
var otherKeys = []struct {
	oid  asn1.ObjectIdentifier
	name string
}{
	{asn1.ObjectIdentifier{1, 3, 101, 113}, "an Ed448 key; EdDSA signs with Ed25519 here"},
	{asn1.ObjectIdentifier{1, 3, 101, 110}, "an X25519 key, which cannot sign"},
	{asn1.ObjectIdentifier{1, 3, 101, 111}, "an X448 key, which cannot sign"},
	{asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}, "a DSA key, which no algorithm of JWT signs with"},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 3, 1}, "a Diffie-Hellman key, which cannot sign"},
}

var errDamaged = errors.New("is no key that can be read: what stands between its BEGIN and its END " +
	"is not what its BEGIN names; a part may be missing, or changed")

// errOtherAlgorithm says that this package reads no keys of an algorithm.
func errOtherAlgorithm(oid asn1.ObjectIdentifier) error {
	for _, o := range otherKeys {
		if o.oid.Equal(oid) {
			return errors.New("is " + o.name)
		}
	}
	return fmt.Errorf("is a key of an algorithm that is not known here (%v): it must be an RSA, EC or Ed25519 key", oid)
}

// parsePKCS8 reads a PrivateKeyInfo (RFC 5958 §2). Like PyJWT, it treats a key that is restricted to RSASSA-PSS as a
// plain RSA key.
func parsePKCS8(der []byte) (any, error) {
	var info, algorithm, key, inner cryptobyte.String
	var version int64
	var oid asn1.ObjectIdentifier
	in := cryptobyte.String(der)
	if !in.ReadASN1(&info, tag.SEQUENCE) || !in.Empty() || !info.ReadASN1Integer(&version) ||
		!info.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) ||
		!info.ReadASN1(&key, tag.OCTET_STRING) {
		return nil, errDamaged
	}
	switch {
	case oid.Equal(oidRSA), oid.Equal(oidRSAPSS):
		return parseRSA(key)
	case oid.Equal(oidEC):
		return parseSEC1(key, algorithm)
	case oid.Equal(oidEd25519):
		if !key.ReadASN1(&inner, tag.OCTET_STRING) || len(inner) != ed25519.SeedSize {
			return nil, errDamaged
		}
		return ed25519.NewKeyFromSeed(inner), nil
	}
	return nil, errOtherAlgorithm(oid)
}

// parseSPKI reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
func parseSPKI(der []byte) (any, error) {
	var info, algorithm cryptobyte.String
	var oid asn1.ObjectIdentifier
	var key []byte
	in := cryptobyte.String(der)
	if !in.ReadASN1(&info, tag.SEQUENCE) || !in.Empty() || !info.ReadASN1(&algorithm, tag.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) ||
		!info.ReadASN1BitStringAsBytes(&key) {
		return nil, errDamaged
	}
	switch {
	case oid.Equal(oidRSA), oid.Equal(oidRSAPSS):
		return parseRSAPublic(key)
	case oid.Equal(oidEC):
		curve, err := readCurve(algorithm)
		if err != nil {
			return nil, err
		}
		return parsePoint(curve, key)
	case oid.Equal(oidEd25519):
		if len(key) != ed25519.PublicKeySize {
			return nil, errDamaged
		}
		return ed25519.PublicKey(key), nil
	}
	return nil, errOtherAlgorithm(oid)
}

// parsePoint reads a point of a curve, compressed or not (SEC 1 §2.3.4).
func parsePoint(curve elliptic.Curve, point []byte) (*ecdsa.PublicKey, error) {
	if len(point) > 0 && (point[0] == 2 || point[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(curve, point)
		if x == nil {
			return nil, errDamaged
		}
		size := (curve.Params().BitSize + 7) / 8
		point = slices.Concat([]byte{4}, x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size)))
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, errDamaged
	}
	return key, nil
}

// maxRSA is the largest RSAPrivateKey, in bytes: one of 8,192 bits has some 4,700. The time of reading one grows with
// the square of that.
const maxRSA = 16 << 10

// parseRSA reads an RSAPrivateKey (RFC 8017 §A.1.2).
func parseRSA(der []byte) (*rsa.PrivateKey, error) {
	if len(der) > maxRSA {
		return nil, errors.New("is an RSA key that is too long")
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, errDamaged
	}
	return key, nil
}

func parseRSAPublic(der []byte) (*rsa.PublicKey, error) {
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return nil, errDamaged
	}
	return key, nil
}

// parseSEC1 reads an ECPrivateKey (RFC 5915 §3). outside holds the curve's parameters if PKCS #8 wraps the key;
// else they are inside.
func parseSEC1(der []byte, outside cryptobyte.String) (*ecdsa.PrivateKey, error) {
	var key, scalar, parameters cryptobyte.String
	var version int64
	var inside bool
	in := cryptobyte.String(der)
	if !in.ReadASN1(&key, tag.SEQUENCE) || !in.Empty() || !key.ReadASN1Integer(&version) || version != 1 ||
		!key.ReadASN1(&scalar, tag.OCTET_STRING) ||
		!key.ReadOptionalASN1(&parameters, &inside, tag.Tag(0).Constructed().ContextSpecific()) {
		return nil, errDamaged
	}
	if outside != nil {
		parameters = outside
	}
	curve, err := readCurve(parameters)
	if err != nil {
		return nil, err
	}
	// Some programs write too many leading zeros, some too few.
	size := (curve.Params().BitSize + 7) / 8
	number := []byte(scalar)
	for len(number) > size && number[0] == 0 {
		number = number[1:]
	}
	if len(number) < size {
		number = append(make([]byte, size-len(number)), number...)
	}
	private, err := ecdsa.ParseRawPrivateKey(curve, number)
	if err != nil {
		return nil, errDamaged
	}
	return private, nil
}
