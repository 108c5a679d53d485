package password_test

import (
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/store/password"
)

// The costs of Django 5.1, in the other order.
const djangoScrypt = "scrypt$owqK9nhXyixzwXGS5En5ee$16384$8$5$" +
	"+qadByKBJa1wKYTOsDWMvaK8HNHvn1a+3GAXtp0EY4fPdiZWi7GowlpqHUVMfnwf7p42J/DF1pfrUTEy7ipspA=="

func TestVerifyScrypt(t *testing.T) {
	const nacl = "8$16$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA=="
	for _, c := range []struct {
		name, encoded, password string
		good                    bool
	}{
		{"RFC 7914", "scrypt$1024$NaCl$" + nacl, "password", true},
		{"RFC 7914, salt first", "scrypt$NaCl$1024$" + nacl, "password", true},
		{"wrong password", "scrypt$1024$NaCl$" + nacl, "passworD", false},
		{"empty password", "scrypt$1024$NaCl$" + nacl, "", false},
		{"other N", "scrypt$512$NaCl$" + nacl, "password", false},
		{"Django 5.2", "scrypt$16384$v41eidx1ALAfD1kvXHLJal$8$5$" +
			"GwjPYewyxYu97gnbw4sX3ddetTeUxkvnVSaH1tqeBIYVN6FVgkJ9Fmw4CV+i4vW31i0t62H2SxjJ0y/JqTo4aw==",
			"пароль-🔑", true},
		{"Python, beyond ASCII", "scrypt$2$sált$1$1$" +
			"jdPlC8eSRe7/q4aX/QioeXn33DpDaRXI0eooJI3RqJk39I5l0MPV6gjr0lH8q9Uk9Lof19cN8UYU3ZEaBEGiew==", "пароль", true},
		{"Python, 64 MiB", "scrypt$65536$x$8$1$" +
			"CgEf/KtFfyVtjFjiC5pUwZy9KsoiXX+6PUYuOtiHMU0kCr26ycrOk8/0SrrCfUMN+LF0f+2/T98rly6RDXK+vw==", "large", true},
	} {
		if good, err := password.Verify(c.encoded, c.password); good != c.good || err != nil {
			t.Errorf("%s: Verify(%q, %q) = %v, %v, want %v", c.name, c.encoded, c.password, good, err, c.good)
		}
	}
}

func TestVerifyScryptNamesWhatIsWrong(t *testing.T) {
	const (
		form  = "malformed: scrypt: not of the form N$salt$r$p$hash"
		salt  = "malformed: scrypt: salt is not 1 to 128 bytes of UTF-8"
		bytes = "malformed: scrypt: hash is not 64 bytes in base64"
		costs = "costs out of bounds: scrypt "
	)
	hash := strings.Repeat("A", 86) + "=="
	for _, c := range []struct{ name, rest, want string }{
		{"nothing", "", form},
		{"a part less", "16384$salt$8$" + hash, form},
		{"a part more", "16384$salt$8$1$" + hash + "$", form},
		{"no N", "salt$$8$1$" + hash, "malformed: scrypt N: not a number"},
		{"leading zero", "016384$salt$8$1$" + hash, "malformed: scrypt N: not a number"},
		{"r is a word", "16384$salt$many$1$" + hash, "malformed: scrypt r: not a number"},
		{"p is a word", "16384$salt$8$many$" + hash, "malformed: scrypt p: not a number"},
		{"N is 1", "1$salt$8$1$" + hash, costs + "N 1: must be 2 to 524288"},
		{"N is no power of two", "16383$salt$8$1$" + hash, costs + "N 16383: must be a power of two"},
		{"gigabytes by N", "1048576$salt$8$1$" + hash, costs + "N 1048576: must be 2 to 524288"},
		{"gigabytes by r", "16384$salt$65$1$" + hash, costs + "r 65: must be 1 to 64"},
		{"gigabytes by both", "131072$salt$8$1$" + hash, costs +
			"N 131072 with r 8: 131072 KiB of memory, must be at most 65536"},
		{"no p", "16384$salt$8$0$" + hash, costs + "p 0: must be 1 to 64"},
		{"minutes by p", "16384$salt$8$65$" + hash, costs + "p 65: must be 1 to 64"},
		{"minutes by both", "65536$salt$8$17$" + hash, costs +
			"memory 65536 KiB with p 17: their product must be at most 1048576"},
		{"no salt", "16384$$8$1$" + hash, salt},
		{"salt too long", "16384$" + strings.Repeat("s", 129) + "$8$1$" + hash, salt},
		{"hash too short", "16384$salt$8$1$AAAA", bytes},
		{"hash without padding", "16384$salt$8$1$" + hash[:86], bytes},
	} {
		checkRefused(t, c.name, "scrypt$"+c.rest, c.want)
	}
}
