package fleetsim_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
	"github.com/edgetoken/edgetoken/store/password"
)

// Bounds of the fleet.
const (
	staleness = 5 * time.Second
	skew      = 500 * time.Millisecond
	edges     = 4
)

// today is what a right clock shows when a run begins. The bubble of a run begins in 2000, which no clock may show.
var today = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// cheap are the least costs of argon2id.
var cheap = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// client is the address that log-ins come from.
var client = node.Client{Prefix: netip.MustParsePrefix("192.0.2.1/32")}

// world is a fleet, and those who use it.
type world struct {
	testing.TB
	ctx       context.Context
	began     time.Time
	rand      *rand.Rand // only what drives the run draws from it
	dir       string
	network   *fleettest.Network
	settings  fleet.Settings
	member    fact.Membership
	engine    core.Engine
	hub       *station
	edges     []*station
	clones    []*station
	withdrawn []*station // edges that were
	truth     truth
	faults    []fault
	steps     sync.WaitGroup
	dues      []due
	shown     int   // rows of lists of log-ins; guarded by truth.mu
	hubBack   image // a backup of the hub
	// hubSure is up to when that has all that ended: one that is made before all edges have told a restored hub what
	// they know has no more than the backup before.
	hubSure time.Duration
}

// station is a node: its files, and the process that runs, if one does.
type station struct {
	*world
	number    uint16
	name      string
	key       ed25519.PrivateKey
	path      string
	stolen    bool          // guarded by truth.mu
	left      time.Duration // when it was withdrawn; 0: it was not; guarded by truth.mu
	leaving   bool          // it is being withdrawn as planned; guarded by truth.mu
	handed    time.Duration // when the hub got its log-ins; 0: it has not; guarded by truth.mu
	usualSkew time.Duration
	// Only what drives the run uses these.
	images []image // earlier states of the file
	twin   bool    // it had a clone

	mu       sync.Mutex
	link     fleettest.Link
	skew     time.Duration // of its clock
	at       *process      // nil: none runs
	troubled time.Duration // when a fault last touched it
	cloned   bool          // another process runs, or ran, as this node
	wrong    bool          // its clock is wrong
	righted  time.Duration // when it last was
}

// process is a process of a station.
type process struct {
	*node.Node
	db    *store.DB
	hub   *fleet.Hub
	edge  *fleet.Edge
	lane  io.Closer
	ctx   context.Context
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// elapsed is for how long the run has gone on.
func (w *world) elapsed() time.Duration { return time.Since(w.began) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// newWorld makes a fleet whose nodes all run.
func newWorld(t testing.TB, seed uint64, d fleet.Durability) *world {
	dir, err := os.MkdirTemp(fleettest.Memory(), "fleetsim-")
	w := &world{TB: t, ctx: t.Context(), began: time.Now(), rand: rand.New(rand.NewPCG(seed, 1)), dir: dir,
		network:  fleettest.NewNetwork(seed),
		settings: fleet.Settings{Staleness: staleness, Skew: skew, Durability: d}}
	w.must(err)
	keys, err := keyring.Generate("HS256", nil) // one key, for all nodes
	w.must(err)
	w.engine = core.NewNative(coreSettings(), keys)
	w.hub = w.newStation(fleet.HubNumber, "hub")
	w.member = fact.Membership{Role: fact.HubRole, Fleet: "test", ID: [16]byte{1, 2, 3}, Addresses: []string{"hub:1"}}
	copy(w.member.HubKey[:], w.hub.key.Public().(ed25519.PublicKey))
	db := w.hub.open()
	w.must(db.Found(w.ctx, w.member))
	w.hub.start(db)
	for i := range edges {
		w.join(uint16(i + 2))
	}
	return w
}

// coreSettings are those of all nodes. Nodes whose clocks differ must not refuse each other's tokens, which is not what
// is tested.
func coreSettings() core.Settings {
	s := core.DefaultSettings()
	s.RotateRefreshTokens, s.BlacklistAfterRotation = true, true
	s.RefreshGrace = 8 * time.Second
	s.Leeway = 4 * skew
	s.MaxAge = staleness
	return s
}

func (w *world) newStation(number uint16, name string) *station {
	return &station{world: w, number: number, name: name, path: filepath.Join(w.dir, name),
		key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(number)}, ed25519.SeedSize))}
}

