package password_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/password"
)

// As Django 1.4 and 5.2 stored them.
const (
	djangoPBKDF2 = "pbkdf2_sha256$10000$NGGhpiFZlQQr$uRqFsgGePW5m+wgMeDCnzsIsbhzusmhVcRMXXFp+4RU="
	django52     = "pbkdf2_sha256$1000000$MYIVUmk6sswGufrX1yHo5v$3Bzsgm12bbcipQEjeRYxmws5cX3VVA4nJdTgpQpt2Tg="
)

func TestVerifyPBKDF2(t *testing.T) {
	for _, c := range []struct {
		name, encoded, password string
		good                    bool
		err                     error
	}{
		// RFC 7914 §11; a hash of 32 bytes is the first half of the 64 there.
		{"RFC 7914, 1 iteration", "pbkdf2_sha256$1$salt$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw=", "passwd", true,
			nil},
		{"RFC 7914, 80000 iterations", "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y=",
			"Password", true, nil},
		// Python's hashlib.pbkdf2_hmac.
		{"Python, empty password", "pbkdf2_sha256$1$s$hlaZvx+fQUB7nsOXctgpvyJ4ixMmVOdSfNbS+6nH3wk=", "", true, nil},
		{"Python, a block of HMAC", "pbkdf2_sha256$2$salt$3Y+nswj+qpMz6lXpkdodXFajYq1yIxiZMOMUyDHFNCc=",
			strings.Repeat("x", 64), true, nil},
		{"Python, more than a block", "pbkdf2_sha256$2$salt$taFwBWOxl6nd/N0eAqo7sIgiA6Mka6GBHeMikOffj3o=",
			strings.Repeat("x", 65), true, nil},
		{"Python, null character", "pbkdf2_sha256$3$salt$Ds2HwIwxSjkDkn7PenaUI+A0dSa0l4XuuOx1/Ryytjw=", "a\x00b", true,
			nil},
		{"Python, salt beyond ASCII", "pbkdf2_sha256$1000$sált-ü$ViCbhPUr/egwKIr1+3q3r4Jbl2DowH8OxbLmaSqT/BU=",
			"пароль-密码-🔑", true, nil},
		{"wrong password", djangoPBKDF2, "very olD", false, nil},
		{"no trimming", djangoPBKDF2, "very old ", false, nil},
		{"empty password", djangoPBKDF2, "", false, nil},
		{"not UTF-8", djangoPBKDF2, "\xff", false, nil},
		{"other iterations", strings.Replace(djangoPBKDF2, "10000", "10001", 1), "very old", false, nil},
		{"other salt", strings.Replace(djangoPBKDF2, "NGG", "NGg", 1), "very old", false, nil},
		{"hash altered", strings.Replace(djangoPBKDF2, "$u", "$v", 1), "very old", false, nil},
		{"upper case", strings.ToUpper(djangoPBKDF2), "very old", false, password.ErrUnknownFormat},
		// RFC 6070.
		{"RFC 6070, 1 iteration", "pbkdf2_sha1$1$salt$DGDID5YfDnHzqbUkr2ASBi/gN6Y=", "password", true, nil},
		{"RFC 6070, 4096 iterations", "pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE=", "password", true, nil},
		{"SHA-1, wrong password", "pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE=", "passworD", false, nil},
		{"SHA-512", "pbkdf2_sha512$1$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "x", false, password.ErrUnknownFormat},
		{"cut short", djangoPBKDF2[:60], "very old", false, password.ErrMalformed},
	} {
		good, err := password.Verify(c.encoded, c.password)
		if good != c.good || !errors.Is(err, c.err) {
			t.Errorf("%s: Verify(%q, %q) = %v, %v, want %v, %v", c.name, c.encoded, c.password, good, err, c.good,
				c.err)
		}
	}
}

func TestVerifyPBKDF2NamesWhatIsWrong(t *testing.T) {
	const (
		hash   = "uRqFsgGePW5m+wgMeDCnzsIsbhzusmhVcRMXXFp+4RU="
		form   = "malformed: pbkdf2: not of the form iterations$salt$hash"
		number = "malformed: pbkdf2 iterations: not a number"
		bounds = "must be 1 to 10000000"
		salt   = "malformed: pbkdf2: salt is not 1 to 128 bytes of UTF-8"
		bytes  = "malformed: pbkdf2: hash is not 32 bytes in base64"
	)
	for _, c := range []struct{ name, rest, want string }{
		{"nothing", "", form},
		{"no hash", "260000$onlysalt", form},
		{"a part more", "1$salt$" + hash + "$", form},
		{"no iterations", "$salt$" + hash, number},
		{"iterations are a word", "many$salt$" + hash, number},
		{"0 iterations", "0$salt$" + hash, "costs out of bounds: pbkdf2 iterations 0: " + bounds},
		{"-1 iterations", "-1$salt$" + hash, "costs out of bounds: pbkdf2 iterations -1: " + bounds},
		{"sign", "+1$salt$" + hash, number},
		{"leading zero", "01$salt$" + hash, number},
		{"space", " 1$salt$" + hash, number},
		{"as Python writes long numbers", "1_000$salt$" + hash, number},
		{"minutes", "10000001$salt$" + hash, "costs out of bounds: pbkdf2 iterations 10000001: " + bounds},
		{"beyond 64 bits", "99999999999999999999$salt$" + hash, number},
		{"no salt", "1$$" + hash, salt},
		{"salt too long", "1$" + strings.Repeat("s", 129) + "$" + hash, salt},
		{"salt is not UTF-8", "1$\xff$" + hash, salt},
		{"empty hash", "1$salt$", bytes},
		{"hash without padding", "1$salt$" + strings.TrimSuffix(hash, "="), bytes},
		{"hash with loose bits", "1$salt$" + strings.Replace(hash, "U=", "V=", 1), bytes},
		{"hash with a line break", "1$salt$" + hash[:8] + "\n" + hash[8:], bytes},
		{"hash of SHA-1", "1$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAA=", bytes},
		{"hash of 64 bytes", "1$salt$" + strings.Repeat("A", 86) + "==", bytes},
	} {
		checkRefused(t, c.name, "pbkdf2_sha256$"+c.rest, c.want)
	}
	checkRefused(t, "hash of SHA-256", "pbkdf2_sha1$1$salt$"+hash, "malformed: pbkdf2: hash is not 20 bytes in base64")
	// The bounds themselves are within.
	for _, encoded := range []string{"pbkdf2_sha256$10000000$s$" + hash, "pbkdf2_sha256$1$" + strings.Repeat("s", 128) +
		"$" + hash} {
		if _, err := password.CostOf(encoded); err != nil {
			t.Errorf("CostOf(%q) = %v", encoded, err)
		}
	}
}

func TestNeedsRehash(t *testing.T) {
	of := password.Params{Memory: 8192, Iterations: 3, Parallelism: 1} // of djangoSmall
	higher := of
	higher.Iterations++
	for _, c := range []struct {
		name, encoded string
		params        password.Params
		want          bool
	}{
		{"the same costs", djangoSmall, of, false},
		{"other costs", djangoSmall, password.Default, true},
		{"higher costs", djangoSmall, higher, true},
		{"another format", djangoPBKDF2, of, true},
		{"another variant", strings.Replace(djangoSmall, "argon2id$", "argon2i$", 1), of, true},
		{"unusable", "!", of, false},
		{"unknown format", "letmein", of, false},
		{"damaged", djangoPBKDF2[:40], of, false},
	} {
		if got := password.NeedsRehash(c.encoded, c.params); got != c.want {
			t.Errorf("%s: NeedsRehash(%q, %v) = %v, want %v", c.name, c.encoded, c.params, got, c.want)
		}
	}
}
