package admin_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// withoutRotation is a node that leaves refresh tokens as they are, as simplejwt does by default.
func withoutRotation(s *core.Settings) {
	s.RotateRefreshTokens, s.BlacklistAfterRotation = false, false
}

// TestRevokeDjangosLogIn is R3: token revoke of an access token, and of the family that it names, ends the refresh
// token of Django that gave it, until that expires, however much shorter tokens live here.
func TestRevokeDjangosLogIn(t *testing.T) {
	const day = 24 * time.Hour
	for name, body := range map[string]func(access string, family core.Family) string{
		"by token": func(access string, _ core.Family) string { return fmt.Sprintf(`{"token": %q}`, access) },
		"by family": func(_ string, f core.Family) string {
			return fmt.Sprintf(`{"family": "%012x", "customer": "1"}`, f.Bits)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newTurned(t, withoutRotation)
			refresh := l.sign(l.ring, `{"token_type":"refresh","exp":%d,"jti":"x1","user_id":"1"}`,
				l.db.Time().Add(30*day).Unix())
			given, err := l.node.Refresh(t.Context(), refresh)
			if err != nil || given.Refused() {
				t.Fatalf("Refresh = %v, %v", given.Refusals, err)
			}
			access := given.Tokens[0].Value
			var opened core.Opened
			l.must(l.engine.Open(t.Context(), []byte(access), &opened))
			status, answer := call(t, l.api(), "POST", "/revoke", body(access, opened.FamilyAt(l.db.Time())))
			if status != http.StatusOK {
				t.Fatalf("POST /revoke = %d %s", status, answer)
			}
			for range 29 {
				if again, err := l.node.Refresh(t.Context(), refresh); err != nil || !again.Refused() {
					t.Fatalf("after %v: Refresh = %v, %v, want a refusal", l.ahead, again.Refusals, err)
				}
				l.ahead += day
				l.must(l.node.Purge(t.Context()))
			}
		})
	}
}

// TestRevokeAgain is R3: what is dead is revoked again without an error, by token and by family, and is remembered for
// longer where lifetimes have become longer.
func TestRevokeAgain(t *testing.T) {
	l := newTurned(t, withoutRotation)
	token := l.sign(l.ring, `{"token_type":"access","exp":1577836801,"jti":"x1","user_id":"1"}`)
	var opened core.Opened
	l.must(l.engine.Open(t.Context(), []byte(token), &opened))
	family := func() core.FamilyState {
		state, _, err := node.Load(t.Context(), l.db, store.FieldID, opened, l.db.Time())
		l.must(err)
		return state.Family
	}
	last := family()
	for _, body := range []string{
		fmt.Sprintf(`{"token": %q}`, token),
		fmt.Sprintf(`{"family": "%012x", "customer": "1"}`, opened.Family().Bits),
		fmt.Sprintf(`{"token": %q}`, token),
	} {
		l.settings.RefreshTokenLifetime *= 2
		if status, answer := call(t, l.api(), "POST", "/revoke", body); status != http.StatusOK {
			t.Errorf("POST /revoke %.20s = %d %s", body, status, answer)
		}
		now := family()
		if !now.Dead || now.Version == last.Version {
			t.Errorf("after POST /revoke %.20s the family is %+v, and was %+v before", body, now, last)
		}
		last = now
	}
}
