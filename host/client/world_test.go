package client_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/client"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

var cheap = password.Params{Memory: 8, Iterations: 1, Parallelism: 1}

// ahead is how far the clock of the server is ahead of the clients' one, which a bubble of synctest begins in 2000.
var ahead = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

// world is a node with one customer, ana@example.com, that rotates refresh tokens, and a network to it.
type world struct {
	*testing.T
	node    *node.Node
	handler http.Handler
	pipes   chan net.Conn
	dir     string

	mu    sync.Mutex
	asked map[string]int              // requests that arrived, by path
	swap  map[string]http.HandlerFunc // answers in place of the node's, by path
}

// inBubble runs a test in virtual time, in a world.
func inBubble(t *testing.T, change func(*core.Settings), test func(w *world)) {
	dir, err := os.MkdirTemp("", "client-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, dir: dir, pipes: make(chan net.Conn), asked: map[string]int{},
			swap: map[string]http.HandlerFunc{}}
		end := w.open(change)
		defer end()
		test(w)
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) now() time.Time { return time.Now().Add(ahead) }

// open starts the node.
func (w *world) open(change func(*core.Settings)) (end func()) {
	began := time.Now()
	db, err := store.Open(store.Config{Path: filepath.Join(w.dir, "store"), Now: w.now,
		Elapsed: func() time.Duration { return time.Since(began) }})
	w.must(err)
	hash, err := password.Hash("right", cheap, rand.Reader)
	w.must(err)
	_, err = db.Add(w.Context(), store.NewCustomer{ID: core.Integer(7), Email: "ana@example.com",
		IsActive: true, PasswordHash: hash, DateJoined: w.now()})
	w.must(err)
	settings := core.DefaultSettings()
	settings.RotateRefreshTokens, settings.BlacklistAfterRotation = true, true
	if change != nil {
		change(&settings)
	}
	keys, err := keyring.Generate("HS256", nil)
	w.must(err)
	w.node, err = node.New(node.Config{Engine: core.NewNative(settings, keys), Store: db, Settings: settings,
		Passwords: cheap, Now: w.now, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	w.handler, err = httpapi.New(httpapi.Config{Node: w.node, Now: w.now, ErrorHeader: true,
		Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	server := &http.Server{Handler: w}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener{w})
	}()
	return func() {
		w.must(server.Close())
		<-served
		w.must(db.Close())
	}
}

// ServeHTTP answers with the Date of the server's clock.
func (w *world) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	out.Header().Set("Date", w.now().UTC().Format(http.TimeFormat))
	w.mu.Lock()
	w.asked[in.URL.Path]++
	other := w.swap[in.URL.Path]
	w.mu.Unlock()
	if other != nil {
		other(out, in)
		return
	}
	w.handler.ServeHTTP(out, in)
}

// answer has a path answered in another way; nil: by the node again.
func (w *world) answer(path string, f http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.swap[path] = f
}

func (w *world) count(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[path]
}

// listener takes connections in memory.
type listener struct{ w *world }

func (l listener) Accept() (net.Conn, error) {
	conn, ok := <-l.w.pipes
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l listener) Close() error   { close(l.w.pipes); return nil }
func (l listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8000} }

// transport reaches the world's server.
func (w *world) transport() *http.Transport {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case w.pipes <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}, MaxIdleConnsPerHost: 100}
	w.Cleanup(t.CloseIdleConnections)
	return t
}

// person is a client, and what it was told.
type person struct {
	*client.Client
	w       *world
	mu      sync.Mutex
	logouts []client.Logout
}

func (w *world) person(cfg client.Config) *person {
	w.Helper()
	p := &person{w: w}
	cfg.OnLogout = func(l client.Logout) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.logouts = append(p.logouts, l)
	}
	p.Client = w.client(cfg)
	return p
}

// client is one of the node.
func (w *world) client(cfg client.Config) *client.Client {
	w.Helper()
	cfg.Server = "http://127.0.0.1:8000"
	if cfg.Transport == nil {
		cfg.Transport = w.transport()
	}
	c, err := client.New(cfg)
	w.must(err)
	return c
}

// thief is somebody who has stolen a refresh token.
func (w *world) thief(stolen client.Tokens) *person {
	w.Helper()
	storage := client.Memory()
	_, err := storage.Replace(w.Context(), client.Tokens{}, client.Tokens{Refresh: stolen.Refresh})
	w.must(err)
	return w.person(client.Config{Storage: storage})
}

func (p *person) login() {
	p.w.Helper()
	p.w.must(p.Login(p.w.Context(), "ana@example.com", "right"))
}

// me asks who is logged in: the status of the answer, 0 if nobody is.
func (p *person) me() int {
	p.w.Helper()
	answer, err := p.HTTP().Get("http://127.0.0.1:8000/customers/me/")
	if errors.Is(err, client.ErrLoggedOut) {
		return 0
	}
	p.w.must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	p.w.must(err)
	if answer.StatusCode == http.StatusOK && !strings.HasPrefix(string(body), `{"id":7,`) {
		p.w.Errorf("me: %s", body)
	}
	return answer.StatusCode
}

// told is what OnLogout was told.
func (p *person) told() []client.Logout {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]client.Logout(nil), p.logouts...)
}

func (p *person) wantTold(want ...client.Logout) {
	p.w.Helper()
	got, _ := json.Marshal(p.told())
	wanted, _ := json.Marshal(append([]client.Logout(nil), want...))
	if string(got) != string(wanted) {
		p.w.Errorf("told %s, want %s", got, wanted)
	}
}
