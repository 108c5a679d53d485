package coretest

import (
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// endingKeys are two keys, each with its end in Unix seconds, 0 for none. The first signs.
func endingKeys(epoch uint64, first, second int64) *HMACKeys {
	return NewHMACKeys(epoch,
		HMACKey{core.KeyInfo{ID: "k1", Algorithm: "HS256", Default: true, NotAfter: first}, Secret},
		HMACKey{core.KeyInfo{ID: "k2", Algorithm: "HS512", NotAfter: second}, OtherSecret},
	)
}

// keyEndCase is a decision on a token of the first of endingKeys.
type keyEndCase struct {
	name          string
	op            core.Op
	settings      string
	first, second int64
	changes       []string // of its claims
	state         func(*core.State)
	want          cause.Cause
}

func keyEndCases() []keyEndCase {
	now := Now.Unix() // 0.25 s before the instant
	dead := func(s *core.State) { s.Family = core.FamilyState{Version: 9, Dead: true} }
	const auth, verify, renew, list = core.Authenticate, core.Verify, core.Refresh, core.Blacklist
	return []keyEndCase{
		{"no end", auth, "5.5", 0, 0, nil, nil, cause.OK},
		{"in a second", auth, "5.5", now + 1, 0, nil, nil, cause.OK},
		{"in a second", renew, "5.5", now + 1, 0, nil, nil, cause.OK},
		{"now", auth, "5.5", now, 0, nil, nil, cause.KeyEnded},
		{"now", auth, "5.2", now, 0, nil, nil, cause.KeyEnded},
		{"now", auth, "5.5 safe", now, 0, nil, nil, cause.KeyEnded},
		{"now", verify, "5.5", now, 0, nil, nil, cause.KeyEnded},
		{"now", renew, "5.5", now, 0, nil, nil, cause.KeyEnded},
		{"now", list, "5.5", now, 0, nil, nil, cause.KeyEnded},
		{"now, sliding", auth, "classes", now, 0, []string{`token_type="sliding"`}, nil, cause.KeyEnded},
		{"long ago", auth, "5.5", 1, 0, nil, nil, cause.KeyEnded},
		{"the other key's", auth, "5.5", 0, now, nil, nil, cause.OK},
		{"no leeway", auth, "leeway", now, 0, nil, nil, cause.KeyEnded},
		{"order: before iat", auth, "5.5", now, 0, []string{"iat=4102444790"}, nil, cause.KeyEnded},
		{"order: before exp", auth, "5.5", now, 0, []string{"exp=1"}, nil, cause.KeyEnded},
		{"order: before aud", auth, "aud", now, 0, nil, nil, cause.KeyEnded},
		{"order: before no exp", verify, "5.5", now, 0, []string{"-exp"}, nil, cause.KeyEnded},
		{"order: before type", list, "5.5", now, 0, []string{`token_type="access"`}, nil, cause.KeyEnded},
		{"order: before revoked", list, "5.5", now, 0, nil, dead, cause.KeyEnded},
		{"order: before revoked", verify, "5.5 safe", now, 0, nil, dead, cause.KeyEnded},
	}
}

// testKeyEnds: every operation refuses a token from the end of its key on, whatever else the token says. writes says
// that the engine can write tokens.
func testKeyEnds(t *testing.T, newEngine NewEngine, writes bool) {
	for _, c := range keyEndCases() {
		if c.op.Writes() && !writes {
			continue
		}
		t.Run(decideCase{op: c.op}.opName()+"/"+c.settings+"/"+c.name, func(t *testing.T) {
			e := newEngine(t, variants[c.settings], endingKeys(11, c.first, c.second))
			claims := access
			if c.op == core.Refresh || c.op == core.Blacklist {
				claims = refresh
			}
			req := request(c.op)
			req.Opened = open(t, e, token("{"+change(claims, c.changes)+"}"))
			if req.Opened.Cause != cause.OK || req.Opened.KeyEnds != c.first {
				t.Fatalf("opened: cause %v and key ends at %d, want %v and %d", req.Opened.Cause, req.Opened.KeyEnds,
					cause.OK, c.first)
			}
			if c.state != nil {
				c.state(&req.State)
			}
			o := decide(t, e, req)
			if got := firstCause(o); got != c.want {
				t.Errorf("refused for %v, want %v", got, c.want)
			}
			if c.want != cause.OK && len(o.Tokens)+len(o.Effects.List) > 0 {
				t.Errorf("a refusal comes with %d tokens and effects %v", len(o.Tokens), o.Effects.List)
			}
		})
	}
	now := Now.Unix()
	t.Run("to the microsecond", func(t *testing.T) {
		e := newEngine(t, variants["5.5"], endingKeys(12, now, 0))
		req := request(core.Authenticate)
		req.Opened = open(t, e, token("{"+access+"}"))
		for d, want := range map[time.Duration]cause.Cause{-time.Microsecond: cause.OK, 0: cause.KeyEnded,
			time.Microsecond: cause.KeyEnded} {
			req.Now = time.Unix(now, 0).Add(d)
			if got := firstCause(decide(t, e, req)); got != want {
				t.Errorf("%v from the end: refused for %v, want %v", d, got, want)
			}
		}
	})
	t.Run("opened under an older set", func(t *testing.T) {
		for _, c := range []struct {
			older, newer int64
			want         cause.Cause
		}{{now, 0, cause.KeyEnded}, {0, now, cause.OK}} {
			req := request(core.Authenticate)
			req.Opened = open(t, newEngine(t, variants["5.5"], endingKeys(13, c.older, 0)), token("{"+access+"}"))
			e := newEngine(t, variants["5.5"], endingKeys(14, c.newer, 0))
			if got := firstCause(decide(t, e, req)); got != c.want {
				t.Errorf("end %d, in the newer set %d: refused for %v, want %v", c.older, c.newer, got, c.want)
			}
		}
	})
}

// keyEndReadings are the decisions on access tokens.
func keyEndReadings() (readings []Reading) {
	for _, c := range keyEndCases() {
		if c.op != core.Authenticate {
			continue
		}
		keys := []OneOf{NewOneOf("HS256", 0), NewOneOf("HS512", 1)}
		keys[0].Info = core.KeyInfo{ID: "k1", Algorithm: "HS256", Default: true, NotAfter: c.first}
		keys[1].Info = core.KeyInfo{ID: "k2", Algorithm: "HS512", NotAfter: c.second}
		readings = append(readings, Reading{Name: "key_ends/" + c.settings + ", " + c.name,
			Settings: variants[c.settings], Keys: keys,
			Tokens: []Token{{"access", token("{" + change(access, c.changes) + "}"), cause.OK}},
			Judged: map[string]cause.Cause{"access": c.want}})
	}
	return readings
}

// testKeyLife: a key ends by itself once what it signed before another one took over can be valid no more. A key for
// refresh tokens opens no others.
func testKeyLife(t *testing.T, newEngine NewEngine) {
	keys := endingKeys(17, 0, 0)
	over := Now.Unix() + 5
	keys.set.Keys[0].Longest, keys.set.Keys[1].Longest = 7, 7
	keys.set.Signing = []core.SigningKey{{Key: 0}, {Key: 1, From: over}}
	e := newEngine(t, variants["5.5 safe"], keys)
	if o := open(t, e, token("{"+access+"}")); o.KeyEnds != keys.set.Ends(0) || o.KeyEnds < over+7 {
		t.Errorf("the key that is taken over from ends at %d, want %d", o.KeyEnds, keys.set.Ends(0))
	}
	others := Sign("HS512", OtherSecret, `{"alg":"HS512","kid":"k2"}`, "{"+access+"}")
	if o := open(t, e, others); o.KeyEnds != 0 {
		t.Errorf("the key that signs last ends at %d", o.KeyEnds)
	}

	keys = endingKeys(18, 0, 0)
	keys.set.Keys[0].RefreshOnly = true
	for _, c := range []struct {
		name, settings, claims string
		want                   cause.Cause
	}{
		{"refresh token", "5.5", refresh, cause.OK},
		{"access token", "5.5", access, cause.KeyForRefresh},
		{"sliding token", "classes", change(access, []string{`token_type="sliding"`}), cause.KeyForRefresh},
		{"no type", "5.5", change(access, []string{"-token_type"}), cause.KeyForRefresh},
		{"a type that is a list", "5.5", change(access, []string{`token_type=["refresh"]`}), cause.KeyForRefresh},
		{"types are not used", "no type", refresh, cause.KeyForRefresh},
		{"bad claims", "5.5", refresh + `,"exp":1`, cause.BadClaims},
	} {
		s, ok := variants[c.settings]
		if !ok {
			s = variants["5.5"]
			s.TokenTypeClaim = ""
		}
		o := open(t, newEngine(t, s, keys), token("{"+c.claims+"}"))
		if o.Cause != c.want {
			t.Errorf("%s: cause %v, want %v", c.name, o.Cause, c.want)
		}
		if c.want != cause.OK && (len(o.Claims) > 0 || o.KeyEnds != 0) {
			t.Errorf("%s: a refused token has claims, or the end of its key", c.name)
		}
	}
}

// testSigningEnds: an ended key signs nothing, and a request that is refused anyway does not mention that.
func testSigningEnds(t *testing.T, newEngine NewEngine) {
	end := time.Unix(Now.Unix(), 0)
	e := newEngine(t, variants["5.5"], endingKeys(15, end.Unix(), 0))
	own := open(t, e, token("{"+refresh+"}"))
	others := open(t, e, Sign("HS512", OtherSecret, `{"alg":"HS512","kid":"k2"}`, "{"+refresh+"}"))
	wrong := func(q *core.Request) { q.State.PasswordGood = false }
	for _, c := range []struct {
		name   string
		op     core.Op
		opened core.Opened
		now    time.Time
		change func(*core.Request)
		want   cause.Cause
		err    error
	}{
		{"log-in before", core.Login, core.Opened{}, end.Add(-time.Microsecond), nil, cause.OK, nil},
		{"log-in", core.Login, core.Opened{}, end, nil, cause.OK, core.ErrKeyEnded},
		{"log-in with a wrong password", core.Login, core.Opened{}, end, wrong, cause.BadCredentials, nil},
		{"sliding log-in", core.SlidingLogin, core.Opened{}, end, nil, cause.OK, core.ErrKeyEnded},
		{"refresh before", core.Refresh, own, end.Add(-time.Microsecond), nil, cause.OK, nil},
		{"refresh", core.Refresh, own, end, nil, cause.KeyEnded, nil},
		{"refresh of another key's token before", core.Refresh, others, end.Add(-time.Microsecond), nil, cause.OK, nil},
		{"refresh of another key's token", core.Refresh, others, end, nil, cause.OK, core.ErrKeyEnded},
		{"blacklisting another key's token", core.Blacklist, others, end, nil, cause.OK, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := request(c.op)
			req.Opened, req.Now = c.opened, c.now
			if c.change != nil {
				c.change(&req)
			}
			o, err := e.Decide(t.Context(), req)
			if got := firstCause(o); !errors.Is(err, c.err) || got != c.want {
				t.Errorf("refused for %v, error %v; want %v, %v", got, err, c.want, c.err)
			}
			if tokens := len(o.Tokens) > 0; tokens != (c.op.Writes() && c.want == cause.OK && c.err == nil) {
				t.Errorf("%d tokens", len(o.Tokens))
			}
		})
	}
}

