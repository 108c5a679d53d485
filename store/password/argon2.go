package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

const (
	argon2Prefix = "argon2$argon2id$"
	// saltChars is the shortest text that Django takes for 128 bits (must_update_salt); with less it would hash again
	// at each log-in.
	saltChars = 22
	hashBytes = 32 // argon2-cffi's DEFAULT_HASH_LENGTH
)

// alphabet is Django's RANDOM_STRING_CHARS (django/utils/crypto.py).
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// b64 is argon2's base64: standard alphabet, no padding, and only the one canonical spelling.
var b64 = base64.RawStdEncoding.Strict()

// argon2Hash is an encoded hash taken apart.
type argon2Hash struct {
	params     Params
	salt, hash []byte
}

// Hash is the encoded argon2id hash of a password, with a salt drawn from random.
// It fails for costs out of bounds, for a password that is not UTF-8 or longer than MaxBytes, and when random fails.
func Hash(password string, p Params, random io.Reader) (string, error) {
	if err := p.Validate(); err != nil {
		return "", err
	}
	if !utf8.ValidString(password) {
		return "", ErrNotText
	}
	if len(password) > MaxBytes {
		return "", ErrTooLong
	}
	salt, err := randomText(random, saltChars)
	if err != nil {
		return "", err
	}
	h := argon2Hash{params: p, salt: []byte(salt)}
	h.hash = h.of(password, hashBytes)
	return h.String(), nil
}

// Waste does the work of one Verify with costs p and throws the result away, so that an unknown customer takes as
// long as a known one. Costs out of bounds count as Default.
func Waste(password string, p Params) {
	if p.Validate() != nil {
		p = Default
	}
	h := argon2Hash{params: p, salt: make([]byte, saltChars)}
	h.of(password, hashBytes)
}

// of computes the hash of a password under h's salt and costs, in bytes.
func (h argon2Hash) of(password string, length int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.params.Iterations, h.params.Memory, h.params.Parallelism,
		uint32(length))
}

// String is the encoded form.
func (h argon2Hash) String() string {
	return fmt.Sprintf("%sv=%d$m=%d,t=%d,p=%d$%s$%s", argon2Prefix, argon2.Version, h.params.Memory,
		h.params.Iterations,
		h.params.Parallelism, b64.EncodeToString(h.salt), b64.EncodeToString(h.hash))
}

// verifyArgon2 compares in constant time.
func verifyArgon2(encoded, password string) (bool, error) {
	h, err := parseArgon2(encoded)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(h.of(password, len(h.hash)), h.hash) == 1, nil
}

// parseArgon2 reads exactly what String writes.
func parseArgon2(encoded string) (argon2Hash, error) {
	bad := func(what string) (argon2Hash, error) {
		return argon2Hash{}, fmt.Errorf("%w: argon2: %s", ErrMalformed, what)
	}
	rest, ok := strings.CutPrefix(encoded, argon2Prefix)
	if !ok {
		return bad("prefix")
	}
	parts := strings.Split(rest, "$")
	if len(parts) != 4 {
		return bad("not of the form v=…$m=…,t=…,p=…$salt$hash")
	}
	if parts[0] != "v="+strconv.Itoa(argon2.Version) {
		return bad("version is not 19")
	}
	costs := strings.Split(parts[1], ",")
	if len(costs) != 3 {
		return bad("costs are not of the form m=…,t=…,p=…")
	}
	var n [3]uint32
	for i, c := range []struct {
		name string
		bits int
	}{{"m=", 32}, {"t=", 32}, {"p=", 8}} {
		text, ok := strings.CutPrefix(costs[i], c.name)
		v, err := strconv.ParseUint(text, 10, c.bits)
		if !ok || err != nil || strconv.FormatUint(v, 10) != text {
			return bad("cost " + c.name + " is no number in range")
		}
		n[i] = uint32(v)
	}
	h := argon2Hash{params: Params{Memory: n[0], Iterations: n[1], Parallelism: uint8(n[2])}}
	if err := h.params.Validate(); err != nil {
		return argon2Hash{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var err error
	if h.salt, err = decode(b64, parts[2]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return bad("salt is not 8 to 64 bytes in base64 without padding")
	}
	if h.hash, err = decode(b64, parts[3]); err != nil || len(h.hash) < 12 || len(h.hash) > 64 {
		return bad("hash is not 12 to 64 bytes in base64 without padding")
	}
	return h, nil
}

// decode refuses the line breaks that encoding/base64 skips.
func decode(b *base64.Encoding, s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, ErrMalformed
	}
	return b.DecodeString(s)
}

// randomText draws n characters of alphabet, each equally likely: bytes from 248 on, which would favour some, are
// drawn again.
func randomText(random io.Reader, n int) (string, error) {
	text := make([]byte, 0, n)
	buf := make([]byte, n)
	for len(text) < n {
		if _, err := io.ReadFull(random, buf); err != nil {
			return "", fmt.Errorf("draw random text: %w", err)
		}
		for _, b := range buf {
			if int(b) < 256/len(alphabet)*len(alphabet) && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text), nil
}
