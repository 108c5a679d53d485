package bundle_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgetoken/edgetoken/core"
	format "github.com/edgetoken/edgetoken/core/bundle"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/bundle"
	"github.com/edgetoken/edgetoken/store"
)

// edge is an edge whose hub is a world.
type edge struct {
	*world
	relay *bundle.Relay
	away  bool
	asked int
	then  func() // called after the hub has answered; nil: nothing
}

var errAway = errors.New("the hub is away")

func newEdge(t *testing.T, w *world) *edge {
	e := &edge{world: w}
	e.relay = bundle.NewRelay(func(ctx context.Context, request []byte) ([]byte, error) {
		if e.asked++; e.away {
			return nil, errAway
		}
		answer, err := w.maker.Answer(ctx, w.source, request)
		if len(answer) > 700<<10 {
			t.Errorf("an answer of %d bytes", len(answer))
		}
		if e.then != nil {
			e.then()
		}
		return answer, err
	}, func() time.Time { return w.now })
	return e
}

// same checks that the edge gives what the hub gives, byte for byte, and gives it.
func (e *edge) same(since uint64) bundle.Text {
	e.Helper()
	want := e.make(since)
	got, err := e.relay.Bundle(e.Context(), since)
	e.must(err)
	if !bytes.Equal(got.JWS, want.JWS) || got.Epoch != want.Epoch || got.ETag != want.ETag || got.Delta != want.Delta {
		e.Errorf("since %d the edge gives epoch %d (delta %t, %d bytes), and the hub %d (delta %t, %d bytes)", since,
			got.Epoch, got.Delta, len(got.JWS), want.Epoch, want.Delta, len(want.JWS))
	}
	return got
}

// revoke revokes so many customers at the hub.
func (e *edge) revoke(n int) {
	e.Helper()
	for range n {
		e.must(e.db.Settle(e.Context(), core.Effects{List: []core.Effect{{Kind: core.RevokeFamily,
			Family: core.FamilyKey{Customer: core.Integer(1), Bits: rand.Uint64() >> 17, Start: e.now.UnixMilli()},
			Until:  e.now.Unix() + 1e6}}}))
	}
}

// An edge gives the bundles and deltas of the hub, byte for byte, and asks it for little.
func TestRelay(t *testing.T) {
	e := newEdge(t, newWorld(t, ""))
	e.revoke(100)
	e.pin()
	first := e.same(0)
	e.take(first)
	for range 5 {
		e.revoke(1)
		last := e.trust.Epoch()
		text := e.same(last)
		if !text.Delta {
			t.Error("a delta was asked for")
		}
		e.take(text)
		e.same(0)
	}
	// A verifier that comes from another node has another base.
	if text := e.same(first.Epoch); !text.Delta {
		t.Error("the hub remembers the first bundle")
	}
	e.asked = 0
	for i := range 100 {
		text, err := e.relay.Bundle(t.Context(), first.Epoch-uint64(i))
		e.must(err)
		if i > 0 && text.Delta {
			t.Error("a delta from a bundle that never was")
		}
	}
	if e.asked > 8 {
		t.Errorf("strangers have the edge ask the hub %d times", e.asked)
	}
}

// While its hub is away an edge gives the last bundle until that is too old.
func TestRelayWithoutHub(t *testing.T) {
	e := newEdge(t, newWorld(t, ""))
	e.away = true
	if _, err := e.relay.Bundle(t.Context(), 0); !errors.Is(err, errAway) {
		t.Errorf("without a hub: %v", err)
	}
	if _, err := e.relay.Bundle(t.Context(), 0); !errors.Is(err, errAway) {
		t.Errorf("and right after: %v", err)
	}
	e.away = false
	first := e.same(0)
	e.away = true
	e.now = e.now.Add(59 * time.Minute)
	for _, since := range []uint64{0, 1, first.Epoch} {
		if text, err := e.relay.Bundle(t.Context(), since); err != nil || !bytes.Equal(text.JWS, first.JWS) {
			t.Errorf("since %d: epoch %d, %v", since, text.Epoch, err)
		}
	}
	e.now = e.now.Add(time.Minute)
	if text, err := e.relay.Bundle(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("too old: epoch %d, %v", text.Epoch, err)
	}
	e.away = false
	e.same(0)
}

// A bundle that is too long for a message comes in parts, also while the hub makes newer ones.
func TestRelayInParts(t *testing.T) {
	w := newWorld(t, "")
	for i := range 16 {
		w.settings.Audience = append(w.settings.Audience, strings.Repeat(string(rune('a'+i)), 60_000))
	}
	w.refreshKeys()
	e := newEdge(t, w)
	if text := e.same(0); len(text.JWS) < 1<<20 || e.asked < 3 {
		t.Errorf("%d bytes in %d answers", len(text.JWS), e.asked)
	}
	e = newEdge(t, w)
	e.then = func() {
		e.now = e.now.Add(time.Second)
		e.revoke(1)
	}
	_, err := e.relay.Bundle(t.Context(), 0)
	e.must(err)
	e.then = nil
	e.same(0)
	if e.asked > 5 {
		t.Errorf("asked %d times", e.asked)
	}
	other := newEdge(t, w) // begins with what the first one has fetched, and goes on by a delta
	_, err = other.relay.Bundle(t.Context(), 0)
	e.must(err)
	other.same(0)
}

// A hub without a public key has no bundle, and the edge says why; nor does it where none is published.
func TestRelayOfNone(t *testing.T) {
	e := newEdge(t, newWorld(t, "HS256"))
	_, err := e.relay.Bundle(t.Context(), 0)
	var absent *bundle.AbsentError
	if !errors.As(err, &absent) || absent.Reason != bundle.ErrNoKeys.Error() {
		t.Error(err)
	}
	off := bundle.NewRelay(func(context.Context, []byte) ([]byte, error) {
		return bundle.AnswerAbsent("off"), nil
	}, nil)
	if _, err := off.Bundle(t.Context(), 0); !errors.As(err, &absent) || absent.Reason != "off" {
		t.Error(err)
	}
}

