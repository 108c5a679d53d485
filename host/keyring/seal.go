package keyring

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/crypto/chacha20poly1305"
)

// Sealer encrypts the private parts of keys under the node secret, so that a store has none of them in clear. It is
// safe for concurrent use. It prints as a mask.
//
// A sealed part begins with a version and the id of the secret, so that a wrong secret is told apart from damage:
//
//	u8  1           version
//	8   id          of the secret: HKDF-SHA256(secret, no salt, "edgetoken sealed key, id of the secret v1")
//	24  nonce       random
//	*   ciphertext  XChaCha20-Poly1305 of the private part, with its tag of 16 bytes at the end. The key is
//	                HKDF-SHA256(secret, no salt, "edgetoken sealed key, key v1"), 32 bytes
//
// The additional data is version and id, and then kid, algorithm and public key, each after its length in bytes (u32,
// little-endian). So a sealed part opens as the part of its own key alone.
//
// With the secret 0123456789abcdef0123456789abcdef, the kid "a", the algorithm HS256 and no public key, the private
// part "xyz" can be sealed as
//
//	01 3c 67 a8 0c a8 51 69 82
//	   15 32 88 b5 43 86 e4 c0 bd 29 c8 3e 9d 91 8a e8 40 e1 cc 5e 75 d3 f1 5c
//	   14 77 57 70 33 e8 a7 a2 05 88 f8 45 93 44 e3 8c 1c b4 4b
type Sealer struct {
	id     [8]byte
	source string // where the secret is from, for messages
	// aead is a function since fmt ignores the Format of unexported fields. Of a function it prints the address.
	aead func() cipher.AEAD
}

// ErrNodeSecret says that a key was sealed under another node secret.
var ErrNodeSecret = errors.New("it is sealed under another node secret")

// MinNodeSecret is the least length of a node secret, in bytes.
const MinNodeSecret = 32

const (
	sealVersion = 1
	sealHeader  = 1 + 8                                    // version and id
	sealText    = sealHeader + chacha20poly1305.NonceSizeX // before the ciphertext
)

// NewSealer makes a sealer of a node secret. The secret must be random, since whoever has a sealed key may try any
// number of secrets, and have MinNodeSecret bytes.
func NewSealer(secret []byte) (*Sealer, error) {
	if len(secret) < MinNodeSecret {
		return nil, fmt.Errorf("the node secret has %d bytes and needs at least %d: make one with openssl rand "+
			"-base64 32", len(secret), MinNodeSecret)
	}
	id, err := hkdf.Key(sha256.New, secret, nil, "edgetoken sealed key, id of the secret v1", 8)
	if err != nil {
		return nil, fmt.Errorf("use the node secret: %w", err)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "edgetoken sealed key, key v1", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("use the node secret: %w", err)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("use the node secret: %w", err)
	}
	return &Sealer{id: [8]byte(id), aead: func() cipher.AEAD { return aead }}, nil
}

// From is the same sealer, whose errors say where its secret is from.
func (s Sealer) From(source string) *Sealer {
	s.source = source
	return &s
}

// Seal encrypts the private part of the key that id, algorithm and public describe. public is nil for a symmetric key.
func (s *Sealer) Seal(id, algorithm string, public, private []byte) ([]byte, error) {
	sealed := append([]byte{sealVersion}, s.id[:]...)
	sealed = append(sealed, make([]byte, chacha20poly1305.NonceSizeX)...)
	nonce := sealed[sealHeader:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal key %s: %w", id, err)
	}
	return s.aead().Seal(sealed, nonce, private, s.bound(id, algorithm, public)), nil
}

// Open decrypts what Seal gave for the same key. The error is ErrNodeSecret if it was sealed under another secret.
func (s *Sealer) Open(id, algorithm string, public, sealed []byte) ([]byte, error) {
	switch {
	case len(sealed) < sealText+chacha20poly1305.Overhead:
		return nil, fmt.Errorf("sealed key %s is cut off: restore the store from a backup", id)
	case sealed[0] != sealVersion:
		return nil, fmt.Errorf("sealed key %s has version %d, which this program does not know: use a newer one", id,
			sealed[0])
	case !bytes.Equal(sealed[1:sealHeader], s.id[:]):
		return nil, s.otherSecret()
	}
	nonce, text := sealed[sealHeader:sealText], sealed[sealText:]
	private, err := s.aead().Open(nil, nonce, text, s.bound(id, algorithm, public))
	if err != nil {
		return nil, fmt.Errorf("sealed key %s is damaged, or not that of this key: restore the store from a backup", id)
	}
	return private, nil
}

// otherSecret is ErrNodeSecret, and what to do about it.
func (s *Sealer) otherSecret() error {
	if s.source == "" {
		return ErrNodeSecret
	}
	return fmt.Errorf("%w than that of %s: put the one back that sealed it, or name it by keys.secret_FILE",
		ErrNodeSecret, s.source)
}

// bound is the additional data.
func (s *Sealer) bound(id, algorithm string, public []byte) []byte {
	b := append([]byte{sealVersion}, s.id[:]...)
	for _, part := range [][]byte{[]byte(id), []byte(algorithm), public} {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

func (s Sealer) String() string               { return "sealer(********)" }
func (s Sealer) GoString() string             { return s.String() }
func (s Sealer) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, s.String()) }
func (s Sealer) LogValue() slog.Value         { return slog.StringValue(s.String()) }
func (s Sealer) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
