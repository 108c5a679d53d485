package guest_test

import (
	"slices"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// TestEntropyIsFresh: an instance writes tokens with entropy once, whatever comes between.
func TestEntropyIsFresh(t *testing.T) {
	h := configured(t, core.DefaultSettings())
	config := message(t, core.DefaultSettings(), h.keys)
	prepare := func(entropy []byte, passwordGood bool) abi.Status {
		login := requests(core.Opened{})[core.Login-1]
		login.Entropy, login.State.PasswordGood = entropy, passwordGood
		return h.Prepare(h.write(abi.AppendRequest(nil, &login)))
	}
	const remembered = 64
	var drawn [][]byte
	for range remembered + 1 {
		entropy := coretest.Entropy()
		h.ok("Prepare that refuses", prepare(entropy, false)) // uses nothing up
		h.ok("Prepare", prepare(entropy, true))
		drawn = append(drawn, entropy)
		h.ok("Configure", h.Configure(h.write(config), nil)) // does not clear the memory
		if got := prepare(entropy, true); got != abi.StatusFailed {
			t.Fatalf("the same entropy again: %v", got)
		}
	}
	for i, entropy := range slices.Backward(drawn[1:]) {
		if got := prepare(append(entropy[:16:16], make([]byte, 16)...), true); got != abi.StatusFailed {
			t.Fatalf("the half that ids are made of, after %d others: %v", remembered-i-1, got)
		}
	}
	h.ok("Prepare with what is forgotten", prepare(drawn[0], true))

	known := append([]byte("\xdf\xd7\x9b\x4d\x76\x42\x9b\x61"), coretest.Entropy()[8:]...)
	for _, entropy := range [][]byte{known, coretest.Entropy()} {
		if got := prepare(entropy, true); got != abi.StatusFailed {
			t.Errorf("known entropy, and what follows it: %v", got)
		}
	}
}
