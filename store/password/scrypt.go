package password

import (
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/scrypt"
)

// Bounds of what a stored hash may ask for. Django's default is N 16384, r 8, p 5: 16 MiB, five times.
const (
	maxScryptN      = 1 << 19
	maxScryptBlock  = 64
	maxScryptLanes  = 64
	maxScryptMemory = 64 * 1024   // KiB
	maxScryptWork   = 1024 * 1024 // KiB × lanes
	scryptBytes     = 64          // Django's dklen
)

// scryptHash is an encoded hash of scrypt (RFC 7914) taken apart.
type scryptHash struct {
	n, block, lanes int    // RFC 7914's N, r and p
	salt            string // the text itself, not base64
	saltFirst       bool   // the salt stands before N
	hash            []byte // scryptBytes
}

// String is the encoded form.
func (h scryptHash) String() string {
	first, second := strconv.Itoa(h.n), h.salt
	if h.saltFirst {
		first, second = second, first
	}
	return fmt.Sprintf("scrypt$%s$%s$%d$%d$%s", first, second, h.block, h.lanes, paddedB64.EncodeToString(h.hash))
}

func (h scryptHash) matches(password string) (bool, error) {
	key, err := scrypt.Key([]byte(password), []byte(h.salt), h.n, h.block, h.lanes, scryptBytes)
	if err != nil {
		return false, fmt.Errorf("scrypt: %w", err)
	}
	return subtle.ConstantTimeCompare(key, h.hash) == 1, nil
}

// memory is what one lane takes, in KiB, rounded up.
func (h scryptHash) memory() int64 { return (128*int64(h.n)*int64(h.block) + 1023) / 1024 }

func (h scryptHash) cost() Cost {
	return Cost{
		Memory: h.memory() << 10,
		Effort: time.Duration(h.memory()*int64(h.lanes)) * perScryptKiB,
	}
}

func (h scryptHash) decoy() string {
	h.salt, h.saltFirst, h.hash = decoySalt, false, make([]byte, scryptBytes)
	return h.String()
}

// parseScrypt reads exactly what String writes: Django's order, N before the salt, and the other one, which some
// hashers of Django projects have. A first part that is a number is N.
func parseScrypt(encoded string) (parsedHash, error) {
	parts := strings.SplitN(encoded, "$", 7)
	if len(parts) != 6 {
		return nil, fmt.Errorf("%w: scrypt: not of the form N$salt$r$p$hash", ErrMalformed)
	}
	n, salt := parts[1], parts[2]
	_, err := strconv.Atoi(n)
	h := scryptHash{saltFirst: err != nil}
	if h.saltFirst {
		n, salt = salt, n
	}
	h.salt = salt
	for _, c := range []struct {
		text, name  string
		least, most int
		into        *int
	}{
		{n, "scrypt N", 2, maxScryptN, &h.n},
		{parts[3], "scrypt r", 1, maxScryptBlock, &h.block},
		{parts[4], "scrypt p", 1, maxScryptLanes, &h.lanes},
	} {
		if *c.into, err = bounded(c.text, c.name, c.least, c.most); err != nil {
			return nil, err
		}
	}
	switch {
	case h.n&(h.n-1) != 0:
		return nil, fmt.Errorf("%w: scrypt N %d: must be a power of two", ErrCosts, h.n)
	case h.memory() > maxScryptMemory:
		return nil, fmt.Errorf("%w: scrypt N %d with r %d: %d KiB of memory, must be at most %d", ErrCosts, h.n,
			h.block, h.memory(), maxScryptMemory)
	case h.memory()*int64(h.lanes) > maxScryptWork:
		return nil, fmt.Errorf("%w: scrypt memory %d KiB with p %d: their product must be at most %d", ErrCosts,
			h.memory(), h.lanes, maxScryptWork)
	}
	if err := checkSalt("scrypt", h.salt); err != nil {
		return nil, err
	}
	if h.hash, err = decode(paddedB64, parts[5]); err != nil || len(h.hash) != scryptBytes {
		return nil, fmt.Errorf("%w: scrypt: hash is not %d bytes in base64", ErrMalformed, scryptBytes)
	}
	return h, nil
}
