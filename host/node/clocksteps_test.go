package node_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
)

// R3 at random: the wall clock leaps forward and back, by up to 30 days or to an implausible time, while log-ins come
// and go and the node restarts. Nothing that was revoked is ever accepted again, and log-ins work whenever the clock
// is right.
func TestClockSteps(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 11))
			s := &steps{world: newWorld(t, nil), random: random}
			s.restart(t)
			for range 250 {
				s.step(t)
			}
			// The clock is right for good.
			s.set(0)
			s.check(t)
			s.passes(90 * day)
			s.check(t)
			must(t, s.Purge(t.Context()))
			if left, err := s.store.Stats(t.Context()); err != nil || left.Families != 0 {
				t.Errorf("%d families are left 90 days later, %v", left.Families, err)
			}
		})
	}
}

// steps is a node whose wall clock is wrong by a time.
type steps struct {
	*world
	random  *rand.Rand
	wrong   time.Duration
	alive   []pair
	revoked []pair
}

type pair struct{ refresh, access string }

// set sets the wall clock.
func (s *steps) set(wrong time.Duration) { s.now, s.wrong = s.now.Add(wrong-s.wrong), wrong }

func (s *steps) step(t *testing.T) {
	t.Helper()
	s.passes(time.Duration(s.random.Int64N(int64(6 * time.Hour))))
	switch s.random.IntN(8) {
	case 0:
		s.set(time.Duration(s.random.Int64N(int64(60*day))) - 30*day)
	case 1:
		s.set([]time.Duration{0, 0, 400 * day, 70 * 365 * day, -50 * 365 * day}[s.random.IntN(5)])
	case 2:
		if s.random.IntN(2) == 0 {
			s.now = s.now.Add(time.Duration(s.random.Int64N(int64(2 * day)))) // it was off for so long
		}
		s.restart(t)
	case 3, 4:
		result, err := s.Login(t.Context(), client, "ana@example.com", "right")
		if err == nil && !result.Refused() {
			s.alive = append(s.alive, pair{result.Tokens[0].Value, result.Tokens[1].Value})
		} else if s.wrong == 0 {
			t.Fatalf("Login under the right clock = %v, %v", causeOf(result), err)
		}
	case 5:
		if len(s.alive) == 0 {
			break
		}
		i := s.random.IntN(len(s.alive))
		p := s.alive[i]
		if result, err := s.Blacklist(t.Context(), p.refresh); err != nil {
			t.Fatal(err)
		} else if result.Refused() { // by the clock: the browser's way asks for no time
			must(t, s.EndLogin(t.Context(), p.access))
		}
		s.alive, s.revoked = append(s.alive[:i], s.alive[i+1:]...), append(s.revoked, p)
	case 6:
		if s.random.IntN(4) == 0 {
			must(t, s.store.Revoke(t.Context(), core.Integer(1)))
			s.alive, s.revoked = nil, append(s.revoked, s.alive...)
		}
	case 7:
		must(t, s.Purge(t.Context()))
	}
	s.check(t)
}

// check shows what was revoked last.
func (s *steps) check(t *testing.T) {
	t.Helper()
	for _, p := range s.revoked[max(0, len(s.revoked)-12):] {
		for _, token := range []string{p.refresh, p.access} {
			if result, err := s.Verify(t.Context(), token); err != nil || !result.Refused() {
				t.Fatalf("by a clock that is wrong by %v a revoked token is good: %v", s.wrong, err)
			}
		}
		if result, err := s.Refresh(t.Context(), p.refresh); err == nil && !result.Refused() {
			t.Fatalf("by a clock that is wrong by %v a revoked log-in is refreshed", s.wrong)
		}
	}
	if s.wrong == 0 {
		refresh, access := s.login(t)
		for name, result := range map[string]func() (node.Result, error){
			"refresh": func() (node.Result, error) { return s.Refresh(t.Context(), refresh) },
			"check":   func() (node.Result, error) { return s.Authenticate(t.Context(), access) },
		} {
			if r, err := result(); err != nil || r.Refused() {
				t.Fatalf("%s of a log-in under the right clock = %v, %v", name, causeOf(r), err)
			}
		}
	}
}
