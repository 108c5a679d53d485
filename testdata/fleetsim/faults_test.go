package fleetsim_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// fault is something that goes wrong.
type fault struct {
	name    string
	do      func(*world)
	rewinds bool // an edge forgets, or is forgotten: not in one run with a hub that does
}

// allFaults are what can go wrong. A run draws some of them.
var allFaults = []fault{
	{"dark", (*world).darkLink, false},
	{"slow", (*world).slowLink, false},
	{"lossy", (*world).lossyLink, false},
	{"frozen", (*world).freeze, false},
	{"crash", (*world).crash, false},
	{"torn", (*world).tornTail, true},
	{"backup", (*world).olderFile, true},
	{"clone", (*world).clone, true},
	{"clock", (*world).clockJump, false},
	{"behind", (*world).fallBehind, false},
	{"withdraw", (*world).withdrawStolen, true},
	{"planned", (*world).withdrawPlanned, true},
	{"restore", (*world).restoreHub, false},
}

// due is something to do later.
type due struct {
	at time.Duration
	do func()
}

// usual is a link that nothing is wrong with.
func (w *world) usual() fleettest.Link {
	return fleettest.Link{Delay: time.Duration(2+w.rand.IntN(20)) * time.Millisecond, Jitter: 10 * time.Millisecond}
}

// between is a duration up to most.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.rand.Int64N(int64(most-least)))
}

func (w *world) someEdge() *station { return w.edges[w.rand.IntN(len(w.edges))] }

// badLink has a link be bad for a time.
func (w *world) badLink(what string, l fleettest.Link, most time.Duration) {
	s := w.someEdge()
	w.note("%s: the link is %s", s.name, what)
	w.haveLink(s, l, most)
}

func (w *world) haveLink(s *station, l fleettest.Link, most time.Duration) {
	s.setLink(l)
	if s.apart() {
		w.unhear(s)
	}
	w.later(w.between(100*time.Millisecond, most), func() {
		w.note("%s: the link is good", s.name)
		s.setLink(w.usual())
	})
}

// unhear notes that the hub may not hear in time of what a node refreshes, while another process takes its place.
func (w *world) unhear(s *station) {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	w.unhearLogins(s)
}

// unhearLogins is unhear. The caller holds mu.
func (w *world) unhearLogins(s *station) {
	for _, l := range w.truth.logins {
		if l.home.number == s.number {
			l.rewound, l.unheard = true, true
		}
	}
}

func (w *world) darkLink() { w.badLink("dark", fleettest.Link{Dark: true}, 12*time.Second) }

// slowest is how long a message takes at most.
const slowest = 6 * time.Second

func (w *world) slowLink() {
	const jitter = 2 * time.Second
	w.badLink("slow", fleettest.Link{Delay: w.between(300*time.Millisecond, slowest-jitter), Jitter: jitter},
		10*time.Second)
}

func (w *world) lossyLink() {
	lossy := fleettest.Link{Delay: 5 * time.Millisecond, Jitter: 100 * time.Millisecond, Lost: 150, Twice: 150}
	w.badLink("lossy", lossy, 8*time.Second)
}

// freeze has a flow be forgotten: nothing passes until the edge dials again.
func (w *world) freeze() {
	s := w.someEdge()
	if s.hasTwin() {
		return
	}
	w.note("%s: the link is frozen", s.name)
	w.network.Freeze(s.number)
	s.trouble()
}

// down kills the process of a station and starts one later, before which it does something to the file.
func (w *world) down(s *station, what string, before func()) {
	if s.process() == nil {
		return
	}
	w.note("%s: %s", s.name, what)
	s.trouble()
	s.kill()
	w.later(w.between(100*time.Millisecond, 3*time.Second), func() {
		before()
		w.up(s)
	})
}

// up starts a process, if none runs.
func (w *world) up(s *station) {
	if s.process() == nil {
		s.start(s.open())
		w.note("%s: starts", s.name)
	}
	s.trouble()
}

func (w *world) crash() {
	s := w.someEdge()
	if w.rand.IntN(4) == 0 {
		s = w.hub
	}
	w.crashOf(s)
}

func (w *world) crashOf(s *station) { w.down(s, "crashes", func() {}) }

