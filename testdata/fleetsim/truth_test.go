package fleetsim_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store"
)

// What a fleet must hold to. Each is a way in which clients can notice that something is wrong.
const (
	revokedLate     = "a connected node accepts what ended more than a second ago"
	revokedStale    = "a node accepts what ended longer ago than the bound of staleness"
	oldPassword     = "an old password lets somebody in after the bound of staleness"
	givenTwice      = "one generation of a log-in is given out twice"
	neededNot       = "a log-in that nobody ended is over"
	notConverged    = "the stores differ although all is well again"
	neverWell       = "a node does not come back although all is well again"
	withoutEnd      = "messages go on although nothing happens"
	presentPassword = "not the same password lets a customer in everywhere"
	unknownAtHub    = "the hub does not know of a refresh although all is well again"
	stillThere      = "a node that was withdrawn follows the fleet"
	twoHomes        = "a node that was withdrawn refreshes log-ins that the hub has by now"
	deadLives       = "what ended is alive once all is well again"
	deadListed      = "what ended is listed once all is well again"
)

// mostKept is how many violations a run keeps.
const mostKept = 12

// violation is what a run found.
type violation struct{ what, how string }

// truth is what clients know.
type truth struct {
	mu        sync.Mutex
	customers []*customer
	logins    []*login
	history   history
	bad       []violation
	restored  time.Duration  // when the hub was last restored
	counted   map[string]int // cases that are known to remain, by name
}

// customer is a customer, by the moments at which something about it was acknowledged.
type customer struct {
	id      int64
	secrets []*secret
	touched time.Duration // when a change of it was last asked for, or ended
	open    int           // changes that have not ended yet
	shut    time.Duration // it was disabled or removed; 0: it was not
	opened  time.Duration // when it was last asked to be enabled, or that ended
	gone    bool          // removed, or it may be
}

// secret is a password that a customer has or had, or may have.
type secret struct {
	text string
	dead time.Duration // another one took its place; 0: none did
}

// login is a log-in.
type login struct {
	*customer
	name     string
	secret   *secret
	home     *station
	born     time.Duration // when it was answered
	family   core.FamilyKey
	refresh  string // of the latest generation that the client got
	access   string
	last     uint32            // that generation
	given    map[uint32]string // refresh tokens by generation
	doubtful bool              // somebody ended it, or may have: by a log-out, or by a refresh whose answer was lost
	flying   int               // refreshes that have not been answered: one that is late may come with a spent token
	flies    uint32            // the generation that the latest of them shows
	ended    time.Duration     // a log-out of it was acknowledged; 0: none was
	dead     time.Duration     // the hub knew of its end, and that was acknowledged; 0: it did not
	endedAt  uint16            // by the node of this number
	weak     bool              // no other node than the hub was there to know of that
	rewound  bool              // its home was thrown back to an earlier state, or has a twin
	unheard  bool              // and the hub did not know then of the last refresh, or may not
	again    *process          // that of its home, since when refreshes may be delivered twice; nil: they are not
}

// mayRepeat notes that a refresh may be delivered twice. Its home does it once, but forgets that when it ends: then one
// that comes again may be the reuse of a token.
func (l *login) mayRepeat() {
	if l.again == nil {
		l.again = l.home.process()
	}
	l.doubtful = l.doubtful || l.forgot()
}

// forgot reports whether the home may do a refresh again.
func (l *login) forgot() bool { return l.again != nil && l.again != l.home.process() }

// history is what happened, line by line. It has a mutex of its own, since a node logs also while somebody waits for it
// who holds that of the truth.
type history struct {
	mu    sync.Mutex
	lines []string
}

// note enters a line into the history.
func (w *world) note(format string, args ...any) {
	line := fmt.Sprintf("%8.3f  ", w.elapsed().Seconds()) + fmt.Sprintf(format, args...)
	w.truth.history.mu.Lock()
	defer w.truth.history.mu.Unlock()
	w.truth.history.lines = append(w.truth.history.lines, line)
}

// violate notes a violation. The caller holds mu.
func (w *world) violate(what, format string, args ...any) {
	how := fmt.Sprintf(format, args...)
	w.note("VIOLATION: %s: %s", what, how)
	if len(w.truth.bad) < mostKept {
		w.truth.bad = append(w.truth.bad, violation{what, how})
	}
}

// count counts a case that is known to remain. The caller holds mu.
func (w *world) count(what string) {
	if w.truth.counted == nil {
		w.truth.counted = map[string]int{}
	}
	w.truth.counted[what]++
}

