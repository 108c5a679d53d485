package node_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// R3, R4, R5: the wall clock steps by ten seconds between a log-in, its end and a refresh, or all is within one
// millisecond, and the node starts anew or not. Whatever the clock says what was there before has ended, and a log-in
// after it has not.
func TestClockStepsAroundAnEnd(t *testing.T) {
	base := newWorld(t, secureRotation)
	must(t, base.RaiseLifetimes(t.Context()))
	first, access := base.login(t)
	second, access2 := base.rotate(t, first)
	before := []pair{{first, access}, {second, access2}}
	ana := core.Integer(1)
	for _, end := range []struct {
		name  string
		do    func(w *world) error
		after func(w *world) error // before the next log-in; nil: nothing
	}{
		{"R3, log-out", func(w *world) error { return w.EndLogin(t.Context(), access) }, nil},
		{"R3, blacklist", func(w *world) error {
			r, err := w.Blacklist(t.Context(), second)
			if r.Refused() { // by a clock from before its iat; the way of browsers asks for no time
				err = w.EndLogin(t.Context(), second)
			}
			return err
		}, nil},
		{"R3, all log-ins", func(w *world) error { return w.store.Revoke(t.Context(), ana) }, nil},
		{"R3, all log-ins of the node", func(w *world) error { return w.store.RevokeAll(t.Context()) }, nil},
		{"R4, disabled", func(w *world) error { return disable(w, t.Context()) }, func(w *world) error {
			return w.store.SetActive(t.Context(), ana, true)
		}},
		{"R5, password", func(w *world) error { return changePassword(w, t.Context()) }, nil},
	} {
		t.Run(end.name, func(t *testing.T) {
			for _, step := range [][2]time.Duration{{0, 0}, {10, 0}, {-10, 0}, {0, 10}, {0, -10}, {10, -10},
				{-10, 10}, {10, 10}, {-10, -10}} {
				for _, restarts := range []bool{false, true} {
					w := base.copied(t)
					passes := func(d time.Duration) {
						w.now = w.now.Add(d * time.Second)
						if restarts {
							w.restart(t)
						}
					}
					where := fmt.Sprintf("steps %d, restarts %v", step, restarts)
					passes(step[0])
					must(t, end.do(w))
					passes(step[1])
					w.allEnded(t, where, before)
					if end.after != nil {
						must(t, end.after(w))
						w.allEnded(t, where+", enabled", before)
					}
					refresh, access := w.login(t)
					next, _ := w.rotate(t, refresh)
					r, err := w.Authenticate(t.Context(), access)
					w.wantCause(t, where+": check of a log-in since", r, err, cause.OK)
					r, err = w.Verify(t.Context(), next)
					w.wantCause(t, where+": verify of a log-in since", r, err, cause.OK)
					w.allEnded(t, where+", after another log-in", before)
				}
			}
		})
	}
}

// allEnded shows that tokens are refused everywhere.
func (w *world) allEnded(t *testing.T, where string, pairs []pair) {
	t.Helper()
	for i, p := range pairs {
		for ask, do := range map[string]judging{"refresh": w.Refresh, "verify": w.Verify, "blacklist": w.Blacklist} {
			if r, err := do(t.Context(), p.refresh); err != nil || !r.Refused() {
				t.Errorf("%s: %s of refresh token %d: %v, %v", where, ask, i, causeOf(r), err)
			}
		}
		for ask, do := range map[string]judging{"check": w.Authenticate, "verify": w.Verify} {
			if r, err := do(t.Context(), p.access); err != nil || !r.Refused() {
				t.Errorf("%s: %s of access token %d: %v, %v", where, ask, i, causeOf(r), err)
			}
		}
	}
}
