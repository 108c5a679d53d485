package node_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// world is a node with its store and its clock.
type world struct {
	*node.Node
	config node.Config
	store  *store.DB
	path   string        // of the store
	now    time.Time     // what the wall clock says
	spent  time.Duration // what a monotonic clock has measured since the process began
}

// passes lets time pass.
func (w *world) passes(d time.Duration) { w.now, w.spent = w.now.Add(d), w.spent+d }

// open opens the store, and makes the node by the configuration where there is one.
func (w *world) open(t testing.TB) {
	t.Helper()
	db, err := store.Open(store.Config{Path: w.path, Now: func() time.Time { return w.now },
		Elapsed: func() time.Duration { return w.spent }})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	w.store, w.config.Store = db, db
	if w.config.Engine != nil {
		w.Node, err = node.New(w.config)
		must(t, err)
	}
}

// restart ends the process of the node, and begins another one.
func (w *world) restart(t testing.TB) {
	t.Helper()
	must(t, w.store.Close())
	w.spent = 0
	w.open(t)
	must(t, w.RaiseLifetimes(t.Context()))
}

// copied is a world of its own on a copy of the store, which nobody writes to meanwhile.
func (w *world) copied(t testing.TB) *world {
	t.Helper()
	file, err := os.ReadFile(w.path)
	must(t, err)
	c := &world{config: w.config, path: filepath.Join(t.TempDir(), "store.db"), now: w.now}
	c.config.Now = func() time.Time { return c.now }
	must(t, os.WriteFile(c.path, file, 0o600))
	c.open(t)
	return c
}

// newWorld starts a node with two customers, ana (1) and the inactive ben (2), whose passwords are "right".
func newWorld(t testing.TB, change func(*node.Config)) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	w.path = filepath.Join(t.TempDir(), "store.db")
	w.open(t)
	unusable, err := password.Unusable(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.AddAll(t.Context(), []store.NewCustomer{
		{ID: core.Integer(1), Email: "ana@example.com", IsActive: true, PasswordHash: hash(t, "right")},
		{ID: core.Integer(2), Email: "ben@example.com", PasswordHash: hash(t, "right")},
		{ID: core.Integer(3), Email: "unusable@example.com", IsActive: true, PasswordHash: unusable},
		{ID: core.Integer(4), Email: "unknown-format@example.com", IsActive: true, PasswordHash: "whirlpool$right"},
	}); err != nil {
		t.Fatal(err)
	}
	w.config = node.Config{
		Store: w.store, Settings: core.DefaultSettings(), Passwords: cheap, Now: func() time.Time { return w.now },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if change != nil {
		change(&w.config)
	}
	if w.config.Engine == nil {
		w.config.Engine = core.NewNative(w.config.Settings, newKeys(t, ""))
	}
	if w.Node, err = node.New(w.config); err != nil {
		t.Fatal(err)
	}
	return w
}

// login logs ana in.
func (w *world) login(t testing.TB) (refresh, access string) {
	t.Helper()
	result, err := w.Login(t.Context(), client, "ana@example.com", "right")
	if err != nil || result.Refused() || len(result.Tokens) != 2 {
		t.Fatalf("Login = %+v, %v; want two tokens", result.Outcome, err)
	}
	return result.Tokens[0].Value, result.Tokens[1].Value
}

// wantCause holds a result to why it is refused; cause.OK: it is not.
func (w *world) wantCause(t *testing.T, what string, r node.Result, err error, want cause.Cause) {
	t.Helper()
	if err != nil || causeOf(r) != want {
		t.Errorf("%s: %v, %v; want %v", what, causeOf(r), err, want)
	}
}
