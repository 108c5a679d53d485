package password

// Reencode reads an argon2 hash and writes it again.
func Reencode(encoded string) (string, error) {
	h, err := parseArgon2(encoded)
	return h.String(), err
}
