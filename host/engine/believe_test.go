package engine_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/abi"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
)

// signingKeys remembers which keys signed.
type signingKeys struct {
	*coretest.HMACKeys
	signed []int
}

func (k *signingKeys) Sign(ctx context.Context, key int, input, entropy []byte) ([]byte, error) {
	k.signed = append(k.signed, key)
	return k.HMACKeys.Sign(ctx, key, input, entropy)
}

// Set has the last key take over a year from now.
func (k *signingKeys) Set() core.KeySet {
	set := k.HMACKeys.Set()
	set.Signing = []core.SigningKey{{Key: 0}, {Key: len(set.Keys) - 1, From: coretest.Now.AddDate(1, 0, 0).Unix()}}
	return set
}

// lyingKeys are the key that signs until notAfter, one that checks only, one of somebody else, and the next one.
func lyingKeys(notAfter int64) *signingKeys {
	old := coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "old", Algorithm: "HS256"}, Secret: coretest.OtherSecret}
	theirs := coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "theirs", Algorithm: "HS256",
		Issuer: "https://partner.example"}, Secret: coretest.OtherSecret}
	ours := coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "ours", Algorithm: "HS256", NotAfter: notAfter},
		Secret: coretest.Secret}
	next := coretest.HMACKey{KeyInfo: core.KeyInfo{ID: "next", Algorithm: "HS256"}, Secret: coretest.OtherSecret}
	keys := coretest.NewHMACKeys(1, ours, old, theirs, next)
	return &signingKeys{HMACKeys: keys}
}

func loginRequest() core.Request {
	return core.Request{Op: core.Login, Now: coretest.Now, Entropy: coretest.Entropy(),
		State: core.State{Customer: core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true},
			PasswordGood: true}}
}

// oneInstanceEach are engines of both modules with one instance.
func oneInstanceEach(t *testing.T) map[bool]*engine.Engine {
	return map[bool]*engine.Engine{
		false: newEngine(t, engine.Config{MaxInstances: 1}), true: newEngine(t,
			engine.Config{SelfContained: true, MaxInstances: 1}),
	}
}

// configured is an engine with these keys, with an instance that has them already.
func configured(t *testing.T, e *engine.Engine, keys core.Keys) *engine.Engine {
	e = with(t, e, core.DefaultSettings(), keys)
	open(t, e, goodToken)
	return e
}

// A guest that answers what its request cannot have is not believed: nothing of it is signed or given on, and another
// instance is asked. Of the guest without keys only signing inputs are taken, as many as were granted.
func TestAGuestThatLiesAboutWhatItWrites(t *testing.T) {
	tokens := func(types ...core.TokenType) (list []core.Token) {
		for _, t := range types {
			list = append(list, core.Token{Type: t, Value: "a.b.c"})
		}
		return list
	}
	outcome := func(o core.Outcome) []byte {
		return abi.AppendFramed(nil, func(b []byte) []byte { return abi.AppendOutcome(b, &o) })
	}
	written := func(sizes ...uint32) []byte {
		b, _ := binary.Append(nil, binary.LittleEndian, sizes)
		return append(b, strings.Repeat("eyJhbGciOiJIUzI1NiJ9.e30", 9)...)
	}
	pair := tokens(core.RefreshToken, core.AccessToken)
	refusal := []core.Refusal{{Cause: cause.BadClaims}}
	one := oneInstanceEach(t)
	for _, c := range []struct {
		name          string
		selfContained bool
		answer        []byte
	}{
		{"a refusal with tokens", true, outcome(core.Outcome{Refusals: refusal, Tokens: pair})},
		{"neither tokens nor a refusal", true, outcome(core.Outcome{})},
		{"one token of two", true, outcome(core.Outcome{Tokens: tokens(core.AccessToken)})},
		{"more tokens than two", true,
			outcome(core.Outcome{Tokens: tokens(core.RefreshToken, core.AccessToken, core.AccessToken)})},
		{"tokens in another order", true, outcome(core.Outcome{Tokens: tokens(core.AccessToken, core.RefreshToken)})},
		{"a token of another type", true, outcome(core.Outcome{Tokens: tokens(core.RefreshToken, core.SlidingToken)})},
		{"the token of another log-in", true, outcome(core.Outcome{Tokens: tokens(core.SlidingToken)})},
		{"nothing to sign", false, written(0, 0)},
		{"one input of two", false, written(24, 0)},
		{"the other one", false, written(0, 24)},
		{"more than its area", false, written(24, abi.OutputBytes-abi.WrittenBytes-23)},
		{"more than there can be", false, written(24, 1<<32-1)},
	} {
		keys := lyingKeys(0)
		e := configured(t, one[c.selfContained], keys)
		brokenBefore := e.Stats().Broken
		e.Answer(c.answer)
		o, err := e.Decide(t.Context(), loginRequest())
		if err != nil || o.Refused() || len(o.Tokens) != 2 || o.Tokens[0].Value == "a.b.c" ||
			e.Stats().Broken != brokenBefore+1 {
			t.Errorf("%s, self-contained %v: Decide() = %+v, %v with %d instances broken; want an honest pair of "+
				"another instance", c.name, c.selfContained, o, err, e.Stats().Broken-brokenBefore)
		}
		if !c.selfContained && !slices.Equal(keys.signed, []int{0, 0}) {
			t.Errorf("%s: keys %v signed, want the signing key twice", c.name, keys.signed)
		}
	}
}

