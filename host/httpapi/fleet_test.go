package httpapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// staleness is the MaxAge of the nodes of a test.
const staleness = 30 * time.Second

// fleet is a hub, number 1, and edges in one process, each with a store, an engine and a server of its own. They talk
// by calling each other. What they write travels when a test says so.
type fleet struct {
	*testing.T
	nodes map[uint16]*member

	mu   sync.Mutex
	asks []uint16 // whom nodes asked, in order
	away map[uint16]error
	// asked is called with what a node is about to be asked, and may change it; answered likewise. nil: nothing.
	asked    func(to uint16, request []byte) (uint16, []byte)
	answered func(to uint16, answer []byte) []byte
	sync     func()
}

// member is a node of the fleet.
type member struct {
	*shop
	*node.Node
	fleet  *fleet
	number uint16
	config node.Config

	mu                               sync.Mutex
	age                              time.Duration
	issues, leased, confirmed, tells error
	confirms                         int
	seen                             map[uint16]fact.Position // how far others have taken its frames
}

// openFleet opens a hub and two edges, 2 and 3, which know the hub's customer, ana@example.com.
func openFleet(t *testing.T, change func(*node.Config, *httpapi.Config)) *fleet {
	t.Helper()
	f := &fleet{T: t, nodes: map[uint16]*member{}, away: map[uint16]error{}}
	for number := uint16(1); number <= 3; number++ {
		f.nodes[number] = f.open(number, change)
	}
	err := f.nodes[1].store.UpdateMembers(t.Context(), func([]store.Member) (list []store.Member, err error) {
		for number := uint16(2); number <= 3; number++ {
			list = append(list, store.Member{Number: number, Name: "edge", Key: [32]byte{9, byte(number)}, Joined: 1})
		}
		return list, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.nodes[1].store.Add(t.Context(), store.NewCustomer{ID: core.Integer(7), Email: "ana@example.com",
		FirstName: "Ana", IsActive: true, PasswordHash: hashOf(t, "right")}); err != nil {
		t.Fatal(err)
	}
	f.sync = f.spread
	f.spread()
	return f
}

func (f *fleet) open(number uint16, change func(*node.Config, *httpapi.Config)) *member {
	m := &member{shop: &shop{log: &syncBuffer{}}, fleet: f, number: number, seen: map[uint16]fact.Position{}}
	m.store = enrolled(f.T, number)
	log := slog.New(slog.NewJSONHandler(m.log, nil))
	m.config = node.Config{Store: m.store, Settings: core.DefaultSettings(), Passwords: cheap, Log: log, Fleet: m}
	m.config.Settings.MaxAge = staleness
	config := httpapi.Config{Log: log, ErrorHeader: true, Samples: true}
	rotating(core.V55, 10*time.Second)(&m.config, &config)
	if change != nil {
		change(&m.config, &config)
	}
	m.config.Engine = core.NewNative(m.config.Settings, namedKey{testKeys(f.T)})
	var err error
	if m.Node, err = node.New(m.config); err != nil {
		f.Fatal(err)
	}
	config.Node = m.Node
	handler, err := httpapi.New(config)
	if err != nil {
		f.Fatal(err)
	}
	m.Server = httptest.NewServer(handler)
	f.Cleanup(m.Server.Close)
	return m
}

// namedKey is a ring of one key, which tokens name: no other kid finds it.
type namedKey struct{ *keyring.Ring }

func (k namedKey) Set() core.KeySet {
	set := k.Ring.Set()
	set.Keys = slices.Clone(set.Keys)
	set.Keys[0].ID, set.Keys[0].Default, set.Keys[0].AnyID = "fleet", false, false
	return set
}

// enrolled is the store of a node with a number.
func enrolled(t *testing.T, number uint16) *store.DB {
	t.Helper()
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	m := store.Membership{Fleet: "test", ID: [16]byte{1}, HubKey: [32]byte{2},
		Addresses: []string{"127.0.0.1:7421"}}
	if number == fact.HubNumber {
		err = db.Found(t.Context(), m)
	} else {
		err = db.Enter(t.Context(), number, 0, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// spread carries what the edges wrote to the hub, and what the hub has to the edges.
func (f *fleet) spread() {
	f.mu.Lock()
	defer f.mu.Unlock()
	top := f.nodes[1]
	for number := uint16(2); number <= 3; number++ {
		edge := f.nodes[number]
		if frames := edge.frames(1); len(frames) > 0 {
			d, err := top.store.Accept(context.Background(), number, store.Delivery{Frames: frames})
			if err != nil || len(d.Refused) > 0 {
				f.Errorf("the hub refuses what edge %d wrote: %+v, %v", number, d, err)
			}
		}
	}
	for number := uint16(2); number <= 3; number++ {
		if frames := top.frames(number); len(frames) > 0 {
			_, err := f.nodes[number].store.Apply(context.Background(), store.Delivery{Frames: frames})
			if err != nil {
				f.Errorf("edge %d: %v", number, err)
			}
		}
	}
}

// frames are the frames that another node has not taken yet.
func (m *member) frames(to uint16) [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	frames, err := m.store.Outbox(context.Background(), m.seen[to], 1<<30)
	if err != nil {
		m.fleet.Error(err)
	}
	for _, raw := range frames {
		parsed, err := fact.ParseFrame(raw)
		if err != nil {
			m.fleet.Error(err)
			continue
		}
		m.seen[to] = parsed.Position()
	}
	return frames
}

// me asks with an access token who its customer is.
func (m *member) me(t *testing.T, access string) (*http.Response, string) {
	t.Helper()
	return m.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer "+access)
}

// set changes what a node is told of the fleet.
func (m *member) set(change func(*member)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

func (m *member) Age() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.age
}

func (m *member) Issues() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.issues
}

func (m *member) Leased() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leased
}

func (m *member) Tells() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tells
}

func (m *member) Confirmed(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.confirms++
	return m.confirmed
}

func (m *member) AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error) {
	return m.fleet.ask(ctx, number, request, func(to *member, request []byte) ([]byte, error) {
		return to.AnswerHome(ctx, m.number, request)
	})
}

func (m *member) AskHub(ctx context.Context, call byte, request []byte) ([]byte, error) {
	return m.fleet.ask(ctx, 1, request, func(to *member, request []byte) ([]byte, error) {
		return to.AnswerHub(ctx, m.number, call, request)
	})
}

// ask asks a node on behalf of another.
func (f *fleet) ask(
	ctx context.Context, to uint16, request []byte, do func(*member, []byte) ([]byte, error),
) ([]byte, error) {
	f.mu.Lock()
	f.asks = append(f.asks, to)
	away, asked, answered := f.away[to], f.asked, f.answered
	f.mu.Unlock()
	if asked != nil {
		to, request = asked(to, slices.Clone(request))
	}
	if away != nil {
		return nil, away
	}
	answer, err := do(f.nodes[to], request)
	f.sync()
	if err == nil && answered != nil {
		answer = answered(to, answer)
	}
	return answer, errors.Join(err, ctx.Err())
}

// asksSince gives whom nodes asked since the last call.
func (f *fleet) asksSince() []uint16 {
	f.mu.Lock()
	defer f.mu.Unlock()
	asks := f.asks
	f.asks = nil
	return asks
}
