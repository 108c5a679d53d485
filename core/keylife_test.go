package core_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// The life of three keys: each signs for a month, and tokens live for three days.
func TestKeyLife(t *testing.T) {
	const day, start = 86400, 1800000000
	set := core.KeySet{
		Keys: []core.KeyInfo{
			{ID: "a", Algorithm: "ES256", Longest: 3 * day},
			{ID: "b", Algorithm: "ES256", Longest: 90 * day, NotAfter: start + 70*day},
			{ID: "c", Algorithm: "ES256", Longest: 3 * day},
			{ID: "spare", Algorithm: "ES256", Longest: 3 * day},
			{ID: "for ever", Algorithm: "HS256"},
		},
		Signing: []core.SigningKey{
			{Key: 0, From: start}, {Key: 1, From: start + 30*day}, {Key: 2, From: start + 60*day},
		},
	}
	const published, signing, verifying, gone = core.KeyPublished, core.KeySigning, core.KeyVerifying, core.KeyGone
	for _, c := range []struct {
		at     int64 // seconds after start
		states [5]core.KeyState
		next   int64
	}{
		{-1, [5]core.KeyState{published, published, published, published, published}, 0},
		{0, [5]core.KeyState{signing, published, published, published, published}, 30 * day},
		{30*day - 1, [5]core.KeyState{signing, published, published, published, published}, 30 * day},
		{30 * day, [5]core.KeyState{verifying, signing, published, published, published}, 33*day + 60},
		{33*day + 59, [5]core.KeyState{verifying, signing, published, published, published}, 33*day + 60},
		{33*day + 60, [5]core.KeyState{gone, signing, published, published, published}, 60 * day},
		{60 * day, [5]core.KeyState{gone, verifying, signing, published, published}, 70 * day},
		{70 * day, [5]core.KeyState{gone, gone, signing, published, published}, -start},
	} {
		now := time.Unix(start+c.at, 0)
		for key, want := range c.states {
			if got := set.State(key, now); got != want {
				t.Errorf("%d s: key %s is %v, want %v", c.at, set.Keys[key].ID, got, want)
			}
		}
		if next := set.NextChange(now); next != start+c.next {
			t.Errorf("%d s: the next change is at %d, want %d", c.at, next-start, c.next)
		}
	}
}

// A key that signs again, after another one did, has no end but that of its second time.
func TestKeySignsAgain(t *testing.T) {
	set := core.KeySet{
		Keys:    []core.KeyInfo{{ID: "a", Algorithm: "ES256", Longest: 10}, {ID: "b", Algorithm: "ES256", Longest: 20}},
		Signing: []core.SigningKey{{Key: 0, From: 100}, {Key: 1, From: 200}, {Key: 0, From: 300}},
	}
	if a, b := set.Ends(0), set.Ends(1); a != 0 || b != 300+20+60 {
		t.Errorf("the keys end at %d and %d, want 0 and 380", a, b)
	}
	if s := set.State(0, time.Unix(250, 0)); s != core.KeyPublished {
		t.Errorf("between its times key a is %v", s)
	}
	set.Signing = append(set.Signing, core.SigningKey{Key: 1, From: 300}) // in the same second the later entry counts
	if key := set.SigningAt(time.Unix(300, 0)); key != 1 {
		t.Errorf("key %d signs, want 1", key)
	}
	if a := set.Ends(0); a != 300+10+60 {
		t.Errorf("key a ends at %d, want 370", a)
	}
}

// Whatever the set: the key that signs is not gone before every token is that it can have signed, states follow from
// one another in their order, and between two changes nothing happens.
func TestKeyLifeHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var set core.KeySet
		for range 1 + r.IntN(5) {
			set.Keys = append(set.Keys, core.KeyInfo{ID: "k", Algorithm: "ES256", Longest: r.Int64N(3) * 40})
		}
		from := int64(0)
		for range r.IntN(8) {
			from += r.Int64N(100)
			set.Signing = append(set.Signing, core.SigningKey{Key: r.IntN(len(set.Keys)), From: from})
		}
		signed := make([]int64, len(set.Keys)) // when each key signed last
		before := make([]core.KeyState, len(set.Keys))
		next := set.NextChange(time.Unix(0, 0))
		for now := range int64(900) {
			at := time.Unix(now, 0)
			if key := set.SigningAt(at); key >= 0 {
				signed[key] = now
			}
			for i, k := range set.Keys {
				state := set.State(i, at)
				if state == core.KeyGone && (k.Longest == 0 || now < signed[i]+k.Longest) {
					t.Fatalf("%+v: key %d is gone at %d, and tokens of it live", set, i, now)
				}
				if now > 0 && state != before[i] && now != next {
					t.Fatalf("%+v: key %d becomes %v at %d, and the next change is at %d", set, i, state, now, next)
				}
				if before[i] == core.KeyGone && state != core.KeyGone {
					t.Fatalf("%+v: key %d comes back at %d", set, i, now)
				}
				before[i] = state
			}
			next = set.NextChange(at)
		}
	}
}
