package password_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// What is accepted must be written again byte for byte, with costs within bounds.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		djangoDefault, djangoUnicode, djangoSmall, djangoOldest, "", "!", "argon2$argon2id$",
		"argon2$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAA",
		djangoBcrypt, djangoScrypt, "scrypt$1024$NaCl$8$16$", "bcrypt_sha256$$2b$04$", "argon2$argon2d$",
		djangoPBKDF2, "pbkdf2_sha256$", "pbkdf2_sha256$1$s$hlaZvx+fQUB7nsOXctgpvyJ4ixMmVOdSfNbS+6nH3wk=",
		"pbkdf2_sha256$99999999999999999999$s$AA==",
		"argon2$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAA$AAAAAAAAAAAAAAAA",
		"argon2$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAB$AAAA\nAAAAAAAAAAAA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		cost, err := password.CostOf(encoded)
		decoy, ok := password.Decoy(encoded)
		if ok != (err == nil) {
			t.Errorf("%q: CostOf says %v, Decoy %v", encoded, err, ok)
		}
		if err != nil {
			return
		}
		if cost.Memory > 512<<20 || cost.Effort <= 0 || cost.Effort > 7*time.Second {
			t.Errorf("CostOf(%q) = %v", encoded, cost)
		}
		if of, err := password.CostOf(decoy); of != cost || err != nil || len(decoy) > 200 {
			t.Errorf("CostOf(%q) = %v, %v, want %v", decoy, of, err, cost)
		}
		if again, err := password.Reencode(encoded); err != nil || again != encoded {
			t.Errorf("Reencode(%q) = %q, %v", encoded, again, err)
		}
	})
}
