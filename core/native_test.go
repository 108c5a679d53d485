package core_test

import (
	"errors"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

func TestNative(t *testing.T) {
	coretest.Run(t, func(t *testing.T, s core.Settings, keys core.Keys) core.Engine { return core.NewNative(s, keys) })
}

// scheduled are keys with any schedule, which nobody has validated.
type scheduled struct {
	*coretest.HMACKeys
	signing []core.SigningKey
}

func (s scheduled) Set() core.KeySet {
	set := s.HMACKeys.Set()
	set.Signing = s.signing
	return set
}

// A schedule that names a key which the set has not signs nothing, and everything else is answered.
func TestNoSuchSigningKey(t *testing.T) {
	for _, key := range []int{-1, 1, 1 << 40} {
		e := core.NewNative(core.DefaultSettings(), scheduled{coretest.OneKey(), []core.SigningKey{{Key: key}}})
		req := core.Request{Op: core.Login, Now: coretest.Now, Entropy: coretest.Entropy()}
		if _, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrNoSigningKey) {
			t.Errorf("key %d: Decide = %v, want %v", key, err, core.ErrNoSigningKey)
		}
		if err := core.CheckWriting(&core.Settings{}, e.KeySet(), &req); !errors.Is(err, core.ErrNoSigningKey) {
			t.Errorf("key %d: CheckWriting = %v, want %v", key, err, core.ErrNoSigningKey)
		}
		if e.KeySet().SigningEnded(coretest.Now) {
			t.Errorf("key %d has ended", key)
		}
	}
}