// join has an edge join the fleet and start.
func (w *world) join(number uint16) {
	s := w.newStation(number, fmt.Sprintf("edge%d", number))
	w.must(w.hub.at.db.UpdateMembers(w.ctx, func([]fact.Member) ([]fact.Member, error) {
		m := fact.Member{Number: number, Name: s.name, Joined: 1}
		copy(m.Key[:], s.key.Public().(ed25519.PublicKey))
		return []fact.Member{m}, nil
	}))
	m := w.member
	m.Role = fact.EdgeRole
	s.usualSkew = time.Duration(w.rand.Int64N(int64(skew))) - skew/2
	s.setClock(s.usualSkew, false)
	s.setLink(w.usual())
	db := s.open()
	w.must(db.Enter(w.ctx, number, 0, m))
	s.start(db)
	w.edges = append(w.edges, s)
}

// all are the hub, the edges and the clones of edges.
func (w *world) all() []*station {
	return append(append([]*station{w.hub}, w.edges...), w.clones...)
}

// close ends all processes, and removes their files.
func (w *world) close() {
	for _, s := range append(w.all(), w.withdrawn...) {
		s.kill()
	}
	w.steps.Wait()
	w.must(os.RemoveAll(w.dir))
}

// now is the station's wall clock.
func (s *station) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(today + s.skew)
}

// setClock sets the clock. wrong says that it is off by more than a fleet allows.
func (s *station) setClock(skew time.Duration, wrong bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong {
		s.righted = s.elapsed()
	}
	s.skew, s.wrong, s.troubled = skew, wrong, s.elapsed()
}

// process is the process that runs; nil: none does.
func (s *station) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *station) isHub() bool { return s.number == fleet.HubNumber }

// open opens the store.
func (s *station) open() *store.DB {
	began := time.Now()
	db, err := store.Open(s.config(func() time.Duration { return time.Since(began) }))
	s.must(err)
	return db
}

func (s *station) config(elapsed func() time.Duration) store.Config {
	return store.Config{Path: s.path, Now: s.now, Elapsed: elapsed, Staleness: staleness, Skew: skew}
}

// start starts a process with an open store.
func (s *station) start(db *store.DB) {
	p := &process{db: db}
	p.ctx, p.stop = context.WithCancel(s.ctx)
	home := func(ctx context.Context, from uint16, request []byte) ([]byte, error) {
		return p.AnswerHome(ctx, from, request)
	}
	log := slog.New(slog.NewTextHandler(historian{s}, &slog.HandlerOptions{ReplaceAttr: timeless}))
	var run func(context.Context) error
	var end end
	var err error
	if s.isHub() {
		l := s.network.Hub()
		p.lane = l
		p.hub, err = fleet.NewHub(p.ctx, fleet.HubConfig{Store: db, Lane: l, Key: s.key, Settings: s.settings,
			LogAge: time.Hour, LogBytes: 1 << 30, Answer: home, Calls: p.calls(), Now: s.now, Log: log})
		s.must(err)
		run, end = p.hub.Run, p.hub
	} else {
		l := s.network.Edge(s.number)
		p.lane = l
		p.edge, err = fleet.NewEdge(fleet.EdgeConfig{Store: db, Lane: l, Key: s.key, Settings: s.settings,
			Answer: home, Copy: s.copyOfHub, Now: s.now, Log: log})
		s.must(err)
		run, end = p.edge.Run, p.edge
	}
	p.Node, err = node.New(node.Config{Engine: s.engine, Store: db, Settings: coreSettings(), ListSessions: true,
		Passwords: cheap, Now: s.now, Log: log, Fleet: membership{end}})
	s.must(err)
	p.ended.Go(func() {
		if err := run(p.ctx); err != nil && p.ctx.Err() == nil {
			s.Error(err)
		}
	})
	s.mu.Lock()
	s.at = p
	s.mu.Unlock()
}

// historian writes the log of a process into the history.
type historian struct{ *station }

func (h historian) Write(line []byte) (int, error) {
	h.note("%s: %s", h.name, bytes.TrimSpace(line))
	return len(line), nil
}

