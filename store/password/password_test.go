package password_test

import (
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/edgetoken/edgetoken/store/password"
)

// Hashes that Django 3.2 to 5.2 stored, by argon2-cffi.
const (
	djangoDefault = "argon2$argon2id$v=19$m=102400,t=2," +
		"p=8$VFZpNXVLOHp6TUpyT3h4blFxQ1RoVw$K0MgGMO5cpE42aokmiioVlQ1nx10aNROt0RH9JggsX0"
	djangoUnicode = "argon2$argon2id$v=19$m=102400,t=2," +
		"p=8$Yjkxcmo3aW90NzdVOGtINFppWUNUSw$EsCqVaYhCTVf3AsfmX1jVzmPCLAIvf8C51WF0Qh7SUw"
	djangoSmall = "argon2$argon2id$v=19$m=8192,t=3," +
		"p=1$MkNmZTZHYXJIcm9QTDBLWTF5aUt1ZQ$IdXv4kUGrmuKfiDq9+g6OElUX5ya28dFBD2HllnkhoQ"
	djangoOldest = "argon2$argon2i$v=19$m=512,t=2,p=2$TldqSll2MWhlR1VU$Z80nokv+VcdXwWTE3WO4iw"
)

// cheap keeps tests short.
var cheap = password.Params{Memory: 64, Iterations: 1, Parallelism: 1}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name, encoded, password string
		good                    bool
		err                     error
	}{
		{"Django's default", djangoDefault, "argon two id", true, nil},
		{"Django's default, wrong password", djangoDefault, "argon two iD", false, nil},
		{"unicode", djangoUnicode, "пароль-密码-🔑", true, nil},
		{"other costs", djangoSmall, "small argon", true, nil},
		{"no trimming", djangoSmall, "small argon ", false, nil},
		{"empty password", djangoSmall, "", false, nil},
		{"not UTF-8", djangoSmall, "\xff", false, nil},
		{"hash altered", strings.TrimSuffix(djangoSmall, "oQ") + "pQ", "small argon", false, nil},
		{"unusable", "!3QsD31NbJkBvNATIRSAwPGtyhGYO4abcdefghijkl", "!", false, nil},
		{"unusable, bare", "!", "", false, nil},
		{"argon2i", djangoOldest, "argon two i again", true, nil},
		{"argon2i, wrong password", djangoOldest, "argon two i agaiN", false, nil},
		{"argon2i read as argon2id", strings.Replace(djangoOldest, "argon2i$", "argon2id$", 1), "argon two i again",
			false, nil},
		{"argon2d", "argon2$argon2d$v=19$m=1024,t=2,p=2$Zm5zclNrbzNTa2ZiSFp3VWM1YmdmSw$" +
			"tD06tO+8FupAj2hNKMsmo3efV8q9pFKbfwXg/0S7TP4", "argon two d", false, password.ErrArgon2d},
		{"another variant", "argon2$argon2x$v=19", "x", false, password.ErrUnknownFormat},
		{"empty", "", "", false, password.ErrUnknownFormat},
		{"plain text", "letmein", "letmein", false, password.ErrUnknownFormat},
		{"unknown algorithm", "rot13$salt$hash", "x", false, password.ErrUnknownFormat},
		{"upper case", strings.ToUpper(djangoSmall), "small argon", false, password.ErrUnknownFormat},
		{"cut short", djangoSmall[:60], "small argon", false, password.ErrMalformed},
	} {
		good, err := password.Verify(c.encoded, c.password)
		if good != c.good || !errors.Is(err, c.err) {
			t.Errorf("%s: Verify(%q, %q) = %v, %v, want %v, %v", c.name, c.encoded, c.password, good, err, c.good,
				c.err)
		}
	}
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	const salt, hash = "MkNmZTZHYXJIcm9QTDBLWTF5aUt1ZQ", "IdXv4kUGrmuKfiDq9+g6OElUX5ya28dFBD2HllnkhoQ"
	const bad, costs = "malformed: argon2: ", "costs out of bounds: argon2 "
	for _, c := range []struct{ name, rest, want string }{
		{"no parts", "", bad + "not of the form v=…$m=…,t=…,p=…$salt$hash"},
		{"a part more", "v=19$m=64,t=1,p=1$" + salt + "$" + hash + "$",
			bad + "not of the form v=…$m=…,t=…,p=…$salt$hash"},
		{"old version", "v=16$m=64,t=1,p=1$" + salt + "$" + hash, bad + "version is not 19"},
		{"a cost is missing", "v=19$m=64,t=1$" + salt + "$" + hash, bad + "costs are not of the form m=…,t=…,p=…"},
		{"costs in another order", "v=19$t=1,m=64,p=1$" + salt + "$" + hash, bad + "cost m= is no number in range"},
		{"leading zero", "v=19$m=064,t=1,p=1$" + salt + "$" + hash, bad + "cost m= is no number in range"},
		{"sign", "v=19$m=64,t=+1,p=1$" + salt + "$" + hash, bad + "cost t= is no number in range"},
		{"lanes beyond a byte", "v=19$m=64,t=1,p=256$" + salt + "$" + hash, bad + "cost p= is no number in range"},
		{"gigabytes", "v=19$m=4194304,t=1,p=1$" + salt + "$" + hash,
			costs + "memory 4194304 KiB: must be 8 to 524288 KiB with 1 lane"},
		{"too little memory", "v=19$m=15,t=1,p=2$" + salt + "$" + hash,
			costs + "memory 15 KiB: must be 16 to 524288 KiB with 2 lanes"},
		{"no passes", "v=19$m=64,t=0,p=1$" + salt + "$" + hash, costs + "iterations 0: must be 1 to 64"},
		{"endless",
			"v=19$m=64,t=4000000000,p=1$" + salt + "$" + hash, costs + "iterations 4000000000: must be 1 to 64"},
		{"minutes", "v=19$m=524288,t=64,p=1$" + salt + "$" + hash,
			costs + "memory 524288 KiB with 64 iterations: their product must be at most 4194304"},
		{"no lanes", "v=19$m=64,t=1,p=0$" + salt + "$" + hash, costs + "parallelism 0: must be 1 to 64"},
		{"salt with padding", "v=19$m=64,t=1,p=1$" + salt + "==$" + hash,
			bad + "salt is not 8 to 64 bytes in base64 without padding"},
		{"salt too short", "v=19$m=64,t=1,p=1$c2FsdA$" + hash,
			bad + "salt is not 8 to 64 bytes in base64 without padding"},
		{"salt with a line break", "v=19$m=64,t=1,p=1$" + salt[:8] + "\n" + salt[8:] + "$" + hash,
			bad + "salt is not 8 to 64 bytes in base64 without padding"},
		{"no hash", "v=19$m=64,t=1,p=1$" + salt + "$", bad + "hash is not 12 to 64 bytes in base64 without padding"},
		{"hash with loose bits", "v=19$m=64,t=1,p=1$" + salt + "$" + hash[:len(hash)-1] + "R",
			bad + "hash is not 12 to 64 bytes in base64 without padding"},
		{"hash too long", "v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("AAAA", 22),
			bad + "hash is not 12 to 64 bytes in base64 without padding"},
	} {
		checkRefused(t, c.name, "argon2$argon2id$"+c.rest, c.want)
	}
}