// A hub that answers what it should not has an edge give nothing.
func TestAttackRelay(t *testing.T) {
	for _, answer := range []string{"", "\x01", "\x02\x01", "\x01\x01", "\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x01\x03\x05\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00a.b.",
		"\x01\x03\x05\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		asked := 0
		r := bundle.NewRelay(func(context.Context, []byte) ([]byte, error) { asked++; return []byte(answer), nil }, nil)
		if text, err := r.Bundle(t.Context(), 0); err == nil || asked > 100 {
			t.Errorf("%q: epoch %d, asked %d times", answer, text.Epoch, asked)
		}
	}
}

// What was revoked is listed for as long as an edge may go on issuing longer.
func TestListedForEdges(t *testing.T) {
	w := newWorld(t, "")
	e := newEdge(t, w)
	e.revoke(1)
	ends := w.now.Add(w.settings.AccessTokenLifetime + 2*time.Minute + 2*time.Second)
	w.now = ends
	w.make(0)
	if n := w.maker.Figures().Families; n != 0 {
		t.Errorf("%d families are listed", n)
	}
	w.source.Behind = time.Minute
	w.make(0)
	if n := w.maker.Figures().Families; n != 1 {
		t.Errorf("%d families are listed in a fleet", n)
	}
	w.now = ends.Add(21 * time.Minute)
	w.make(0)
	if n := w.maker.Figures().Families; n != 0 {
		t.Errorf("%d families are listed for ever", n)
	}
}

// After an edge was stolen verifiers refuse the families that it began, and those alone.
func TestStolenEdge(t *testing.T) {
	w := newWorld(t, "")
	w.must(w.db.Found(t.Context(), store.Membership{Fleet: "f", ID: [16]byte{7}, HubKey: [32]byte{1}}))
	_, err := w.manager.Start(t.Context())
	w.must(err)
	member := func(number uint16, stolen bool) {
		m := store.Member{Number: number, Name: "edge", Key: [32]byte{byte(number)}, Joined: 1}
		if stolen {
			m.Withdrawn, m.CutOff, m.AtHub = w.now.UnixMicro(), w.now.UnixMilli(), true
		}
		w.must(w.db.UpdateMembers(t.Context(), func([]store.Member) ([]store.Member, error) {
			return []store.Member{m}, nil
		}))
	}
	member(2, false)
	member(3, false)
	family := func(number uint64) core.Family {
		return core.Family{Listed: true, Ours: true, Bits: number<<33 + 5, Start: w.now.UnixMilli()}
	}
	two, three := w.token(1, family(2)), w.token(1, family(3))
	w.pin()
	w.take(w.make(0))
	w.verdict(two, cause.OK)
	last := w.trust.Epoch()
	member(2, true)
	text := w.make(last)
	if !text.Delta {
		t.Error("a delta was asked for")
	}
	w.take(text)
	w.verdict(two, cause.CutOff)
	w.verdict(three, cause.OK)
	w.now = w.now.Add(3 * time.Hour) // no access token of it lives
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(string(w.make(0).JWS), ".")[1])
	w.must(err)
	if b, ok := format.Read(payload); !ok || len(b.Numbers) != 0 {
		t.Errorf("the bundle has %+v for ever", b)
	}
}

// A message that is read is written again as it was.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("\x01\x01\x05\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x01\x02\x05\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00"))
	f.Add([]byte("\x01\x03\x05\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00a.b."))
	f.Add([]byte("\x01\x04\x01\x00\x00\x00a"))
	f.Add([]byte("\x01\x02\x01\x00\x00\x00a\x01\x00b\x01\x00c"))
	f.Add(bundle.AnswerAbsent("off"))
	f.Fuzz(func(t *testing.T, b []byte) {
		question, reply := bundle.Again(b)
		if question != nil && !bytes.Equal(question, b) || reply != nil && !bytes.Equal(reply, b) {
			t.Errorf("%x is read as %x, %x", b, question, reply)
		}
	})
}

// An edge fetches a newer bundle of the hub when it hears of it, so that it has what was revoked until the hub went
// away, also if nobody has asked.
func TestRelayHearsOfNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdge(t, newWorld(t, ""))
		first := e.make(0)
		ctx, stop := context.WithCancel(t.Context())
		go e.relay.Run(ctx)
		has := func(want uint64, asked int) {
			t.Helper()
			synctest.Wait()
			if got := e.relay.Figures().Epoch; got != want || e.asked != asked {
				t.Errorf("the edge has epoch %d and has asked %d times, want %d and %d", got, e.asked, want, asked)
			}
		}
		has(first.Epoch, 1)
		e.relay.Newer(first.Epoch)
		e.relay.Newer(0)
		has(first.Epoch, 1)
		e.now = e.now.Add(time.Second)
		e.revoke(1)
		last := e.make(0)
		e.away = true
		e.relay.Newer(last.Epoch) // lost; the next hello says it again
		has(first.Epoch, 2)
		e.away = false
		e.relay.Newer(last.Epoch)
		has(last.Epoch, 3)
		e.relay.Newer(last.Epoch)
		has(last.Epoch, 3)
		e.away = true
		text, err := e.relay.Bundle(t.Context(), 0)
		e.must(err)
		if !bytes.Equal(text.JWS, last.JWS) {
			t.Error("the edge gives other bytes than the hub")
		}
		stop()
		synctest.Wait()
	})
}
