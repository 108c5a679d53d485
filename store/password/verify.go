package password

import (
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
)

// These say that a stored hash cannot be checked at all.
var (
	// ErrUnknownFormat says that no row of the table reads this format; Django's identify_hasher raises ValueError
	// there.
	ErrUnknownFormat = errors.New("password hash: unknown format; Django's pbkdf2_sha256, pbkdf2_sha1, argon2, " +
		"bcrypt_sha256, bcrypt and scrypt are read")
	// ErrMalformed says that the format is known and the hash is damaged. What it wraps names the part.
	ErrMalformed = errors.New("password hash: malformed")
	// ErrCosts says that the hash asks for more or less work than Verify does. What it wraps names the cost and its
	// bounds.
	ErrCosts = errors.New("password hash: costs out of bounds")
	// ErrArgon2d says that the hash is argon2d, which Django reads and has never written by default. RFC 9106 §4 has no
	// use for it where others may observe which memory is read.
	ErrArgon2d = errors.New("password hash: argon2d is refused: which memory it reads depends on the password, and " +
		"other processes can observe that")
)

// format is one of Django's hashers.
type format struct {
	prefix string
	parse  func(encoded string) (parsedHash, error)
}

// parsedHash is an encoded hash taken apart. Its costs are within bounds.
type parsedHash interface {
	// matches compares in constant time.
	matches(password string) (bool, error)
	cost() Cost
	// decoy is the encoded hash that Decoy returns.
	decoy() string
}

// formats are the hashers that are read. Prefixes must not begin one another.
var formats = []format{
	{"argon2$argon2id$", parseArgon2},
	{"argon2$argon2i$", parseArgon2},
	{"argon2$argon2d$", func(string) (parsedHash, error) { return nil, ErrArgon2d }},
	{"pbkdf2_sha256$", parsePBKDF2},
	{"pbkdf2_sha1$", parsePBKDF2},
	{"bcrypt_sha256$", parseBcrypt},
	{"bcrypt$", parseBcrypt},
	{"scrypt$", parseScrypt},
}

// parse takes an encoded hash apart.
func parse(encoded string) (parsedHash, error) {
	for _, f := range formats {
		if strings.HasPrefix(encoded, f.prefix) {
			return f.parse(encoded)
		}
	}
	return nil, ErrUnknownFormat
}

// Verify reports whether password is the one that was hashed. No password matches an unusable one: false and no error.
// ErrUnknownFormat, ErrMalformed, ErrCosts and ErrArgon2d mean that the stored hash cannot be checked at all. In all
// these cases no work is done, so a caller that must not show them verifies a decoy (Decoy, Params.Decoy).
func Verify(encoded, password string) (bool, error) {
	if !IsUsable(encoded) {
		return false, nil
	}
	h, err := parse(encoded)
	if err != nil {
		return false, err
	}
	return h.matches(password)
}

// CostOf returns what Verify takes for an encoded hash. The errors are those of Verify; an unusable password has an
// unknown format.
func CostOf(encoded string) (Cost, error) {
	h, err := parse(encoded)
	if err != nil {
		return Cost{}, err
	}
	return h.cost(), nil
}

// Decoy returns a hash with the format and the costs of encoded, a fixed salt and a fixed value that is the hash of no
// known password: Verify takes as long for it as for encoded. Hashes with equal costs have the same decoy, of at most
// 200 bytes. It reports false if Verify does no work for encoded.
func Decoy(encoded string) (decoy string, ok bool) {
	h, err := parse(encoded)
	if err != nil {
		return "", false
	}
	return h.decoy(), true
}

// NeedsRehash reports whether Hash with costs p would write another format than this hash has, or lower or higher
// costs. It is false for a hash that Verify cannot check, since its password is not known.
func NeedsRehash(encoded string, p Params) bool {
	h, err := parse(encoded)
	if err != nil {
		return false
	}
	a, ok := h.(argon2Hash)
	return !ok || a.variant != argon2id || a.params != p
}

// RevokeClaim is the value of REVOKE_TOKEN_CLAIM for an encoded hash: its MD5 as 32 upper-case hex digits
// (simplejwt get_md5_hash_password). It protects nothing by itself: it only changes with the hash.
func RevokeClaim(encoded string) string {
	return fmt.Sprintf("%X", md5.Sum([]byte(encoded)))
}