// settledFor is how long after a change of a customer its log-ins are left alone.
const settledFor = 3 * time.Second

// begin notes that somebody changes a customer. The caller holds mu, and calls end later.
func (c *customer) begin(now time.Duration) { c.touched, c.open = now, c.open+1 }
func (c *customer) end(now time.Duration)   { c.touched, c.open = now, c.open-1 }

// mustLive reports whether a node must accept a log-in: nobody has ended it since it began after the last cut-off had
// reached everybody, and the node knows the present. The caller holds mu.
func (l *login) mustLive(s *station, p *process) bool {
	return !l.doubtful && !l.forgot() && l.flying == 0 && l.ended == 0 && l.dead == 0 && l.open == 0 &&
		l.touched+settledFor < l.born && !l.rewound &&
		l.home.punctual() && p.age() < time.Second && s.steady() > settledFor
}

// accepted checks that a node may accept a log-in. began is when it was asked. The caller holds mu.
func (w *world) accepted(l *login, s *station, began time.Duration, what string) {
	age := func(at time.Duration) time.Duration {
		if at == 0 {
			return 0
		}
		return began - at
	}
	const after = 1300 * time.Millisecond // one second, and the way of messages
	dead := max(age(l.dead), age(l.shut))
	switch {
	case dead > staleness:
		w.violate(revokedStale, "%s at %s, %v after it ended: %s", l.name, s.name, dead, what)
	case age(l.secret.dead) > staleness:
		w.violate(oldPassword, "%s at %s, %v after the change: %s", l.name, s.name, age(l.secret.dead), what)
	case dead > after && s.steady() > dead+settledFor && !s.leaving:
		w.violate(revokedLate, "%s at %s, %v after it ended: %s", l.name, s.name, dead, what)
	}
}

// leaves checks that a node which is being withdrawn may refresh a log-in. The hub may never hear of it. The caller
// holds mu.
func (w *world) leaves(l *login, s *station, began time.Duration) {
	if !s.leaving {
		return
	}
	l.doubtful, l.rewound, l.unheard = true, true, true
	if s.handed != 0 && began > s.handed && l.home.number == s.number {
		w.violate(twoHomes, "%s at %s, %v after", l.name, s.name, began-s.handed)
	}
}

// refused checks that a node may refuse a log-in. The caller holds mu.
func (w *world) refused(l *login, s *station, p *process, what string) {
	if l.mustLive(s, p) {
		w.violate(neededNot, "%s of %v at %s: %s", l.name, l.born, s.name, what)
	}
}

// give notes that a refresh token was given out. The caller holds mu.
func (w *world) give(l *login, token string) {
	var o core.Opened
	w.must(w.engine.Open(w.ctx, []byte(token), &o))
	g := o.Family().Generation
	switch before, ok := l.given[g]; {
	case !ok:
		l.given[g] = token
	case before != token && l.unheard && (!w.atHub() || l.home.isHub()):
		w.count("a generation is given out again, since its home was thrown back, or had a twin, and had told nobody")
		l.doubtful = true
	case before != token:
		w.violate(givenTwice, "%s: generation %d", l.name, g)
	}
	if g >= l.last {
		l.last, l.refresh = g, token
	}
}

// hear finds out which log-outs the hub knows of by now.
func (w *world) hear() {
	p := w.hub.process()
	if p == nil {
		return
	}
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	for _, l := range w.truth.logins {
		if l.ended == 0 || l.dead != 0 {
			continue
		}
		if state, err := p.state(w, l); err == nil && state.Family.Dead {
			l.dead = w.elapsed()
		}
	}
}

// state is what a process knows of a log-in.
func (p *process) state(w *world, l *login) (core.State, error) {
	s, _, err := p.db.Load(w.ctx, store.Query{UserID: l.family.Customer, HasUser: true, HasFamily: true,
		Family: core.Family{Listed: true, Ours: true, Bits: l.family.Bits, Start: l.family.Start}})
	return s, err
}

// connected reports whether the hub knows of an edge that is there.
func (w *world) connected() bool {
	p := w.hub.process()
	if p == nil {
		return false
	}
	members, err := p.db.Members(w.ctx)
	if err != nil {
		return false
	}
	connected := func(m fleet.MemberStatus) bool { return m.Connected }
	return slices.ContainsFunc(p.hub.Status(members).Hub.Members, connected)
}

// die notes that a log-in has ended, which is acknowledged and known at the hub. The caller holds mu.
func (w *world) die(l *login) {
	if l.dead == 0 {
		l.dead, l.weak = w.elapsed(), !w.connected()
	}
}
