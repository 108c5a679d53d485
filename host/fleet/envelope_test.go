package fleet

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/store/fact"
)

// people are the hub and two edges of a fleet.
func people() (hub, one, two *identity) {
	keys := map[uint16]ed25519.PrivateKey{}
	for n := range uint16(3) {
		keys[n+1] = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(n)}, ed25519.SeedSize))
	}
	keyOf := func(n uint16) ed25519.PublicKey {
		if k := keys[n]; k != nil {
			return k.Public().(ed25519.PublicKey)
		}
		return nil
	}
	of := func(n uint16) *identity {
		return &identity{fleet: [16]byte{7}, number: n, key: keys[n], keyOf: keyOf, asked: newNumbering()}
	}
	return of(1), of(2), of(3)
}

func TestEnvelope(t *testing.T) {
	hub, one, two := people()
	asked, raw := one.request(kindHome, 3, []byte("refresh"))
	got, err := two.open(raw)
	if err != nil || got.from != 2 || string(got.body) != "refresh" || got.kind != kindHome {
		t.Fatalf("open() = %+v, %v", got, err)
	}
	answer := two.answer(got, []byte("tokens"), nil)
	if b, err := one.openAnswer(asked, answer); string(b) != "tokens" || err != nil {
		t.Errorf("openAnswer() = %q, %v", b, err)
	}
	refused := (*RefusedError)(nil)
	if _, err := one.openAnswer(asked, two.answer(got, nil, errors.New("no"))); !errors.As(err, &refused) ||
		*refused != (RefusedError{3, "no"}) {
		t.Errorf("openAnswer() = %v", err)
	}
	if _, err := hub.open(raw); !errors.Is(err, errEnvelope) {
		t.Error("the hub opens what is for an edge")
	}
	other, _ := one.request(kindHome, 3, []byte("refresh"))
	if _, err := one.openAnswer(other, answer); !errors.Is(err, errEnvelope) {
		t.Error("the answer to one request is taken for that to another")
	}
	forged := hub.answer(envelope{kind: kindHome, from: 2, nonce: asked.nonce}, nil, nil)
	if _, err := one.openAnswer(asked, forged); err == nil {
		t.Error("the hub answers in the name of an edge")
	}
	elsewhere := *one
	elsewhere.fleet = [16]byte{8}
	if _, foreign := elsewhere.request(kindHome, 3, nil); true {
		if _, err := two.open(foreign); !errors.Is(err, errEnvelope) {
			t.Error("an envelope of another fleet is opened")
		}
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		if _, err := two.open(bad); err == nil {
			t.Errorf("an envelope is opened although its byte %d was changed", i)
		}
	}
}

// Only the log is for everybody.
func TestEnvelopeForEverybody(t *testing.T) {
	hub, one, two := people()
	log := hub.seal(envelope{kind: kindLog, to: everybody, body: []byte("frames")})
	for _, i := range []*identity{one, two} {
		if _, err := i.open(log); err != nil {
			t.Error(err)
		}
	}
	if _, err := two.open(one.seal(envelope{kind: kindHome, to: everybody})); err == nil {
		t.Error("one request is for everybody")
	}
}

func TestMessages(t *testing.T) {
	at := place{3, fact.Position{Incarnation: 5, Sequence: 6}}
	h := hello{incarnation: 1, previous: 2, continues: at.at, follows: at, head: at.at, wall: 9, ready: true,
		ends: true, staleness: time.Minute, skew: time.Second, waiting: 4, quarantined: 5, agreed: 8, version: "1.2"}
	if got, ok := readHello(h.append(nil)); !ok || got != h {
		t.Errorf("%+v is read as %+v", h, got)
	}
	w := welcome{head: at, lease: time.Minute, whole: true, take: true, wall: 8, bundle: 7, registered: 6,
		agreed: "list"}
	if got, ok := readWelcome(w.append(nil)); !ok || got != w {
		t.Errorf("%+v is read as %+v", w, got)
	}
	f := fetched{gone: true, batch: batch{after: at, frames: [][]byte{{1}, {2, 3}}}}
	if got, ok := readFetched(f.append(nil)); !ok || !reflect.DeepEqual(got, f) {
		t.Errorf("%+v is read as %+v", f, got)
	}
	a := accepted{upTo: at.at, fenced: true, refused: 2, reason: "why"}
	if got, ok := readAccepted(a.append(nil)); !ok || got != a {
		t.Errorf("%+v is read as %+v", a, got)
	}
	p := page{facts: []fact.Fact{fact.Lifetimes{Access: 1}}, next: []byte("n")}
	if got, ok := readPage(p.append(nil)); !ok || !reflect.DeepEqual(got, p) {
		t.Errorf("%+v is read as %+v", p, got)
	}
}

// Whatever arrives, nothing panics, and what is read is what was written.
func FuzzMessages(f *testing.F) {
	at := place{3, fact.Position{Incarnation: 5, Sequence: 6}}
	h, w := hello{incarnation: 1, follows: at}, welcome{head: at}
	b, a := batch{after: at, frames: [][]byte{{1}}}, accepted{upTo: at.at}
	p := page{facts: []fact.Fact{fact.Lifetimes{}}}
	for i, raw := range [][]byte{h.append(nil), w.append(nil), b.append(nil), a.append(nil), p.append(nil)} {
		f.Add(byte(i), raw)
	}
	_, one, two := people()
	_, raw := one.request(kindHome, 3, []byte("refresh"))
	f.Add(byte(5), raw)
	g := fetched{gone: true, batch: b}
	f.Add(byte(6), g.append(nil))
	own := NewAgreed(map[string]string{"compat": "5.5", "wire": "secure"})
	f.Add(byte(7), []byte(NewAgreed(map[string]string{"compat": "5.2", "fleet.lane": "http"}).list))
	f.Fuzz(func(t *testing.T, which byte, raw []byte) {
		again := raw
		switch which % 8 {
		case 0:
			if m, ok := readHello(raw); ok {
				again = m.append(nil)
			}
		case 1:
			if m, ok := readWelcome(raw); ok {
				again = m.append(nil)
			}
		case 2:
			if m, ok := readBatch(raw); ok {
				again = m.append(nil)
			}
		case 3:
			if m, ok := readAccepted(raw); ok && len(m.reason) <= maxErrorText {
				again = m.append(nil)
			}
		case 4: // facts that cannot be read are left out
			if m, ok := readPage(raw); ok {
				if got, ok := readPage(m.append(nil)); !ok || !reflect.DeepEqual(got, m) {
					t.Errorf("%+v is read again as %+v", m, got)
				}
			}
		case 5:
			_, _ = two.open(raw)
		case 6:
			if m, ok := readFetched(raw); ok {
				again = m.append(nil)
			}
		case 7:
			for _, key := range own.differing(string(raw)) {
				if own.hashes[key] == 0 {
					t.Errorf("%q differs, which is no setting here", key)
				}
			}
		}
		if !bytes.Equal(again, raw) {
			t.Errorf("%x is written again as %x", raw, again)
		}
	})
}
