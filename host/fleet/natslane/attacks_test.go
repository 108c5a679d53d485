//go:build !nofleet

package natslane_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/host/fleet/natslane"
)

// stage is a fleet f with the edges 2, which is stolen and speaks NATS by hand, and 3.
type stage struct {
	t      *testing.T
	roster *lanetest.Roster
	hub    *natslane.Hub
	stolen *nats.Conn
	errors atomic.Int64 // what the server refused the stolen edge
	honest *natslane.Edge
	sent   chan string // what reached the hub, as "from: body"
	batch  chan string // what reached edge 3
}

func setStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, roster: lanetest.NewRoster(2, 3), sent: make(chan string, 1000), batch: make(chan string, 1000)}
	s.hub = newHub(t, lanetest.Key(1), s.roster.Number)
	took := func(_ context.Context, from uint16, body []byte) []byte {
		s.sent <- fmt.Sprintf("%d: %s", from, body)
		return []byte("the hub's answer")
	}
	if err := s.hub.Serve(lane.Handler{Send: took, Fetch: took, Ask: took}); err != nil {
		t.Fatal(err)
	}
	var err error
	s.honest, err = natslane.NewEdge(natslane.EdgeConfig{Fleet: "f", Number: 3, Key: lanetest.Key(3),
		HubKey: lanetest.Public(1), Addresses: []string{s.hub.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.honest.Close() })
	s.honest.Answer(func(context.Context, []byte) []byte { return []byte("a secret of 3") })
	go s.honest.Follow(context.Background(), func(b []byte) { s.batch <- string(b) })
	s.stolen = s.byHand(2)
	s.expect(s.batch, "first", func() { s.hub.Publish([]byte("first")) })
	return s
}

// byHand connects with the key of a number and nothing of the lane.
func (s *stage) byHand(number uint16) *nats.Conn {
	s.t.Helper()
	config, err := linktls.Edge(lanetest.Key(number), lanetest.Public(1))
	if err != nil {
		s.t.Fatal(err)
	}
	nc, err := nats.Connect("tls://"+s.hub.Addr(), nats.Secure(config), nats.TLSHandshakeFirst(), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) { s.errors.Add(1) }))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(nc.Close)
	return nc
}

// expect repeats do until want arrives, and leaves the channel empty.
func (s *stage) expect(c <-chan string, want string, do func()) {
	s.t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		do()
		select {
		case got := <-c:
			if got != want {
				s.t.Errorf("%q arrived, want %q", got, want)
			}
			if got == want {
				s.settle()
				for len(c) > 0 {
					<-c
				}
				return
			}
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			s.t.Fatalf("%q did not arrive", want)
		}
	}
}

// settle returns once all that the stolen edge sent has had its effect: the server takes an edge's messages in order,
// and the hub and edge 3 have been asked since.
func (s *stage) settle() {
	s.t.Helper()
	if err := s.stolen.Flush(); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if _, err := s.hub.Ask(ctx, 3, nil); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.honest.Fetch(ctx, []byte("settled")); err != nil {
		s.t.Fatal(err)
	}
	for got := range s.sent {
		if got == "3: settled" {
			return
		}
		s.sent <- got
	}
}

// refused reports that the stolen edge was told of n refusals or more since before.
func (s *stage) refused(before int64, what string) {
	s.t.Helper()
	lanetest.Until(s.t, what+" is refused", func() bool { return s.errors.Load() != before })
}

func TestAStolenEdgeCannotPublish(t *testing.T) {
	s := setStage(t)
	s.expect(s.sent, "2: mine", func() { s.stolen.PublishRequest("et.f.up.2", "et.f.inbox.2.1.x", []byte("mine")) })
	for _, subject := range []string{
		"et.f.up.3", "et.f.fetch.3", "et.f.hub.3", "et.f.log", "et.f.log.1", "et.f.inbox.3.1.x", "et.f.inbox.1.3.x",
		"et.f.inbox.3.x", "et.f.inbox.2.1.x", "et.f.home", "et.f.home.3.x", "et.other.up.2", "_INBOX.x", "$SYS.x",
		"$JS.API.INFO", "x",
	} {
		before := s.errors.Load()
		s.stolen.PublishRequest(subject, "et.f.inbox.2.1.x", []byte("forged"))
		s.refused(before, subject)
	}
	s.settle()
	if len(s.sent) > 0 || len(s.batch) > 0 {
		t.Errorf("%d forged messages reached the hub, %d edge 3", len(s.sent), len(s.batch))
	}
}

