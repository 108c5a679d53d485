package password_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/store/password"
)

// everyFormat has a hash of each format, and another one with the same costs if there are two.
var everyFormat = []struct {
	encoded, alike string
	cost           password.Cost
}{
	{djangoDefault, djangoUnicode, password.Cost{Memory: 100 << 20, Effort: 204800 * time.Microsecond}},
	{djangoOldest, "", password.Cost{Memory: 512 << 10, Effort: 1024 * time.Microsecond}},
	{djangoPBKDF2, "", password.Cost{Effort: 3 * time.Millisecond}},
	{django52, "", password.Cost{Effort: 300 * time.Millisecond}},
	{"pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE=", "pbkdf2_sha1$4096$s$AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		password.Cost{Effort: 1228800 * time.Nanosecond}},
	{djangoBcrypt, "bcrypt$$2a$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		password.Cost{Effort: 409600 * time.Microsecond}},
	{"bcrypt_sha256$$2a$10$uSu7V/Rro4RKubDwDvChheCUs8K4MzJCPK7N.5Ql0hVqfn/MvFe2m", "",
		password.Cost{Effort: 102400 * time.Microsecond}},
	{djangoScrypt, "scrypt$16384$x$8$5$" + strings.Repeat("A", 86) + "==",
		password.Cost{Memory: 16 << 20, Effort: 5 * 65536 * time.Microsecond}},
}

func TestCostOf(t *testing.T) {
	for _, c := range everyFormat {
		if got, err := password.CostOf(c.encoded); got != c.cost || err != nil {
			t.Errorf("CostOf(%q) = %v, %v, want %v", c.encoded, got, err, c.cost)
		}
	}
	if got := password.Default.Cost(); got != (password.Cost{Memory: 19 << 20, Effort: 38912 * time.Microsecond}) {
		t.Errorf("Default.Cost() = %v", got)
	}
}

// A decoy is a hash like any other: of the same format and costs, and equal for equal costs.
func TestDecoy(t *testing.T) {
	for _, c := range everyFormat {
		decoy, ok := password.Decoy(c.encoded)
		if !ok || len(decoy) > 200 || password.Format(decoy) != password.Format(c.encoded) {
			t.Errorf("Decoy(%q) = %q, %v, want one of the same format", c.encoded, decoy, ok)
		}
		if cost, err := password.CostOf(decoy); cost != c.cost || err != nil {
			t.Errorf("CostOf(%q) = %v, %v, want %v", decoy, cost, err, c.cost)
		}
		for _, same := range []string{decoy, c.alike} {
			if got, ok := password.Decoy(same); same != "" && (got != decoy || !ok) {
				t.Errorf("Decoy(%q) = %q, %v, want %q", same, got, ok, decoy)
			}
		}
		if good, err := password.Verify(decoy, "x"); good || err != nil {
			t.Errorf("Verify(%q) = %v, %v, want false", decoy, good, err)
		}
	}
	for _, encoded := range []string{"", "!", "letmein", "md5$a$b", djangoPBKDF2[:50]} {
		if decoy, ok := password.Decoy(encoded); ok || decoy != "" {
			t.Errorf("Decoy(%q) = %q, %v, want none", encoded, decoy, ok)
		}
	}
	small := password.Params{Memory: 8192, Iterations: 3, Parallelism: 1}
	if got, _ := password.Decoy(djangoSmall); got != small.Decoy() {
		t.Errorf("Decoy(%q) = %q, want that of its costs", djangoSmall, got)
	}
	if got := (password.Params{}).Decoy(); got != password.Default.Decoy() {
		t.Errorf("Params{}.Decoy() = %q, want that of Default", got)
	}
}