// tornTail has an edge crash, and its disk forget what it had said was durable.
func (w *world) tornTail() { w.throwBack(time.Second) }

// olderFile has an edge come back with a copy of its file, as from a snapshot of its machine.
func (w *world) olderFile() { w.throwBack(10 * time.Second) }

// throwBack has an edge go back to what its file was at most so long ago.
func (w *world) throwBack(most time.Duration) {
	s := w.someEdge()
	var to *image
	for i := range s.images {
		if x := &s.images[i]; x.at > w.elapsed()-most {
			to = x
			break
		}
	}
	if to == nil {
		return
	}
	w.rush(s)
	w.down(s, fmt.Sprintf("crashes, and goes back to %v", to.at), func() {
		w.must(os.WriteFile(s.path, to.file, 0o600))
		s.images = nil
		w.rewind(s)
	})
}

// rewind notes that an edge has forgotten the last that it did. What it told nobody is lost.
func (w *world) rewind(s *station) {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	for _, l := range w.truth.logins {
		if l.home.number == s.number {
			w.rewindLogin(l)
		}
	}
	w.forgetEnds(s, "a log-out is forgotten, since its node was thrown back and had told nobody")
}

// forgetEnds forgets the log-outs at a station that the hub has not heard of. The caller holds mu.
func (w *world) forgetEnds(s *station, why string) {
	for _, l := range w.truth.logins {
		if l.ended != 0 && l.dead == 0 && l.endedAt == s.number {
			w.count(why)
			l.ended = 0
		}
	}
}

// rewindLogin notes that the home of a log-in may have forgotten refreshes. The caller holds mu.
func (w *world) rewindLogin(l *login) {
	l.rewound = true
	p := w.hub.process()
	if p == nil {
		l.unheard = true
		return
	}
	state, err := p.state(w, l)
	l.unheard = l.unheard || l.flying > 0 || err != nil || state.Family.Generation < l.last
}

// remember keeps states of files, to go back to.
func (w *world) remember() {
	const most = 8
	s := w.someEdge()
	if s.process() == nil {
		return
	}
	if s.images = append(s.images, s.image()); len(s.images) > most {
		s.images = s.images[1:]
	}
}

// clone starts a second process with a copy of the file of an edge, at which some have just logged in.
func (w *world) clone() {
	s := w.someEdge()
	for range 6 {
		w.logInAt(s)
	}
	w.later(w.between(tick, helloEvery), func() { w.cloneOf(s) })
}

func (w *world) cloneOf(s *station) {
	if len(w.clones) > 0 || s.process() == nil || !slices.Contains(w.edges, s) {
		return
	}
	c := w.newStation(s.number, s.name+"'")
	w.must(os.WriteFile(c.path, s.image().file, 0o600))
	w.note("%s: a clone starts", s.name)
	for _, x := range []*station{s, c} {
		x.mu.Lock()
		x.cloned = true
		x.mu.Unlock()
	}
	c.usualSkew = s.usualSkew
	c.setClock(s.usualSkew, false)
	c.start(c.open())
	w.clones, s.twin = append(w.clones, c), true
	if s.apart() {
		w.unhear(s)
	}
	w.rush(s)
	w.later(w.between(2*time.Second, 9*time.Second), func() {
		w.note("%s: an operator ends the clone, and starts it again", s.name)
		c.kill()
		w.rewind(c)
		w.clones = slices.DeleteFunc(w.clones, func(x *station) bool { return x == c })
		s.mu.Lock()
		s.cloned = false
		s.mu.Unlock()
		if s.process() != nil {
			s.kill()
			w.up(s)
		}
	})
}

// clockJump has the clock of an edge be wrong for a while.
func (w *world) clockJump() {
	s := w.someEdge()
	jumps := []time.Duration{-time.Hour, -3 * time.Second, 2 * time.Second, 30 * time.Second, time.Hour,
		60 * 365 * 24 * time.Hour}
	by := jumps[w.rand.IntN(len(jumps))]
	w.note("%s: the clock jumps by %v", s.name, by)
	before := s.usualSkew
	s.setClock(before+by, true)
	w.later(w.between(100*time.Millisecond, 4*time.Second), func() {
		w.note("%s: the clock is right", s.name)
		s.setClock(before, false)
	})
}

