package fleet_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store/fact"
)

// onlyTheHub are facts that only the hub may write, in an edge's favour.
func (x *thief) onlyTheHub() []fact.Fact {
	at := fact.Stamp{Epoch: math.MaxUint32 >> 1, Time: x.now().UnixMicro() + 1, Node: 1}
	id := core.Integer(7)
	return []fact.Fact{
		fact.Customer{ID: id, Made: at, Stamp: at, Set: fact.Active, Active: false},
		fact.RemoveCustomer{ID: id, Stamp: at, Until: x.now().Unix() + 1e6},
		fact.Group{Name: "admins", Made: at, Stamp: at},
		fact.RemoveGroup{Name: "staff", Stamp: at, Until: x.now().Unix() + 1e6},
		fact.CutOff{Subject: fact.ByID(id), At: x.now().UnixMilli() + 100_000},
		fact.CutOff{Subject: fact.ByAddress("7@x.y"), At: x.now().UnixMilli() + 100_000},
		fact.Key{ID: "mine", Made: at, Stamp: at, Algorithm: "ES256", Public: []byte{0x30, 0x59}, Origin: "generated",
			Added: x.now().Unix(), Node: 1},
		fact.Member{Number: 3, Stamp: at, Name: "edge 3", Joined: 1, Withdrawn: x.now().UnixMicro()},
		fact.Member{Number: 9, Stamp: at, Name: "mine", Joined: 1, Key: [32]byte{1}},
	}
}

// untouched fails where any fact of onlyTheHub has an effect.
func (w *world) untouched(nodes ...*node) {
	w.Helper()
	for _, n := range nodes {
		w.alive(n.family(7, 99), n)
		if _, known := n.db.Member(9); known {
			w.Errorf("node %d has a member of the thief's", n.number)
		}
		if m, _ := n.db.Member(3); m.Withdrawn != 0 {
			w.Errorf("node %d takes edge 3 for withdrawn", n.number)
		}
		groups, err := n.db.Groups(w.ctx)
		w.must(err)
		if len(groups) != 0 {
			w.Errorf("node %d has groups of the thief's: %v", n.number, groups)
		}
		keys, err := n.db.Keys(w.ctx)
		w.must(err)
		if len(keys) != 0 {
			w.Errorf("node %d has keys of the thief's", n.number)
		}
	}
}

// A thief writes what only the hub writes, by every way, while the hub is whole.
func TestStolenEdgeWritesForTheHub(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		for _, f := range x.onlyTheHub() {
			x.write(f)
		}
		w.untouched(w.hub, sound)
		w.sound(sound)
	})
}

// While a restored hub waits for what the stolen edge knows it takes cut-offs of it, none of which lies further ahead
// than one that it may have written, and nothing else that only the hub writes.
func TestStolenEdgeAndARestoredHub(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		w.addCustomer(7)
		b, err := w.hub.db.Backup(w.ctx, nil)
		w.must(err)
		image := readAll(w, b)
		w.must(b.Close())
		w.hub.kill()
		x := w.steal()
		w.restore(w.hub, image)
		w.hub.open()
		w.hub.start()
		w.sleep(3 * time.Second)
		before := w.hub.state(w.hub.family(7, 1)).CutOff // that of the restore
		for _, f := range x.onlyTheHub() {
			x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(f)))
			x.say(fleet.Facts, 2, 1, fleet.PageOf(nil, f))
			x.say(fleet.Offer, 2, 1, fleet.PageOf([]byte{1}, f))
		}
		latest := x.now().Add(settings.Staleness + 4*settings.Skew + 10*time.Minute).UnixMilli()
		if s := w.hub.state(w.hub.family(7, 1)); s.CutOff > max(before, latest) {
			t.Errorf("the cut-off is %d ms beyond the latest", s.CutOff-latest)
		}
		if w.hub.hub.Whole() {
			t.Error("the hub is whole without the offer of the stolen edge")
		}
		x.say(fleet.Offer, 2, 1, fleet.PageOf(nil))
		w.sleep(20 * time.Second)
		if !w.hub.hub.Whole() {
			t.Error("the hub is not whole")
		}
		w.sleep(2 * time.Minute) // log-ins begin after the cut-off of the restore
		w.untouched(w.hub, w.edges[1])
		w.sound(w.edges[1])
	})
}

