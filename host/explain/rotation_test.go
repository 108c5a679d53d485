package explain_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/store"
)

// TestGenerations: whoever looks after the node is told the generation of a token, that of its family and the window.
// Its holder is told of no open window: a thief with the present token could watch for it.
func TestGenerations(t *testing.T) {
	keys := oneKey{testKey(t)}
	// An id of ours: a log-in of 2026-01-02 02:04:05, generation 4.
	const token = `{"token_type":"refresh","exp":1767400000,"iat":1767323000,"jti":"075d105504008000800048d000000004",` +
		`"user_id":"7"}`
	settings := core.DefaultSettings()
	settings.RotateRefreshTokens, settings.BlacklistAfterRotation = true, true
	settings.MaxSession, settings.RefreshIdle = 4*24*time.Hour, time.Hour
	spent := func(generation uint32, age time.Duration) core.FamilyState {
		return core.FamilyState{Version: 1, Generation: generation, Issued: now.UnixMicro(), Age: age}
	}
	for _, c := range []struct {
		name     string
		family   core.FamilyState
		accepted bool
		cause    string
		detail   string // of the check of revocation
		public   string // to the holder, if that is another
		window   int64
	}{
		{"present", spent(4, time.Hour), true, "ok", "not revoked; generation 4, the present one; logged in 20", "", 0},
		{"spent a moment ago", spent(5, 2500*time.Millisecond), true, "ok",
			"not revoked; generation 4 of a family at 5; the window is open for 8 s more; logged in 20",
			"not revoked; generation 4, the present one; logged in 20", 8},
		{"spent long ago", spent(5, 10*time.Second), false, "token_reused", "a later refresh token has taken " +
			"the place of the token: who uses it again ends the log-in (generation 4 of a family at 5; the window is " +
			"closed; logged in 20", "", 0},
		{"older", spent(6, 0), false, "token_reused", "who uses it again ends the log-in (generation 4 of a " +
			"family at 6; the window is closed; ", "", 0},
		{"of a state that was lost", spent(2, 0), true, "ok", "generation 4 of a family at 2, whose later state was " +
			"lost: it goes on from this token; ", "", 0},
		{"of a family that was revoked", core.FamilyState{Version: 1, Generation: 5, Issued: 1, Dead: true}, false,
			"blacklisted", "the log-in that the token descends from was revoked (generation 4 of a family at 5; the " +
				"window is closed; ", "", 0},
	} {
		for _, public := range []bool{false, true} {
			j, err := explain.Token(t.Context(), explain.Config{
				Engine: core.NewNative(settings, keys), Settings: &settings, Now: now, Public: public,
				Load: func(context.Context, core.Opened, time.Time) (core.State, store.Customer, error) {
					return core.State{Family: c.family, Customer: core.Customer{
						ID: core.Integer(7), UserID: core.Integer(7), Active: true,
					}}, store.Customer{ID: core.Integer(7), IsActive: true}, nil
				},
			}, signed(t, keys, token), "")
			if err != nil {
				t.Fatal(err)
			}
			want, window, present := c.detail, c.window, c.family.Generation
			if public && c.window > 0 {
				want, window, present = c.public, 0, 4
			}
			at := slices.IndexFunc(j.Steps, func(s explain.Step) bool { return s.Name == "revocation" })
			if j.Accepted != c.accepted || j.Cause != c.cause || !strings.Contains(j.Steps[at].Detail, want) {
				t.Errorf("%s, public %v: accepted %v, %s, %q; want %v, %s, %q", c.name, public, j.Accepted, j.Cause,
					j.Steps[at].Detail, c.accepted, c.cause, want)
			}
			if r := j.Rotation; r == nil || r.Generation != 4 || r.Present != present || r.WindowSeconds != window {
				t.Errorf("%s, public %v: rotation %+v", c.name, public, r)
			}
			at = slices.IndexFunc(j.Steps, func(s explain.Step) bool { return s.Name == "session" })
			if says := "the session ends 2026-01-06 02:04:05 UTC, in 3 days; the token must be used by " +
				"2026-01-02 04:03:20 UTC, in 59 minutes"; c.accepted && j.Steps[at].Detail != says {
				t.Errorf("%s: the session: %q, want %q", c.name, j.Steps[at].Detail, says)
			}
		}
	}
}
