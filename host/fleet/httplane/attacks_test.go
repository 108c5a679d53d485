package httplane_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
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
	t      *testing.T
	base   string
	client *http.Client
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
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &hand{t, "https://" + address, &http.Client{Transport: transport}}
}

func (h *hand) do(method, path string, body []byte) (status int, answer string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, h.base+path, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	got, err := h.client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return got.StatusCode, string(b)
}

var paths = []string{"send", "fetch", "ask/1", "ask/3", "answer/1", "ping"}

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
		h := byHand(t, address, key)
		for _, path := range paths {
			if status, body := h.do("POST", httplane.Prefix+path, nil); status != http.StatusForbidden ||
				strings.Contains(body, "secret") {
				t.Errorf("%s: %s answers %d %q, want 403", name, path, status, body)
			}
		}
		if status, _ := h.do("GET", httplane.Prefix+"stream", nil); status != http.StatusForbidden {
			t.Errorf("%s: the stream answers %d, want 403", name, status)
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
	r, _ := http.NewRequest("POST", httplane.Prefix+"send", nil)
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
	answer := make(chan string, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		got, err := hub.Ask(ctx, 3, nil)
		answer <- fmt.Sprint(string(got), err)
	}()
	<-asked
	stolen := byHand(t, address, lanetest.Key(2))
	for id := range 100 {
		for _, end := range []string{"", "?nobody"} {
			path := fmt.Sprintf("%sanswer/%d%s", httplane.Prefix, id, end)
			if status, _ := stolen.do("POST", path, []byte("forged")); status != http.StatusNotFound {
				t.Errorf("%s answers %d, want 404", path, status)
			}
		}
	}
	close(forged)
	if got := <-answer; got != "honest<nil>" {
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
	h := byHand(t, address, lanetest.Key(2))
	for _, path := range []string{"send", "send?from=3", "send?number=3", "fetch", "ask/1"} {
		if status, got := h.do("POST", httplane.Prefix+path, nil); status != 200 || got != "2" {
			t.Errorf("%s answers %d %q, want 2", path, status, got)
		}
	}
	for _, path := range []string{"send/3", "ask", "ask/", "ask/-1", "ask/70000", "ask/x", "answer/", "answer/-1",
		"stream", "", "../lane/x"} {
		if status, got := h.do("POST", httplane.Prefix+path, nil); status != 404 && status != 405 {
			t.Errorf("%s answers %d %q, want 404", path, status, got)
		}
	}
}

// TestBodies: what is too long, or comes too much at once, is refused before it is read.
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
	flood, other := byHand(t, address, lanetest.Key(2)), byHand(t, address, lanetest.Key(3))
	if status, _ := other.do("POST", httplane.Prefix+"send", make([]byte, lane.MaxMessage+1)); status != 413 {
		t.Errorf("too long: %d, want 413", status)
	}
	statuses := make(chan int, 300)
	for range cap(statuses) {
		go func() {
			r, err := flood.client.Post(flood.base+httplane.Prefix+"fetch", "", strings.NewReader("x"))
			if err != nil {
				statuses <- 0
				return
			}
			r.Body.Close()
			statuses <- r.StatusCode
		}()
	}
	for range cap(statuses) - 128 {
		if status := <-statuses; status != http.StatusServiceUnavailable {
			t.Fatalf("a flood is answered %d, want 503", status)
		}
	}
	if n := inHand.Load(); n > 64 {
		t.Errorf("the hub answers %d at once", n)
	}
	if status, got := other.do("POST", httplane.Prefix+"send", nil); status != 200 || got != "ok" {
		t.Errorf("another edge beside the flood: %d %q", status, got)
	}
	close(wait)
	for range 128 {
		if status := <-statuses; status != 200 {
			t.Errorf("one in hand is answered %d", status)
		}
	}
}

// falseHub serves a stream as it likes.
func falseHub(t *testing.T, stream []byte) string {
	t.Helper()
	config, err := linktls.Anyone(lanetest.Key(1))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			w.Write(stream)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// TestStreamsOfNonsense: an edge gives up a stream that is not one, and goes on.
func TestStreamsOfNonsense(t *testing.T) {
	long := binary.BigEndian.AppendUint32([]byte{1}, 1<<31)
	for name, stream := range map[string][]byte{
		"too long": long, "short question": {0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 7}, "unknown kind": {9, 0, 0, 0, 0},
		"text": []byte("hello, this is not a stream"), "nothing": nil,
	} {
		e := dial(t, lanetest.Key(2), lanetest.Public(1), falseHub(t, stream))
		e.Answer(func(context.Context, []byte) []byte { t.Errorf("%s: it was asked", name); return nil })
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		e.Follow(ctx, func(b []byte) { t.Errorf("%s: got %q", name, b) })
		cancel()
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
