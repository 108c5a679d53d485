package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// failingHasher fails every job for one reason.
type failingHasher struct{ err error }

func (f failingHasher) Do(context.Context, hashing.Job) (hashing.Result, error) {
	return hashing.Result{}, f.err
}
func (f failingHasher) Health() error { return f.err }

// logged are the records of a log.
func logged(t *testing.T, text string) (list []loggedRecord) {
	t.Helper()
	for line := range strings.Lines(text) {
		var r loggedRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

type loggedRecord struct {
	Level, Msg, Cause, Route string
	Status, Count            int
}

// A flood of what is not answered makes one record a second, with how many there were; whoever wants each sets level
// debug.
func TestAFloodOfFailuresIsOneRecordASecond(t *testing.T) {
	const flood = 200
	for _, c := range []struct {
		err   error
		cause string
		level string
	}{
		{fmt.Errorf("%w: the queue is full", node.ErrBusy), "busy", "WARN"},
		{hashing.ErrFailed, "hashing_failed", "WARN"},
		{context.DeadlineExceeded, "timeout", "WARN"},
		{store.ErrUnavailable, "unavailable", "ERROR"},
		{errors.New("nobody foresaw this"), "internal_error", "ERROR"},
	} {
		for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
			t.Run(fmt.Sprint(c.cause, " at ", level), func(t *testing.T) {
				t.Parallel()
				log := &syncBuffer{}
				s := openShop(t, func(n *node.Config, h *httpapi.Config) {
					n.Hasher = failingHasher{c.err}
					h.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: level}))
				})
				started := time.Now()
				for range flood / 2 {
					s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
					s.post(t, "/auth/token/", `{"email":"nobody@example.com","password":"wrong"}`)
				}
				for counted := 0; counted < flood; time.Sleep(10 * time.Millisecond) {
					folded, each := 0, 0
					counted = 0
					for _, r := range logged(t, log.String()) {
						switch {
						case r.Cause != c.cause || r.Msg != "request" || r.Status < 500 || r.Route != "/auth/token/":
							t.Fatalf("a record %+v, want one of %s", r, c.cause)
						case r.Level == "DEBUG":
							each++
						case r.Level == c.level:
							folded, counted = folded+1, counted+r.Count
						default:
							t.Fatalf("a record at level %s, want %s", r.Level, c.level)
						}
					}
					if most := int(time.Since(started)/time.Second) + 2; folded > most || counted > flood {
						t.Fatalf("%d records of %d requests, want at most %d", folded, counted, most)
					}
					if want := map[slog.Level]int{slog.LevelDebug: flood}[level]; each > want || counted == flood &&
						each != want {
						t.Fatalf("%d records of single requests, want %d", each, want)
					}
					if time.Since(started) > time.Minute {
						t.Fatalf("%d of %d requests are counted", counted, flood)
					}
				}
			})
		}
	}
}

// What an attack looks like is there with log.level: warn, and what everybody asks all day is not.
func TestLevelsOfRecords(t *testing.T) {
	log := &syncBuffer{}
	s := openPerson(t, func(n *node.Config, h *httpapi.Config) {
		h.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		h.AllowedHosts = []string{"127.0.0.1"}
		rate, err := throttle.ParseRate("3/hour")
		if err != nil {
			t.Fatal(err)
		}
		h.Throttles.Account = rate
	})
	for range 3 {
		s.post(t, "/auth/token/", `{"email":"eve@example.com","password":"guess"}`)
	}
	s.post(t, "/auth/token/", `{"email":"eve@example.com","password":"guess"}`)
	s.ask(t, "GET", "/customers/me/", "", "Authorization: Bearer forged")
	s.ask(t, "POST", "/auth/login/", "username=ana@example.com&password=guess",
		"Content-Type: application/x-www-form-urlencoded")
	s.ask(t, "GET", "/", "", "Host: evil.example")
	_, page := s.open(t, "/auth/login/", nil)
	s.open(t, "/auth/login/", url.Values{"csrfmiddlewaretoken": {token(t, page)}, "username": {"ana@example.com"},
		"password": {"guess"}})
	s.ask(t, "GET", "/healthz", "")
	s.ask(t, "GET", "/no/such/path/", "")
	s.post(t, "/auth/token/", `{"email":`)
	s.post(t, "/auth/token/", `{"email":"ana@example.com","password":"right"}`)
	s.Close() // waits for what comes after the answers
	var got []string
	for _, r := range logged(t, log.String()) {
		got = append(got, fmt.Sprint(r.Level, " ", r.Status, " ", r.Cause))
	}
	slices.Sort(got)
	want := []string{
		"WARN 200 wrong_password", "WARN 400 host_not_allowed", "WARN 401 malformed", "WARN 401 unknown_customer",
		"WARN 401 unknown_customer", "WARN 401 unknown_customer",
		"WARN 403 csrf_failed", "WARN 429 throttled",
	}
	if !slices.Equal(got, want) {
		t.Errorf("at level warn there is %q, want %q", got, want)
	}
}

