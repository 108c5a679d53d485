package fleet_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/store/fact"
)

// A thief makes up log-outs, and offers them as if the hub had been restored. It may tell of no more than by frames.
func TestStolenEdgeOffersLogOuts(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		w.hub.hub.SetBurst(1000)
		until, n, began := x.now().Unix()+3600, 0, time.Now()
		for time.Since(began) < time.Minute {
			var facts []fact.Fact
			for range 2000 {
				n++
				k := x.family(int64(n+100), uint64(n))
				facts = append(facts, fact.RevokeFamily{Family: k, Start: k.Start, Until: until})
			}
			x.say(fleet.Offer, 2, 1, fleet.PageOf([]byte{1}, facts...))
		}
		w.keepsOf(n, 16_000)
		w.sound(sound)
	})
}

// A thief offers the same over and over. The log of the hub has it once.
func TestStolenEdgeOffersTheSame(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		var facts []fact.Fact
		for i := range uint64(1000) {
			k := x.family(int64(i+100), i)
			facts = append(facts, fact.RevokeFamily{Family: k, Start: k.Start, Until: x.now().Unix() + 3600})
		}
		before := w.hub.db.Head()
		for range 20 {
			if _, refusal := x.say(fleet.Offer, 2, 1, fleet.PageOf([]byte{1}, facts...)); refusal != "" {
				t.Error(refusal)
			}
		}
		if list := w.logged(before, facts[0]); len(list) != 1 {
			t.Errorf("the log has a log-out %d times", len(list))
		}
		w.sound(sound)
	})
}

// A thief sends what no program can read yet over and over. The log of the hub, which all others follow, has it once.
func TestStolenEdgeRepeatsARiddle(t *testing.T) {
	stolen(t, func(w *world, x *thief, sound *node) {
		raw := fact.Append(nil, fact.Group{Name: "x", Granted: []string{strings.Repeat("x", 1000)}})
		raw[0], raw[1] = byte(fact.RevokeFamilyKind), 200
		riddle, _ := fact.Decode(raw) // the error says that it is newer
		before := w.hub.db.Head()
		for range 20 {
			if _, refusal := x.say(fleet.Frames, 2, 1, fleet.ListOf(x.frame(riddle))); refusal != "" {
				t.Error(refusal)
			}
		}
		frames, err := w.hub.db.Log(w.ctx, before, 1<<20)
		w.must(err)
		if n := bytes.Count(bytes.Join(frames, nil), raw); n != 1 {
			t.Errorf("the log has a riddle %d times", n)
		}
		w.sound(sound)
	})
}
