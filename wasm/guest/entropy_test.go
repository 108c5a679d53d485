package guest_test

import (
	"math/rand/v2"
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
	source := rand.NewChaCha8([32]byte{1})
	var drawn [][]byte
	for range 32 {
		entropy := make([]byte, core.EntropyBytes)
		source.Read(entropy)
		h.ok("Prepare that refuses", prepare(entropy, false)) // uses nothing up
		h.ok("Prepare", prepare(entropy, true))
		drawn = append(drawn, entropy)
		h.ok("Configure", h.Configure(h.write(config), nil)) // does not clear the memory
		if got := prepare(entropy, true); got != abi.StatusFailed {
			t.Fatalf("the same entropy again: %v", got)
		}
	}
	for i, entropy := range drawn {
		clear(entropy[16:]) // the half that ids are made of is enough
		if got := prepare(entropy, true); got != abi.StatusFailed {
			t.Errorf("a source that starts anew, draw %d: %v", i, got)
		}
	}

	known := append([]byte("\xdf\xd7\x9b\x4d\x76\x42\x9b\x61"), coretest.Entropy()[8:]...)
	for _, entropy := range [][]byte{known, coretest.Entropy()} {
		if got := prepare(entropy, true); got != abi.StatusFailed {
			t.Errorf("known entropy, and what follows it: %v", got)
		}
	}
}
