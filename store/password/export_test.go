package password

import "strings"

// Reencode reads a hash and writes it again.
func Reencode(encoded string) (string, error) {
	if strings.HasPrefix(encoded, pbkdf2Prefix) {
		h, err := parsePBKDF2(encoded)
		return h.String(), err
	}
	h, err := parseArgon2(encoded)
	return h.String(), err
}