// A thief advances log-ins whose home is another, and those of its own in another's name.
func TestStolenEdgeAdvancesForAnother(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		k := sound.family(7, 1)
		w.must(sound.advance(k, 0))
		w.sleep(time.Second)
		for _, who := range []struct {
			k    core.FamilyKey
			home uint16
		}{{k, 2}, {k, 3}, {w.hub.family(7, 1), 2}, {w.hub.family(7, 1), 1}, {x.family(7, 1), 3}} {
			f := fact.AdvanceFamily{Family: who.k, Start: who.k.Start, Until: x.now().Unix() + 3600, Generation: 9,
				IssuedAt: x.now().UnixMicro(), Access: 1, Refresh: 1, Key: "k", Incarnation: x.incarnation,
				Sequence: x.sequence + 1, Home: who.home}
			x.write(f)
			for _, n := range []*node{w.hub, sound} {
				if g := n.state(who.k).Family.Generation; g > 1 {
					t.Errorf("node %d: generation %d of a log-in of %v", n.number, g, who)
				}
			}
		}
		w.must(sound.advance(k, 1))
		w.sound(sound)
	})
}

// A thief tells of times far ahead: of log-ins that begin, of refreshes, and by its clock.
func TestStolenEdgeIsAhead(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		later := x.now().Add(24 * time.Hour)
		k := x.family(7, 3)
		k.Start = later.UnixMilli()
		x.write(fact.RevokeFamily{Family: k, Start: k.Start, Until: later.Unix() + 3600})
		x.write(fact.AdvanceFamily{Family: k, Start: k.Start, Until: later.Unix() + 3600, Generation: 1,
			IssuedAt: later.UnixMicro(), Access: 1, Refresh: 1, Key: "k", Incarnation: x.incarnation,
			Sequence: x.sequence + 1, Home: 2})
		made := fact.Stamp{Time: x.now().UnixMicro(), Node: 1}
		x.write(fact.LastLogin{ID: core.Integer(7), Made: made, At: later.UnixMicro()})
		x.say(fleet.Hello, 2, 1, fleet.HelloOf(x.incarnation, fact.Position{}, 0, math.MaxInt64, false))
		for _, n := range []*node{w.hub, sound} {
			if s := n.state(k); s.Family.Dead || s.Family.Generation != 0 {
				t.Errorf("node %d knows a log-in of tomorrow: %+v", n.number, s.Family)
			}
		}
		c, err := w.hub.db.Get(w.ctx, core.Integer(7))
		w.must(err)
		if c.LastLogin.After(x.now().Add(time.Hour)) {
			t.Errorf("the last log-in is of %v", c.LastLogin)
		}
		w.sound(sound)
	})
}

// A thief takes the highest incarnation that there is. It locks out nobody but its own number, which is withdrawn.
func TestStolenEdgeTakesTheLastIncarnation(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		x.incarnation = math.MaxUint64
		x.hello()
		x.write(fact.RevokeFamily{Family: x.family(7, 1), Start: x.now().UnixMilli(), Until: x.now().Unix() + 3600})
		x.incarnation = 1
		x.hello()
		w.sound(sound)
		w.withdraw(x.number)
		w.sound(sound)
		late := w.join() // the machine joins again, under another number
		w.sleep(3 * time.Second)
		w.sound(late)
	})
}

