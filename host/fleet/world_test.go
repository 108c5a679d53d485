package fleet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Bounds of the fleets in these tests.
var settings = fleet.Settings{Staleness: 5 * time.Second, Skew: 500 * time.Millisecond}

const logAge = 5 * time.Minute

// today is what the clocks show when a bubble begins. A bubble of synctest begins in 2000, which no clock may show.
var today = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// world is a hub and edges with real stores, in virtual time, on a network in memory.
type world struct {
	testing.TB
	ctx      context.Context
	dir      string
	network  *fleettest.Network
	settings fleet.Settings
	member   fact.Membership
	hub      *node
	edges    []*node
	recorder fleet.Recorder // of a hub that starts; nil: it has none
}

// node is a process and its files.
type node struct {
	*world
	number uint16
	key    ed25519.PrivateKey
	skew   atomic.Int64 // of its clock, as a time.Duration
	path   string
	db     *store.DB                // nil: the process is not running
	serves atomic.Pointer[store.DB] // the same, for the processes of other nodes
	hub    *fleet.Hub
	edge   *fleet.Edge
	lane   io.Closer
	stop   context.CancelFunc
	ended  sync.WaitGroup
	answer atomic.Pointer[answer] // as home; nil: it gives the request back
	said   transcript
	agreed atomic.Pointer[fleet.Agreed] // nil: nothing is compared
	turns  chan struct{}                // one for each question that an edge asks at a time; nil: any number
}

// agrees gives a node other settings.
func (n *node) agrees(a *fleet.Agreed) { n.agreed.Store(a) }

// inForce are the settings of a node.
func (n *node) inForce() *fleet.Agreed {
	if a := n.agreed.Load(); a != nil {
		return a
	}
	return &fleet.Agreed{}
}

// transcript is what was logged.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// times is how often a text was logged.
func (s *transcript) times(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), text)
}

// answer is what a node answers as a home.
type answer func(from uint16, request []byte) ([]byte, error)

// inWorld runs a test in a world with a number of edges, all of which are up.
func inWorld(t *testing.T, edges int, s fleet.Settings, test func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, t.Context(), edges, s, 1)
		defer w.close()
		w.sleep(2 * time.Second)
		test(w)
	})
}

func newWorld(t testing.TB, ctx context.Context, edges int, s fleet.Settings, seed uint64) *world {
	dir, err := os.MkdirTemp(fleettest.Memory(), "fleet-")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, ctx: ctx, dir: dir, network: fleettest.NewNetwork(seed), settings: s}
	w.hub = w.newNode(1)
	w.member = fact.Membership{Role: fact.HubRole, Fleet: "test", ID: [16]byte{1, 2, 3}, Addresses: []string{"hub:1"}}
	copy(w.member.HubKey[:], w.hub.key.Public().(ed25519.PublicKey))
	w.hub.open()
	w.must(w.hub.db.Found(ctx, w.member))
	w.hub.start()
	for range edges {
		w.join()
	}
	return w
}

func (w *world) close() {
	for _, n := range w.edges {
		n.kill()
	}
	w.hub.kill()
	w.must(os.RemoveAll(w.dir))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// sleep lets time pass.
func (w *world) sleep(d time.Duration) { time.Sleep(d) }

func (w *world) newNode(number uint16) *node {
	return &node{world: w, number: number, path: filepath.Join(w.dir, fmt.Sprint(number)),
		key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(number)}, ed25519.SeedSize))}
}

// join has another edge join the fleet and start.
func (w *world) join() *node {
	n := w.newNode(uint16(len(w.edges) + 2))
	w.must(w.hub.db.UpdateMembers(w.ctx, func([]fact.Member) ([]fact.Member, error) {
		m := fact.Member{Number: n.number, Name: fmt.Sprint("edge ", n.number), Joined: 1}
		copy(m.Key[:], n.key.Public().(ed25519.PublicKey))
		return []fact.Member{m}, nil
	}))
	n.open()
	m := w.member
	m.Role = fact.EdgeRole
	w.must(n.db.Enter(w.ctx, n.number, 0, m))
	n.start()
	w.edges = append(w.edges, n)
	return n
}

// log is the log of the process: that of the test, and said.
func (n *node) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.MultiWriter(n.Output(), &n.said), nil)).With("node", n.number)
}

func (n *node) now() time.Time { return time.Now().Add(today + time.Duration(n.skew.Load())) }

// open opens the store.
func (n *node) open() {
	began := time.Now()
	elapsed := func() time.Duration { return time.Since(began) }
	db, err := store.Open(store.Config{Path: n.path, Now: n.now, Elapsed: elapsed,
		Staleness: n.settings.Staleness, Skew: n.settings.Skew})
	n.must(err)
	n.db = db
	n.serves.Store(db)
}

// start starts the process of an open store.
func (n *node) start() {
	ctx, stop := context.WithCancel(n.ctx)
	n.stop = stop
	answer := func(_ context.Context, from uint16, request []byte) ([]byte, error) {
		if a := n.answer.Load(); a != nil {
			return (*a)(from, request)
		}
		return request, nil
	}
	var run func(context.Context) error
	if n.number == fleet.HubNumber {
		l := n.network.Hub()
		hub, err := fleet.NewHub(ctx, fleet.HubConfig{Store: n.db, Lane: l, Key: n.key, Settings: n.settings,
			LogAge: logAge, LogBytes: 1 << 30, Answer: answer, Agreed: n.inForce,
			Recorder: n.recorder, Now: n.now, Log: n.log()})
		n.must(err)
		n.hub, n.lane, run = hub, l, hub.Run
	} else {
		l := narrow{n.network.Edge(n.number), n.turns}
		edge, err := fleet.NewEdge(fleet.EdgeConfig{Store: n.db, Lane: l, Key: n.key, Settings: n.settings,
			Answer: answer, Agreed: n.inForce, Copy: n.copyOfHub, Now: n.now, Log: n.log()})
		n.must(err)
		n.edge, n.lane, run = edge, l, edge.Run
	}
	n.ended.Go(func() {
		if err := run(ctx); err != nil {
			n.Error(err)
		}
	})
}