// TestAnswersGoToTheirAskerAlone: a question whose answer is to go elsewhere is not answered, nor does it give the
// right to publish there.
func TestAnswersGoToTheirAskerAlone(t *testing.T) {
	s := setStage(t)
	own, err := s.stolen.SubscribeSync("et.f.home.2")
	if err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{
		"et.f.log", "et.f.inbox.3.1.x", "et.f.inbox.3.2.x", "et.f.inbox.2.3.x", "et.f.home.3", "et.f.up.3", "x",
		"et.f.inbox", "et.f.inbox.2", "et.f.inbox.99999999.1.x",
	} {
		for _, to := range []string{"et.f.up.2", "et.f.fetch.2", "et.f.hub.2", "et.f.home.3", "et.f.home.2"} {
			s.stolen.PublishRequest(to, reply, []byte("answer there"))
		}
		if _, err := own.NextMsg(60 * time.Second); err != nil {
			t.Fatal(err)
		}
		s.stolen.Publish("et.f.log", []byte("as an answer"))
	}
	s.settle()
	if len(s.sent) > 0 || len(s.batch) > 0 {
		t.Errorf("%d of those questions reached the hub, %d answers edge 3", len(s.sent), len(s.batch))
	}
	s.expect(s.batch, "still", func() { s.hub.Publish([]byte("still")) })
}

func TestAStolenEdgeCannotListen(t *testing.T) {
	s := setStage(t)
	heard := make(chan string, 1000)
	for _, subject := range []string{
		">", "et.>", "et.f.>", "et.f.*", "et.f.home.3", "et.f.home.*", "et.f.*.3", "et.f.up.*", "et.f.inbox.>",
		"et.f.inbox.3.>", "et.f.inbox.*.2.>", "et.f.inbox.1.>", "_INBOX.>", "$SYS.>", "$SYS.REQ.>", "$JS.>",
	} {
		before := s.errors.Load()
		for _, queue := range []string{"", "q"} {
			s.stolen.QueueSubscribe(subject, queue, func(m *nats.Msg) { heard <- m.Subject })
		}
		s.refused(before, subject)
	}
	s.stolen.Subscribe("et.f.log", func(m *nats.Msg) { heard <- m.Subject })
	s.settle()
	s.expect(heard, "et.f.log", func() { s.hub.Publish([]byte("for all")) })
	s.settle()
	for len(heard) > 0 {
		if subject := <-heard; subject != "et.f.log" {
			t.Errorf("the stolen edge heard %s", subject)
		}
	}
}

