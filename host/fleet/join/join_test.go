package join_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/join"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/host/fleet/linkkey"
	"github.com/edgetoken/edgetoken/store"
)

// hub is a hub whose fleet listener has the handler alone.
type hub struct {
	db       *store.DB
	address  string
	fleet    store.Membership
	settings join.Settings
	now      time.Time
	log      bytes.Buffer
	holds    atomic.Pointer[held] // the next answer; nil: it is not held
	answers  http.Handler
}

// held is an answer whose client takes no byte of it until it is told to go on.
type held struct {
	http.ResponseWriter
	begun, goOn chan struct{}
}

func (h *held) Write(b []byte) (int, error) {
	select {
	case h.begun <- struct{}{}:
	default:
	}
	<-h.goOn
	return h.ResponseWriter.Write(b)
}

func newHub(t *testing.T) *hub {
	t.Helper()
	db, err := store.Open(store.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h := &hub{db: db, now: time.Now(), settings: join.Settings{
		"fleet.staleness":                  {Value: "60s", Must: true},
		"simple_jwt.ACCESS_TOKEN_LIFETIME": {Value: "1h"},
	}}
	s := httptest.NewUnstartedServer(nil)
	h.address = s.Listener.Addr().String()
	h.fleet = store.Membership{Role: store.Hub, Fleet: "shop", ID: [16]byte{7}, Addresses: []string{h.address}}
	private := key(t, "h", h.fleet.ID)
	h.fleet.HubKey = linkkey.Public(private)
	if err := db.Found(t.Context(), h.fleet); err != nil {
		t.Fatal(err)
	}
	if s.TLS, err = linktls.Anyone(private); err != nil {
		t.Fatal(err)
	}
	h.answers = join.NewHandler(join.Config{
		Store: db, Roster: h.roster, Settings: func() join.Settings { return h.settings }, Lane: "http",
		Lanes: func() []string { return []string{"nats://hub.example.com:7422"} },
		Now:   func() time.Time { return h.now }, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next := h.holds.Swap(nil); next != nil {
			next.ResponseWriter, w = w, next
		}
		h.answers.ServeHTTP(w, r)
	})
	s.StartTLS()
	t.Cleanup(s.Close)
	return h
}

func (h *hub) roster(k ed25519.PublicKey) (uint16, bool) {
	members, _ := h.db.Members(context.Background())
	for _, m := range members {
		if k.Equal(ed25519.PublicKey(m.Key[:])) && m.Withdrawn == 0 {
			return m.Number, true
		}
	}
	return 0, false
}

// invite makes an invitation that the hub knows.
func (h *hub) invite(t *testing.T, name string) join.Token {
	t.Helper()
	until := h.now.Add(time.Hour)
	token, err := join.NewToken(h.fleet.ID, "shop", h.fleet.HubKey, h.fleet.Addresses, until)
	if err == nil {
		err = h.db.Invite(t.Context(), store.Invitation{Digest: join.Digest(token.Secret), Name: name,
			Until: until.UnixMicro()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// client is a node that dials the hub.
func client(t *testing.T, k ed25519.PrivateKey, token join.Token) *join.Client {
	t.Helper()
	c, err := join.NewClient(k, token.HubKey, token.Addresses)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestJoin: a node that was invited gets a number, the same again if it asks again, and nobody else gets one.
func TestJoin(t *testing.T) {
	h := newHub(t)
	token := h.invite(t, "")
	edge := key(t, "e", h.fleet.ID)
	request := join.NewRequest(token, edge, "fra-1", "integer", h.settings)
	for range 2 {
		a, err := client(t, edge, token).Join(t.Context(), request)
		if err != nil || a.Number != 2 || a.Name != "fra-1" || a.Lane != "http" || len(a.Warnings) != 0 {
			t.Fatalf("Join = %+v, %v", a, err)
		}
		if got := join.Listeners(a.Addresses); len(a.Addresses) != 2 || len(got) != 1 || got[0] != h.address {
			t.Errorf("the addresses are %q", a.Addresses)
		}
	}
	other := key(t, "o", h.fleet.ID)
	_, err := client(t, other, token).Join(t.Context(), join.NewRequest(token, other, "ams-1", "integer", h.settings))
	if !errors.Is(err, join.ErrRefused) || !strings.Contains(err.Error(), "edgetoken fleet invite") {
		t.Errorf("a second node with the same invitation: %v", err)
	}
	members, err := h.db.Members(t.Context())
	if err != nil || len(members) != 2 || members[1].Key != linkkey.Public(edge) {
		t.Errorf("the members are %+v, %v", members, err)
	}
	if secret := string(token.Secret[:]); strings.Contains(h.log.String(), secret) ||
		strings.Contains(h.log.String(), token.Encode()) {
		t.Error("the log has the secret")
	}
}

// TestRefused: what is wrong is said, and the invitation stays good for a request that is right.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *hub, *join.Token, *join.Request)
		says   string
	}{
		"other settings": {func(_ *testing.T, _ *hub, _ *join.Token, r *join.Request) {
			r.Settings = join.Settings{"fleet.staleness": {Value: "30s", Must: true}}
		}, `fleet.staleness is "60s" at the hub and "30s" here`},
		"other ids": {func(_ *testing.T, _ *hub, _ *join.Token, r *join.Request) { r.IDs = "text" },
			"customers.ids: integer"},
		"a name that is none": {func(_ *testing.T, _ *hub, _ *join.Token, r *join.Request) { r.Name = "Fra 1" },
			"is no name"},
		"proof by another key": {func(t *testing.T, h *hub, token *join.Token, r *join.Request) {
			r.Proof = join.NewRequest(*token, key(t, "x", h.fleet.ID), r.Name, r.IDs, nil).Proof
		}, "does not prove"},
		"proof for another hub": {func(t *testing.T, h *hub, token *join.Token, r *join.Request) {
			other := *token
			other.HubKey[0] ^= 1
			r.Proof = join.NewRequest(other, key(t, "e", h.fleet.ID), r.Name, r.IDs, nil).Proof
		}, "does not prove"},
		"proof for another invitation": {func(t *testing.T, h *hub, token *join.Token, r *join.Request) {
			other := *token
			other.Secret[0] ^= 1
			r.Proof = join.NewRequest(other, key(t, "e", h.fleet.ID), r.Name, r.IDs, nil).Proof
		}, "does not prove"},
		"proof under another name": {func(_ *testing.T, _ *hub, _ *join.Token, r *join.Request) { r.Name = "other" },
			"does not prove"},
		"the key of another link": {func(t *testing.T, h *hub, token *join.Token, r *join.Request) {
			*r = join.NewRequest(*token, key(t, "x", h.fleet.ID), r.Name, r.IDs, h.settings)
		}, "key of the link is another"},
		"an unknown secret": {func(t *testing.T, h *hub, token *join.Token, r *join.Request) {
			other := *token
			other.Secret[0] ^= 1
			*r = join.NewRequest(other, key(t, "e", h.fleet.ID), r.Name, r.IDs, nil) // other settings, too
		}, "edgetoken fleet invite"},
		"an invitation that has ended": {func(_ *testing.T, h *hub, _ *join.Token, _ *join.Request) {
			h.now = h.now.Add(2 * time.Hour)
		}, "has ended"},
		"another hub": {func(_ *testing.T, _ *hub, token *join.Token, _ *join.Request) { token.HubKey[0] ^= 1 },
			"it has another key"},
		"a hub that is away": {func(t *testing.T, _ *hub, token *join.Token, _ *join.Request) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			token.Addresses = []string{l.Addr().String()}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}, "cannot be reached at"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			token := h.invite(t, "")
			good, edge, now := token, key(t, "e", h.fleet.ID), h.now
			request := join.NewRequest(token, edge, "fra-1", "integer", h.settings)
			right := request
			c.change(t, h, &token, &request)
			_, err := client(t, edge, token).Join(t.Context(), request)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Join: %v, want %q", err, c.says)
			}
			h.now = now
			if a, err := client(t, edge, good).Join(t.Context(), right); err != nil || a.Number != 2 {
				t.Errorf("the right request is answered by %+v, %v", a, err)
			}
		})
	}
}

// TestWarned: a difference that does no harm is a warning, and the node is in.
func TestWarned(t *testing.T) {
	h := newHub(t)
	token, edge := h.invite(t, "fra-1"), key(t, "e", h.fleet.ID)
	settings := join.Settings{"fleet.staleness": h.settings["fleet.staleness"],
		"simple_jwt.ACCESS_TOKEN_LIFETIME": {Value: "5m"}, "new.key": {Value: "1"}}
	a, err := client(t, edge, token).Join(t.Context(), join.NewRequest(token, edge, "mine", "integer", settings))
	if err != nil || a.Name != "fra-1" || len(a.Warnings) != 2 || !strings.Contains(a.Warnings[1], `"1h" at the hub`) {
		t.Errorf("Join = %+v, %v", a, err)
	}
}

// TestHostileRequests: what is no request is refused with 400, and one who asks too often with 429.
func TestHostileRequests(t *testing.T) {
	h := newHub(t)
	tls, err := linktls.Stranger(h.fleet.HubKey[:])
	if err != nil {
		t.Fatal(err)
	}
	c := http.Client{Transport: &http.Transport{TLSClientConfig: tls}}
	post := func(body string) (int, string) {
		t.Helper()
		r, err := c.Post("https://"+h.address+join.JoinPath, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(b)
	}
	for _, body := range []string{"", "{}", "null", `{"secret":""}`, `{"secret":"AA==","key":"AA=="}`, `{"Secret":"x"}`,
		`{"settings":{},"settings":{}}`, `{"x":` + strings.Repeat("[", 60000), strings.Repeat("A", 1<<20)} {
		if status, text := post(body); status != http.StatusBadRequest || !json.Valid([]byte(text)) {
			t.Errorf("%.40q is answered by %d %s", body, status, text)
		}
	}
	status := 0
	for range 3 {
		status, _ = post("{}")
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the twelfth request in a minute is answered by %d", status)
	}
	h.now = h.now.Add(time.Minute)
	if status, _ := post("{}"); status != http.StatusBadRequest {
		t.Errorf("a minute later a request is answered by %d", status)
	}
}

// TestCopy: a member gets the whole store, anybody else nothing.
func TestCopy(t *testing.T) {
	h := newHub(t)
	token, edge := h.invite(t, "fra-1"), key(t, "e", h.fleet.ID)
	at := filepath.Join(t.TempDir(), "store.db")
	if _, err := client(t, edge, token).Copy(t.Context(), at, nil); !errors.Is(err, join.ErrRefused) {
		t.Errorf("a stranger gets %v", err)
	}
	_, err := client(t, edge, token).Join(t.Context(), join.NewRequest(token, edge, "", "integer", h.settings))
	if err != nil {
		t.Fatal(err)
	}
	var last, whole int64
	path, err := client(t, edge, token).Copy(t.Context(), at, func(arrived, size int64) { last, whole = arrived, size })
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 || info.Size() != last || last != whole || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v; %d of %d bytes were shown", info, err, last, whole)
	}
	if err := join.RemoveCopies(at); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("RemoveCopies left %v", err)
	}
	err = h.db.UpdateMembers(t.Context(), func(have []store.Member) ([]store.Member, error) {
		have[1].Withdrawn = h.now.UnixMicro()
		return have[1:2], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, edge, token).Copy(t.Context(), at, nil); !errors.Is(err, join.ErrRefused) {
		t.Errorf("a node that was withdrawn gets %v", err)
	}
}

// FuzzJoinRequest: whatever a stranger sends is refused, and nobody is let in.
func FuzzJoinRequest(f *testing.F) {
	db, err := store.Open(store.Config{Path: filepath.Join(f.TempDir(), "store.db")})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	m := store.Membership{Fleet: "shop", ID: [16]byte{7}, HubKey: linkkey.Public(private),
		Addresses: []string{"hub:1"}}
	if err := db.Found(context.Background(), m); err != nil {
		f.Fatal(err)
	}
	now := time.Now()
	h := join.NewHandler(join.Config{Store: db, Settings: func() join.Settings { return nil }, Lane: "http",
		Roster: func(ed25519.PublicKey) (uint16, bool) { return 0, false },
		Now:    func() time.Time { now = now.Add(time.Minute); return now }})
	for _, name := range []string{"", "fra-1"} {
		token, err := join.NewToken(m.ID, "shop", m.HubKey, m.Addresses, now)
		if err != nil {
			f.Fatal(err)
		}
		body, err := json.Marshal(join.NewRequest(token, private, name, "integer", join.Settings{"a": {Value: "b"}}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"secret":"AA==","key":"AA==","proof":"","name":"x","settings":{"a":{"value":"","must":true}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, join.JoinPath, bytes.NewReader(body))
		h.ServeHTTP(w, r)
		if w.Code < 400 || w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q is answered by %d %s", body, w.Code, w.Body)
		}
	})
}