// checkRefused checks that a hash is refused for this reason.
func checkRefused(t *testing.T, name, encoded, want string) {
	t.Helper()
	want = "password hash: " + want
	kind := password.ErrMalformed
	if strings.Contains(want, "costs out of bounds") {
		kind = password.ErrCosts
	}
	if _, err := password.Verify(encoded, "x"); err == nil || err.Error() != want || !errors.Is(err, kind) {
		t.Errorf("%s: Verify = %v, want %s", name, err, want)
	}
	if _, err := password.CostOf(encoded); err == nil || err.Error() != want {
		t.Errorf("%s: CostOf = %v, want %s", name, err, want)
	}
	if decoy, ok := password.Decoy(encoded); ok || decoy != "" {
		t.Errorf("%s: Decoy = %q, %v, want none", name, decoy, ok)
	}
}

func TestHash(t *testing.T) {
	p := password.Params{Memory: 128, Iterations: 2, Parallelism: 2}
	entropy := strings.NewReader("\x00\x01\x19\x1a\x33\x34\x3d\x3e\xf7\xf8\xff" +
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ")
	encoded, err := password.Hash("пароль", p, entropy)
	if err != nil {
		t.Fatal(err)
	}
	// Byte 0 is a, 61 is 9, 62 is a again, 247 is 9; 248 and 255 are drawn again.
	if want := "argon2$argon2id$v=19$m=128,t=2,p=2$YWJ6QVowOWE5"; !strings.HasPrefix(encoded, want) {
		t.Errorf("Hash = %q, want it to begin with %q", encoded, want)
	}
	if password.NeedsRehash(encoded, p) {
		t.Errorf("NeedsRehash(Hash) = true")
	}
	for _, c := range []struct {
		password string
		good     bool
	}{{"пароль", true}, {"пароль ", false}} {
		if good, err := password.Verify(encoded, c.password); good != c.good || err != nil {
			t.Errorf("Verify(Hash, %q) = %v, %v, want %v", c.password, good, err, c.good)
		}
	}
	if other, err := password.Hash("пароль", p, rand.Reader); err != nil || other == encoded {
		t.Errorf("Hash with other entropy = %q, %v, want another hash", other, err)
	}
}

func TestHashRefuses(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name, password string
		params         password.Params
		random         io.Reader
		want           string
	}{
		{"no costs", "x", password.Params{}, rand.Reader, "argon2 parallelism 0: must be 1 to 64"},
		{"not UTF-8", "a\xffb", cheap, rand.Reader, "password: not UTF-8 text"},
		{"lone surrogate", "a\xed\xa0\x80b", cheap, rand.Reader, "password: not UTF-8 text"},
		{"no entropy", "x", cheap, iotest.ErrReader(broken), "draw random text: broken"},
	} {
		if got, err := password.Hash(c.password, c.params, c.random); err == nil || err.Error() != c.want || got != "" {
			t.Errorf("%s: Hash = %q, %v, want %s", c.name, got, err, c.want)
		}
	}
}