func timeless(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// calls are what edges ask the hub to do.
func (p *process) calls() map[byte]func(context.Context, uint16, []byte) ([]byte, error) {
	calls := map[byte]func(context.Context, uint16, []byte) ([]byte, error){}
	for _, call := range []byte{node.CallLogoutAll, node.CallPassword} {
		calls[call] = func(ctx context.Context, from uint16, request []byte) ([]byte, error) {
			return p.AnswerHub(ctx, from, call, request)
		}
	}
	return calls
}

// end is an end of the fleet's lanes.
type end interface {
	Age() time.Duration
	Issues() error
	Leased() error
	Tells() error
	Confirmed(ctx context.Context) error
	AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error)
}

// membership is an end as a node knows it.
type membership struct{ end }

func (m membership) AskHome(ctx context.Context, number uint16, request []byte) ([]byte, error) {
	b, err := m.end.AskHome(ctx, number, request)
	return b, away(err)
}

func (m membership) AskHub(ctx context.Context, call byte, request []byte) ([]byte, error) {
	e, ok := m.end.(*fleet.Edge)
	if !ok {
		return nil, node.ErrAway
	}
	b, err := e.AskHub(ctx, call, request)
	return b, away(err)
}

func away(err error) error {
	if errors.Is(err, fleet.ErrAway) {
		return fmt.Errorf("%w: %w", node.ErrAway, err)
	}
	return err
}

// copyOfHub fetches a copy of the hub's store, as a download does.
func (s *station) copyOfHub(ctx context.Context) (path string, err error) {
	hub := s.world.hub.process()
	if hub == nil || s.dark() {
		return "", lane.ErrNobody
	}
	return fleettest.CopyOf(ctx, hub.db, s.dir)
}

// kill ends the process: what it had in memory is lost.
func (s *station) kill() {
	s.mu.Lock()
	p := s.at
	s.at = nil
	s.mu.Unlock()
	if p == nil {
		return
	}
	s.must(p.lane.Close())
	p.stop()
	p.ended.Wait()
	s.must(p.db.Close())
}

// image is a file at some moment.
type image struct {
	file []byte
	at   time.Duration
}

// image is the file now. The process may run: nothing is being written while all of it waits for time to pass.
func (s *station) image() image {
	synctest.Wait()
	b, err := os.ReadFile(s.path)
	s.must(err)
	return image{b, s.elapsed()}
}

// age is how old the knowledge of a process may be.
func (p *process) age() time.Duration {
	if p.hub != nil {
		return p.hub.Age()
	}
	return p.edge.Age()
}

// trouble notes that a fault touches the station now, or has just ended.
func (s *station) trouble() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubled = s.elapsed()
}

// setLink changes the link to the hub.
func (s *station) setLink(l fleettest.Link) {
	s.mu.Lock()
	s.link, s.troubled = l, s.elapsed()
	s.mu.Unlock()
	s.network.SetLink(s.number, l)
}

// dark reports whether nothing passes the link to the hub.
func (s *station) dark() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link.Dark
}

// repeats reports whether the link to the hub delivers messages twice.
func (s *station) repeats() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link.Twice > 0
}

// good reports whether nothing is wrong with a link.
func good(l fleettest.Link) bool { return !l.Dark && l.Lost == 0 && l.Delay < 200*time.Millisecond }

// sound reports whether no fault touches the station, and when one last did.
func (s *station) sound() (sound bool, since time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at != nil && !s.cloned && !s.wrong && good(s.link), s.troubled
}

// punctual reports whether the clock is right, and was for a while: answers were decided a moment ago.
func (s *station) punctual() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.wrong && (s.righted == 0 || s.elapsed()-s.righted > settledFor)
}

// hasTwin reports whether another process runs as this node.
func (s *station) hasTwin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cloned
}

// apart reports whether another process runs, or ran, as this node, and the link is bad.
func (s *station) apart() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cloned && !good(s.link)
}

// steady is for how long no fault has touched what a station needs to know all: itself, its link and the hub.
func (s *station) steady() time.Duration {
	own, since := s.sound()
	hub, sinceHub := s.world.hub.sound()
	if !own || !hub {
		return 0
	}
	return s.elapsed() - max(since, sinceHub)
}
