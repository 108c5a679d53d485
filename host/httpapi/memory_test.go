package httpapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
)

// TestMemoryOfBodies: bodies share memory. One that has it all, and stalls, makes room for whoever sends, and so does
// one that waits for its turn.
func TestMemoryOfBodies(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.MaxBody, h.BodyMemory = 1<<20, 1<<20+1 })
	large := func(body io.Reader) *httptest.ResponseRecorder {
		request := httptest.NewRequestWithContext(t.Context(), "POST", "/auth/token/", io.MultiReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.ContentLength = -1
		answer := httptest.NewRecorder()
		s.Config.Handler.ServeHTTP(answer, request)
		return answer
	}
	whole := strings.Repeat(" ", 1<<20-100) + "no JSON"
	body, w := io.Pipe()
	stalled := make(chan *httptest.ResponseRecorder)
	go func() { stalled <- large(body) }()
	// Once these are read, all memory is taken.
	if _, err := io.WriteString(w, whole); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return httpapi.Memory(s.Config.Handler).Stalled == 1 })
	if answer := large(strings.NewReader(whole)); answer.Code != http.StatusBadRequest {
		t.Errorf("a large body beside one that stalls = %d, want 400", answer.Code)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if answer := <-stalled; answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("the body that stalled = %d, Retry-After %q; want 503 with one", answer.Code,
			answer.Header().Get("Retry-After"))
	}

	release := httpapi.TakeTurns(s.Config.Handler)
	queued := make(chan *httptest.ResponseRecorder)
	go func() { queued <- large(strings.NewReader(whole)) }()
	waitFor(t, func() bool { return httpapi.Memory(s.Config.Handler).Queued == 1 })
	s.login(t)
	if answer := <-queued; answer.Code != http.StatusServiceUnavailable {
		t.Errorf("the body that waited for its turn = %d beside a small one, want 503", answer.Code)
	}
	release()
	if answer := large(strings.NewReader(whole)); answer.Code != http.StatusBadRequest {
		t.Errorf("a large body afterwards = %d, want 400", answer.Code)
	}
}

// TestReplacedHandlerSharesBounds: what is held under a handler and under the one that replaced it is counted together,
// also after the bound has changed.
func TestReplacedHandlerSharesBounds(t *testing.T) {
	const before, after, size = 250 << 10, 100 << 10, 90_000
	bounds := httpapi.NewBounds(before)
	share := func(memory int64) func(*node.Config, *httpapi.Config) {
		return func(_ *node.Config, h *httpapi.Config) { h.MaxBody, h.BodyMemory, h.Bounds = size, memory, bounds }
	}
	old, heir := openShop(t, share(before)), openShop(t, share(after))
	stall := func(s *shop) (*io.PipeWriter, chan int) {
		from, to := io.Pipe()
		ended := make(chan int, 1)
		go func() {
			request := httptest.NewRequestWithContext(t.Context(), "POST", "/auth/token/", from)
			request.Header.Set("Content-Type", "application/json")
			request.ContentLength = size
			answer := httptest.NewRecorder()
			s.Config.Handler.ServeHTTP(answer, request)
			ended <- answer.Code
		}()
		if _, err := to.Write(make([]byte, 60<<10)); err != nil {
			t.Fatal(err)
		}
		return to, ended
	}
	holds := func(n int) { // each takes 64 KiB
		t.Helper()
		waitFor(t, func() bool {
			held := httpapi.Memory(old.Config.Handler)
			return held.Stalled == n && held.Taken == int64(n)*64<<10
		})
	}
	var writers []*io.PipeWriter
	var answers []chan int
	for i, s := range []*shop{old, old, heir} {
		if s == heir {
			bounds.Resize(after) // less than is held
		}
		w, ended := stall(s)
		writers, answers = append(writers, w), append(answers, ended)
		holds([]int{1, 2, 1}[i])
	}
	if _, err := writers[2].Write(make([]byte, size-60<<10)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{http.StatusServiceUnavailable, http.StatusServiceUnavailable, http.StatusBadRequest} {
		_ = writers[i].Close()
		if code := <-answers[i]; code != want {
			t.Errorf("body %d = %d, want %d", i, code, want)
		}
	}
	holds(0)
	release := httpapi.TakeLists(old.Config.Handler)
	defer release()
	if free := httpapi.FreeLists(heir.Config.Handler); free != 0 {
		t.Errorf("the new handler has %d places for lists beside those of the old one", free)
	}
}

// TestNoMemoryForAnAnswer: whatever the path, an answer that there is no memory for is a 503.
func TestNoMemoryForAnAnswer(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.MaxBody, h.BodyMemory = 2000, 2001 })
	for path, contentType := range map[string]string{
		"/openapi.json": "text/html", "/auth/browse/": "text/html; charset=utf-8",
	} {
		request := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		answer := httptest.NewRecorder()
		s.Config.Handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" ||
			!strings.HasPrefix(answer.Header().Get("Content-Type"), contentType) {
			t.Errorf("%s = %d %v, want 503, Retry-After and %s", path, answer.Code, answer.Header(), contentType)
		}
	}
}

// TestLargeBodiesTakeTurns: large bodies are parsed a few at a time; who sends slowly holds no turn, and small bodies
// need none.
func TestLargeBodiesTakeTurns(t *testing.T) {
	s := openShop(t, nil)
	large := func(ctx context.Context, body io.Reader) int {
		request := httptest.NewRequestWithContext(ctx, "POST", "/auth/token/", io.MultiReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.ContentLength = -1
		answer := httptest.NewRecorder()
		s.Config.Handler.ServeHTTP(answer, request)
		return answer.Code
	}
	padding := strings.Repeat(" ", 100<<10)
	done := make(chan int, 4)
	var slow []*io.PipeWriter
	for range cap(done) {
		body, w := io.Pipe()
		go func() { done <- large(t.Context(), body) }()
		if _, err := io.WriteString(w, `{"email":`+padding); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, w)
	}
	if status := large(t.Context(), strings.NewReader(padding+"no JSON")); status != http.StatusBadRequest {
		t.Errorf("a large body beside slow ones = %d, want 400 at once", status)
	}

	release := httpapi.TakeTurns(s.Config.Handler)
	s.login(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if status := large(gone, strings.NewReader(padding+"no JSON")); status != http.StatusServiceUnavailable {
		t.Errorf("a large body whose turn does not come = %d, want 503", status)
	}
	release()
	for _, w := range slow {
		if _, err := io.WriteString(w, `"ana@example.com","password":"right"}`); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range slow {
		if status := <-done; status != http.StatusOK {
			t.Errorf("a slow large body = %d, want 200", status)
		}
	}
}

func TestMaxFields(t *testing.T) {
	s := openShop(t, func(_ *node.Config, h *httpapi.Config) { h.MaxFields = 3 })
	const urlEncoded = "Content-Type: application/x-www-form-urlencoded"
	for _, c := range []struct {
		body string
		want int
	}{{"email=ana@example.com&password=right&a=1", http.StatusOK}, {"email=ana@example.com&password=right&a=1&a=2",
		http.StatusBadRequest}} {
		if answer, body := s.ask(t, "POST", "/auth/token/", c.body, urlEncoded); answer.StatusCode != c.want {
			t.Errorf("%s: %d %s, want %d", c.body, answer.StatusCode, body, c.want)
		}
	}
}