// A node that cannot answer says so where whoever sends it requests looks, and the log has the cause that a request
// gets meanwhile.
func TestReadyNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *node.Config)
		want   string // at /readyz
		cause  string // in the log
	}{
		{"nothing", func(*testing.T, *node.Config) {}, `"status":"ok"`, ""},
		{"hashing", func(_ *testing.T, n *node.Config) {
			n.Hasher = failingHasher{hashing.ErrFailed}
		}, `{"status":"unavailable","error":"hashing",`, "hashing_failed"},
		{"store", func(t *testing.T, n *node.Config) {
			if err := n.Store.Close(); err != nil {
				t.Fatal(err)
			}
		}, `{"status":"unavailable","error":"store",`, "unavailable"},
		{"engine", func(t *testing.T, n *node.Config) {
			n.Engine = brokenEngine{core.NewNative(n.Settings, testKeys(t))}
		}, `{"status":"unavailable","error":"engine",`, "unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openShop(t, func(n *node.Config, _ *httpapi.Config) { c.change(t, n) })
			status := 200
			if c.cause != "" {
				status = 503
			}
			if answer, text := s.ask(t, "GET", "/readyz", ""); answer.StatusCode != status ||
				!strings.Contains(text, c.want) {
				t.Errorf("/readyz answers %d %s; want %d and %s", answer.StatusCode, text, status, c.want)
			}
			if c.cause != "" {
				if record := s.record(t); !strings.Contains(record, `"cause":"`+c.cause+`"`) {
					t.Errorf("log = %s, want cause %s", record, c.cause)
				}
			}
			if answer, text := s.ask(t, "GET", "/healthz", ""); answer.StatusCode != 200 {
				t.Errorf("/healthz answers %d %s", answer.StatusCode, text)
			}
		})
	}
}

// brokenEngine is an engine that opens nothing.
type brokenEngine struct{ core.Engine }

func (brokenEngine) Open(context.Context, []byte, *core.Opened) error {
	return errors.New("the module is broken")
}

// TestFlood: log-ins that flood the queue from one address, or for one account, leave the others their turn.
func TestFlood(t *testing.T) {
	for _, c := range []struct {
		name  string
		flood func(i int) (from, email string)
	}{
		{"from one address", func(i int) (string, string) {
			return "192.0.2.1", fmt.Sprintf("nobody%d@example.com", i)
		}},
		{"for one account", func(i int) (string, string) {
			return fmt.Sprintf("198.51.100.%d", i), "nobody@example.com"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			hashing, err := admission.New(admission.Config{Workers: 1, Queue: 5})
			if err != nil {
				t.Fatal(err)
			}
			s := openShop(t, func(n *node.Config, h *httpapi.Config) { n.Hashing, h.TrustedHops = hashing, 1 })
			began, release := make(chan struct{}), make(chan struct{})
			var all sync.WaitGroup
			all.Go(func() {
				_ = hashing.Do(context.Background(), admission.Work{}, func() { close(began); <-release })
			})
			<-began
			arrived := func() uint64 { n := hashing.Stats(); return uint64(n.Waiting) + n.Refused }
			ask := func(from, email string, ended func(*http.Response, string)) {
				before := arrived()
				all.Go(func() {
					ended(s.post(t, "/auth/token/", `{"email":"`+email+`","password":"right"}`,
						"X-Forwarded-For: "+from))
				})
				for arrived() == before {
					time.Sleep(time.Millisecond)
				}
			}
			var mu sync.Mutex
			statuses := map[int]int{}
			for i := range 10 {
				from, email := c.flood(i)
				ask(from, email, func(answer *http.Response, body string) {
					mu.Lock()
					defer mu.Unlock()
					statuses[answer.StatusCode]++
					if answer.StatusCode == http.StatusServiceUnavailable && (answer.Header.Get("Retry-After") != "1" ||
						body != `{"detail":"Service temporarily unavailable, try again later."}`) {
						t.Errorf("503 with Retry-After %q: %s", answer.Header.Get("Retry-After"), body)
					}
				})
			}
			ask("203.0.113.1", "ana@example.com", func(answer *http.Response, body string) {
				if answer.StatusCode != http.StatusOK {
					t.Errorf("log-in beside a flood: %d %s, want 200", answer.StatusCode, body)
				}
			})
			close(release)
			all.Wait()
			if statuses[http.StatusUnauthorized] != 4 || statuses[http.StatusServiceUnavailable] != 6 {
				t.Errorf("the flood got %v, want 4 times 401 and 6 times 503", statuses)
			}
		})
	}
}
