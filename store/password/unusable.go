package password

import (
	"fmt"
	"io"
	"strings"
)

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

// alphabet is Django's RANDOM_STRING_CHARS (django/utils/crypto.py).
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

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
