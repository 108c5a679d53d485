package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// fleetHistory is a hub and two edges, and what was acknowledged to their clients.
type fleetHistory struct {
	t         *testing.T
	random    *rand.Rand
	hub       *member
	edges     []*member
	dead      map[core.Family][]*member // where it was revoked
	reached   map[core.Family]uint32    // the generation that its home has given
	customers int64
}

// In any order of writes, deliveries, starts, copies and returns of an edge to an earlier file: what a node has
// acknowledged holds there, no home forgets a generation that it has given, and in the end all nodes agree.
func TestAdoptHistories(t *testing.T) {
	for seed := range uint64(12) {
		h := &fleetHistory{t: t, random: rand.New(rand.NewPCG(seed, 3)), dead: map[core.Family][]*member{},
			reached: map[core.Family]uint32{}, customers: 10}
		hub, edge := fleetOfTwo(t)
		other := join(t, 3)
		adopt(t, other, copyForEdge(t, hub), false)
		h.hub, h.edges = hub, []*member{edge, other}
		steps := []func(*member){h.write, h.write, h.advance, h.advance, h.advance, h.revoke, h.revoke, h.up, h.catchUp,
			h.copy, h.begin, h.trim, h.comeBack}
		for range 40 {
			steps[h.random.IntN(len(steps))](h.edges[h.random.IntN(2)])
			h.verify(fmt.Sprint("history ", seed))
		}
		h.agree(fmt.Sprint("history ", seed))
	}
}

func (h *fleetHistory) family(number int) core.Family {
	return began(uint64(number), uint64(h.random.IntN(6)))
}

// write changes customers at the hub.
func (h *fleetHistory) write(*member) {
	switch h.random.IntN(3) {
	case 0:
		h.customers++
		add(h.t, h.hub.DB, core.Integer(h.customers), fmt.Sprint(h.customers, "@example.com"))
	case 1:
		name := fmt.Sprint(h.random.IntN(100))
		_, err := h.hub.Set(bg, seven, store.Change{FirstName: &name}, time.Hour)
		must(h.t, err)
	default:
		must(h.t, h.hub.PutGroup(bg, "editors", []string{fmt.Sprint("a.b", h.random.IntN(9))}))
	}
}

func (h *fleetHistory) advance(m *member) {
	f := h.family(int(m.Number()))
	if state(h.t, m.DB, seven, f).Family.Dead {
		return
	}
	h.reached[f]++
	advanceTo(h.t, m, f, h.reached[f])
}

func (h *fleetHistory) revoke(m *member) {
	if h.random.IntN(3) == 0 {
		m = h.hub
	}
	f := h.family(1 + h.random.IntN(3))
	revokeAt(h.t, m, f, start/1000+1000)
	h.dead[f] = append(h.dead[f], m)
}

func (h *fleetHistory) up(m *member) {
	if refused := sendUp(h.t, m, h.hub); len(refused) > 0 {
		h.t.Errorf("the hub refuses %+v", refused)
	}
}

// catchUp follows the log, or takes over a copy where that has gone.
func (h *fleetHistory) catchUp(m *member) {
	position, err := m.Position(bg)
	must(h.t, err)
	_, after, err := fact.ReadLogPosition(position)
	must(h.t, err)
	if _, err = h.hub.Log(bg, after, 1); errors.Is(err, store.ErrLogGone) {
		h.copy(m)
		return
	}
	must(h.t, err)
	followLog(h.t, m, h.hub)
}

func (h *fleetHistory) copy(m *member) { adopt(h.t, m, copyForEdge(h.t, h.hub), false) }

func (h *fleetHistory) trim(*member) { must(h.t, h.hub.Acknowledge(bg, h.hub.Head())) }

// begin starts a process of an edge: it registers, takes its generations, and writes again what the hub may lack.
func (h *fleetHistory) begin(m *member) {
	m.restart(h.t, nil)
	h.goesOn(m)
}

// goesOn is begin once the store is open.
func (h *fleetHistory) goesOn(m *member) {
	must(h.t, m.Begin(bg))
	n, err := m.Node(bg)
	must(h.t, err)
	_, err = h.hub.Register(bg, n.Number, n.Incarnation)
	must(h.t, err)
	all, _ := paged(h.t, 500, generationsOf(h.hub, n.Number))
	must(h.t, m.TakeGenerations(bg, all))
	must(h.t, m.Reoffer(bg, h.random.IntN(2) == 0))
	sendUp(h.t, m, h.hub) // it refuses what earlier incarnations have advanced
}

// comeBack has an edge go on with an earlier file, after the hub has taken all that it had sent.
func (h *fleetHistory) comeBack(m *member) {
	h.up(m)
	must(h.t, m.Close())
	file, err := os.ReadFile(m.config.Path)
	must(h.t, err)
	m.clock.ms.Add(1000)
	m.open(h.t)
	h.goesOn(m)
	for range 5 {
		h.advance(m)
	}
	h.up(m)
	must(h.t, m.Close())
	must(h.t, os.WriteFile(m.config.Path, file, 0o600))
	m.clock.ms.Add(1000) // a later incarnation has a later time
	m.open(h.t)
	h.goesOn(m)
}

// verify says what a node has forgotten.
func (h *fleetHistory) verify(what string) {
	h.t.Helper()
	for f, at := range h.dead {
		for _, m := range at {
			if !state(h.t, m.DB, seven, f).Family.Dead {
				h.t.Fatalf("%s: family %+v lives at node %d, which has revoked it", what, f, m.Number())
			}
		}
	}
	for f, generation := range h.reached {
		m := h.edges[int(f.Bits>>33)-2]
		if s := state(h.t, m.DB, seven, f).Family; s.Generation != generation {
			h.t.Fatalf("%s: family %+v is %+v at its home, want generation %d", what, f, s, generation)
		}
	}
}

// agree brings all to all nodes, and says how they then differ.
func (h *fleetHistory) agree(what string) {
	h.t.Helper()
	for _, m := range h.edges {
		h.up(m)
	}
	want, err := h.hub.List(bg, core.CustomerID{}, 1000)
	must(h.t, err)
	groups, err := h.hub.Groups(bg)
	must(h.t, err)
	for _, m := range append(h.edges, h.hub) {
		if m != h.hub {
			h.catchUp(m)
		}
		got, err := m.List(bg, core.CustomerID{}, 1000)
		must(h.t, err)
		for i := range want { // each store counts versions for itself
			if i < len(got) {
				got[i].Version = want[i].Version
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			h.t.Errorf("%s: node %d has the customers %+v, want %+v", what, m.Number(), got, want)
		}
		if there, err := m.Groups(bg); err != nil || fmt.Sprint(there) != fmt.Sprint(groups) {
			h.t.Errorf("%s: node %d has the groups %+v, %v, want %+v", what, m.Number(), there, err, groups)
		}
		for f := range h.dead {
			if !state(h.t, m.DB, seven, f).Family.Dead {
				h.t.Errorf("%s: family %+v lives at node %d", what, f, m.Number())
			}
		}
	}
	for f, generation := range h.reached {
		if s := state(h.t, h.hub.DB, seven, f).Family; s.Generation != generation {
			h.t.Errorf("%s: the hub knows generation %d of family %+v, want %d", what, s.Generation, f, generation)
		}
	}
}
