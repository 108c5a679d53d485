package service_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// stoppedNode is the configuration of a node on a data directory of its own.
func stoppedNode(t *testing.T, flags ...config.Flag) *config.Config {
	t.Helper()
	cfg, err := config.Load(config.Sources{Flags: append(flags,
		config.Flag{Key: "data", Value: filepath.Join(t.TempDir(), "data")})})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// openStore opens the store of a stopped node.
func openStore(t *testing.T, cfg *config.Config) *store.DB {
	t.Helper()
	dir := datadir.Of(cfg)
	if err := dir.Make(false); err != nil {
		t.Fatal(err)
	}
	db, err := dir.OpenStore(nil)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

var silent = slog.New(slog.DiscardHandler)

// fleetHub is a hub with a customer whose fleet listener answers joining nodes. copies: false: no copy is sent. cuts is
// how many answers from now on are cut off in their midst.
type fleetHub struct {
	cfg    *config.Config
	db     *store.DB
	copies atomic.Bool
	cuts   atomic.Int32
}

// cut is an answer whose link is lost after some bytes.
type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b[:min(len(b), c.left)])
	if c.left -= n; c.left == 0 {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func (c *cut) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func newFleetHub(t *testing.T) *fleetHub {
	t.Helper()
	h := &fleetHub{cfg: stoppedNode(t)}
	h.copies.Store(true)
	s := httptest.NewUnstartedServer(nil)
	n, err := service.Found(t.Context(), h.cfg, "shop", []string{s.Listener.Addr().String()}, silent)
	if err != nil || n.Number != 1 {
		t.Fatalf("Found = %+v, %v", n, err)
	}
	h.db = openStore(t, h.cfg)
	t.Cleanup(func() { _ = h.db.Close() })
	if _, err := h.db.Add(t.Context(), store.NewCustomer{Email: "ana@example.com", IsActive: true}); err != nil {
		t.Fatal(err)
	}
	secret, _, err := datadir.Of(h.cfg).NodeSecret(false)
	if err != nil {
		t.Fatal(err)
	}
	key, err := linkkey.Derive(secret, h.db.Membership().ID)
	if err != nil {
		t.Fatal(err)
	}
	if s.TLS, err = linktls.Anyone(key); err != nil {
		t.Fatal(err)
	}
	answers := join.NewHandler(join.Config{Store: h.db, Roster: h.roster, Lane: config.LaneHTTP,
		Settings: func() join.Settings { return service.AgreedSettings(h.cfg) }})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == join.CopyPath && h.cuts.Add(-1) >= 0 {
			w = &cut{w, 2000}
		}
		answers.ServeHTTP(w, r)
	})
	s.StartTLS()
	t.Cleanup(s.Close)
	return h
}

func (h *fleetHub) roster(key ed25519.PublicKey) (uint16, bool) {
	members, _ := h.db.Members(context.Background())
	i := slices.IndexFunc(members, func(m store.Member) bool { return key.Equal(ed25519.PublicKey(m.Key[:])) })
	if i < 0 || !h.copies.Load() {
		return 0, false
	}
	return members[i].Number, true
}