// A thief makes up log-outs: for customers that there are not, and to drive one's cut-off ahead.
func TestStolenEdgeMakesUpLogOuts(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		until := x.now().Unix() + 3600
		ahead := x.now().Add(settings.Staleness + 4*settings.Skew + 9*time.Minute).UnixMilli()
		var facts []fact.Fact
		for i := range uint64(core.MaxRevoked + 10) {
			k := x.family(7, i)
			k.Start = ahead
			facts = append(facts, fact.RevokeFamily{Family: k, Start: ahead, Until: until})
		}
		if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(facts...))); refusal != "" {
			t.Error(refusal)
		}
		latest := x.now().Add(settings.Staleness + 4*settings.Skew).UnixMilli()
		if s := w.hub.state(x.family(7, 1)); s.CutOff > latest {
			t.Errorf("the thief has driven a cut-off %d ms ahead", s.CutOff-x.now().UnixMilli())
		}
		w.sound(sound)
	})
}

// A thief makes up log-outs of customers that there are not. It may be as fast as a flood of customers for a while, and
// is slow then. Others are not.
func TestStolenEdgeFloods(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		w.hub.hub.SetBurst(1000)
		until, n, began := x.now().Unix()+3600, 0, time.Now()
		for time.Since(began) < time.Minute {
			var facts []fact.Fact
			for range 100 {
				n++
				k := x.family(int64(n+100), uint64(n))
				facts = append(facts, fact.RevokeFamily{Family: k, Start: k.Start, Until: until})
			}
			x.say(fleet.Facts, 2, 1, fleet.PageOf(nil, facts...))
			sequence, previous := x.sequence, x.previous
			if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(facts...))); refusal != "" {
				x.sequence, x.previous = sequence, previous
				x.sleep(time.Second)
			}
		}
		w.keepsOf(n, 14_000)
		w.sound(sound)
	})
}

// A thief sends frames that follow none, until it has no more room for that. Others have theirs.
func TestStolenEdgeSendsFramesTooEarly(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		refused := ""
		for n := 0; n < 400 && refused == ""; n++ {
			x.sequence++
			var facts []fact.Fact
			for i := range uint64(5000) {
				k := x.family(7, i)
				facts = append(facts, fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600})
			}
			_, refused = x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(facts...)))
		}
		s, err := w.hub.db.Stats(w.ctx)
		w.must(err)
		t.Logf("%d frames wait", s.WaitingFrames)
		if refused == "" || s.WaitingFrames > 32 {
			t.Errorf("%d frames of one edge wait at the hub", s.WaitingFrames)
		}
		w.sound(sound)
	})
}

// A thief sends what no program can read yet, until it has no more room for that. Others have theirs.
func TestStolenEdgeSendsRiddles(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		riddle := func(i int) fact.Fact {
			raw := fact.Append(nil, fact.Group{Name: strings.Repeat("x", 1000), Granted: []string{strconv.Itoa(i)}})
			raw[0], raw[1] = byte(fact.RevokeFamilyKind), 200
			f, err := fact.Decode(raw)
			_ = err // it says that the fact is newer
			return f
		}
		refused := ""
		for n := 0; n < 80_000 && refused == ""; n += 500 {
			var facts []fact.Fact
			for i := range 500 {
				facts = append(facts, riddle(n+i))
			}
			_, refused = x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(facts...)))
		}
		if refused == "" {
			t.Error("the hub keeps riddles without end")
		}
		s, err := w.hub.db.Stats(w.ctx)
		w.must(err)
		t.Logf("%d riddles at the hub", s.Quarantined)
		if s.Quarantined > 8<<10 {
			t.Errorf("one edge has the hub keep %d riddles", s.Quarantined)
		}
		w.sound(sound)
	})
}

// keepsOf checks how many log-outs the hub keeps of n that a thief has made up within a minute.
func (w *world) keepsOf(n, most int) {
	w.Helper()
	s, err := w.hub.db.Stats(w.ctx)
	w.must(err)
	w.Logf("%d of %d log-outs within a minute", s.Families, n)
	if s.Families > most {
		w.Errorf("the hub keeps %d log-outs that were made up within a minute", s.Families)
	}
}
