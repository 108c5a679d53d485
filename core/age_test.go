package core_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

func TestCheckAge(t *testing.T) {
	const minute = time.Minute
	checks := []core.Op{core.Authenticate, core.Verify}
	writes := []core.Op{core.Login, core.Refresh, core.SlidingLogin, core.SlidingRefresh}
	all := slices.Concat(checks, writes, []core.Op{core.Blacklist, core.Logout, core.Revoke})
	for _, c := range []struct {
		name      string
		most, age time.Duration
		policy    core.StalePolicy
		stale     []core.Op
	}{
		{"alone", 0, math.MaxInt64, core.Closed, nil},
		{"of now", minute, 0, core.Closed, nil},
		{"to the nanosecond", minute, minute, core.Closed, nil},
		{"a nanosecond later", minute, minute + 1, core.Closed, slices.Concat(checks, writes)},
		{"never heard of the fleet", minute, math.MaxInt64, core.Closed, slices.Concat(checks, writes)},
		{"open, to the nanosecond", minute, minute, core.Open, nil},
		{"open, a nanosecond later", minute, minute + 1, core.Open, writes},
		{"open, never heard of the fleet", minute, math.MaxInt64, core.Open, writes},
	} {
		s := core.DefaultSettings()
		s.MaxAge, s.WhenStale = c.most, c.policy
		for _, op := range all {
			err := core.CheckAge(&s, op, c.age)
			if stale := slices.Contains(c.stale, op); errors.Is(err, core.ErrStale) != stale || (err == nil) == stale {
				t.Errorf("%s: CheckAge of operation %d = %v, want stale %v", c.name, op, err, stale)
			}
		}
	}
	s := core.DefaultSettings()
	s.MaxAge = minute
	if err := core.CheckAge(&s, core.Login, minute+1500*time.Millisecond); err == nil ||
		!strings.Contains(err.Error(), "it is 1m1.5s old, the most is 1m0s") {
		t.Errorf("CheckAge = %v, which does not say how old", err)
	}
	if err := core.CheckAge(&s, core.Login, math.MaxInt64); err == nil || strings.Contains(err.Error(), "old, the") ||
		!strings.Contains(err.Error(), "it has heard nothing") {
		t.Errorf("CheckAge = %v, where nothing was heard", err)
	}
}

// A newer state can undo some refusals, and no revocation. A wrong password costs no token.
func TestCheckRefusals(t *testing.T) {
	undone := []cause.Cause{cause.UnknownKey, cause.CustomerNotFound, cause.CustomerInactive, cause.RevokeClaim,
		cause.InactiveAccount}
	s := core.DefaultSettings()
	s.MaxAge = time.Minute
	for c := cause.OK; c <= cause.HeaderInParts; c++ {
		refusals := []core.Refusal{{Cause: cause.WrongType}, {Cause: c}}
		if err := core.CheckRefusals(&s, refusals, core.FreshAge); err != nil {
			t.Errorf("%v by a state that is young enough: %v", c, err)
		}
		err := core.CheckRefusals(&s, refusals, core.FreshAge+1)
		if errors.Is(err, core.ErrStale) != slices.Contains(undone, c) {
			t.Errorf("%v by a state that is too old: %v", c, err)
		}
	}
	s.MaxAge = 0
	if err := core.CheckRefusals(&s, []core.Refusal{{Cause: cause.UnknownKey}}, math.MaxInt64); err != nil {
		t.Errorf("alone: %v", err)
	}
}
