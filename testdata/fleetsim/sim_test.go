package fleetsim_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store"
)

// tick is the time between two steps, troubles how long a run is troubled, and wellWithin the time after which all
// stores must be equal once nothing troubles them.
const (
	helloEvery = 500 * time.Millisecond // that of host/fleet
	tick       = 40 * time.Millisecond
	troubles   = 20 * time.Second
	wellWithin = 15 * time.Second
)

// atHub reports whether a refresh is answered once the hub has it.
func (w *world) atHub() bool { return w.settings.Durability == fleet.AtHub }

// later has something be done in a while.
func (w *world) later(d time.Duration, do func()) { w.dues = append(w.dues, due{w.elapsed() + d, do}) }

// overdue does what is due.
func (w *world) overdue(now time.Duration) {
	for i := 0; i < len(w.dues); i++ {
		if d := w.dues[i]; d.at <= now {
			w.dues = slices.Delete(w.dues, i, i+1)
			d.do()
			i = -1
		}
	}
}

// run drives a fleet through a run.
func (w *world) run() {
	for range 6 {
		w.add()
	}
	time.Sleep(2 * time.Second)
	for w.elapsed() < troubles {
		time.Sleep(w.between(tick/2, 3*tick/2)) // never when something else happens
		w.overdue(w.elapsed())
		w.hear()
		w.step()
		if w.rand.IntN(12) == 0 {
			w.remember()
		}
		if len(w.faults) > 0 && w.rand.IntN(20) == 0 {
			w.faults[w.rand.IntN(len(w.faults))].do(w)
		}
	}
	w.heal()
	w.note("all is well again; the hub has refused %v", w.hub.process().hub.Status(nil).Refusals)
	w.converge()
}

// heal ends all faults.
func (w *world) heal() {
	w.overdue(1 << 62)
	for _, s := range w.withdrawn {
		w.mustBeAway(s)
		s.kill()
	}
	for _, s := range w.edges {
		s.setClock(s.usualSkew, false)
		s.setLink(w.usual())
		w.up(s)
	}
	w.up(w.hub)
}

// mustBeAway checks that a node that was withdrawn has become stale.
func (w *world) mustBeAway(s *station) {
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	p := s.process()
	if p != nil && s.left != 0 && w.elapsed() > s.left+staleness+time.Second && p.age() < staleness {
		w.violate(stillThere, "%s, withdrawn at %v, knows what happened %v ago", s.name, s.left, p.age())
	}
}

// converge waits until all stores are equal, and says what differs if they do not become so.
func (w *world) converge() {
	var differs string
	for began := w.elapsed(); w.elapsed() < began+wellWithin; {
		time.Sleep(time.Second)
		w.restartOvertaken()
		w.hear()
		if differs = w.unlike(); differs == "" && w.unwell() == "" {
			w.atRest()
			return
		}
	}
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	if differs != "" {
		w.violate(notConverged, "%s", differs)
	}
	if unwell := w.unwell(); unwell != "" {
		w.violate(neverWell, "%s", unwell)
	}
}

// restartOvertaken does what the log of a node asks for that was overtaken: by the last word of a clone, which may come
// when the clone is gone.
func (w *world) restartOvertaken() {
	for _, s := range w.edges {
		p := s.process()
		if !s.twin || p == nil || !errors.Is(p.edge.Leased(), fleet.ErrFenced) {
			continue
		}
		w.note("%s: an operator starts it again, since it was overtaken", s.name)
		s.twin = false // there is nobody left who could do so again
		s.kill()
		w.up(s)
	}
}

// unwell says which node does not do all that it should; "": each does.
func (w *world) unwell() string {
	for _, s := range append([]*station{w.hub}, w.edges...) {
		p := s.process()
		if age := p.age(); age > time.Second {
			return fmt.Sprintf("%s: its knowledge has the age %v", s.name, age)
		}
		var end end = p.edge
		if p.hub != nil {
			end = p.hub
		}
		if err := end.Leased(); err != nil {
			return fmt.Sprintf("%s: %v", s.name, err)
		}
	}
	return ""
}

// unlike says how a store differs from the hub's; "": none does.
func (w *world) unlike() string {
	want := w.dump(w.hub)
	for _, s := range w.edges {
		if has := w.dump(s); !slices.Equal(has, want) {
			return fmt.Sprintf("%s lacks %q, and has %q in excess", s.name, lacks(has, want), lacks(want, has))
		}
	}
	return ""
}

// lacks are those of want that are not in have.
func lacks(have, want []string) (list []string) {
	for _, x := range want {
		if !slices.Contains(have, x) {
			list = append(list, x)
		}
	}
	return list
}