// testTakesOver: a key signs from its time on, to the microsecond, and the key before it goes on checking. The header
// of each token names the key that signed it.
func testTakesOver(t *testing.T, newEngine NewEngine) {
	keys := endingKeys(16, 0, 0)
	from := time.Unix(Now.Unix()+1, 0)
	keys.set.Signing = []core.SigningKey{{Key: 0, From: Now.Unix()}, {Key: 1, From: from.Unix()}}
	e := newEngine(t, variants["5.5 safe"], keys)
	req := request(core.Refresh)
	req.Opened = open(t, e, token("{"+refresh+"}"))
	for _, c := range []struct {
		at   time.Time
		want int
	}{
		{Now, 0}, {from.Add(-time.Microsecond), 0}, {from, 1}, {from.Add(time.Hour), 1},
		{Now, 0}, // an engine that has written with the later key
	} {
		req.Now, req.Entropy = c.at, Entropy()
		o := decide(t, e, req)
		if o.Refused() {
			t.Fatalf("%v: refused for %v", c.at, firstCause(o))
		}
		if opened := open(t, e, o.Tokens[0].Value); opened.Cause != cause.OK || opened.Key != c.want {
			t.Errorf("%v: key %d signed, cause %v; want key %d", c.at, opened.Key, opened.Cause, c.want)
		}
	}
	req.Now = time.Unix(Now.Unix(), 0).Add(-time.Microsecond)
	if o, err := e.Decide(t.Context(), req); !errors.Is(err, core.ErrNoSigningKey) || len(o.Tokens) > 0 {
		t.Errorf("before the first key signs: error %v and %d tokens, want %v", err, len(o.Tokens),
			core.ErrNoSigningKey)
	}
}
