package node_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store/password"
)

// TestStateChangesMeanwhile changes a customer after its state is loaded and before the decision is settled, when the
// node asks for entropy.
func TestStateChangesMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    func(w *world, ctx context.Context, refresh string) (node.Result, error)
		change func(w *world, ctx context.Context) error
		want   cause.Cause
	}{
		{"log-in, password changed", logIn, changePassword, cause.BadCredentials},
		{"log-in, disabled", logIn, disable, cause.BadCredentials},
		{"log-in, removed", logIn, remove, cause.BadCredentials},
		{"log-in, logged out everywhere", logIn, logOut, cause.OK},
		{"refresh, password changed", refreshIt, changePassword, cause.CutOff},
		{"refresh, disabled", refreshIt, disable, cause.CutOff},
		{"refresh, removed", refreshIt, remove, cause.CutOff},
		{"refresh, logged out everywhere", refreshIt, logOut, cause.CutOff},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w *world
			calls, armed := 0, false
			w = newWorld(t, func(cfg *node.Config) {
				cfg.Rand = meanwhile(func() {
					if calls++; armed {
						armed = false
						if err := c.change(w, t.Context()); err != nil {
							t.Error(err)
						}
					}
				})
			})
			refresh, _ := w.login(t)
			w.now = w.now.Add(time.Second)
			calls, armed = 0, true
			result, err := c.ask(w, t.Context(), refresh)
			if err != nil || causeOf(result) != c.want {
				t.Errorf("got %v, %v; want %v", causeOf(result), err, c.want)
			}
			if armed {
				t.Error("nothing was changed: the case shows nothing")
			}
		})
	}
}

// meanwhile is a source of entropy that calls a function when it is read, between load and decide.
type meanwhile func()

func (m meanwhile) Read(p []byte) (int, error) {
	m()
	return rand.Read(p)
}

func logIn(w *world, ctx context.Context, _ string) (node.Result, error) {
	return w.Login(ctx, client, "ana@example.com", "right")
}
func refreshIt(w *world, ctx context.Context, refresh string) (node.Result, error) {
	return w.Refresh(ctx, refresh)
}
func disable(w *world, ctx context.Context) error {
	return w.store.SetActive(ctx, core.Integer(1), false)
}
func logOut(w *world, ctx context.Context) error { return w.store.Revoke(ctx, core.Integer(1)) }
func remove(w *world, ctx context.Context) error {
	return w.store.Remove(ctx, core.Integer(1), 72*time.Hour)
}
func changePassword(w *world, ctx context.Context) error {
	encoded, err := password.Hash("right", cheap, rand.Reader)
	if err != nil {
		return err
	}
	return w.store.SetPassword(ctx, core.Integer(1), encoded)
}

func TestStateNeverSettles(t *testing.T) {
	var w *world
	attempts := 0
	w = newWorld(t, func(cfg *node.Config) {
		cfg.Rand = meanwhile(func() {
			attempts++
			w.now = w.now.Add(time.Second)
			if err := logOut(w, t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
	result, err := w.Login(t.Context(), client, "ana@example.com", "right")
	if !errors.Is(err, node.ErrBusy) || len(result.Tokens) > 0 {
		t.Errorf("Login = %d tokens, %v; want %v", len(result.Tokens), err, node.ErrBusy)
	}
	if attempts < 2 || attempts > 100 {
		t.Errorf("%d attempts, want some, and not without end", attempts)
	}
}
