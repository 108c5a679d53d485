package kill_test

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const clients = 32

// load is how much work there is.
type load struct {
	sessions     int
	refreshes    int // of each session
	blacklisting int // of each session
}

func (l load) steps() int { return l.sessions * (2 + l.refreshes + l.blacklisting) }

func TestKill(t *testing.T) {
	l := load{sessions: 24, refreshes: 20, blacklisting: 4}
	if os.Getenv("KILL_FULL") != "" {
		l = load{sessions: 200, refreshes: 100, blacklisting: 10}
	}
	n := newNode(t)
	n.start(t)

	var acked ledger
	var done atomic.Int64
	var killings sync.WaitGroup
	// step counts an acknowledged step. The node is killed at a quarter, a half and three quarters of the work,
	// while the other clients are busy.
	step := func() {
		at := int(done.Add(1))
		for quarter := 1; quarter <= 3; quarter++ {
			if at == l.steps()*quarter/4 {
				killings.Go(func() { n.killAndRestart(t, &acked) })
			}
		}
	}

	work := make(chan int)
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for id := range work {
				s := session{node: n, acked: &acked, step: step, id: id, load: l}
				if err := s.run(); err != nil {
					t.Errorf("session %d: %v", id, err)
				}
			}
		})
	}
	for id := 1; id <= l.sessions; id++ {
		work <- id
	}
	close(work)
	running.Wait()
	killings.Wait()

	if t.Failed() {
		t.Logf("log of the node:\n%s", n.logTail())
		return
	}
	if got, want := int(done.Load()), l.steps(); got != want {
		t.Errorf("%d steps were acknowledged, want %d", got, want)
	}
	if n.kills != 3 {
		t.Errorf("the node was killed %d times, want 3", n.kills)
	}
	acked.check(t, n)
	if err := n.stop(); err != nil {
		t.Errorf("SIGTERM at the end: %v, want exit status 0", err)
	}
	t.Logf("%d log-ins, %d refreshes, %d blacklistings from %d clients, killed %d times",
		l.sessions, l.sessions*l.refreshes, l.sessions*l.blacklisting, clients, n.kills)
}

// session is the work of one customer, whose id is the session's number.
type session struct {
	node  *node
	acked *ledger
	step  func()
	id    int
	load  load
}

func (s session) email() string { return fmt.Sprintf("customer%d@example.com", s.id) }

func (s session) run() error {
	password := fmt.Sprintf("correct horse %d", s.id)
	if err := s.node.addCustomer(s.id, s.email(), password); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	s.acked.customer(s.id)
	s.step()

	var pair struct{ Refresh, Access string }
	asked, status, err := s.node.post("/auth/token/", map[string]string{"email": s.email(), "password": password},
		&pair)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("log-in: status %d, %v", status, err)
	}
	s.acked.login(s.id, asked, time.Now())
	s.step()

	for i := range s.load.refreshes {
		var answer struct{ Access string }
		_, status, err := s.node.post("/auth/token/refresh/", map[string]string{"refresh": pair.Refresh}, &answer)
		if err != nil || status != http.StatusOK || answer.Access == "" {
			return fmt.Errorf("refresh %d: status %d, %v", i, status, err)
		}
		s.step()
	}
	for i := range s.load.blacklisting {
		token := pair.Refresh
		if i < s.load.blacklisting-1 {
			token = issue("refresh", s.id) // as the API that this replaces issued it
		}
		_, status, err := s.node.post("/auth/token/blacklist/", map[string]string{"refresh": token}, nil)
		// 401 is the answer to a repeated request: the first one was applied, but the node died before it could say so.
		if err != nil || status != http.StatusOK && status != http.StatusUnauthorized {
			return fmt.Errorf("blacklisting %d: status %d, %v", i, status, err)
		}
		s.acked.blacklisting(token)
		s.step()
	}
	return nil
}
