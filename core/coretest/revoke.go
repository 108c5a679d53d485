package coretest

import (
	"reflect"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// testRevoke: what a log-out and an operator's revocation end, of which tokens, and until when (R3).
func testRevoke(t *testing.T, newEngine NewEngine) {
	const (
		out, revoke = core.Logout, core.Revoke
		anAccess    = `"token_type":"access","exp":4102444800,"user_id":"7","jti":"` + AccessID + `"`
		aRefresh    = `"token_type":"refresh","exp":4102444800,"user_id":"7","jti":"` + refreshID + `"`
		expired     = `"token_type":"access","exp":1577836801,"user_id":"7","jti":"` + AccessID + `"`
		foreign     = `"token_type":"refresh","exp":1577836801,"iat":1577836800,"user_id":"7","jti":"x1"`
		noID        = `"token_type":"access","exp":4102444800,"user_id":"7"`
		named       = ""
		week        = 7 * 24 * 3600
	)
	own := core.FamilyKey{Customer: core.Integer(7), Bits: FamilyName, Start: FamilyStart}
	x1 := core.FamilyKey{Bits: foreignX1}
	ownX1 := core.FamilyKey{Customer: core.Integer(7), Bits: foreignX1}
	byName := core.FamilyKey{Bits: FamilyName}
	ownName := core.FamilyKey{Customer: core.Integer(7), Bits: FamilyName}
	fold := core.Effect{Kind: core.FoldFamilies, Customer: core.Integer(7), At: 4096}
	s := core.DefaultSettings()
	until := func(expires, start int64) int64 {
		return core.Lifetimes{Refresh: week}.Raised(&s).RevokedUntil(Now, expires, start)
	}
	dies := func(k core.FamilyKey, at, until int64) core.Effect {
		return core.Effect{Kind: core.RevokeFamily, Family: k, At: at, Until: until}
	}
	ours := []core.Effect{dies(own, FamilyStart, until(4102444800, FamilyStart))}
	none := func(q *core.Request) { q.State.Customer = core.Customer{} }
	dead := func(q *core.Request) { q.State.Family = core.FamilyState{Version: 9, Dead: true} }
	cutOff := func(q *core.Request) { q.State.CutOff = Now.UnixMilli() }
	keyEnded := func(q *core.Request) { q.Opened.KeyEnds = 1577836800 }
	others := func(q *core.Request) { none(q); q.Opened.Issuer = "partner" }
	forged := func(q *core.Request) { q.Opened = core.Opened{Cause: cause.BadSignature} }
	for _, c := range []struct {
		name     string
		op       core.Op
		settings string
		claims   string
		change   func(*core.Request)
		refused  cause.Cause
		want     []core.Effect
	}{
		{"access token", out, "5.5", anAccess, nil, cause.OK, ours},
		{"access token", revoke, "5.5", anAccess, nil, cause.OK, ours},
		{"refresh token", out, "5.2", aRefresh, nil, cause.OK, ours},
		{"refresh token", revoke, "5.2", aRefresh, nil, cause.OK, ours},
		{"on the secure wire", out, "5.5 safe", anAccess, nil, cause.OK, append(ours[:1:1], fold)},
		{"on the secure wire", revoke, "5.5 safe", anAccess, nil, cause.OK, append(ours[:1:1], fold)},
		{"expired", out, "5.5", expired, nil, cause.OK,
			[]core.Effect{dies(own, FamilyStart, until(0, FamilyStart))}},
		{"expired", revoke, "5.5", expired, nil, cause.OK,
			[]core.Effect{dies(own, FamilyStart, until(0, FamilyStart))}},
		{"key ended", out, "5.5", anAccess, keyEnded, cause.OK, ours},
		{"key ended", revoke, "5.5", anAccess, keyEnded, cause.OK, ours},
		{"cut off", out, "5.5 safe", anAccess, cutOff, cause.OK, append(ours[:1:1], fold)},
		{"another issuer is configured", out, "iss", anAccess, nil, cause.OK, append(ours[:1:1], fold)},
		{"forged", out, "5.5", anAccess, forged, cause.BadSignature, nil},
		{"forged", revoke, "5.5", anAccess, forged, cause.BadSignature, nil},
		{"no id", out, "5.5", noID, nil, cause.BadID, nil},
		{"no id", revoke, "5.5", noID, nil, cause.BadID, nil},
		{"foreign id", out, "5.5", foreign, nil, cause.BadID, nil},
		{"foreign id, and what came from it", revoke, "5.5", foreign, nil, cause.OK, []core.Effect{
			dies(x1, 1577836800_000, until(0, 0)), dies(ownX1, 1704067200_000, until(0, 0))}},
		{"another issuer's", out, "5.5", anAccess, others, cause.WrongIssuer, nil},
		{"another issuer's", revoke, "5.5 safe", foreign, others, cause.OK, []core.Effect{
			dies(core.FamilyKey{Issuer: "partner", Bits: foreignX1}, 1577836800_000, until(0, 0))}},
		{"customer is gone", out, "5.5", anAccess, none, cause.CustomerNotFound, nil},
		{"customer is gone", revoke, "5.5 safe", anAccess, none, cause.OK, []core.Effect{
			dies(core.FamilyKey{Bits: FamilyName, Start: FamilyStart}, FamilyStart, until(4102444800, FamilyStart))}},
		{"dead", out, "5.5", anAccess, dead, cause.Blacklisted, nil},
		{"dead", revoke, "5.5", anAccess, dead, cause.OK, ours},
		{"no blacklist", out, "no list", anAccess, nil, cause.OK, nil},
		{"no blacklist", revoke, "no list", anAccess, nil, cause.OK, nil},
		{"by name", revoke, "5.5", named, nil, cause.OK,
			[]core.Effect{dies(byName, 0, until(0, 0)), dies(ownName, 0, until(0, 0))}},
		{"by name, dead", revoke, "5.5 safe", named, dead, cause.OK,
			[]core.Effect{dies(byName, 0, until(0, 0)), dies(ownName, 0, until(0, 0)), fold}},
		{"by name", out, "5.5", named, nil, cause.BadID, nil},
	} {
		op := map[core.Op]string{out: "log-out", revoke: "revoke"}[c.op]
		t.Run(op+"/"+c.settings+"/"+c.name, func(t *testing.T) {
			e := newEngine(t, variants[c.settings], OneKey())
			req := request(c.op)
			req.State.Longest = core.Lifetimes{Refresh: week}
			req.Opened.SetFamily(core.Family{Listed: true, Bits: FamilyName})
			if c.claims != named {
				req.Opened = open(t, e, token("{"+c.claims+"}"))
			}
			if c.change != nil {
				c.change(&req)
			}
			o := decide(t, e, req)
			if got := firstCause(o); got != c.refused {
				t.Errorf("refused for %v, want %v", got, c.refused)
			}
			if !reflect.DeepEqual(o.Effects.List, c.want) && len(o.Effects.List)+len(c.want) > 0 {
				t.Errorf("effects\n got %+v\nwant %+v", o.Effects.List, c.want)
			}
			read, family := o.Effects.Reads, req.Opened.FamilyAt(Now)
			want := core.Reads{Customer: req.State.Customer.ID, CustomerVersion: req.State.Customer.Version,
				CutOff: req.State.CutOff}
			if family.Listed {
				want.HasFamily, want.FamilyVersion = true, req.State.Family.Version
				want.Family = family.Key(req.Opened.Issuer, want.Customer)
			}
			if read != want {
				t.Errorf("the decision rests on\n got %+v\nwant %+v", read, want)
			}
		})
	}
	testRevokedUntil(t, newEngine)
}

// testRevokedUntil: the longest lifetime counts, and a clock that is behind makes no revocation end early (R3).
func testRevokedUntil(t *testing.T, newEngine NewEngine) {
	e := newEngine(t, variants["5.5"], OneKey())
	req := request(core.Logout)
	req.Opened = open(t, e, token(`{"token_type":"access","exp":1780318800,"user_id":"7","jti":"`+AccessID+`"}`))
	const hour, day = 3600, 86400
	for _, c := range []struct {
		name string
		now  time.Time
		ever core.Lifetimes
		want int64
	}{
		{"present lifetimes", Now, core.Lifetimes{}, 1780318800 + 3*day + hour + day},
		{"longer ones once", Now, core.Lifetimes{Access: 2 * hour, Refresh: 9 * day},
			1780318800 + 9*day + 2*hour + day},
		{"a foreign token", Now, core.Lifetimes{Foreign: 30 * day}, 1780318800 + 30*day + hour + day},
		{"the clock is a minute behind", Now.Add(-time.Minute), core.Lifetimes{}, 1780318800 + 3*day + hour + day},
	} {
		req.Now, req.State.Longest = c.now, c.ever
		if got := decide(t, e, req).Effects.List[0].Until; got != c.want {
			t.Errorf("%s: until %d, want %d", c.name, got, c.want)
		}
	}
}