// A key that has ended signs nothing, whatever a guest asks for.
func TestAGuestThatLiesAboutTheEndOfItsKey(t *testing.T) {
	one := oneInstanceEach(t)
	for _, at := range []struct {
		name string
		now  time.Time
		want error
	}{
		{"before its end", coretest.Now.Add(-time.Second), nil},
		{"at its end", coretest.Now, core.ErrKeyEnded},
		{"long after", coretest.Now.Add(time.Hour), core.ErrKeyEnded},
	} {
		for _, selfContained := range []bool{false, true} {
			keys := lyingKeys(coretest.Now.Unix())
			e := configured(t, one[selfContained], keys)
			outcome := core.Outcome{Tokens: []core.Token{{Type: core.RefreshToken, Value: "a.b.c"},
				{Type: core.AccessToken, Value: "a.b.c"}}}
			if selfContained {
				e.Answer(abi.AppendFramed(nil, func(b []byte) []byte { return abi.AppendOutcome(b, &outcome) }))
			}
			req := loginRequest()
			req.Now = at.now
			o, err := e.Decide(t.Context(), req)
			if !errors.Is(err, at.want) || (err == nil) != (at.want == nil) || err != nil &&
				(len(o.Tokens) > 0 || len(keys.signed) > 0) {
				t.Errorf("%s, self-contained %v: Decide() = %+v, %v, keys %v signed; want %v", at.name, selfContained,
					o, err, keys.signed, at.want)
			}
		}
	}
}

// A token has the family that its id names, and a refused one has none, whatever the guest says of it.
func TestAGuestThatLiesAboutTheFamily(t *testing.T) {
	e := configured(t, newEngine(t, engine.Config{MaxInstances: 1}), coretest.OneKey()) // which has learned the header
	token := []byte(coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, `{"exp":1,"jti":"a"}`))
	good, err := opened(t.Context(), e, token)
	if err != nil || !good.FamilyAt(coretest.Now).Listed {
		t.Fatalf("Open() = %+v, %v; want a token with a family", good, err)
	}
	for _, said := range []core.Opened{good, {Cause: cause.BadClaims}} {
		lie := said
		lie.SetFamily(core.Family{Listed: true, Ours: true, Bits: 7, Start: 8})
		e.Answer(abi.AppendOpened(nil, &lie))
		o, err := opened(t.Context(), e, token)
		o.ReadFamily()
		if err != nil || o.Cause != said.Cause || o.FamilyAt(coretest.Now) != said.FamilyAt(coretest.Now) {
			t.Errorf("Open() = %+v, %v; want the family of %+v", o, err, said)
		}
	}
}
