package verify

import (
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// Settings are those of the policy or the bundle. They must not be changed.
func (t *Trust) Settings() *core.Settings { return &t.settings }

// Refusals say, for a token that Verify just refused at the time now, why each type of tokens does not take it: what a
// node tells its client. They are empty where no token was read.
func (v *Verifier) Refusals(now int64) []core.Refusal {
	if v.opened == nil {
		return nil
	}
	var refusals []core.Refusal
	t, at := v.trust, time.Unix(now, 0)
	revoked := revokedState(t.bundle, v.opened, at)
	for _, class := range t.settings.AuthTokenClasses {
		c := t.judgeAs([]core.TokenType{class}, v.opened, revoked, at)
		refusals = append(refusals, core.Refusal{Cause: c, Class: class})
	}
	return refusals
}
