package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/testdata/ports"
)

// fleetNode is a node of a fleet in this process. Its data directory outlives the process that start and stop stand
// for.
type fleetNode struct {
	*testing.T
	dir     string
	cfg     *config.Config
	ahead   atomic.Int64 // how far its clock is ahead, in nanoseconds
	stands  atomic.Int64 // when its clock stands still, in Unix nanoseconds; 0: it runs
	running *service.Service
	stop    func()
}

// fleetYAML has all that a fleet is about: refresh tokens that are good once, and trust bundles.
const fleetYAML = `engine: native
listen: 127.0.0.1:0
password: {memory: 8, iterations: 1}
simple_jwt: {ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true}
bundle: {publish: true}
log: {level: warn}
fleet: {lane: %s, listen: "%s", nats_listen: "%s"}
`

// newFleetNode makes a node that is in no fleet yet.
func newFleetNode(t *testing.T, lane, listen, nats string) *fleetNode {
	t.Helper()
	n := &fleetNode{T: t, dir: t.TempDir()}
	file := filepath.Join(n.dir, "edgetoken.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, fleetYAML, lane, listen, nats), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if n.cfg, err = config.Load(config.Sources{File: file, FileNeeded: true,
		Environ: []string{"EDGETOKEN_DATA=" + filepath.Join(n.dir, "data")}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.end)
	return n
}

func (n *fleetNode) change(list []func(*fleetNode)) {
	for _, change := range list {
		change(n)
	}
}

// start runs the node until end is called.
func (n *fleetNode) start() {
	n.Helper()
	s, err := service.Open(context.Background(), service.Config{Start: n.cfg, Log: testLog{n.T}, Version: "test",
		Now: n.now})
	if err != nil {
		n.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	n.running, n.stop = s, func() {
		stop()
		if err := <-ended; err != nil {
			n.Errorf("Run ends with %v", err)
		}
		if err := s.Close(); err != nil {
			n.Error(err)
		}
	}
}

// now is what its clock shows.
func (n *fleetNode) now() time.Time {
	if at := n.stands.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Now().Add(time.Duration(n.ahead.Load()))
}

// end stops the node, if it runs.
func (n *fleetNode) end() {
	if n.stop != nil {
		n.stop()
		n.stop, n.running = nil, nil
	}
}

// testLog has the log of a node be that of the test.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	if os.Getenv("EDGETOKEN_TEST_LOG") != "" {
		_, _ = os.Stderr.Write(b)
	}
	return len(b), nil
}

// answer is an answer of the API.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// token is a member of the answer that is a text.
func (a answer) token(name string) string {
	var members map[string]any
	_ = json.Unmarshal(a.body, &members)
	text, _ := members[name].(string)
	return text
}

func (a answer) String() string {
	return fmt.Sprintf("%d %v %s", a.status, a.header["X-Auth-Error"], a.body)
}

// ask sends a request to the node; access may be "".
func (n *fleetNode) ask(method, path, access string, members map[string]string) answer {
	n.Helper()
	body, _ := json.Marshal(members)
	r, err := http.NewRequestWithContext(n.Context(), method, n.running.URL()+path, bytes.NewReader(body))
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if access != "" {
		r.Header.Set("Authorization", "Bearer "+access)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		n.Fatal(err)
	}
	return answer{w.StatusCode, w.Header, b}
}

