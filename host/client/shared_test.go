package client_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/client"
)

// lossy loses requests, and answers.
type lossy struct {
	http.RoundTripper
	mu   sync.Mutex
	rand *rand.Rand
}

func (l *lossy) lose(tenths int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rand.IntN(10) < tenths
}

func (l *lossy) RoundTrip(request *http.Request) (*http.Response, error) {
	if l.lose(1) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	answer, err := l.RoundTripper.RoundTrip(request)
	if err == nil && l.lose(1) {
		answer.Body.Close()
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	return answer, err
}

// TestSharedSession: eight clients that share a file, with ten goroutines each, lose no session in a network that loses
// a fifth of what is sent, although each access token lasts two seconds.
func TestSharedSession(t *testing.T) {
	const clients, goroutines, lasts = 8, 10, time.Minute
	short := func(s *core.Settings) { s.AccessTokenLifetime = 2 * time.Second }
	inBubble(t, short, func(w *world) {
		path := filepath.Join(w.dir, "tokens")
		var people []*person
		for i := range clients {
			people = append(people, w.person(client.Config{Storage: client.File(path),
				Transport: &lossy{RoundTripper: w.transport(), rand: rand.New(rand.NewPCG(1, uint64(i)))}}))
		}
		for people[0].Login(w.Context(), "ana@example.com", "right") != nil {
		}
		var work sync.WaitGroup
		var good, unanswered atomic.Int64
		for _, p := range people {
			for range goroutines {
				work.Go(func() {
					for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
						c := p.HTTP()
						c.Timeout = 5 * time.Second
						answer, err := c.Get("http://127.0.0.1:8000/customers/me/")
						switch {
						case errors.Is(err, client.ErrLoggedOut):
							w.Error("the session is lost")
							return
						case err != nil:
							unanswered.Add(1)
							continue
						}
						answer.Body.Close()
						if answer.StatusCode != http.StatusOK {
							w.Errorf("status %d", answer.StatusCode)
							return
						}
						good.Add(1)
					}
				})
			}
		}
		work.Wait()
		for _, p := range people {
			p.Close()
			p.wantTold()
		}
		if good.Load() < 1000 {
			w.Errorf("%d requests were answered, %d were not", good.Load(), unanswered.Load())
		}
		// One refresh for each client and token, and some again since the network loses a fifth.
		if n, most := w.count(refreshPath), int(clients*lasts/(2*time.Second)*12/10); n > most {
			w.Errorf("%d refreshes, more than %d", n, most)
		}
		w.Logf("%d answered, %d not, %d refreshes", good.Load(), unanswered.Load(), w.count(refreshPath))
	})
}
