package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxPBKDF2 bounds the iterations that a stored hash may ask for: more than five times the default of Django 6.2.
	maxPBKDF2 = 10_000_000
	// maxSaltBytes is the whole of Django's password column.
	maxSaltBytes = 128
)

// paddedB64 is the base64 of Python's b64encode: standard alphabet, padded, and only the one canonical spelling.
var paddedB64 = base64.StdEncoding.Strict()

// pbkdf2Hash is an encoded hash of PBKDF2 with HMAC (RFC 8018 §5.2) taken apart.
type pbkdf2Hash struct {
	algorithm  string // "pbkdf2_sha256" or "pbkdf2_sha1"
	iterations int
	salt       string // the text itself, not base64
	hash       []byte // as long as a sum of the digest
}

// digest is the hash function of HMAC, and the length of its sums.
func (h pbkdf2Hash) digest() (func() hash.Hash, int) {
	if h.algorithm == "pbkdf2_sha1" {
		return sha1.New, sha1.Size
	}
	return sha256.New, sha256.Size
}

// String is the encoded form.
func (h pbkdf2Hash) String() string {
	return fmt.Sprintf("%s$%d$%s$%s", h.algorithm, h.iterations, h.salt, paddedB64.EncodeToString(h.hash))
}

func (h pbkdf2Hash) matches(password string) (bool, error) {
	digest, size := h.digest()
	key, err := pbkdf2.Key(digest, password, []byte(h.salt), h.iterations, size)
	if err != nil {
		return false, fmt.Errorf("pbkdf2: %w", err)
	}
	return subtle.ConstantTimeCompare(key, h.hash) == 1, nil
}

func (h pbkdf2Hash) cost() Cost { return Cost{Effort: time.Duration(h.iterations) * perIteration} }

func (h pbkdf2Hash) decoy() string {
	h.salt, h.hash = decoySalt, make([]byte, len(h.hash))
	return h.String()
}

// parsePBKDF2 reads exactly what String writes. Django reads other spellings too, but compares with the one that it
// writes, so no password matches them.
func parsePBKDF2(encoded string) (parsedHash, error) {
	parts := strings.SplitN(encoded, "$", 5)
	if len(parts) != 4 {
		return nil, fmt.Errorf("%w: pbkdf2: not of the form iterations$salt$hash", ErrMalformed)
	}
	h := pbkdf2Hash{algorithm: parts[0], salt: parts[2]}
	var err error
	if h.iterations, err = bounded(parts[1], "pbkdf2 iterations", 1, maxPBKDF2); err != nil {
		return nil, err
	}
	if err := checkSalt("pbkdf2", h.salt); err != nil {
		return nil, err
	}
	_, size := h.digest()
	if h.hash, err = decode(paddedB64, parts[3]); err != nil || len(h.hash) != size {
		return nil, fmt.Errorf("%w: pbkdf2: hash is not %d bytes in base64", ErrMalformed, size)
	}
	return h, nil
}

// checkSalt checks a salt that is stored as the text it is.
func checkSalt(format, salt string) error {
	if salt == "" || len(salt) > maxSaltBytes || !utf8.ValidString(salt) {
		return fmt.Errorf("%w: %s: salt is not 1 to %d bytes of UTF-8", ErrMalformed, format, maxSaltBytes)
	}
	return nil
}
