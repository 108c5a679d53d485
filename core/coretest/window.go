package coretest

import (
	"reflect"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// testWindow: on the secure wire a refresh token that was spent a moment ago gets the same tokens again, and one that
// was spent before ends its family.
func testWindow(t *testing.T, newEngine NewEngine) {
	const list, renew, verify = core.Blacklist, core.Refresh, core.Verify
	jti := func(id string) string {
		return `{"token_type":"refresh","exp":4102444800,"iat":` + itoa(Now.Unix()-60) + `,"jti":"` + id +
			`","user_id":"7"}`
	}
	window := core.DefaultSettings().RefreshGrace
	spent := func(generation uint32, age time.Duration) core.FamilyState {
		return core.FamilyState{Version: 9, Generation: generation, Age: age, Issued: Now.UnixMicro() - 5e6,
			Access: 600, Refresh: 7200, KeyID: ""}
	}
	own := core.FamilyKey{Customer: core.Integer(7), Bits: FamilyName, Start: FamilyStart}
	x1, ownX1 := core.FamilyKey{Bits: foreignX1}, core.FamilyKey{Customer: core.Integer(7), Bits: foreignX1}
	s, short := core.DefaultSettings(), variants["short session"]
	all := core.Lifetimes{}.Raised(&s)
	until := all.RevokedUntil(Now, 4102444800, FamilyStart)
	ends := func(key core.FamilyKey) []core.Effect {
		return []core.Effect{{Kind: core.RevokeFamily, Family: key, At: FamilyStart, Until: until},
			{Kind: core.FoldFamilies, Customer: core.Integer(7), At: 4096}}
	}
	foreignEnds := func(at, end int64) []core.Effect {
		return []core.Effect{{Kind: core.RevokeFamily, Family: x1, At: at, Until: end},
			{Kind: core.RevokeFamily, Family: ownX1, At: at, Until: end},
			{Kind: core.FoldFamilies, Customer: core.Integer(7), At: 4096}}
	}
	startless := own
	startless.Start = 0
	dead, unknown, anyStart := spent(1, 0), core.FamilyState{Version: 9, Generation: 1}, spent(3, 0)
	dead.Dead, anyStart.AnyStart = true, true
	for _, c := range []struct {
		name     string
		settings string
		op       core.Op
		id       string
		family   core.FamilyState
		refused  cause.Cause
		want     []core.Effect // beside an advance
	}{
		{"in the window", "safe advance", renew, refreshID, spent(1, 0), cause.OK, nil},
		{"at the end of the window", "safe advance", renew, refreshID, spent(1, window-1000), cause.OK, nil},
		{"after the window", "safe advance", renew, refreshID, spent(1, window), cause.Reused, ends(own)},
		{"after the window", "5.2safe advance", renew, refreshID, spent(1, window), cause.Reused, ends(own)},
		{"an older one", "safe advance", renew, refreshID, spent(2, 0), cause.Reused, ends(own)},
		{"an older one of a family recorded without its start", "safe advance", renew, refreshID, anyStart,
			cause.Reused,
			ends(startless)},
		{"nobody knows when", "safe advance", renew, refreshID, unknown, cause.Reused, ends(own)},
		{"revoked in the window", "safe advance", renew, refreshID, dead, cause.Blacklisted, nil},
		{"in the window, which is none on the exact wire", "advance", renew, refreshID, spent(1, 0),
			cause.Blacklisted, nil},
		{"foreign, in the window", "safe advance", renew, "x1", spent(1, 0), cause.OK, nil},
		{"foreign, after the window", "safe advance", renew, "x1", spent(1, window), cause.Reused,
			foreignEnds((Now.Unix()-60)*1000, all.RevokedUntil(Now, 4102444800, (Now.Unix()-60)*1000))},
		{"rotation was turned off meanwhile", "5.5 safe", renew, refreshID, spent(1, 0), cause.OK, nil},
		{"verify in the window", "safe advance", verify, refreshID, spent(1, 0), cause.OK, nil},
		{"verify after the window", "safe advance", verify, refreshID, spent(1, window), cause.Blacklisted, nil},
		{"blacklist in the window", "safe advance", list, refreshID, spent(1, 0), cause.OK, ends(own)},
		{"blacklist after the window", "safe advance", list, refreshID, spent(1, window), cause.Reused, ends(own)},
		{"an access token is in no window", "no types, safe advance", renew, AccessID, spent(1, 0),
			cause.Blacklisted, nil},
		{"a session that lasted too long", "short session", renew, refreshID, core.FamilyState{},
			cause.SessionEnded, nil},
		{"a session that lasted too long", "short session", verify, refreshID, core.FamilyState{},
			cause.SessionEnded, nil},
		{"a session that lasted too long ends", "short session", list, refreshID, core.FamilyState{}, cause.OK,
			[]core.Effect{{Kind: core.RevokeFamily, Family: own, At: FamilyStart, Until: core.Lifetimes{}.
				Raised(&short).RevokedUntil(Now, 4102444800, FamilyStart)}, ends(own)[1]}},
		{"nobody vouches when it began", "short session", renew, refreshID,
			core.FamilyState{Version: 9, AnyStart: true}, cause.OK, nil},
		{"a token that lay unused too long", "idle", renew, refreshID, core.FamilyState{}, cause.SessionIdle, nil},
	} {
		t.Run(c.settings+"/"+c.name, func(t *testing.T) {
			e := newEngine(t, variants[c.settings], OneKey())
			req := request(c.op)
			req.Opened = open(t, e, token(jti(c.id)))
			req.State.Family = c.family
			o := decide(t, e, req)
			if got := firstCause(o); got != c.refused {
				t.Errorf("refused for %v, want %v", got, c.refused)
			}
			if !reflect.DeepEqual(o.Effects.List, c.want) && len(o.Effects.List)+len(c.want) > 0 {
				t.Errorf("effects\n got %+v\nwant %+v", o.Effects.List, c.want)
			}
			if c.refused != cause.OK && len(o.Tokens) > 0 {
				t.Error("a refusal with tokens")
			}
		})
	}
	t.Run("again", func(t *testing.T) { testAgain(t, newEngine, jti) })
	t.Run("bounds", func(t *testing.T) { testSessionBounds(t, newEngine, jti) })
}

// testAgain: the tokens of an advance are written again byte for byte, though meanwhile time passed, lifetimes changed
// and another key took over.
func testAgain(t *testing.T, newEngine NewEngine, jti func(string) string) {
	keys := func(signing string) core.Keys {
		a := HMACKey{KeyInfo: core.KeyInfo{ID: "a", Algorithm: "HS256", Default: true}, Secret: Secret}
		b := HMACKey{KeyInfo: core.KeyInfo{ID: "b", Algorithm: "HS256"}, Secret: Secret + Secret}
		set := NewHMACKeys(1, a, b)
		set.set.Signing = []core.SigningKey{{Key: 0}, {Key: 1, From: Now.Unix() + 3}}
		if signing == "b" {
			set.set.Signing = []core.SigningKey{{Key: 1}}
		}
		return set
	}
	for _, settings := range []string{"safe advance", "5.2safe advance"} {
		for _, id := range []string{refreshID, "x1"} {
			t.Run(settings+"/"+id, func(t *testing.T) {
				before := newEngine(t, variants[settings], keys("a"))
				req := request(core.Refresh)
				req.Opened = open(t, before, Sign("HS256", Secret, `{"alg":"HS256","kid":"a"}`, jti(id)))
				first := decide(t, before, req)
				if first.Refused() || len(first.Tokens) != 2 {
					t.Fatalf("the first refresh: %+v", first)
				}
				advance := first.Effects.List[len(first.Effects.List)-1]
				later := variants[settings]
				later.AccessTokenLifetime, later.RefreshTokenLifetime = time.Minute, 40*24*time.Hour
				after := newEngine(t, later, keys("a"))
				req.Now, req.Entropy = Now.Add(9*time.Second), append([]byte{1}, Entropy()[1:]...)
				req.State.Family = core.FamilyState{Version: 10, Generation: advance.Generation, Age: 8 * time.Second,
					Issued: advance.Issued, Access: advance.Access, Refresh: advance.Refresh, KeyID: advance.KeyID}
				second := decide(t, after, req)
				if !reflect.DeepEqual(second.Tokens, first.Tokens) || len(second.Effects.List) > 0 {
					t.Errorf("first\n%+v\nthen\n%+v, effects %+v", first.Tokens, second.Tokens, second.Effects.List)
				}
				gone := newEngine(t, later, keys("b"))
				req.Entropy = Entropy()
				third := decide(t, gone, req)
				for i := range first.Tokens {
					got, want := claimsOf(t, third.Tokens[i].Value), claimsOf(t, first.Tokens[i].Value)
					if got != want {
						t.Errorf("where the key signs no more: %s, want %s", got, want)
					}
				}
			})
		}
	}
}

// testSessionBounds: no token outlives refresh.max_session, nor a refresh token refresh.idle.
func testSessionBounds(t *testing.T, newEngine NewEngine, jti func(string) string) {
	s := variants["safe advance"]
	s.MaxSession, s.RefreshIdle = time.Hour+5*time.Minute, 2*time.Minute
	s.RefreshTokenLifetime = 10 * time.Minute
	e := newEngine(t, s, OneKey())
	req := request(core.Refresh)
	req.Opened = open(t, e, token(jti(refreshID)))
	o := decide(t, e, req)
	if o.Refused() {
		t.Fatal(o.Refusals)
	}
	for i, want := range []int64{Now.Unix() + 5*60, Now.Unix() + 120} {
		opened := open(t, e, o.Tokens[i].Value)
		if exp, _ := opened.Time(opened.ExpiresAt); exp.Unix() != want {
			t.Errorf("token %d expires at %d, want %d", i, exp.Unix(), want)
		}
	}
	if x := o.Effects.List[0]; x.Access != 5*60 || x.Refresh != 120 {
		t.Errorf("the advance says that the tokens expire after %d s and %d s", x.Access, x.Refresh)
	}
}
