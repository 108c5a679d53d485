package fleet

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// greet says hello twice a second, and dials again after a silence. A link that is silent again has longer to speak, so
// that a hub that is overloaded is not kept so by those who dial; and the edges of a hub that falls silent dial apart.
// A lane that has no link dials by itself.
func (e *Edge) greet(ctx context.Context) {
	quiet, longest, spread := time.Now(), silence, e.spread()
	talk := talk{e: e, heard: time.Now()}
	for {
		began := time.Now()
		answered := e.hello(ctx, false)
		if ctx.Err() == nil {
			talk.note(answered)
		}
		switch {
		case answered:
			quiet, longest = time.Now(), silence
		case ctx.Err() == nil && time.Since(quiet) >= longest && e.cfg.Lane.Connected() && pause(ctx, spread()):
			e.cfg.Lane.Redial()
			quiet, longest = time.Now(), min(2*longest, mostSilence)
			e.mu.Lock()
			e.redials++
			e.mu.Unlock()
		}
		if !e.rest(ctx, max(0, helloEvery-time.Since(began))) {
			e.leave(context.WithoutCancel(ctx))
			return
		}
	}
}

// spread gives waits of up to half of helloEvery, others at each edge. What they are is no secret, and they come again
// where the same edge begins the same incarnation, so that simulations are repeatable.
func (e *Edge) spread() func() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	chance := rand.New(rand.NewPCG(uint64(e.self.number), e.incarnation))
	return func() time.Duration { return time.Duration(chance.Int64N(int64(helloEvery / 2))) }
}

// talk logs when the hub ceases to answer, and when it answers again.
type talk struct {
	e     *Edge
	heard time.Time // when the hub answered last, or the talk began
	met   bool      // it has answered
	said  time.Time // when its silence was logged last; zero: it is not silent
}

func (t *talk) note(answered bool) {
	silent := time.Since(t.heard)
	switch {
	case answered:
		if !t.met {
			t.e.cfg.Log.Info("fleet: the hub answers")
		} else if !t.said.IsZero() {
			t.e.cfg.Log.Info("fleet: the hub answers again", "after", silent.Round(time.Millisecond))
		}
		t.heard, t.met, t.said = time.Now(), true, time.Time{}
	case silent >= silence && time.Since(t.said) >= sayAgain:
		why := "it takes the connection, and does not answer in time"
		if fault := t.e.cfg.Lane.Fault(); fault != nil {
			why = fault.Error()
		}
		t.e.cfg.Log.Warn("fleet: the hub does not answer", "for", silent.Round(time.Millisecond), "reason", why)
		t.said = time.Now()
	}
}

// rest waits until a hello is due: after a while, when something asks for one, or as soon as there is a link where
// there was none. It reports whether ctx goes on.
func (e *Edge) rest(ctx context.Context, most time.Duration) bool {
	due := time.NewTimer(most)
	defer due.Stop()
	for {
		var look <-chan time.Time
		if !e.cfg.Lane.Connected() {
			look = time.After(lookEvery)
		}
		select {
		case <-due.C:
			return true
		case <-e.nudge:
			return true
		case <-look:
			if e.cfg.Lane.Connected() {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}

// leave gives the lease back, so that the next process has it at once.
func (e *Edge) leave(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, silence/2)
	defer stop()
	e.hello(ctx, true)
}

// hello says hello, and reports whether it was answered.
func (e *Edge) hello(ctx context.Context, ends bool) bool {
	ctx, stop := context.WithTimeout(ctx, silence)
	defer stop()
	e.mu.Lock()
	left := e.leaving // before the outbox is looked at: what was acknowledged until then is in it
	e.mu.Unlock()
	stats, err := e.cfg.Store.Stats(ctx)
	if err != nil {
		return false
	}
	e.mu.Lock()
	h := hello{incarnation: e.incarnation, previous: e.cfg.Store.Previous(), continues: e.continues,
		follows: e.follows, head: e.cfg.Store.Head(), ready: e.ready, ends: ends, left: left,
		staleness: e.cfg.Settings.Staleness, skew: e.cfg.Settings.Skew, agreed: agreed(e.cfg.Agreed).digest,
		waiting: stats.OutboxBytes, quarantined: int64(stats.Quarantined),
		version: e.cfg.Version[:min(len(e.cfg.Version), maxVersion)]}
	e.mu.Unlock()
	sent := e.now()
	h.wall = sent.wall.UnixMicro()
	answer, err := e.ask(ctx, kindHello, h.append(nil))
	if err != nil {
		return false
	}
	w, ok := readWelcome(answer)
	if ok && !ends {
		e.welcome(sent, w)
		if e.cfg.Bundle != nil {
			e.cfg.Bundle(w.bundle)
		}
	}
	return ok
}

// welcome takes in the hub's answer to a hello.
func (e *Edge) welcome(sent moment, w welcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.changed.send()
	first := e.heard.IsZero() || time.Since(e.heard) > 2*helloEvery
	e.heard = time.Now()
	e.measured = e.now()
	passed := e.measured.elapsed.Sub(sent.elapsed)
	e.offset = time.UnixMicro(w.wall).Sub(sent.wall.Add(passed / 2))
	if e.withdrawn = w.withdrawn; w.withdrawn {
		return
	}
	e.last = w
	if w.leave && !e.leaving {
		e.cfg.Log.Warn("fleet: " + ErrLeaving.Error())
		poke(e.nudge) // so that the hub hears soon that it takes nothing
	}
	e.leaving = w.leave
	e.compareSettings(w.agreed)
	e.fence(w.fenced)
	switch {
	case w.fenced && !e.met: // its clock, or its file, is behind that of an earlier process
		poke(e.behind)
		return
	case w.fenced:
		return
	}
	e.met = true
	switch {
	case w.head.epoch != e.follows.epoch:
		poke(e.behind)
		return
	case e.follows.compare(w.head) < 0:
		// What was published a moment ago is on its way. What is missing for longer is lost.
		if first || len(e.hellos) > 0 {
			poke(e.behind)
		}
		if w.whole && len(e.hellos) < maxHellos {
			e.hellos = append(e.hellos, answeredHello{sent, w.head})
		}
	case w.whole:
		e.fresh, e.hellos = sent, nil
	}
	if !e.ready {
		poke(e.behind)
	}
	if w.lease > 0 && e.ready {
		e.lease = moment{sent.elapsed.Add(w.lease), sent.wall.Add(w.lease)}
	}
}

// fence notes whether the hub says that a later process runs as this node, and logs when that begins. A process that
// the hub has not welcomed yet only has to draw a higher incarnation. The caller holds mu.
func (e *Edge) fence(fenced bool) {
	if fenced && !e.fenced && e.met {
		e.cfg.Log.Error("fleet: " + ErrFenced.Error())
	}
	e.fenced = fenced
}

// compareSettings notes where the hub has other settings, and logs that when it changes. The caller holds mu.
func (e *Edge) compareSettings(list string) {
	differs := agreed(e.cfg.Agreed).differing(list)
	if len(differs) > 0 && !slices.Equal(differs, e.differs) {
		e.cfg.Log.Warn("fleet: settings of this node are not those of the hub: give all nodes the same", "keys",
			strings.Join(differs, ", "))
	}
	e.differs = differs
}

// reached notes that the log was followed up to a place. The caller holds mu.
func (e *Edge) reached(p place) {
	e.follows = p
	for len(e.hellos) > 0 && e.hellos[0].head.epoch == p.epoch && e.hellos[0].head.compare(p) <= 0 {
		e.fresh, e.hellos = e.hellos[0].sent, e.hellos[1:]
	}
	e.changed.send()
}
