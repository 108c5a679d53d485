package password

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	pbkdf2Prefix = "pbkdf2_sha256$"
	// maxPBKDF2 bounds the iterations that a stored hash may ask for: ten times Django 5.2's default, one to two
	// seconds.
	maxPBKDF2 = 10_000_000
	// maxSaltBytes is the whole of Django's password column.
	maxSaltBytes = 128
)

// paddedB64 is the base64 of Python's b64encode: standard alphabet, padded, and only the one canonical spelling.
var paddedB64 = base64.StdEncoding.Strict()

// pbkdf2Hash is an encoded hash of PBKDF2 with HMAC-SHA256 (RFC 8018 §5.2) taken apart.
type pbkdf2Hash struct {
	iterations int
	salt       string // the text itself, not base64
	hash       []byte // sha256.Size
}

// String is the encoded form.
func (h pbkdf2Hash) String() string {
	return fmt.Sprintf("%s%d$%s$%s", pbkdf2Prefix, h.iterations, h.salt, paddedB64.EncodeToString(h.hash))
}

// verifyPBKDF2 compares in constant time.
func verifyPBKDF2(encoded, password string) (bool, error) {
	h, err := parsePBKDF2(encoded)
	if err != nil {
		return false, err
	}
	hash, err := pbkdf2.Key(sha256.New, password, []byte(h.salt), h.iterations, sha256.Size)
	if err != nil {
		return false, fmt.Errorf("pbkdf2: %w", err)
	}
	return subtle.ConstantTimeCompare(hash, h.hash) == 1, nil
}

// parsePBKDF2 reads exactly what String writes. Django reads other spellings too, but compares with the one that it
// writes, so no password matches them. It begins as parseArgon2 does, but the parts have nothing in common.
func parsePBKDF2(encoded string) (pbkdf2Hash, error) {
	bad := func(what string) (pbkdf2Hash, error) {
		return pbkdf2Hash{}, fmt.Errorf("%w: pbkdf2: %s", ErrMalformed, what)
	}
	rest, ok := strings.CutPrefix(encoded, pbkdf2Prefix)
	if !ok {
		return bad("prefix")
	}
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return bad("not of the form iterations$salt$hash")
	}
	h := pbkdf2Hash{salt: parts[1]}
	var err error
	if h.iterations, err = strconv.Atoi(parts[0]); err != nil || strconv.Itoa(h.iterations) != parts[0] ||
		h.iterations < 1 || h.iterations > maxPBKDF2 {
		return bad(fmt.Sprintf("iterations are no number from 1 to %d", maxPBKDF2))
	}
	if h.salt == "" || len(h.salt) > maxSaltBytes || !utf8.ValidString(h.salt) {
		return bad(fmt.Sprintf("salt is not 1 to %d bytes of UTF-8", maxSaltBytes))
	}
	if h.hash, err = decode(paddedB64, parts[2]); err != nil || len(h.hash) != sha256.Size {
		return bad(fmt.Sprintf("hash is not %d bytes in base64", sha256.Size))
	}
	return h, nil
}
