package httpapi_test

import (
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
		t.Errorf("the body that stalled = %d, Retry-After %q; want 503 with one", answer.Code, answer.Header().Get("Retry-After"))
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
