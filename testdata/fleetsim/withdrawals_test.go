package fleetsim_test

import (
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/store/fact"
)

// leaver is an edge that an administrator withdraws, once in a run; nil: none. It goes on, and nobody asks it.
func (w *world) leaver() *station {
	if len(w.edges) < edges || len(w.clones) > 0 || w.hub.process() == nil {
		return nil
	}
	i := w.rand.IntN(len(w.edges))
	s := w.edges[i]
	w.edges = slices.Delete(slices.Clone(w.edges), i, i+1)
	w.withdrawn = append(w.withdrawn, s)
	return s
}

// changeMember changes the record of a member at the hub.
func (w *world) changeMember(p *process, number uint16, change func(*fact.Member)) error {
	return p.db.UpdateMembers(p.ctx, func(have []fact.Member) ([]fact.Member, error) {
		for _, m := range have {
			if m.Number == number {
				change(&m)
				return []fact.Member{m}, nil
			}
		}
		return nil, nil
	})
}

// withdrawPlanned withdraws an edge as fleet withdraw does: once the hub has all of it, and its lease has ended, the
// hub is the home of its log-ins.
func (w *world) withdrawPlanned() {
	s := w.leaver()
	if s == nil {
		return
	}
	w.truth.mu.Lock()
	s.leaving = true
	w.truth.mu.Unlock()
	for range 6 {
		w.logInAt(s)
	}
	if w.rand.IntN(2) == 0 { // the hub cannot ask it to stop, and its lease runs on
		w.haveLink(s, fleettest.Link{Dark: true}, 8*time.Second)
	}
	w.at(w.hub, func(p *process, began time.Duration) {
		status := func() (m fleet.MemberStatus) {
			members, err := p.db.Members(p.ctx)
			if err != nil {
				return m
			}
			all := p.hub.Status(members).Hub.Members
			return all[slices.IndexFunc(all, func(m fleet.MemberStatus) bool { return m.Number == s.number })]
		}
		p.hub.Leave(s.number, true)
		m := status()
		for m.Connected && !(m.Left && m.Waiting == 0) && w.elapsed() < began+10*time.Second {
			time.Sleep(helloEvery)
			m = status()
		}
		err := w.changeMember(p, s.number, func(m *fact.Member) { m.Withdrawn = w.hub.now().UnixMicro() })
		w.truth.mu.Lock()
		w.note("hub: %s is withdrawn, asked at %v, connected: %v: %v", s.name, began, m.Connected, err)
		if err == nil {
			s.left = w.elapsed()
		} else { // the hub was killed meanwhile
			p.hub.Leave(s.number, false)
		}
		if sound, _ := s.sound(); !sound || !m.Connected || !m.Left || m.Waiting > 0 {
			w.unhearLogins(s)
			w.forgetEnds(s, "a log-out is forgotten, since its node was withdrawn and had told nobody")
		}
		w.truth.mu.Unlock()
		time.Sleep(2 * helloEvery) // the log tells the edge that it was withdrawn
		p.hub.Drop(s.number)
		time.Sleep(m.Lease)
		if err == nil {
			err = w.changeMember(p, s.number, func(m *fact.Member) { m.AtHub = true })
		}
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		w.note("hub: has the log-ins of %s: %v", s.name, err)
		if err == nil {
			s.handed = w.elapsed()
		}
	})
	w.later(tick, func() { w.linger(s) })
}

// linger has clients of a node that is being withdrawn refresh there as long as it lets them.
func (w *world) linger(s *station) {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	for _, l := range w.truth.logins {
		if l.home.number == s.number && l.ended == 0 && l.dead == 0 {
			w.later(w.between(0, staleness+2*time.Second), func() { w.refresh(l, w.latest(l, false), s) })
		}
	}
}

// withdrawStolen withdraws an edge that was stolen, with its log-ins.
func (w *world) withdrawStolen() {
	s := w.leaver()
	if s == nil {
		return
	}
	w.truth.mu.Lock()
	var its []*login
	for _, l := range w.truth.logins {
		if l.home.number == s.number {
			its, l.doubtful = append(its, l), true
		}
	}
	s.stolen = true
	w.truth.mu.Unlock()
	w.at(w.hub, func(p *process, began time.Duration) {
		err := w.changeMember(p, s.number, func(m *fact.Member) {
			now := w.hub.now()
			m.Withdrawn, m.CutOff, m.AtHub = now.UnixMicro(), now.UnixMilli(), true
		})
		if err == nil {
			p.hub.Drop(s.number)
			err = p.hub.Confirmed(p.ctx)
		}
		w.truth.mu.Lock()
		defer w.truth.mu.Unlock()
		w.note("hub: %s is withdrawn, asked at %v: %v", s.name, began, err)
		w.forgetEnds(s, "a log-out is forgotten, since its node was withdrawn and had told nobody")
		if err == nil {
			s.left = w.elapsed()
			w.dieAll(began, its)
		}
	})
}