// fallBehind has the hub remove from its log what an edge has yet to follow.
func (w *world) fallBehind() {
	w.crashOf(w.someEdge())
	w.later(w.between(100*time.Millisecond, 2*time.Second), func() {
		if p := w.hub.process(); p != nil {
			w.note("hub: trims its log")
			w.must(p.db.TrimLog(w.ctx, w.hub.now().Add(time.Hour), 0))
		}
	})
}

// restoreHub restores the hub from a backup, or makes one.
func (w *world) restoreHub() {
	p := w.hub.process()
	if p == nil {
		return
	}
	if w.hubBack.file == nil || w.rand.IntN(2) == 0 {
		b, err := p.db.Backup(w.ctx, nil)
		w.must(err)
		w.hubBack.at = w.elapsed()
		if p.hub.Whole() {
			w.hubSure = w.hubBack.at
		}
		w.hubBack.file, err = io.ReadAll(b)
		w.must(errors.Join(err, b.Close()))
		w.note("hub: a backup is made")
		return
	}
	if w.rand.IntN(4) > 0 {
		w.darkenAll()
	}
	for _, l := range w.living(5) { // which it may be alone to know
		w.logOutAt(l, w.hub)
	}
	w.later(tick, w.restoreNow)
}

// darkenAll has the hub lose all its links at once, before it notices.
func (w *world) darkenAll() {
	w.note("hub: all links are dark")
	for _, s := range w.edges {
		w.haveLink(s, fleettest.Link{Dark: true}, 2*time.Second)
	}
}

func (w *world) restoreNow() {
	w.down(w.hub, fmt.Sprintf("is restored from the backup of %v", w.hubBack.at), func() {
		r, err := backup.NewReader(bytes.NewReader(w.hubBack.file))
		w.must(err)
		time.Sleep(time.Second) // no two restores take less
		how := store.Restoring{Replace: true, KeepSessions: w.rand.IntN(2) == 0}
		_, err = store.Restore(w.ctx, w.hub.config(nil), r, how)
		w.must(err)
		w.forget(w.hubBack.at)
		w.later(w.between(0, time.Second), w.visit)
		for range 10 { // what it may have forgotten
			w.later(w.between(0, 4*time.Second), w.checkEnded)
		}
		w.later(w.between(500*time.Millisecond, 6*time.Second), w.resume)
	})
}

// resume gives up, as fleet resume --without does, the edges that are not there and have told a restored hub nothing.
func (w *world) resume() {
	p := w.hub.process()
	if p == nil || w.rand.IntN(2) == 0 {
		return
	}
	pending, err := p.db.Pending(w.ctx)
	w.must(err)
	for _, s := range w.edges {
		if sound, _ := s.sound(); sound || !slices.Contains(pending, s.number) {
			continue
		}
		w.note("hub: goes on without %s", s.name)
		w.must(p.hub.Resume(w.ctx, s.number))
		w.truth.mu.Lock()
		for _, l := range w.truth.logins {
			if l.dead > w.hubSure-time.Second || l.ended != 0 && l.dead == 0 {
				w.count("an end may be forgotten, since the hub goes on without a node that may alone know it")
				l.dead, l.ended, l.doubtful = 0, 0, true
			}
		}
		w.truth.mu.Unlock()
	}
}

// forget notes that the hub has forgotten what was changed after a moment. What ended stays so, if an edge knew.
func (w *world) forget(after time.Duration) {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	w.truth.restored = w.elapsed()
	for _, c := range w.truth.customers {
		c.touched = w.elapsed()
		if c.shut > after-time.Second {
			c.shut = 0
		}
		for _, s := range c.secrets {
			if s.dead > after-time.Second {
				s.dead = 0
			}
		}
	}
	for _, l := range w.truth.logins {
		if l.home.isHub() {
			l.rewound, l.unheard = true, true
		}
		if l.weak && l.dead > after-time.Second {
			l.dead, l.ended = 0, 0
			w.count("an end is forgotten, since only the hub knew when it was restored")
		}
	}
}
