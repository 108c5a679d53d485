package node_test

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store/password"
)

// held is a hasher that finds a password good, and then holds the first answer until it is released.
type held struct {
	hashing.Hasher
	once              sync.Once
	checked, released chan struct{}
}

func (h *held) Do(ctx context.Context, job hashing.Job) (hashing.Result, error) {
	result, err := h.Hasher.Do(ctx, job)
	h.once.Do(func() {
		close(h.checked)
		<-h.released
	})
	return result, err
}

// djangoRight is the hash of "right" by Django's PBKDF2PasswordHasher.
const djangoRight = "pbkdf2_sha256$1000$salt$Q/9Kvus9r/Z5pRD/V9eBFX31v5LhSkQG2Q44eDQAprk="

// raceLogin logs ana in, changes her record once her password was found good, and lets the log-in go on. It must be
// refused, and so must a log-in with the old password.
func raceLogin(t *testing.T, change func(*world, context.Context) error) {
	dearer := password.Params{Memory: 16, Iterations: 2, Parallelism: 1}
	for _, way := range []struct {
		name  string
		logIn func(w *world, given string) (cause.Cause, bool, error)
	}{
		{"tokens", func(w *world, given string) (cause.Cause, bool, error) {
			result, err := w.Login(t.Context(), client, "ana@example.com", given)
			return causeOf(result), len(result.Tokens) > 0, err
		}},
		{"session", func(w *world, given string) (cause.Cause, bool, error) {
			secret, result, err := w.StartSession(t.Context(), client, "ana@example.com", given, "")
			return causeOf(result), secret != "", err
		}},
	} {
		for _, c := range []struct {
			name  string
			costs password.Params
			from  string // the hash that she has; "": one with the costs cheap
		}{
			{"", cheap, ""},
			{", hash renewed", dearer, ""},
			{", hash of Django renewed", cheap, djangoRight},
		} {
			t.Run(way.name+c.name, func(t *testing.T) {
				hasher := &held{Hasher: hashing.InProcess{Rand: rand.Reader}, checked: make(chan struct{}),
					released: make(chan struct{})}
				w := newWorld(t, func(n *node.Config) { n.Hasher, n.Passwords = hasher, c.costs })
				if c.from != "" {
					must(t, w.store.SetPassword(t.Context(), core.Integer(1), c.from))
				}
				type answer struct {
					cause  cause.Cause
					issued bool
					err    error
				}
				ended := make(chan answer, 1)
				go func() {
					cause, issued, err := way.logIn(w, "right")
					ended <- answer{cause, issued, err}
				}()
				<-hasher.checked
				if err := change(w, t.Context()); err != nil {
					t.Error(err)
				}
				close(hasher.released)
				if got := <-ended; got.err != nil || got.cause != cause.BadCredentials || got.issued {
					t.Errorf("the log-in = %v, issued %v, %v; want %v and nothing issued", got.cause, got.issued,
						got.err, cause.BadCredentials)
				}
				if got, issued, err := way.logIn(w, "right"); err != nil || got != cause.BadCredentials || issued {
					t.Errorf("the password that she had = %v, issued %v, %v; want %v", got, issued, err,
						cause.BadCredentials)
				}
				if c, err := w.store.Get(t.Context(), core.Integer(1)); err == nil && c.IsActive {
					if good, err := password.Verify(c.PasswordHash, "new"); !good || err != nil {
						t.Errorf("the password that she was given = %v, %v; want it to stand", good, err)
					}
				}
				if n := w.sessions(t); n != 0 {
					t.Errorf("%d sessions in the store, want none", n)
				}
			})
		}
	}
}

// newPassword gives ana the password "new".
func newPassword(w *world, ctx context.Context) error {
	encoded, err := password.Hash("new", cheap, rand.Reader)
	if err != nil {
		return err
	}
	return w.store.SetPassword(ctx, core.Integer(1), encoded)
}

func TestRaceLoginAgainstPasswordChange(t *testing.T) { raceLogin(t, newPassword) }

func TestRaceLoginAgainstDisable(t *testing.T) { raceLogin(t, disable) }

func TestRaceLoginAgainstRemoval(t *testing.T) { raceLogin(t, remove) }
