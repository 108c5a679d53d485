package django

import (
	"crypto/subtle"
	"io"
	"strings"
)

// The lengths of Django's CSRF texts, in characters (django/middleware/csrf.py).
const (
	csrfSecretLength = 32
	csrfTokenLength  = 2 * csrfSecretLength
)

// csrfAlphabet are the characters of secrets and tokens, in the order that masking counts in.
const csrfAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// NewCSRFSecret makes a secret, 32 letters and digits, out of entropy.
func NewCSRFSecret(entropy io.Reader) (string, error) {
	secret := make([]byte, 0, csrfSecretLength)
	var random [2 * csrfSecretLength]byte
	for len(secret) < csrfSecretLength {
		if _, err := io.ReadFull(entropy, random[:]); err != nil {
			return "", err
		}
		for _, b := range random {
			// Bytes above would make the first letters likelier than the others.
			if b < 4*byte(len(csrfAlphabet)) && len(secret) < csrfSecretLength {
				secret = append(secret, csrfAlphabet[int(b)%len(csrfAlphabet)])
			}
		}
	}
	return string(secret), nil
}

// MaskCSRF makes a token of a secret: a mask, and the secret moved by it. Two tokens of a secret have nothing in common, so that a page which is
// compressed gives the secret away to nobody (the BREACH attack).
//
//	secret "aaaa…", mask "bcd0…"    "bcd0…bcd0…"
func MaskCSRF(secret string, entropy io.Reader) (string, error) {
	mask, err := NewCSRFSecret(entropy)
	if err != nil {
		return "", err
	}
	return mask + shiftCSRF(secret, mask, 1), nil
}

// UnmaskCSRF gives the secret of a token, or a secret as it is. The text must have passed CheckCSRF.
func UnmaskCSRF(token string) string {
	if len(token) != csrfTokenLength {
		return token
	}
	return shiftCSRF(token[csrfSecretLength:], token[:csrfSecretLength], -1)
}

// shiftCSRF moves each character of a text along the alphabet by its mask's.
func shiftCSRF(text, mask string, sign int) string {
	const n = len(csrfAlphabet)
	moved := make([]byte, len(text))
	for i := range moved {
		moved[i] = csrfAlphabet[(strings.IndexByte(csrfAlphabet, text[i])+sign*strings.IndexByte(csrfAlphabet, mask[i])+n)%n]
	}
	return string(moved)
}

// CheckCSRF says in Django's words why a text has not the form of a secret or a token: "has incorrect length" or "has invalid characters"; "" where it
// has.
func CheckCSRF(text string) string {
	if n := codePoints(text); n != csrfSecretLength && n != csrfTokenLength {
		return "has incorrect length"
	}
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(csrfAlphabet, text[i]) < 0 {
			return "has invalid characters"
		}
	}
	return ""
}

// IsCSRFToken reports whether a text that passed CheckCSRF is a token, and no bare secret.
func IsCSRFToken(text string) bool { return len(text) == csrfTokenLength }

// SameCSRF reports whether two texts, secrets or tokens that passed CheckCSRF, have one secret. The time that it takes does not tell where they differ.
func SameCSRF(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(UnmaskCSRF(a)), []byte(UnmaskCSRF(b))) == 1
}