// dump is what a store has that all must have, in an order.
func (w *world) dump(s *station) (list []string) {
	db := s.process().db
	customers, err := db.Export(w.ctx, core.CustomerID{}, 1000)
	w.must(err)
	for _, c := range customers {
		list = append(list, fmt.Sprintf("customer %v %s %v %s", c.ID, c.Email, c.IsActive, c.PasswordHash))
	}
	r, err := db.Revocations(w.ctx, store.FieldID, time.Unix(0, 0), 1<<20)
	w.must(err)
	for _, f := range r.Families {
		list = append(list, fmt.Sprintf("dead %x %d", f.Bits, f.Start))
	}
	for _, c := range r.CutOffs {
		list = append(list, fmt.Sprintf("cut-off %v %d", c.Subject, c.At))
	}
	for _, n := range r.Numbers {
		list = append(list, fmt.Sprintf("cut-off of node %d %d", n.Number, n.At))
	}
	members, err := db.Members(w.ctx)
	w.must(err)
	for _, m := range members {
		list = append(list, fmt.Sprintf("member %+v", m))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// atRest checks what must hold once all stores are equal.
func (w *world) atRest() {
	w.steps.Wait()
	time.Sleep(15 * time.Second) // what was sent over slow links arrives
	w.hear()
	heads := w.heads()
	time.Sleep(3 * time.Second)
	w.truth.mu.Lock()
	defer w.truth.mu.Unlock()
	if now := w.heads(); !slices.Equal(heads, now) {
		w.violate(withoutEnd, "heads were %v, and are %v", heads, now)
	}
	for _, l := range w.truth.logins {
		state, err := w.hub.process().state(w, l)
		over := state.Family.Dead || l.family.Start <= state.CutOff
		if !over && !l.rewound && state.Family.Generation < l.last {
			w.violate(unknownAtHub, "%s.%d: generation %d, %v", l.name, l.last, state.Family.Generation, err)
		}
		for _, s := range w.all() {
			p := s.process()
			r, err := p.Authenticate(p.ctx, l.access)
			switch {
			case err != nil:
				w.violate(neverWell, "%s: a check says %v", s.name, err)
			case r.Refused():
				w.refused(l, s, p, "at rest: "+why(r).String())
			case l.dead != 0 || l.shut != 0 || l.ended != 0 || l.secret.dead != 0:
				w.violate(deadLives, "%s at %s", l.name, s.name)
			}
		}
	}
	for _, s := range w.all() {
		w.listsTheLiving(s)
	}
	for _, c := range w.truth.customers {
		w.samePassword(c)
	}
}

// listsTheLiving checks that a store lists nothing that ended. The caller holds mu.
func (w *world) listsTheLiving(s *station) {
	rows := map[core.FamilyKey]bool{}
	for _, c := range w.truth.customers {
		list, _, err := s.process().db.Logins(w.ctx, core.Integer(c.id), 0, 1000)
		w.must(err)
		for _, row := range list {
			rows[row.Family] = true
		}
	}
	w.shown += len(rows)
	for _, l := range w.truth.logins {
		if rows[l.family] && (l.dead != 0 || l.shut != 0 || l.ended != 0 || l.secret.dead != 0) {
			w.violate(deadListed, "%s at %s", l.name, s.name)
		}
	}
}

// samePassword checks that one password of a customer is good, the same at all nodes, and not one of old.
func (w *world) samePassword(c *customer) {
	var want []string
	for i, s := range w.all() {
		var good []string
		for _, x := range c.secrets {
			p := s.process()
			r, err := p.Login(p.ctx, client, c.email(), x.text)
			if err == nil && !r.Refused() {
				good = append(good, x.text)
				if x.dead != 0 {
					w.violate(oldPassword, "%s of %d is good at rest at %s", x.text, c.id, s.name)
				}
			}
		}
		if i == 0 {
			want = good
		}
		if !slices.Equal(good, want) || len(good) > 1 {
			w.violate(presentPassword, "of %d: %v at the hub, %v at %s", c.id, want, good, s.name)
		}
	}
}

// heads are the last frames that all nodes made.
func (w *world) heads() (list []string) {
	for _, s := range w.all() {
		list = append(list, fmt.Sprint(s.process().db.Head()))
	}
	return list
}

// outcome is what came of a run.
type outcome struct {
	seed    uint64
	faults  string
	bad     []violation
	history []string
	counted map[string]int
	logins  int
	given   int
	shown   int // rows of lists of log-ins
}

// simulate makes the run of a seed. only, if not "", leaves those of its faults whose names it has.
func simulate(t *testing.T, seed uint64, only string) (o outcome) {
	t.Helper()
	t.Run(fmt.Sprint(seed), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed, fleet.Durability(seed%2))
			defer w.close()
			names := w.choose(only)
			w.run()
			w.steps.Wait()
			w.truth.mu.Lock()
			defer w.truth.mu.Unlock()
			o = outcome{seed: seed, faults: names, bad: w.truth.bad, history: w.truth.history.lines,
				counted: w.truth.counted, logins: len(w.truth.logins), shown: w.shown}
			for _, l := range w.truth.logins {
				o.given += len(l.given)
			}
		})
	})
	return o
}