// TestFloods: an edge that subscribes without end, or asks more than anyone answers, harms itself alone.
func TestFloods(t *testing.T) {
	s := setStage(t)
	before := s.errors.Load()
	for i := range 500 {
		s.stolen.Subscribe(fmt.Sprintf("et.f.inbox.2.1.x%d", i), func(*nats.Msg) {})
	}
	s.refused(before, "a flood of subscriptions")
	flooding := s.byHand(2)
	for range 2000 {
		flooding.PublishRequest("et.f.up.2", "et.f.inbox.2.1.x", make([]byte, 10<<10))
	}
	flooding.Flush()
	go func() {
		for range s.sent { // the hub goes on to answer
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if got, err := s.honest.Send(ctx, []byte("x")); err != nil || string(got) != "the hub's answer" {
		t.Errorf("edge 3 beside a flood: %q, %v", got, err)
	}
}

// TestTheServerGivesNothingAway: without a handshake by a member's key there is not even a greeting, and a member is
// told of no other node.
func TestTheServerGivesNothingAway(t *testing.T) {
	s := setStage(t)
	plain, err := net.Dial("tcp", s.hub.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	plain.Write([]byte("CONNECT {}\r\nSUB > 1\r\nPING\r\n"))
	if got, _ := io.ReadAll(plain); strings.Contains(string(got), "INFO") || strings.Contains(string(got), "PONG") {
		t.Errorf("a stranger without TLS got %q", got)
	}
	config, err := linktls.Edge(lanetest.Key(9), lanetest.Public(1))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := tls.Dial("tcp", s.hub.Addr(), config); err == nil {
		if got, _ := io.ReadAll(c); len(got) > 0 {
			t.Errorf("an unknown key got %q", got)
		}
		c.Close()
	}
	config, err = linktls.Edge(lanetest.Key(2), lanetest.Public(1))
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", s.hub.Addr(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var info map[string]any
	line := make([]byte, 4096)
	n, _ := c.Read(line)
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(line[:n]), "INFO ")), &info); err != nil {
		t.Fatalf("%q: %v", line[:n], err)
	}
	for _, name := range []string{"connect_urls", "jetstream", "cluster"} {
		if info[name] != nil {
			t.Errorf("the greeting says %s: %v", name, info[name])
		}
	}
}

// TestWithdrawnDuringLogin: one who is withdrawn while its link is made has none.
func TestWithdrawnDuringLogin(t *testing.T) {
	var asked atomic.Int64
	hub := newHub(t, lanetest.Key(1), func(ed25519.PublicKey) (uint16, bool) {
		return 2, asked.Add(1) <= 2 // in the handshake and for the permissions, and then no more
	})
	config, err := linktls.Edge(lanetest.Key(2), lanetest.Public(1))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect("tls://"+hub.Addr(), nats.Secure(config), nats.TLSHandshakeFirst(), nats.NoReconnect())
	if err == nil {
		nc.Close()
		t.Error("it was let in")
	}
	lanetest.Until(t, "no link is left", func() bool { return hub.Figures().Links == 0 })
}

func TestConfigurations(t *testing.T) {
	hub := natslane.HubConfig{Fleet: "f", Key: lanetest.Key(1), Roster: lanetest.NewRoster().Number,
		Listen: "127.0.0.1:0"}
	edge := natslane.EdgeConfig{Fleet: "f", Number: 2, Key: lanetest.Key(2), HubKey: lanetest.Public(1),
		Addresses: []string{"127.0.0.1:1"}}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, change := range map[string]func(h *natslane.HubConfig, e *natslane.EdgeConfig){
		"a wildcard": func(h *natslane.HubConfig, e *natslane.EdgeConfig) { h.Fleet, e.Fleet = "*", "*" },
		"no name":    func(h *natslane.HubConfig, e *natslane.EdgeConfig) { h.Fleet, e.Fleet = "", "" },
		"no key":     func(h *natslane.HubConfig, e *natslane.EdgeConfig) { h.Key, e.Key = nil, nil },
		"no roster, no address": func(h *natslane.HubConfig, e *natslane.EdgeConfig) {
			h.Roster, e.Addresses = nil, nil
		},
		"no port, the hub's number": func(h *natslane.HubConfig, e *natslane.EdgeConfig) {
			h.Listen, e.Number = "x", 1
		},
		"a port that is taken, no hub key": func(h *natslane.HubConfig, e *natslane.EdgeConfig) {
			h.Listen, e.HubKey = taken.Addr().String(), nil
		},
	} {
		h, e := hub, edge
		change(&h, &e)
		if made, err := natslane.NewHub(h); err == nil {
			made.Close()
			t.Errorf("%s: NewHub took it", name)
		}
		if made, err := natslane.NewEdge(e); err == nil {
			made.Close()
			t.Errorf("%s: NewEdge took it", name)
		}
	}
}
