package password

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// Bounds of the cost that a stored hash may ask for. Django's default is 12, and each more doubles the work.
const (
	minBcrypt = bcrypt.MinCost
	maxBcrypt = 16
)

const (
	bcryptSaltChars = 22 // of 16 bytes
	bcryptHashChars = 31 // of 23 bytes
)

// bcryptB64 is bcrypt's own base64, and only the one canonical spelling.
var bcryptB64 = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").
	WithPadding(base64.NoPadding).Strict()

// bcryptHash is an encoded hash of bcrypt taken apart.
type bcryptHash struct {
	algorithm string // "bcrypt", or "bcrypt_sha256" for bcrypt of the password's SHA-256 in hex
	version   string // "2a", "2b" or "2y": all three are computed alike
	logRounds int    // bcrypt's cost: the binary logarithm of how many rounds there are
	saltHash  string // bcryptSaltChars and bcryptHashChars in bcryptB64
}

// String is the encoded form.
func (h bcryptHash) String() string { return h.algorithm + "$" + h.modular() }

// modular is the hash as bcrypt itself writes it.
func (h bcryptHash) modular() string {
	return fmt.Sprintf("$%s$%02d$%s", h.version, h.logRounds, h.saltHash)
}

// matches reads no more than the first 72 bytes of what it hashes, as every bcrypt: that is less than some passwords
// have, but more than the hex of a sum.
func (h bcryptHash) matches(password string) (bool, error) {
	given := []byte(password)
	if h.algorithm == "bcrypt_sha256" {
		sum := sha256.Sum256(given)
		given = hex.AppendEncode(nil, sum[:])
	}
	err := bcrypt.CompareHashAndPassword([]byte(h.modular()), given)
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}

func (h bcryptHash) cost() Cost { return Cost{Effort: perRound << h.logRounds} }

func (h bcryptHash) decoy() string {
	h.version, h.saltHash = "2b", strings.Repeat(".", bcryptSaltChars+bcryptHashChars)
	return h.String()
}

// parseBcrypt reads exactly what String writes.
func parseBcrypt(encoded string) (parsedHash, error) {
	bad := func(what string) (parsedHash, error) { return nil, fmt.Errorf("%w: bcrypt: %s", ErrMalformed, what) }
	parts := strings.SplitN(encoded, "$", 6)
	if len(parts) != 5 || parts[1] != "" || len(parts[4]) != bcryptSaltChars+bcryptHashChars {
		return bad("not of the form $version$cost$ and 53 characters")
	}
	h := bcryptHash{algorithm: parts[0], version: parts[2], saltHash: parts[4]}
	if h.version != "2a" && h.version != "2b" && h.version != "2y" {
		return bad("version is none of 2a, 2b and 2y")
	}
	var err error
	if len(parts[3]) != 2 {
		return bad("cost is not two digits")
	}
	if h.logRounds, err = bounded(strings.TrimPrefix(parts[3], "0"), "bcrypt cost", minBcrypt, maxBcrypt); err != nil {
		return nil, err
	}
	for _, text := range []string{h.saltHash[:bcryptSaltChars], h.saltHash[bcryptSaltChars:]} {
		if _, err := decode(bcryptB64, text); err != nil {
			return bad("salt or hash is not in bcrypt's base64")
		}
	}
	return h, nil
}