// narrow is a lane on which only so many questions are asked at a time.
type narrow struct {
	lane.Edge
	turns chan struct{} // nil: any number
}

func (l narrow) Ask(ctx context.Context, to uint16, request []byte) ([]byte, error) {
	if l.turns != nil {
		select {
		case l.turns <- struct{}{}:
			defer func() { <-l.turns }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return l.Edge.Ask(ctx, to, request)
}

// answers has a node answer as a home.
func (n *node) answers(a answer) { n.answer.Store(&a) }

// copyOfHub fetches a copy of the hub's store, as a download does.
func (n *node) copyOfHub(ctx context.Context) (path string, err error) {
	db := n.world.hub.serves.Load()
	if db == nil {
		return "", lane.ErrNobody
	}
	return fleettest.CopyOf(ctx, db, n.dir)
}

// kill ends the process: what it had in memory is lost.
func (n *node) kill() {
	if n.db == nil {
		return
	}
	n.serves.Store(nil)
	n.must(n.lane.Close())
	n.stop()
	n.ended.Wait()
	n.must(n.db.Close())
	n.db, n.hub, n.edge = nil, nil, nil
}

// restart ends the process and starts another one. It returns the file as it was in between.
func (n *node) restart() []byte {
	n.kill()
	image := n.read(n.path)
	n.open()
	n.start()
	return image
}

// cloneOf starts another process with a copy of a node's file as it is now.
func (w *world) cloneOf(n *node) *node {
	w.Helper()
	synctest.Wait() // nothing is being written
	return w.cloneFrom(n, w.read(n.path))
}

// cloneFrom starts another process as a node, with what its file was at some time.
func (w *world) cloneFrom(n *node, image []byte) *node {
	w.Helper()
	clone := w.newNode(n.number)
	clone.path += "-clone"
	w.write(clone.path, image)
	clone.open()
	clone.start()
	w.edges = append(w.edges, clone)
	return clone
}

// family is the name of a log-in that began at a node.
func (n *node) family(customer int64, random uint64) core.FamilyKey {
	return core.FamilyKey{Customer: core.Integer(customer), Bits: uint64(n.number)<<33 | random,
		Start: n.now().UnixMilli()}
}

// revoke ends a log-in.
func (n *node) revoke(k core.FamilyKey) {
	n.Helper()
	s := n.state(k)
	reads := core.Reads{Customer: k.Customer, CustomerVersion: s.Customer.Version, CutOff: s.CutOff}
	n.must(n.db.Settle(n.ctx, core.Effects{Reads: reads, List: []core.Effect{{Kind: core.RevokeFamily, Family: k,
		Until: n.now().Unix() + 3600}}}))
}

// state is what a node knows of a log-in.
func (n *node) state(k core.FamilyKey) core.State {
	n.Helper()
	s, _, err := n.db.Load(n.ctx, store.Query{UserID: k.Customer, HasUser: true, HasFamily: true,
		Family: core.Family{Listed: true, Ours: true, Bits: k.Bits, Start: k.Start}})
	n.must(err)
	return s
}

// advance spends the refresh token of a generation, as a refresh does, without asking for a lease.
func (n *node) advance(k core.FamilyKey, from uint32) error {
	s := n.state(k)
	if s.Family.Dead || s.Family.Generation != from {
		return store.ErrConflict
	}
	return n.db.Settle(n.ctx, core.Effects{
		Reads: core.Reads{Customer: k.Customer, CustomerVersion: s.Customer.Version, Family: k, HasFamily: true,
			FamilyVersion: s.Family.Version, CutOff: s.CutOff},
		List: []core.Effect{{Kind: core.AdvanceFamily, Family: k, At: k.Start, Until: n.now().Unix() + 3600,
			Generation: from + 1, Issued: n.now().UnixMicro(), Access: 300, Refresh: 3600, KeyID: "k"}}})
}

// addCustomer adds a customer at the hub.
func (w *world) addCustomer(id int64) {
	w.Helper()
	_, err := w.hub.db.Add(w.ctx, store.NewCustomer{ID: core.Integer(id), Email: fmt.Sprint(id, "@x.y"), IsActive: true,
		PasswordHash: "!"})
	w.must(err)
}

// read and write copy the file of a store that nobody has open.
func (w *world) read(path string) []byte {
	w.Helper()
	b, err := os.ReadFile(path)
	w.must(err)
	return b
}

func (w *world) write(path string, b []byte) {
	w.Helper()
	w.must(os.WriteFile(path, b, 0o600))
}

func readAll(w *world, r io.Reader) []byte {
	w.Helper()
	b, err := io.ReadAll(r)
	w.must(err)
	return b
}

// restore restores a node, which is not running, from a backup.
func (w *world) restore(n *node, image []byte) {
	w.Helper()
	r, err := backup.NewReader(bytes.NewReader(image))
	w.must(err)
	_, err = store.Restore(w.ctx, store.Config{Path: n.path, Now: n.now, Staleness: w.settings.Staleness,
		Skew: w.settings.Skew}, r, store.Restoring{Replace: true})
	w.must(err)
}