// choose draws the faults of the run.
func (w *world) choose(only string) string {
	var names []string
	for _, f := range allFaults {
		if drawn := w.rand.IntN(5) < 2; only == "" && drawn || slices.Contains(strings.Split(only, ","), f.name) {
			w.faults, names = append(w.faults, f), append(names, f.name)
		}
	}
	if only == "" && slices.Contains(names, "restore") {
		// What two files have forgotten at once, nobody knows any more.
		w.faults = slices.DeleteFunc(w.faults, func(f fault) bool { return f.rewinds })
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.ContainsFunc(w.faults, named(name)) })
	}
	return strings.Join(names, ",")
}

func named(name string) func(fault) bool { return func(f fault) bool { return f.name == name } }

// report is how a violation is told.
func (o outcome) report() string {
	var b strings.Builder
	for _, v := range o.bad {
		fmt.Fprintf(&b, "%s: %s\n", v.what, v.how)
	}
	fmt.Fprintf(&b, "faults: %s\nagain: GOMAXPROCS=1 FLEETSIM_SEED=%d go test -count=1 -v -run=TestFleet "+
		"./testdata/fleetsim\n%s", o.faults, o.seed, strings.Join(o.history, "\n"))
	return b.String()
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What clients notice holds whatever goes wrong.
func TestFleet(t *testing.T) {
	only := os.Getenv("FLEETSIM_FAULTS")
	if seed := number(t, "FLEETSIM_SEED", 0); seed != 0 {
		o := simulate(t, seed, only)
		t.Log(o.report())
		if len(o.bad) > 0 {
			t.Fail()
		}
		return
	}
	runs := number(t, "FLEETSIM_RUNS", 100)
	first := number(t, "FLEETSIM_FIRST", 1)
	if n := number(t, "FLEETSIM_TWICE", 0); n != 0 {
		twice(t, first, n)
		return
	}
	var all []outcome
	counted := map[string]int{}
	logins, given, shown := 0, 0, 0
	search(t, first, runs, func(seed uint64) bool {
		o := simulate(t, seed, only)
		mu.Lock()
		defer mu.Unlock()
		logins, given, shown = logins+o.logins, given+o.given, shown+o.shown
		for what, n := range o.counted {
			counted[what] += n
		}
		if len(o.bad) > 0 {
			all = append(all, o)
		}
		return len(all) < 5
	})
	for _, what := range slices.Sorted(maps.Keys(counted)) {
		t.Logf("known to remain: %s: %d times", what, counted[what])
	}
	t.Logf("%d runs, %d log-ins, %d refresh tokens, %d rows of lists", runs, logins, given, shown)
	if shown == 0 {
		t.Error("nothing was listed")
	}
	for _, o := range all {
		t.Error(o.report())
	}
}

// twice makes runs of seeds twice, and says which of them gave another history.
func twice(t *testing.T, first, runs uint64) {
	other := 0
	search(t, first, runs, func(seed uint64) bool {
		once, again := simulate(t, seed, "").moments(), simulate(t, seed, "").moments()
		if slices.Equal(once, again) {
			return true
		}
		at := 0
		for at < min(len(once), len(again)) && once[at] == again[at] {
			at++
		}
		mu.Lock()
		defer mu.Unlock()
		other++
		t.Logf("seed %d: once\n%s\nagain\n%s", seed, strings.Join(once[at:], "\n"), strings.Join(again[at:], "\n"))
		return true
	})
	t.Logf("%d of %d seeds gave another history", other, runs)
}

// moments is the history, with what happened at one moment in an order of its own.
func (o outcome) moments() []string { return slices.Sorted(slices.Values(o.history)) }

var mu sync.Mutex

// search makes the runs of seeds, some at a time, until one says that it is enough.
func search(t *testing.T, first, runs uint64, run func(seed uint64) (more bool)) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	next := make(chan uint64)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := range next {
				if !run(seed) {
					stop()
				}
			}
		})
	}
	for seed := first; seed < first+runs && ctx.Err() == nil; seed++ {
		select {
		case next <- seed:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
}
