package csrf

import (
	"crypto/subtle"
	"fmt"
	"io"
	"strings"

	"github.com/edgetoken/edgetoken/host/httpapi/django"
)

// The lengths of Django's CSRF texts, in characters (django/middleware/csrf.py). A token is a mask and a masked secret.
const (
	secretLength = 32
	tokenLength  = 2 * secretLength
)

// alphabet has the characters of secrets and tokens, in the order in which masking counts.
const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// newSecret makes a secret, 32 letters and digits, out of entropy.
func newSecret(entropy io.Reader) (string, error) {
	secret := make([]byte, 0, secretLength)
	var random [2 * secretLength]byte
	for len(secret) < secretLength {
		if _, err := io.ReadFull(entropy, random[:]); err != nil {
			return "", fmt.Errorf("read entropy: %w", err)
		}
		for _, b := range random {
			// Larger bytes would make the first letters likelier than the others.
			if b < 4*byte(len(alphabet)) && len(secret) < secretLength {
				secret = append(secret, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(secret), nil
}

// mask makes a token of a secret: a mask, and the secret shifted by it. Two tokens of one secret have nothing in
// common, so a compressed page does not reveal the secret (the BREACH attack).
//
//	secret "aaaa…", mask "bcd0…"    "bcd0…bcd0…"
func mask(secret string, entropy io.Reader) (string, error) {
	mask, err := newSecret(entropy)
	if err != nil {
		return "", err
	}
	return mask + shift(secret, mask, 1), nil
}

// unmask returns the secret of a token, and a bare secret as it is. The text must have passed checkFormat.
func unmask(token string) string {
	if len(token) != tokenLength {
		return token
	}
	return shift(token[secretLength:], token[:secretLength], -1)
}

// shift moves each character of a text along the alphabet by its mask's position.
func shift(text, mask string, sign int) string {
	const n = len(alphabet)
	moved := make([]byte, len(text))
	for i := range moved {
		moved[i] = alphabet[(strings.IndexByte(alphabet, text[i])+sign*strings.IndexByte(alphabet, mask[i])+n)%n]
	}
	return string(moved)
}

// checkFormat says in Django's words what keeps a text from being a secret or a token; "" if nothing does.
func checkFormat(text string) string {
	if n := django.CodePoints(text); n != secretLength && n != tokenLength {
		return "has incorrect length"
	}
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(alphabet, text[i]) < 0 {
			return "has invalid characters"
		}
	}
	return ""
}

// same reports whether two texts that passed checkFormat hold the same secret, in constant time.
func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(unmask(a)), []byte(unmask(b))) == 1
}
