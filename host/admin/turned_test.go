package admin_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// turned is a node whose clock a test turns, with customer 1, and its admin API.
type turned struct {
	*testing.T
	ring     *keyring.Ring
	engine   core.Engine
	settings core.Settings
	db       *store.DB
	node     *node.Node
	client   *admin.Client
	ahead    time.Duration
}

func newTurned(t *testing.T, change func(*core.Settings)) *turned {
	l := &turned{T: t, settings: core.DefaultSettings()}
	l.settings.RotateRefreshTokens, l.settings.BlacklistAfterRotation = true, true
	if change != nil {
		change(&l.settings)
	}
	var err error
	l.ring, err = keyring.FromSettings("HS256", []byte(strings.Repeat("k", 32)), nil, false)
	l.must(err)
	l.engine = core.NewNative(l.settings, l.ring)
	began := time.Now()
	now := func() time.Time { return began.Add(l.ahead).Round(0) }
	elapsed := func() time.Duration { return l.ahead }
	l.db, err = store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: now, Elapsed: elapsed})
	l.must(err)
	t.Cleanup(func() { l.must(l.db.Close()) })
	_, err = l.db.Add(t.Context(), store.NewCustomer{ID: core.Integer(1), Email: "ana@example.com", IsActive: true})
	l.must(err)
	l.node, err = node.New(node.Config{
		Engine: l.engine, Store: l.db, Settings: l.settings, Now: now, Log: slog.New(slog.DiscardHandler),
	})
	l.must(err)
	l.client = admin.NewClient(l.api(), nil)
	return l
}

// api is an admin API by the settings as they are now.
func (l *turned) api() http.Handler {
	return admin.New(admin.Config{
		Store: l.db, Settings: l.settings,
		Engine: func(context.Context) (core.Engine, error) { return l.engine, nil },
	})
}

func (l *turned) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// sign makes a token as Django does, whose id is no id of a node.
func (l *turned) sign(ring *keyring.Ring, claims string, args ...any) string {
	l.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, claims, args...))
	signature, err := ring.Sign(l.Context(), 0, []byte(input), nil)
	l.must(err)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// refused reports whether the node refuses to refresh a token.
func (l *turned) refused(token string) bool {
	l.Helper()
	r, err := l.node.Refresh(l.Context(), token)
	l.must(err)
	return r.Refused()
}
