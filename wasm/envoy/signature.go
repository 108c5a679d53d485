package main

import (
	"bytes"
	"encoding/binary"
)

// Envoy checks signatures of RSASSA-PKCS1-v1_5 and ECDSA natively, by its foreign function verify_signature: the hash
// by name, the key as SubjectPublicKeyInfo and the signature, both in DER. It knows no RSASSA-PSS and no Ed25519.

// native says how Envoy checks the signatures of an algorithm.
type native struct {
	hash string
	// spki is what a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 5480 §2) of an elliptic curve begins with, before the
	// point. Nil: RSA.
	spki []byte
	size int // of each half of an ECDSA signature, in bytes
}

var natives = map[string]native{
	"RS256": {hash: "sha256"},
	"RS384": {hash: "sha384"},
	"RS512": {hash: "sha512"},
	"ES256": {hash: "sha256", size: 32, spki: []byte("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" +
		"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00")},
	"ES384": {hash: "sha384", size: 48, spki: []byte("\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" +
		"\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00")},
	"ES512": {hash: "sha512", size: 66, spki: []byte("\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" +
		"\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00")},
}

// rsaEncryption is the AlgorithmIdentifier of RSA keys (RFC 3279 §2.3.1).
var rsaEncryption = []byte("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")

// publicKey is the SubjectPublicKeyInfo of a key that consists of numbers, as jws.Numbers gives them.
func (n *native) publicKey(numbers [][]byte) []byte {
	switch {
	case n.spki != nil && len(numbers) == 1:
		return append(bytes.Clone(n.spki), numbers[0]...)
	case n.spki == nil && len(numbers) == 2:
		key := element(0x30, integer(numbers[0]), integer(numbers[1]))
		return element(0x30, rsaEncryption, element(0x03, []byte{0}, key))
	}
	return nil
}

// signature is a signature of a JWS (RFC 7518 §3.3, §3.4) in DER; nil if its size is wrong.
func (n *native) signature(jose []byte) []byte {
	switch {
	case n.spki == nil:
		return jose
	case len(jose) == 2*n.size:
		return element(0x30, integer(jose[:n.size]), integer(jose[n.size:]))
	}
	return nil
}

// integer is an INTEGER of DER, from a big-endian number.
func integer(b []byte) []byte {
	b = bytes.TrimLeft(b, "\x00")
	if len(b) == 0 || b[0] >= 0x80 {
		return element(0x02, []byte{0}, b)
	}
	return element(0x02, b)
}

// element is an element of DER: its tag, its length, its contents.
func element(tag byte, contents ...[]byte) []byte {
	content := bytes.Join(contents, nil)
	b := []byte{tag}
	switch size := len(content); {
	case size < 0x80:
		b = append(b, byte(size))
	case size < 0x100:
		b = append(b, 0x81, byte(size))
	default:
		b = binary.BigEndian.AppendUint16(append(b, 0x82), uint16(size))
	}
	return append(b, content...)
}

// question is Envoy's VerifySignatureArguments, in protobuf: 1 hash_function, 2 public_key, 3 signature, 4 text.
func (n *native) question(publicKey, signature, input []byte) []byte {
	b := make([]byte, 0, len(n.hash)+len(publicKey)+len(signature)+len(input)+4*4)
	for i, field := range [][]byte{[]byte(n.hash), publicKey, signature, input} {
		b = append(b, byte(i+1)<<3|2)
		b = binary.AppendUvarint(b, uint64(len(field)))
		b = append(b, field...)
	}
	return b
}

// maxAnswer is more than any VerifySignatureResult has, in bytes.
const maxAnswer = 1 << 10

// readAnswer reads Envoy's VerifySignatureResult: 1 result (bool), 2 error (text). A bad signature has an error of its
// own. Under any other, such as a hash that this Envoy doesn't know, nothing was checked: known is false.
func readAnswer(b []byte) (good, known bool) {
	if bytes.HasPrefix(b, []byte{1 << 3, 1}) {
		return true, true
	}
	return false, bytes.Contains(b, []byte("Failed to verify digest"))
}
