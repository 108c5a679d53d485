package jws

import "encoding/binary"

// Material is the key as it enters a guest: u8 kind (0 public, 1 private or secret), then numbers, each with its length
// before it as a little-endian u16:
//
//	HMAC       secret
//	RSA        n, e, and d, p, q of a private key; big-endian
//	ECDSA      the point, uncompressed (SEC 1 §2.3.3), and the scalar of a private key
//	Ed25519    the public key, or the seed (RFC 8032 §5.1.5) of a private key
//
// The secret "key":
//
//	01 | 03 00 | 6b 65 79
//
// A key that cannot be exported, such as one in a KMS, is ErrMaterial.
func (k *Key) Material() ([]byte, error) {
	numbers, private, err := k.ops.numbers()
	if err != nil {
		return nil, err
	}
	return Material(private, numbers...), nil
}

// Material is the material of a key that consists of numbers.
func Material(private bool, numbers ...[]byte) []byte {
	b := []byte{0}
	if private {
		b[0] = 1
	}
	for _, n := range numbers {
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(n))), n...)
	}
	return b
}

// Numbers are the numbers of a material; ok is false where it is none.
func Numbers(material []byte) (numbers [][]byte, private, ok bool) {
	if len(material) == 0 || material[0] > 1 {
		return nil, false, false
	}
	for rest := material[1:]; len(rest) > 0; {
		if len(rest) < 2 || int(binary.LittleEndian.Uint16(rest)) > len(rest)-2 {
			return nil, false, false
		}
		end := 2 + int(binary.LittleEndian.Uint16(rest))
		numbers = append(numbers, rest[2:end])
		rest = rest[end:]
	}
	return numbers, material[0] == 1, true
}

// ReadKey makes a key from its Material. It takes weak HMAC secrets: whether they are allowed is the caller's decision.
func ReadKey(name string, material []byte) (*Key, error) {
	a := find(name)
	if a == nil {
		return nil, ErrUnknownAlgorithm
	}
	numbers, private, ok := Numbers(material)
	if !ok {
		return nil, ErrMaterial
	}
	key, err := a.read(a, numbers, private)
	if err != nil {
		return nil, err
	}
	k, err := bind(a, key)
	if k == nil {
		return nil, err
	}
	return k, nil
}