// want asks until the answer has the status: what one node does reaches another in its own time.
func (n *fleetNode) want(what string, status int, method, path, access string, members map[string]string) answer {
	n.Helper()
	deadline := time.Now().Add(3 * time.Minute) // a home may wait a minute (fleet.staleness) for its lease
	for {
		a := n.ask(method, path, access, members)
		if a.status == status {
			return a
		}
		if time.Now().After(deadline) {
			n.Fatalf("%s: %v, want %d", what, a, status)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// ready waits until the node says that it is.
func (n *fleetNode) ready() {
	n.Helper()
	n.want("readiness", http.StatusOK, "GET", "/readyz", "", nil)
}

const fleetPassword = "correct horse 1"

// until waits until something holds.
func (n *fleetNode) until(what string, holds func() bool) {
	n.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.Fatalf("it does not happen that %s", what)
		}
	}
}

func (n *fleetNode) logIn() answer {
	n.Helper()
	return n.want("log-in", http.StatusOK, "POST", "/auth/token/", "",
		map[string]string{"email": "ana@example.com", "password": fleetPassword})
}

// testFleet is a hub with ana and two edges that run, and their clocks.
type testFleet struct{ hub, near, far *fleetNode }

// openFleet founds a fleet over a lane. change changes the configuration of a node before its start.
func openFleet(t *testing.T, lane string, change ...func(n *fleetNode)) *testFleet {
	t.Helper()
	// The ports stay the same when the hub starts again.
	listen, nats := freeAddress(t), freeAddress(t)
	hub := newFleetNode(t, lane, listen, nats)
	hub.change(change)
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	if _, err := service.Found(t.Context(), hub.cfg, "shops", []string{listen}, log); err != nil {
		t.Fatal(err)
	}
	hub.start()
	if err := hub.running.AddCustomer(t.Context(), store.NewCustomer{ID: core.Integer(7), Email: "ana@example.com",
		IsActive: true}, fleetPassword); err != nil {
		t.Fatal(err)
	}
	hub.ready()
	f := &testFleet{hub: hub}
	for i, edge := range []**fleetNode{&f.near, &f.far} {
		n := newFleetNode(t, lane, "127.0.0.1:0", nats)
		n.change(change)
		token := invite(t, service.StoreOf(hub.running), fmt.Sprintf("edge-%d", i))
		if _, err := service.Join(t.Context(), n.cfg, token, "", nil, log); err != nil {
			t.Fatal(err)
		}
		n.start()
		*edge = n
	}
	f.near.ready()
	f.far.ready()
	return f
}

// freeAddress is one at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := ports.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// TestFleet: nodes of a fleet answer as one, over either lane.
func TestFleet(t *testing.T) {
	for _, lane := range []string{config.LaneHTTP, config.LaneNATS} {
		t.Run(lane, func(t *testing.T) { testAsOne(t, openFleet(t, lane)) })
	}
}

func testAsOne(t *testing.T, f *testFleet) {
	pair := f.near.logIn()
	for name, n := range map[string]*fleetNode{"the hub": f.hub, "the other edge": f.far} {
		n.want("a token of an edge at "+name, http.StatusOK, "GET", "/customers/me/", pair.token("access"), nil)
	}
	// A refresh is done by the home of its log-in, wherever it is asked for, and a spent token is spent for all.
	next := f.far.want("refresh elsewhere", http.StatusOK, "POST", "/auth/token/refresh/", "",
		map[string]string{"refresh": pair.token("refresh")})
	again := f.hub.want("the same refresh again", http.StatusOK, "POST", "/auth/token/refresh/", "",
		map[string]string{"refresh": pair.token("refresh")})
	if next.token("refresh") == "" || next.token("refresh") != again.token("refresh") {
		t.Errorf("two nodes give two successors of one refresh token:\n%v\n%v", next, again)
	}
	// A log-out at one node counts at all.
	f.far.want("log-out", http.StatusOK, "POST", "/auth/token/blacklist/", "",
		map[string]string{"refresh": next.token("refresh")})
	for name, n := range map[string]*fleetNode{"the home": f.near, "the hub": f.hub} {
		n.want("a token that was revoked elsewhere, at "+name, http.StatusUnauthorized, "GET", "/customers/me/",
			next.token("access"), nil)
	}
	// Edges have what the hub says in its bundle before a verifier asks them for it.
	for _, n := range []*fleetNode{f.near, f.far} {
		servicetest.Eventually(n.T, "an edge has the trust bundle of the hub", func() bool {
			is := service.BundleEpoch(n.running)
			return is != 0 && is == service.BundleEpoch(f.hub.running)
		})
	}
	// Verifiers get the same bundle and the same keys, one of each node, from any node.
	f.same("/.well-known/edgetoken-bundle")
	f.far.logIn() // it signs by now
	if set := f.same("/.well-known/jwks.json"); bytes.Count(set, []byte(`"kid"`)) != 3 {
		t.Errorf("three nodes publish %s", set)
	}
}

// same waits until all nodes give the same answer at a path, and returns it.
func (f *testFleet) same(path string) []byte {
	f.hub.Helper()
	var first []byte
	servicetest.Eventually(f.hub.T, "all nodes give the same answer at "+path, func() bool {
		first = f.hub.want(path, http.StatusOK, "GET", path, "", nil).body
		second := f.near.want(path, http.StatusOK, "GET", path, "", nil).body
		third := f.far.want(path, http.StatusOK, "GET", path, "", nil).body
		return bytes.Equal(first, second) && bytes.Equal(first, third)
	})
	return first
}

// TestFleetOutage: while the hub is away edges go on with what they know, until it is too old, and again once the hub
// is back.
func TestFleetOutage(t *testing.T) {
	f := openFleet(t, config.LaneHTTP)
	pair := f.near.logIn()
	f.far.want("a token of another edge", http.StatusOK, "GET", "/customers/me/", pair.token("access"), nil)
	f.near.want("trust bundle", http.StatusOK, "GET", "/.well-known/edgetoken-bundle", "", nil)
	f.hub.end()
	for name, n := range map[string]*fleetNode{"its edge": f.near, "another edge": f.far} {
		if a := n.ask("GET", "/customers/me/", pair.token("access"), nil); a.status != http.StatusOK {
			t.Errorf("a token at %s without the hub: %v", name, a)
		}
	}
	next := f.near.ask("POST", "/auth/token/refresh/", "", map[string]string{"refresh": pair.token("refresh")})
	if next.status != http.StatusOK {
		t.Errorf("a refresh at its home without the hub: %v", next)
	}
	f.near.ahead.Store(int64(time.Minute + time.Second))
	for _, c := range []struct{ method, path, access string }{
		{"GET", "/customers/me/", pair.token("access")}, {"POST", "/auth/token/refresh/", ""},
	} {
		a := f.near.ask(c.method, c.path, c.access, map[string]string{"refresh": next.token("refresh")})
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" ||
			a.header.Get("X-Auth-Error") != "stale" {
			t.Errorf("%s, a minute after the hub was last heard: %v", c.path, a)
		}
	}
	// Its clock was set, so it cannot be that of the hub, which /readyz says first.
	if a := f.near.ask("GET", "/readyz", "", nil); a.token("error") != "clock" {
		t.Errorf("readiness of a stale edge: %v", a)
	}
	if a := f.near.ask("GET", "/.well-known/edgetoken-bundle", "", nil); a.status != http.StatusOK {
		t.Errorf("the last trust bundle, while it is good: %v", a)
	}
	f.near.ahead.Store(0)
	f.hub.start()
	for _, n := range []*fleetNode{f.hub, f.near, f.far} {
		n.ready()
	}
	f.hub.want("a refresh at the hub", http.StatusOK, "POST", "/auth/token/refresh/", "",
		map[string]string{"refresh": next.token("refresh")})
	// An edge that starts anew goes on where it was.
	f.far.end()
	f.far.start()
	f.far.ready()
	f.far.want("a token after a start", http.StatusOK, "GET", "/customers/me/", f.near.logIn().token("access"), nil)
}

// TestWithdrawnEdge: an edge that was taken out of the fleet says so, and answers nothing, also after a start.
func TestWithdrawnEdge(t *testing.T) {
	f := openFleet(t, config.LaneHTTP)
	access := f.near.logIn().token("access")
	f.far.want("a token of another edge", http.StatusOK, "GET", "/customers/me/", access, nil)
	number := service.StoreOf(f.far.running).Number()
	err := service.StoreOf(f.hub.running).UpdateMembers(t.Context(), func(have []store.Member) ([]store.Member, error) {
		for _, m := range have {
			if m.Number == number {
				m.Withdrawn = time.Now().UnixMicro()
				return []store.Member{m}, nil
			}
		}
		return nil, fmt.Errorf("no member %d", number)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, started := range []string{"it hears of it", "it starts anew"} {
		f.far.want("a token once "+started, http.StatusServiceUnavailable, "GET", "/customers/me/", access, nil)
		if a := f.far.ask("GET", "/readyz", "", nil); a.token("error") != "stale" {
			t.Errorf("readiness once %s: %v", started, a)
		}
		if shown := f.far.socket("/fleet"); !strings.Contains(shown, `"withdrawn":true`) {
			t.Errorf("once %s it shows %s", started, shown)
		}
		f.far.end()
		f.far.start()
	}
	f.near.ready()
	f.near.want("a token at the others", http.StatusOK, "GET", "/customers/me/", access, nil)
	f.hub.shows(`edgetoken_fleet_members{state="connected"} 1`)
	f.hub.shows(`edgetoken_fleet_members{state="withdrawn"} 1`)
	f.hub.shows("edgetoken_fleet_whole 1")
	f.far.shows("edgetoken_fleet_withdrawn 1")
	f.far.shows("edgetoken_fleet_age_seconds +Inf")
	if fleet := f.hub.socket("/fleet"); !strings.Contains(fleet, `"name":"edge-0"`) ||
		!strings.Contains(fleet, `"running":true`) || !strings.Contains(fleet, `"version":"test"`) {
		t.Errorf("the hub shows %s", fleet)
	}
}

// shows waits until the metrics have a line.
func (n *fleetNode) shows(line string) {
	n.Helper()
	servicetest.Eventually(n.T, "the metrics have "+line, func() bool {
		return strings.Contains(n.socket("/metrics"), line+"\n")
	})
}

// socket is what the admin socket answers.
func (n *fleetNode) socket(path string) string {
	n.Helper()
	c := http.Client{Transport: servicetest.SocketTransport(n.cfg.Data)}
	defer c.CloseIdleConnections()
	r, err := c.Get("http://node" + path)
	if err != nil {
		n.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		n.Fatal(err)
	}
	return string(b)
}

// TestFleetPortInUse: a hub that cannot listen names the setting.
func TestFleetPortInUse(t *testing.T) {
	free, taken := freeAddress(t), freeAddress(t)
	l, err := net.Listen("tcp", taken)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for setting, at := range map[string][2]string{"fleet.listen": {taken, free}, "fleet.nats_listen": {free, taken}} {
		n := newFleetNode(t, config.LaneNATS, at[0], at[1])
		if _, err := service.Found(t.Context(), n.cfg, "shop", at[:1], silent); err != nil {
			t.Fatal(err)
		}
		s, err := service.Open(t.Context(), service.Config{Start: n.cfg, Log: testLog{t}})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "choose another with "+setting) {
			t.Errorf("%s in use: %v", setting, err)
		}
	}
}

// TestNodeOfNoFleet: a node that is in no fleet listens for none, and shows none.
func TestNodeOfNoFleet(t *testing.T) {
	listen, nats := freeAddress(t), freeAddress(t)
	n := newFleetNode(t, config.LaneNATS, listen, nats)
	n.start()
	n.ready()
	for _, address := range []string{listen, nats} {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			t.Errorf("it listens at %s", address)
		}
	}
	if strings.Contains(n.socket("/metrics"), "edgetoken_fleet_") {
		t.Error("its metrics are about a fleet")
	}
}
