package httpapi_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

// shop is a node with one customer, ana@example.com, whose password is "right".
type shop struct {
	*httptest.Server
	store *store.DB
	log   *syncBuffer
}

// syncBuffer collects the log of a server.
type syncBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.String()
}

// openShop is a shop that has the sample views, with what change makes of its configuration; nil: nothing.
func openShop(t testing.TB, change func(*node.Config, *httpapi.Config)) *shop {
	t.Helper()
	s := &shop{log: &syncBuffer{}}
	s.store = openStore(t, store.NewCustomer{
		ID: core.Integer(7), Email: "ana@example.com", FirstName: "Ana", IsActive: true,
		PasswordHash: hashOf(t, "right"),
		DateJoined:   time.Date(2024, 1, 2, 3, 4, 5, 678000, time.UTC),
	})
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	nodeConfig := node.Config{Store: s.store, Settings: core.DefaultSettings(), Passwords: cheap, Log: log}
	config := httpapi.Config{Log: log, ErrorHeader: true, Samples: true, Info: httpapi.Info{Version: "1.2.3",
		Engine: "native", ABI: 1}}
	if change != nil {
		change(&nodeConfig, &config)
	}
	if nodeConfig.Engine == nil {
		nodeConfig.Engine = core.NewNative(nodeConfig.Settings, testKeys(t))
	}
	s.Server = startServer(t, nodeConfig, config)
	return s
}

func hashOf(t testing.TB, plain string) string {
	t.Helper()
	encoded, err := password.Hash(plain, cheap, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func testKeys(t testing.TB) *keyring.Ring {
	return keysFor(t, recordedSettings{"ALGORITHM": "HS256", "SIGNING_KEY": strings.Repeat("k", 32)})
}

// ask sends a request with these headers, "Name: value" each, and gives the answer with its body.
func (s *shop) ask(t testing.TB, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if request.Header.Set(name, value); name == "Host" {
			request.Host = value
		}
	}
	client := http.Client{Transport: s.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// post sends JSON.
func (s *shop) post(t testing.TB, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	return s.ask(t, "POST", path, body, append(headers, "Content-Type: application/json")...)
}

// login logs ana in.
func (s *shop) login(t testing.TB) (refresh, access string) {
	t.Helper()
	answer, body := s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	var pair struct{ Refresh, Access string }
	if err := json.Unmarshal([]byte(body), &pair); err != nil || answer.StatusCode != http.StatusOK ||
		pair.Access == "" {
		t.Fatalf("log-in: %d %s (%v)", answer.StatusCode, body, err)
	}
	return pair.Refresh, pair.Access
}

// record is the log once it holds a line: a record is written after its answer.
func (s *shop) record(t *testing.T) string {
	t.Helper()
	for t.Context().Err() == nil {
		if text := s.log.String(); strings.HasSuffix(text, "\n") {
			return text
		}
		time.Sleep(time.Millisecond)
	}
	return ""
}
