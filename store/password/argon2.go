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
	argon2id = "argon2id"
	argon2i  = "argon2i"
	// saltChars is the shortest text that Django takes for 128 bits (must_update_salt); with less it would hash again
	// at each log-in.
	saltChars = 22
	hashBytes = 32 // argon2-cffi's DEFAULT_HASH_LENGTH
)

// b64 is argon2's base64: standard alphabet, no padding, and only the one canonical spelling.
var b64 = base64.RawStdEncoding.Strict()

// argon2Hash is an encoded hash taken apart.
type argon2Hash struct {
	variant    string // argon2id or argon2i
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
	h := argon2Hash{variant: argon2id, params: p, salt: []byte(salt)}
	h.hash = h.of(password, hashBytes)
	return h.String(), nil
}

// of computes the hash of a password under h's salt and costs, in bytes.
func (h argon2Hash) of(password string, length int) []byte {
	key := argon2.IDKey
	if h.variant == argon2i {
		key = argon2.Key
	}
	return key([]byte(password), h.salt, h.params.Iterations, h.params.Memory, h.params.Parallelism, uint32(length))
}

// String is the encoded form.
func (h argon2Hash) String() string {
	return fmt.Sprintf("argon2$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", h.variant, argon2.Version, h.params.Memory,
		h.params.Iterations, h.params.Parallelism, b64.EncodeToString(h.salt), b64.EncodeToString(h.hash))
}

func (h argon2Hash) matches(password string) (bool, error) {
	return subtle.ConstantTimeCompare(h.of(password, len(h.hash)), h.hash) == 1, nil
}

func (h argon2Hash) cost() Cost { return h.params.Cost() }

func (h argon2Hash) decoy() string {
	h.salt, h.hash = []byte(decoySalt), make([]byte, hashBytes)
	return h.String()
}

// Decoy returns the decoy of every hash that Hash makes with costs p. Costs out of bounds count as Default.
func (p Params) Decoy() string {
	if p.Validate() != nil {
		p = Default
	}
	return argon2Hash{variant: argon2id, params: p}.decoy()
}

// decoySalt is the salt of decoys, as long as those of new hashes.
var decoySalt = strings.Repeat("0", saltChars)

// parseArgon2 reads exactly what String writes.
func parseArgon2(encoded string) (parsedHash, error) {
	bad := func(what string) (parsedHash, error) { return nil, fmt.Errorf("%w: argon2: %s", ErrMalformed, what) }
	parts := strings.SplitN(encoded, "$", 7)
	if len(parts) != 6 {
		return bad("not of the form v=…$m=…,t=…,p=…$salt$hash")
	}
	if parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad("version is not 19")
	}
	costs := strings.SplitN(parts[3], ",", 4)
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
	h := argon2Hash{
		variant: parts[1], params: Params{Memory: n[0], Iterations: n[1], Parallelism: uint8(n[2])},
	}
	if err := h.params.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCosts, err)
	}
	var err error
	if h.salt, err = decode(b64, parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return bad("salt is not 8 to 64 bytes in base64 without padding")
	}
	if h.hash, err = decode(b64, parts[5]); err != nil || len(h.hash) < 12 || len(h.hash) > 64 {
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
