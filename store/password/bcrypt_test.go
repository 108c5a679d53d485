package password_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/password"
)

// As Django stored it.
const djangoBcrypt = "bcrypt$$2b$12$024nDLoM3A5odWmW2DCNvO1n2Uy7HItbBZrjqX6jeu9v.iLSkQa9W"

func TestVerifyBcrypt(t *testing.T) {
	const (
		short = "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" // of U*U, by crypt_blowfish
		long  = "bcrypt$$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
		first = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		sha   = "bcrypt_sha256$$2a$10$uSu7V/Rro4RKubDwDvChheCUs8K4MzJCPK7N.5Ql0hVqfn/MvFe2m" // by Django
	)
	for _, c := range []struct {
		name, encoded, password string
		good                    bool
	}{
		{"2a", "bcrypt$$2a" + short, "U*U", true},
		{"2b", "bcrypt$$2b" + short, "U*U", true},
		{"2y", "bcrypt$$2y" + short, "U*U", true},
		{"wrong password", "bcrypt$$2b" + short, "U*u", false},
		{"empty password", "bcrypt$$2b" + short, "", false},
		{"72 bytes", long, first, true},
		{"no more than 72 bytes count", long, first + "chars after 72 are ignored", true},
		{"71 bytes", long, first[:71], false},
		{"SHA-256 first", sha, "two a", true},
		{"SHA-256 first, wrong password", sha, "two A", false},
		{"SHA-256 taken for none", strings.Replace(sha, "_sha256", "", 1), "two a", false},
	} {
		if good, err := password.Verify(c.encoded, c.password); good != c.good || err != nil {
			t.Errorf("%s: Verify(%q, %q) = %v, %v, want %v", c.name, c.encoded, c.password, good, err, c.good)
		}
	}
}

func TestVerifyBcryptNamesWhatIsWrong(t *testing.T) {
	const (
		text    = "024nDLoM3A5odWmW2DCNvO1n2Uy7HItbBZrjqX6jeu9v.iLSkQa9W"
		form    = "malformed: bcrypt: not of the form $version$cost$ and 53 characters"
		version = "malformed: bcrypt: version is none of 2a, 2b and 2y"
		digits  = "malformed: bcrypt: cost is not two digits"
		number  = "malformed: bcrypt cost: not a number"
		base    = "malformed: bcrypt: salt or hash is not in bcrypt's base64"
	)
	for _, c := range []struct{ name, rest, want string }{
		{"nothing", "", form},
		{"cut short", "$2b$12$" + text[:52], form},
		{"too long", "$2b$12$" + text + ".", form},
		{"a part more", "$2b$12$" + text + "$", form},
		{"a dollar sign less", "2b$12$" + text, form},
		{"no minor version", "$2$12$" + text, version},
		{"the version with a bug", "$2x$12$" + text, version},
		{"one digit", "$2b$4$" + text, digits},
		{"three digits", "$2b$004$" + text, digits},
		{"a word", "$2b$ab$" + text, number},
		{"sign", "$2b$+5$" + text, number},
		{"too cheap", "$2b$03$" + text, "costs out of bounds: bcrypt cost 3: must be 4 to 16"},
		{"minutes", "$2b$17$" + text, "costs out of bounds: bcrypt cost 17: must be 4 to 16"},
		{"salt in another alphabet", "$2b$12$+" + text[1:], base},
		{"salt with loose bits", "$2b$12$" + text[:21] + "P" + text[22:], base},
		{"hash with loose bits", "$2b$12$" + text[:52] + "X", base},
		{"line break", "$2b$12$" + text[:30] + "\n" + text[31:], base},
	} {
		checkRefused(t, c.name, "bcrypt$"+c.rest, c.want)
	}
}
