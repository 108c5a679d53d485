package node_test

import (
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
)

// secureRotation has a node spend refresh tokens on the secure wire.
func secureRotation(c *node.Config) {
	advancing(c)
	c.Settings.Wire = core.Secure
}

func (w *world) wantCause(t *testing.T, what string, r node.Result, err error, want cause.Cause) {
	t.Helper()
	if err != nil || causeOf(r) != want {
		t.Errorf("%s: %v, %v; want %v", what, causeOf(r), err, want)
	}
}

// R2: a refresh that is repeated within the window gets the same tokens, and later ends the log-in, access tokens
// included, and no other one.
func TestRefreshIsRepeated(t *testing.T) {
	w := newWorld(t, secureRotation)
	first, access := w.login(t)
	other, _ := w.login(t)
	second, of2 := w.rotate(t, first)
	for range 3 {
		w.passes(3 * time.Second)
		if again, access := w.rotate(t, first); again != second || access != of2 {
			t.Errorf("the repeated refresh gave\n%s\n%s, want\n%s\n%s", again, access, second, of2)
		}
		r, err := w.Verify(t.Context(), first)
		w.wantCause(t, "verify inside the window", r, err, cause.OK)
	}
	w.passes(time.Second)
	r, err := w.Verify(t.Context(), first)
	w.wantCause(t, "verify after the window", r, err, cause.Blacklisted)
	r, err = w.Authenticate(t.Context(), of2)
	w.wantCause(t, "the access token of the successor", r, err, cause.OK)
	r, err = w.Refresh(t.Context(), first)
	w.wantCause(t, "refresh after the window", r, err, cause.Reused)
	for what, token := range map[string]string{"the first access token": access, "that of the successor": of2} {
		r, err = w.Authenticate(t.Context(), token)
		w.wantCause(t, what, r, err, cause.Blacklisted)
	}
	r, err = w.Refresh(t.Context(), second)
	w.wantCause(t, "the successor", r, err, cause.Blacklisted)
	w.rotate(t, other)
}
