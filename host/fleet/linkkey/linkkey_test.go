package linkkey_test

import (
	"encoding/hex"
	"testing"

	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
)

// TestDerive: the key is always the same for a secret and a fleet, and another one for another of either.
func TestDerive(t *testing.T) {
	derive := func(secret string, fleet [16]byte) string {
		t.Helper()
		key, err := linkkey.Derive([]byte(secret), fleet)
		if err != nil {
			t.Fatal(err)
		}
		public := linkkey.Public(key)
		return hex.EncodeToString(public[:])
	}
	const secret = "0123456789abcdef0123456789abcdef"
	shop := [16]byte{1, 2, 3}
	// Computed in Python from HMAC, SHA-512 and the curve of RFC 8032.
	const want = "12a8097011e44c2c8d2fca62579026ed628268f4f3701e3be3d4773ba74dc775"
	got := derive(secret, shop)
	if got != want {
		t.Errorf("Derive = %s, want %s: no node of a fleet would know another any more", got, want)
	}
	if derive(secret+"!", shop) == got || derive(secret, [16]byte{1, 2, 4}) == got {
		t.Error("another secret or fleet gives the same key")
	}
}
