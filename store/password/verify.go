package password

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"strings"
)

var (
	// ErrUnknownFormat says that no row of the table reads this format; Django's identify_hasher raises ValueError
	// there.
	ErrUnknownFormat = errors.New("password hash: unknown format; only argon2$argon2id$ and pbkdf2_sha256$ are read")
	// ErrMalformed says that the format is known and the hash is damaged or asks for too much. What it wraps names the
	// part.
	ErrMalformed = errors.New("password hash: malformed")
	// ErrNotText says that a password is not UTF-8; Django could never check it.
	ErrNotText = errors.New("password: not UTF-8 text")
	// ErrTooLong says that a password has more than MaxBytes.
	ErrTooLong = fmt.Errorf("password: longer than %d bytes", MaxBytes)
)

// format is one of Django's hashers.
type format struct {
	prefix string
	verify func(encoded, password string) (bool, error)
	params func(encoded string) (Params, error)
}

// formats are the hashers that are read. Prefixes must not begin one another.
var formats = []format{
	{argon2Prefix, verifyArgon2, func(encoded string) (Params, error) {
		h, err := parseArgon2(encoded)
		return h.params, err
	}},
	{pbkdf2Prefix, verifyPBKDF2, func(encoded string) (Params, error) {
		_, err := parsePBKDF2(encoded)
		return Params{}, err
	}},
}

// find is the row for an encoded hash.
func find(encoded string) (format, error) {
	for _, f := range formats {
		if strings.HasPrefix(encoded, f.prefix) {
			return f, nil
		}
	}
	return format{}, ErrUnknownFormat
}

// Verify reports whether password is the one that was hashed. No password matches an unusable one: false and no error.
// ErrUnknownFormat and ErrMalformed mean that the stored hash cannot be checked at all; no work was done then, so a
// caller that must not show this calls Waste.
func Verify(encoded, password string) (bool, error) {
	if !IsUsable(encoded) {
		return false, nil
	}
	f, err := find(encoded)
	if err != nil {
		return false, err
	}
	return f.verify(encoded, password)
}

// ParamsOf are the costs of an encoded argon2 hash, and zero for another format that Verify reads. The errors are
// those of Verify; an unusable password has no format.
func ParamsOf(encoded string) (Params, error) {
	f, err := find(encoded)
	if err != nil {
		return Params{}, err
	}
	return f.params(encoded)
}

// NeedsRehash reports whether Hash with costs p would write another format than this hash has, or lower or higher
// costs. It is false for a hash that Verify cannot read, since its password is not known.
func NeedsRehash(encoded string, p Params) bool {
	costs, err := ParamsOf(encoded)
	return err == nil && costs != p
}

// unusablePrefix and unusableChars are Django's UNUSABLE_PASSWORD_PREFIX and UNUSABLE_PASSWORD_SUFFIX_LENGTH.
const (
	unusablePrefix = "!"
	unusableChars  = 40
)

// Unusable is what Django stores for a customer without a password: "!" and 40 random characters,
// which make the revoke claim of each such customer a different one.
func Unusable(random io.Reader) (string, error) {
	text, err := randomText(random, unusableChars)
	if err != nil {
		return "", err
	}
	return unusablePrefix + text, nil
}

// IsUsable is false for what Unusable makes, as Django's is_password_usable.
func IsUsable(encoded string) bool { return !strings.HasPrefix(encoded, unusablePrefix) }

// RevokeClaim is the value of REVOKE_TOKEN_CLAIM for an encoded hash: its MD5 as 32 upper-case hex digits
// (simplejwt get_md5_hash_password). It protects nothing by itself: it only changes with the hash.
func RevokeClaim(encoded string) string {
	return fmt.Sprintf("%X", md5.Sum([]byte(encoded)))
}
