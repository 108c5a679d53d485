package httplane_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/httplane"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
)

// hand speaks to a hub with a key and nothing of the lane.
type hand struct {
	t    *testing.T
	conn *tls.Conn
	from *bufio.Reader
}

// byHand shows no certificate where key is nil.
func byHand(t *testing.T, address string, key ed25519.PrivateKey) *hand {
	t.Helper()
	config, err := linktls.Stranger(lanetest.Public(1))
	if key != nil {
		config, err = linktls.Edge(key, lanetest.Public(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(60 * time.Second))
	return &hand{t, c, bufio.NewReader(c)}
}

const upgrade = "Connection: Upgrade\r\nUpgrade: edgetoken-lane/1\r\n"

// ask sends a request with a header, and gives the status and what follows a refusal.
func (h *hand) ask(request, more string) (status int, body string) {
	h.t.Helper()
	h.write([]byte(request + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n"))
	r, err := http.ReadResponse(h.from, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if r.StatusCode != http.StatusSwitchingProtocols {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		body = string(b)
	}
	return r.StatusCode, body
}

// link makes a link.
func link(t *testing.T, address string, number uint16) *hand {
	t.Helper()
	h := byHand(t, address, lanetest.Key(number))
	if status, body := h.ask("GET "+httplane.Prefix+"link", upgrade); status != http.StatusSwitchingProtocols {
		t.Fatalf("a link is answered %d %q", status, body)
	}
	return h
}

func (h *hand) write(b []byte) {
	h.t.Helper()
	if _, err := h.conn.Write(b); err != nil {
		h.t.Fatal(err)
	}
}

// The kinds of records, as doc.go has them.
const (
	beat = iota
	batch
	send
	fetch
	ask
	answer
	part
)

// record makes one whose body need not have the length that it says.
func record(kind byte, about uint16, id uint64, n int, body string) []byte {
	r := binary.BigEndian.AppendUint16([]byte{kind}, about)
	r = binary.BigEndian.AppendUint64(r, id)
	return append(binary.BigEndian.AppendUint32(r, uint32(n)), body...)
}

func (h *hand) say(kind byte, about uint16, id uint64, body string) {
	h.t.Helper()
	h.write(record(kind, about, id, len(body), body))
}

// hear gives the next record that is no beat. err: the link has ended.
func (h *hand) hear() (kind byte, about uint16, id uint64, body string, err error) {
	for {
		var b [15]byte
		if _, err = io.ReadFull(h.from, b[:]); err != nil {
			return 0, 0, 0, "", err
		}
		rest := make([]byte, binary.BigEndian.Uint32(b[11:]))
		if _, err = io.ReadFull(h.from, rest); err != nil {
			return 0, 0, 0, "", err
		}
		if b[0] != beat {
			return b[0], binary.BigEndian.Uint16(b[1:]), binary.BigEndian.Uint64(b[3:]), string(rest), nil
		}
	}
}

// ends waits until the hub ends the link, before it says anything else.
func (h *hand) ends(why string) {
	h.t.Helper()
	kind, _, _, body, err := h.hear()
	var late net.Error
	if err == nil || errors.As(err, &late) && late.Timeout() {
		h.t.Errorf("%s: record %d %q, %v; want the end", why, kind, body, err)
	}
}

func TestStrangersGetNothing(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	asked := make(chan string, 100)
	took := func(_ context.Context, from uint16, _ []byte) []byte {
		asked <- fmt.Sprint(from)
		return []byte("secret")
	}
	if err := hub.Serve(lane.Handler{Send: took, Fetch: took, Ask: took}); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]ed25519.PrivateKey{"no certificate": nil, "an unknown key": lanetest.Key(9)} {
		for _, path := range []string{"link", "send", "", "ask/1"} {
			h := byHand(t, address, key)
			if status, body := h.ask("GET "+httplane.Prefix+path, upgrade); status != http.StatusForbidden ||
				strings.Contains(body, "secret") {
				t.Errorf("%s: %s answers %d %q, want 403", name, path, status, body)
			}
			h.ends(name)
		}
	}
	if len(asked) > 0 {
		t.Errorf("the hub was asked by %s", <-asked)
	}
	r := httplaneWithoutTLS(hub.Hub)
	if r != http.StatusForbidden {
		t.Errorf("without TLS: %d, want 403", r)
	}
}

// httplaneWithoutTLS asks the handler as a server without TLS would.
func httplaneWithoutTLS(h http.Handler) int {
	w := &status{header: http.Header{}}
	r, _ := http.NewRequest("GET", httplane.Prefix+"link", nil)
	h.ServeHTTP(w, r)
	return w.code
}

type status struct {
	header http.Header
	code   int
}

func (s *status) Header() http.Header         { return s.header }
func (s *status) Write(b []byte) (int, error) { return len(b), nil }
func (s *status) WriteHeader(code int)        { s.code = code }

// TestAnswersOfAnother: an edge that guesses the id of a question to another cannot answer it.
func TestAnswersOfAnother(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	honest := dial(t, lanetest.Key(3), lanetest.Public(1), address)
	asked, forged := make(chan bool, 1), make(chan bool)
	honest.Answer(func(context.Context, []byte) []byte {
		asked <- true
		<-forged
		return []byte("honest")
	})
	lanetest.Until(t, "the edge is connected", honest.Connected)
	came := make(chan string, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		got, err := hub.Ask(ctx, 3, nil)
		came <- fmt.Sprint(string(got), err)
	}()
	<-asked
	stolen := link(t, address, 2)
	for id := range uint64(100) {
		for about := range uint16(4) {
			stolen.say(answer, about, id, "forged")
		}
	}
	stolen.say(send, 0, 7, "heard all of it")
	if _, _, id, _, err := stolen.hear(); err != nil || id != 7 {
		t.Errorf("after the forged answers: the answer to %d, %v", id, err)
	}
	close(forged)
	if got := <-came; got != "honest<nil>" {
		t.Errorf("the answer is %s", got)
	}
}

// TestNumberComesFromTheKey: nothing in a request makes an edge another.
func TestNumberComesFromTheKey(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	say := func(_ context.Context, from uint16, _ []byte) []byte { return fmt.Append(nil, from) }
	if err := hub.Serve(lane.Handler{Send: say, Fetch: say, Ask: say}); err != nil {
		t.Fatal(err)
	}
	h := link(t, address, 2)
	for i, q := range []struct {
		kind  byte
		about uint16
	}{{send, 0}, {send, 3}, {fetch, 3}, {ask, 1}} {
		h.say(q.kind, q.about, uint64(i), "")
		if kind, about, id, got, err := h.hear(); kind != answer || about != 0 || id != uint64(i) || got != "2" {
			t.Errorf("%v is answered %d %d %d %q, %v, want 2", q, kind, about, id, got, err)
		}
	}
	h.say(ask, 2, 9, "myself")
	if kind, about, id, got, err := h.hear(); kind != ask || got != "myself" {
		t.Errorf("asking itself: %d %d %d %q, %v", kind, about, id, got, err)
	}
}

// TestRequestsOfNonsense: a member that asks for anything but a link gets none.
func TestRequestsOfNonsense(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	for _, c := range []struct {
		request, header string
		status          int
	}{
		{"POST /fleet/lane/link", upgrade, http.StatusUpgradeRequired},
		{"GET /fleet/lane/link", "", http.StatusUpgradeRequired},
		{"GET /fleet/lane/link", "Connection: Upgrade\r\nUpgrade: websocket\r\n", http.StatusUpgradeRequired},
		{"GET /fleet/lane/link", upgrade + "Content-Length: 1\r\n", http.StatusUpgradeRequired},
		{"GET /fleet/lane/", upgrade, http.StatusNotFound}, {"GET /fleet/lane/link/3", upgrade, http.StatusNotFound},
		{"POST /fleet/lane/send", "Content-Length: 0\r\n", http.StatusNotFound},
	} {
		if status, _ := byHand(t, address, lanetest.Key(2)).ask(c.request, c.header+"Connection: close\r\n"); status !=
			c.status {
			t.Errorf("%s with %q answers %d, want %d", c.request, c.header, status, c.status)
		}
	}
	h := byHand(t, address, lanetest.Key(2))
	h.write(append([]byte("GET /fleet/lane/link HTTP/1.1\r\nHost: x\r\n"+upgrade+"\r\n"),
		record(send, 0, 1, 1, "x")...))
	h.ends("it spoke before it was asked to")
	lanetest.Until(t, "no link is left", func() bool { return hub.Figures().Links == 0 })
}

// TestRecordsOfNonsense: who sends what no edge sends loses its link, and others do not.
func TestRecordsOfNonsense(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	echo := func(_ context.Context, _ uint16, body []byte) []byte { return body }
	if err := hub.Serve(lane.Handler{Send: echo, Fetch: echo, Ask: echo}); err != nil {
		t.Fatal(err)
	}
	other := link(t, address, 3)
	for name, r := range map[string][]byte{
		"a batch": record(batch, 0, 0, 1, "x"), "a part": record(part, 0, 0, 1, "x"),
		"the end of parts": record(0x80|send, 0, 0, 1, "x"), "a beat with a body": record(beat, 0, 0, 1, "x"),
		"an unknown kind": record(9, 0, 0, 0, ""), "too long": record(send, 0, 0, lane.MaxMessage+1, ""),
		"endless": record(answer, 0, 0, 1<<32-1, ""),
	} {
		h := link(t, address, 2)
		h.write(r)
		h.ends(name)
	}
	other.say(send, 0, 1, "x")
	if _, _, _, got, err := other.hear(); got != "x" {
		t.Errorf("another edge: %q, %v", got, err)
	}
}

// TestRosterIsAskedAgain: who has been withdrawn is told nothing, even before Drop.
func TestRosterIsAskedAgain(t *testing.T) {
	roster := lanetest.NewRoster(2, 3)
	hub, address := serve(t, lanetest.Key(1), roster.Number)
	var asked atomic.Int64
	took := func(context.Context, uint16, []byte) []byte { asked.Add(1); return []byte("secret") }
	if err := hub.Serve(lane.Handler{Send: took, Fetch: took, Ask: took}); err != nil {
		t.Fatal(err)
	}
	h := link(t, address, 2)
	roster.Remove(2)
	h.say(send, 0, 1, "x")
	h.ends("withdrawn")
	if asked.Load() > 0 {
		t.Error("the hub was asked by one who was withdrawn")
	}
}

// TestWithdrawnWhileItConnects: the edge is withdrawn, and dropped, after it was let in and before it has a link.
func TestWithdrawnWhileItConnects(t *testing.T) {
	var calls atomic.Int64
	hub, address := serve(t, lanetest.Key(1), func(ed25519.PublicKey) (uint16, bool) {
		return 2, calls.Add(1) == 1
	})
	link(t, address, 2).ends("withdrawn")
	if n := calls.Load(); n != 2 { // at once, not with the first record
		t.Errorf("the roster was asked %d times, want 2", n)
	}
	if n := hub.Figures().Links; n != 0 {
		t.Errorf("%d links, want none", n)
	}
}

// TestBodies: what comes too much at once is refused, and others are answered meanwhile.
func TestBodies(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	wait := make(chan bool)
	var inHand atomic.Int64
	slow := func(_ context.Context, from uint16, _ []byte) []byte {
		if from == 2 {
			inHand.Add(1)
			<-wait
		}
		return []byte("ok")
	}
	if err := hub.Serve(lane.Handler{Send: slow, Fetch: slow, Ask: slow}); err != nil {
		t.Fatal(err)
	}
	flood, other := link(t, address, 2), link(t, address, 3)
	const all, inOne = 300, 128
	for id := range uint64(all) {
		flood.say(fetch, 0, id, "x")
	}
	abouts := map[uint16]int{}
	for range all - inOne {
		_, about, _, _, err := flood.hear()
		if err != nil {
			t.Fatal(err)
		}
		abouts[about]++
	}
	if abouts[2] != all-inOne {
		t.Errorf("a flood is answered %v, want %d times 2, nobody", abouts, all-inOne)
	}
	if n := inHand.Load(); n > 64 {
		t.Errorf("the hub answers %d at once", n)
	}
	other.say(send, 0, 1, "")
	if _, _, _, got, err := other.hear(); got != "ok" {
		t.Errorf("another edge beside the flood: %q, %v", got, err)
	}
	close(wait)
	for range inOne {
		if _, about, _, got, err := flood.hear(); about != 0 || got != "ok" {
			t.Errorf("one in hand is answered %d %q, %v", about, got, err)
		}
	}
}

// TestShortBetweenParts: what is short need not wait for what is long.
func TestShortBetweenParts(t *testing.T) {
	hub, address := serve(t, lanetest.Key(1), lanetest.NewRoster(2, 3).Number)
	long := make([]byte, lane.MaxMessage)
	if err := hub.Serve(lane.Handler{
		Fetch: func(context.Context, uint16, []byte) []byte { return long },
		Ask:   func(_ context.Context, _ uint16, body []byte) []byte { return body },
	}); err != nil {
		t.Fatal(err)
	}
	h := link(t, address, 2)
	h.say(fetch, 0, 1, "")
	if kind, _, _, _, err := h.hear(); kind != part {
		t.Fatalf("a long answer begins with a record of kind %d, %v", kind, err)
	}
	h.say(ask, 1, 2, "short")
	for short := false; ; {
		kind, _, id, body, err := h.hear()
		if err != nil {
			t.Fatal(err)
		}
		short = short || kind == answer && id == 2 && body == "short"
		if kind == answer|0x80 && id == 1 && !short {
			lanetest.Until(t, "the short answer follows", func() bool { _, _, id, _, _ := h.hear(); return id == 2 })
			return
		} else if kind == answer|0x80 {
			return
		}
	}
}

// falseHub says what it likes on each link, then batches with the text "sound", and counts the links.
func falseHub(t *testing.T, says []byte) (address string, links *atomic.Int64) {
	t.Helper()
	config, err := linktls.Anyone(lanetest.Key(1))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	links = new(atomic.Int64)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		links.Add(1)
		_, err = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n"+upgrade+"\r\n"+string(says))
		for ; err == nil; time.Sleep(20 * time.Millisecond) {
			_, err = c.Write(record(batch, 0, 0, 5, "sound"))
		}
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String(), links
}

// TestLinksOfNonsense: an edge gives up a link that makes no sense, and goes on where only a record makes none.
func TestLinksOfNonsense(t *testing.T) {
	parts := record(part, 0, 0, lane.MaxMessage, strings.Repeat("x", lane.MaxMessage))
	for name, c := range map[string]struct {
		says []byte
		goes bool
	}{
		"nothing":        {nil, true},
		"unknown kind":   {record(9, 0, 0, 1, "x"), true},
		"an answer":      {record(answer, 0, 1, 1, "x"), true},
		"a question":     {record(send, 0, 1, 1, "x"), true},
		"too long":       {record(batch, 0, 0, 1<<31, ""), false},
		"too many parts": {append(parts, parts...), false},
		"text":           {[]byte("hello, this is not a link"), false},
	} {
		address, links := falseHub(t, c.says)
		e := dial(t, lanetest.Key(2), lanetest.Public(1), address)
		e.Answer(func(context.Context, []byte) []byte { t.Errorf("%s: it was asked", name); return nil })
		var heard atomic.Int64
		go e.Follow(t.Context(), func(b []byte) {
			if heard.Add(1); string(b) != "sound" {
				t.Errorf("%s: got %q", name, b)
			}
		})
		if c.goes {
			lanetest.Until(t, name+": the edge goes on", func() bool { return heard.Load() > 0 })
		} else {
			lanetest.Until(t, name+": the edge dials again", func() bool { return links.Load() > 1 })
			if heard.Load() > 0 {
				t.Errorf("%s: the edge goes on", name)
			}
		}
		e.Close()
	}
}

func TestConfigurations(t *testing.T) {
	if _, err := httplane.NewHub(httplane.HubConfig{}); err == nil {
		t.Error("NewHub took no roster")
	}
	good := httplane.EdgeConfig{Key: lanetest.Key(2), HubKey: lanetest.Public(1), Addresses: []string{"127.0.0.1:1"}}
	for name, change := range map[string]func(*httplane.EdgeConfig){
		"no key":     func(e *httplane.EdgeConfig) { e.Key = nil },
		"no hub key": func(e *httplane.EdgeConfig) { e.HubKey = nil },
		"no address": func(e *httplane.EdgeConfig) { e.Addresses = nil },
	} {
		cfg := good
		change(&cfg)
		if _, err := httplane.NewEdge(cfg); err == nil {
			t.Errorf("%s: NewEdge took it", name)
		}
	}
}