// invite gives an invitation that the hub with a store knows. name is that of the node; "": any.
func invite(t *testing.T, db *store.DB, name string) join.Token {
	t.Helper()
	m := db.Membership()
	token, err := join.NewToken(m.ID, m.Fleet, m.HubKey, m.Addresses, time.Now().Add(time.Hour))
	if err == nil {
		err = db.Invite(t.Context(), store.Invitation{Digest: join.Digest(token.Secret), Name: name,
			Until: token.Until.UnixMicro()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestJoinFleet: a fresh node that joins has what the hub has, but for its secrets, and knows its number when it is
// opened again.
func TestJoinFleet(t *testing.T) {
	h := newFleetHub(t)
	cfg := stoppedNode(t)
	var shown int64
	n, err := service.Join(t.Context(), cfg, invite(t, h.db, ""), "fra-1",
		func(arrived, _ int64) { shown = arrived }, silent)
	if err != nil || n.Number != 2 || n.Name != "fra-1" || n.Fleet != "shop" || shown == 0 {
		t.Fatalf("Join = %+v, %v; %d bytes were shown", n, err, shown)
	}
	db := openStore(t, cfg)
	defer db.Close()
	m := db.Membership()
	if m.Role != store.Edge || db.Number() != 2 || m.HubKey != h.db.Membership().HubKey {
		t.Errorf("the node is %+v, number %d", m, db.Number())
	}
	if c, err := db.GetByEmail(t.Context(), "ana@example.com"); err != nil || !c.IsActive {
		t.Errorf("the customer of the hub is %+v, %v", c, err)
	}
	if left, err := filepath.Glob(filepath.Join(cfg.Data, "*copy*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if list, err := db.Invitations(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("the edge has the invitations of the hub: %v, %v", list, err)
	}
}

// TestJoinGoesOn: where the copy fails, the node keeps its number, and the same call goes on from there, also when the
// invitation has been used up.
func TestJoinGoesOn(t *testing.T) {
	h := newFleetHub(t)
	cfg, token := stoppedNode(t), invite(t, h.db, "")
	h.copies.Store(false)
	if _, err := service.Join(t.Context(), cfg, token, "fra-1", nil, silent); !errors.Is(err, join.ErrRefused) ||
		!strings.HasSuffix(err.Error(), "by an invitation and an empty data directory (--data)") {
		t.Fatalf("Join of one that is no member: %v", err)
	}
	h.copies.Store(true)
	n, err := service.Join(t.Context(), cfg, token, "fra-1", nil, silent)
	if err != nil || n.Number != 2 {
		t.Errorf("Join = %+v, %v", n, err)
	}
	if n, err = service.Join(t.Context(), cfg, token, "fra-1", nil, silent); err != nil || n.Number != 2 {
		t.Errorf("Join a third time = %+v, %v", n, err)
	}
}

// TestJoinOverALinkThatBreaks: a copy whose link is lost in the midst is fetched again, and nothing of the first is
// left.
func TestJoinOverALinkThatBreaks(t *testing.T) {
	h := newFleetHub(t)
	h.cuts.Store(2)
	cfg := stoppedNode(t)
	var shown []int64
	n, err := service.Join(t.Context(), cfg, invite(t, h.db, ""), "fra-1",
		func(arrived, size int64) { shown = append(shown, arrived*100/size) }, silent)
	if err != nil || n.Number != 2 {
		t.Fatalf("Join = %+v, %v", n, err)
	}
	if shown[len(shown)-1] != 100 || h.cuts.Load() >= 0 {
		t.Errorf("it shows %v per cent, and %d answers are yet to be cut", shown, h.cuts.Load()+1)
	}
	if left, err := filepath.Glob(filepath.Join(cfg.Data, "*copy*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	db := openStore(t, cfg)
	defer db.Close()
	if c, err := db.GetByEmail(t.Context(), "ana@example.com"); err != nil || !c.IsActive {
		t.Errorf("the customer of the hub is %+v, %v", c, err)
	}
}

// TestNobodyJoins: who must not join is told why, before the hub hears of it.
func TestNobodyJoins(t *testing.T) {
	h := newFleetHub(t)
	token := invite(t, h.db, "")
	with := func(key, value string) *config.Config { return stoppedNode(t, config.Flag{Key: key, Value: value}) }
	withCustomer := stoppedNode(t)
	db := openStore(t, withCustomer)
	_, err := db.Add(t.Context(), store.NewCustomer{Email: "bo@example.com"})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  *config.Config
		says string
	}{
		"with a customer": {withCustomer, "move them there first, with edgetoken customers export"},
		"with other ids":  {with("customers.ids", "text"), "customers.ids: integer"},
		"with another staleness": {with("fleet.staleness", "30s"),
			`fleet.staleness is "1m" at the hub and "30s" here`},
		"with another durability": {with("fleet.refresh.durability", "hub"),
			`fleet.refresh.durability is "local" at the hub and "hub" here`},
	} {
		if _, err := service.Join(t.Context(), c.cfg, token, "", nil, silent); err == nil ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if n, err := service.Join(t.Context(), stoppedNode(t), token, "fra-1", nil, silent); err != nil || n.Number != 2 {
		t.Errorf("the invitation is not good any more: %+v, %v", n, err)
	}
}

// TestLeave: a node that leaves keeps what it has, and may become a hub itself.
func TestLeave(t *testing.T) {
	h := newFleetHub(t)
	cfg := stoppedNode(t)
	if _, err := service.Join(t.Context(), cfg, invite(t, h.db, ""), "fra-1", nil, silent); err != nil {
		t.Fatal(err)
	}
	if n, err := service.Leave(t.Context(), cfg, silent); err != nil || n.Number != 2 || n.Fleet != "shop" {
		t.Errorf("Leave = %+v, %v", n, err)
	}
	if _, err := service.Leave(t.Context(), cfg, silent); err == nil {
		t.Error("a node left twice")
	}
	db := openStore(t, cfg)
	_, err := db.GetByEmail(t.Context(), "ana@example.com")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Errorf("the customer is gone: %v", err)
	}
	if _, err := service.Found(t.Context(), cfg, "other", []string{"127.0.0.1"}, silent); err != nil {
		t.Errorf("Found: %v", err)
	}
}

// TestRestoredHub: a hub whose node secret is another, or gone, is a stranger to its edges.
func TestRestoredHub(t *testing.T) {
	cfg := stoppedNode(t)
	if _, err := service.Found(t.Context(), cfg, "shop", []string{"hub.example.com"}, silent); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(cfg.Data, "keys.secret")
	for _, c := range []struct {
		name     string
		change   func() error
		stranger bool
	}{
		{"the same", func() error { return nil }, false},
		{"another", func() error { return os.WriteFile(secret, []byte(strings.Repeat("x", 32)), 0o600) }, true},
		{"none", func() error { return os.Remove(secret) }, true},
	} {
		if err := c.change(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		fleet, stranger, err := service.RestoredHub(cfg, silent)
		if err != nil || fleet != "shop" || stranger != c.stranger {
			t.Errorf("%s: RestoredHub = %q, %v, %v", c.name, fleet, stranger, err)
		}
	}
}

// TestAgreedSettings: each setting on which nodes have to agree is a key of the configuration.
func TestAgreedSettings(t *testing.T) {
	s := service.AgreedSettings(stoppedNode(t))
	if v := s["fleet.staleness"]; v.Value != "1m" || !v.Must {
		t.Errorf("fleet.staleness is %+v", v)
	}
	for key := range service.Agreed() {
		if !slices.Contains(config.Keys(), key) {
			t.Errorf("there is no key %s", key)
		}
	}
	if len(s) != len(service.Agreed()) {
		t.Errorf("%d of %d settings are shown", len(s), len(service.Agreed()))
	}
}
