package password_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/password"
)

// What is accepted must be written again byte for byte, with costs within bounds.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		djangoDefault, djangoUnicode, djangoSmall, djangoOldest, "", "!", "argon2$argon2id$",
		"argon2$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAA",
		djangoPBKDF2, "pbkdf2_sha256$", "pbkdf2_sha256$1$s$hlaZvx+fQUB7nsOXctgpvyJ4ixMmVOdSfNbS+6nH3wk=",
		"pbkdf2_sha256$99999999999999999999$s$AA==",
		"argon2$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAA$AAAAAAAAAAAAAAAA",
		"argon2$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAB$AAAA\nAAAAAAAAAAAA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		p, err := password.ParamsOf(encoded)
		if err != nil {
			return
		}
		if err := p.Validate(); (err == nil) != strings.HasPrefix(encoded, "argon2$") || err != nil &&
			p != (password.Params{}) {
			t.Errorf("ParamsOf(%q) = %v: %v", encoded, p, err)
		}
		if again, err := password.Reencode(encoded); err != nil || again != encoded {
			t.Errorf("Reencode(%q) = %q, %v", encoded, again, err)
		}
	})
}
