package password

import (
	"slices"
	"strings"
)

// djangoFormats are the first words of the hashes that Django 1.4 to 5.2 writes.
var djangoFormats = []string{
	"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt", "sha1", "md5", "unsalted_sha1",
	"unsalted_md5", "crypt",
}

// argon2Variants are the second words of Django's argon2 hashes.
var argon2Variants = []string{"argon2id", "argon2i", "argon2d"}

// Format names the format of an encoded hash, such as "argon2id" or "bcrypt_sha256". It is empty where Django writes
// no such format: any other first word may be part of a hash and must not be shown.
func Format(encoded string) string {
	word, rest, _ := strings.Cut(encoded, "$")
	if variant, _, _ := strings.Cut(rest, "$"); word == "argon2" && slices.Contains(argon2Variants, variant) {
		return variant
	}
	if slices.Contains(djangoFormats, word) {
		return word
	}
	return ""
}