func TestUnusable(t *testing.T) {
	a, err := password.Unusable(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := password.Unusable(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != 41 || a[0] != '!' || a == b {
		t.Errorf("Unusable = %q, then %q, want two different ones of 41 characters after !", a, b)
	}
	if password.IsUsable(a) || !password.IsUsable(djangoSmall) || !password.IsUsable("") {
		t.Errorf("IsUsable(%q, hash, empty) = %v, %v, %v, want false, true, true", a, password.IsUsable(a),
			password.IsUsable(djangoSmall), password.IsUsable(""))
	}
	if got, err := password.Unusable(iotest.ErrReader(io.ErrUnexpectedEOF)); err == nil || got != "" {
		t.Errorf("Unusable without entropy = %q, %v, want an error", got, err)
	}
}

// The value is hashlib.md5(encoded).hexdigest().upper().
func TestRevokeClaim(t *testing.T) {
	const want = "974E2481C8CE99F25F0BAB185ED2C0F7"
	if got := password.RevokeClaim(djangoSmall); got != want {
		t.Errorf("RevokeClaim = %q, want %q", got, want)
	}
}

func BenchmarkVerify(b *testing.B) {
	encoded, err := password.Hash("correct horse", password.Default, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, encoded, password string }{
		{"argon2id", encoded, "correct horse"},
		{"decoy", password.Default.Decoy(), "correct horse"},
		{"argon2id of Django", djangoDefault, "argon two id"},
		{"pbkdf2_sha256 of Django 5.2", django52, "one million"},
		{"bcrypt of Django", djangoBcrypt, "plain bcrypt"},
		{"scrypt of Django", djangoScrypt, "scrypt five"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := password.Verify(c.encoded, c.password); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
