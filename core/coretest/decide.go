package coretest

import (
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
)

// customer is the customer of all cases.
func customer() core.Customer {
	return core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true, RevokeClaim: "0123456789ABCDEF0123456789ABCDEF", Version: 3}
}

// Settings by name, for both versions and wires.
var variants = map[string]core.Settings{
	"5.5":       settings(func(s *core.Settings) { s.Wire = core.Exact }),
	"5.2":       settings(func(s *core.Settings) { s.Compat = core.V52; s.Wire = core.Exact }),
	"5.5 safe":  settings(nil),
	"5.2 safe":  settings(func(s *core.Settings) { s.Compat = core.V52 }),
	"bar":       settings(func(s *core.Settings) { s.Wire = core.Exact; s.BlacklistAfterRotation = true }),
	"no list":   settings(func(s *core.Settings) { s.Wire = core.Exact; s.BlacklistApp = false }),
	"aud":       settings(func(s *core.Settings) { s.Audience = []string{"shop", "app"}; s.AudienceList = true }),
	"iss":       settings(func(s *core.Settings) { iss := "https://auth.example"; s.Issuer = &iss }),
	"leeway":    settings(func(s *core.Settings) { s.Leeway = 10 * time.Second }),
	"revoke":    settings(func(s *core.Settings) { s.CheckRevokeToken = true }),
	"5.2revoke": settings(func(s *core.Settings) { s.Compat = core.V52; s.CheckRevokeToken = true; s.CheckUserIsActive = false }),
	"inactive":  settings(func(s *core.Settings) { s.CheckUserIsActive = false; s.Wire = core.Exact }),
	"names": settings(func(s *core.Settings) {
		s.UserIDClaim, s.TokenTypeClaim, s.IDClaim = "sub", "typ", "tid"
	}),
	"no names": settings(func(s *core.Settings) { s.TokenTypeClaim, s.IDClaim = "", "" }),
	"classes":  settings(func(s *core.Settings) { s.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken} }),
}

// Claims that most cases change in one place. Ids of ours: family 1, started at 2026-06-01T11:00:00Z.
const (
	access  = `"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"x1","user_id":"7"`
	refresh = `"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"x1","user_id":"7"`
)

// decideCase is one decision. claims are the members of the token's claims, where a change "name=value" replaces or
// adds one and "-name" takes one away.
type decideCase struct {
	name     string
	op       core.Op
	settings string
	claims   string
	changes  []string
	state    func(*core.State)
	want     core.Cause
}

func testDecide(t *testing.T, newEngine NewEngine) {
	const (
		auth, verify, renew, list = core.Authenticate, core.Verify, core.Refresh, core.Blacklist
	)
	none := func(s *core.State) { *s = core.State{} }
	unreadable := func(s *core.State) { *s = core.State{UnreadableCustomer: true} }
	inactive := func(s *core.State) { s.Customer.Active = false }
	dead := func(s *core.State) { s.Family = core.FamilyState{Version: 9, Dead: true} }
	cutOff := func(s *core.State) { s.CutOff = Now.UnixMilli() }
	future, past := "4102444790", "1577836801"
	now := Now.Unix() // 0.25 s before the instant
	at := func(claim string, d int64) string { return claim + "=" + itoa(now+d) }
	for _, c := range []decideCase{
		{"good", auth, "5.5", access, nil, nil, core.OK},
		{"good", auth, "5.2", access, nil, nil, core.OK},
		{"good", auth, "5.5 safe", access, nil, nil, core.OK},
		{"good", verify, "5.5", refresh, nil, nil, core.OK},
		{"good", renew, "5.5", refresh, nil, nil, core.OK},
		{"good", list, "5.5", refresh, nil, nil, core.OK},

		// The registered claims, in PyJWT's order.
		{"exp past", auth, "5.5", access, []string{"exp=" + past}, nil, core.Expired},
		{"exp now", auth, "5.5", access, []string{at("exp", 0)}, nil, core.Expired},
		{"exp in a second", auth, "5.5", access, []string{at("exp", 1)}, nil, core.OK},
		{"exp past within leeway", auth, "leeway", access, []string{at("exp", -9)}, nil, core.OK},
		{"exp past at leeway", auth, "leeway", access, []string{at("exp", -10)}, nil, core.Expired},
		{"exp zero", auth, "5.5", access, []string{"exp=0"}, nil, core.Expired},
		{"exp negative", auth, "5.5", access, []string{"exp=-1"}, nil, core.Expired},
		{"exp huge negative", auth, "5.5", access, []string{"exp=-99999999999999999999"}, nil, core.Expired},
		{"exp true", auth, "5.5", access, []string{"exp=true"}, nil, core.Expired},
		{"exp false", auth, "5.5", access, []string{"exp=false"}, nil, core.Expired},
		{"exp with a fraction", auth, "5.5", access, []string{"exp=4102444800.5"}, nil, core.OK},
		{"exp with an exponent", auth, "5.5", access, []string{"exp=4.1e9"}, nil, core.OK},
		{"exp beyond a double", auth, "5.5", access, []string{"exp=1e400"}, nil, core.BadExpiresAt},
		{"exp beyond 9999", auth, "5.5", access, []string{"exp=10000000000000"}, nil, core.BadExpiresAt},
		{"exp of twenty digits", auth, "5.5", access, []string{"exp=99999999999999999999"}, nil, core.BadExpiresAt},
		{"exp of 4300 digits", auth, "5.5", access, []string{"exp=" + strings.Repeat("9", 4300)}, nil, core.BadExpiresAt},
		{"exp text digits", auth, "5.5", access, []string{`exp="4102444800"`}, nil, core.BadExpiresAt},
		{"exp text past", auth, "5.5", access, []string{`exp="` + past + `"`}, nil, core.Expired},
		{"exp text", auth, "5.5", access, []string{`exp="soon"`}, nil, core.BadExpiresAt},
		{"exp null", auth, "5.5", access, []string{"exp=null"}, nil, core.BadExpiresAt},
		{"exp a list", auth, "5.5", access, []string{"exp=[4102444800]"}, nil, core.BadExpiresAt},
		{"exp an object", auth, "5.2", access, []string{"exp={}"}, nil, core.BadExpiresAt},
		{"exp absent", auth, "5.5", access, []string{"-exp"}, nil, core.NoExpiresAt},
		{"exp absent", verify, "5.5", access, []string{"-exp"}, nil, core.NoExpiresAt},
		{"iat future", auth, "5.5", access, []string{"iat=" + future}, nil, core.NotYetIssued},
		{"iat this second", auth, "5.5", access, []string{at("iat", 0)}, nil, core.OK},
		{"iat next second", auth, "5.5", access, []string{at("iat", 1)}, nil, core.NotYetIssued},
		{"iat within leeway", auth, "leeway", access, []string{at("iat", 10)}, nil, core.OK},
		{"iat text digits", auth, "5.5", access, []string{`iat=" 1_577 "`}, nil, core.OK},
		{"iat text digits", auth, "5.2", access, []string{`iat="1577836800"`}, nil, core.BadIssuedAt},
		{"iat wide digits", auth, "5.5", access, []string{`iat="１"`}, nil, core.OK},
		{"iat text", auth, "5.5", access, []string{`iat="yesterday"`}, nil, core.BadIssuedAt},
		{"iat double underscore", auth, "5.5", access, []string{`iat="1__5"`}, nil, core.BadIssuedAt},
		{"iat empty text", auth, "5.5", access, []string{`iat=""`}, nil, core.BadIssuedAt},
		{"iat null", auth, "5.5", access, []string{"iat=null"}, nil, core.BadIssuedAt},
		{"iat absent", auth, "5.5", access, []string{"-iat"}, nil, core.OK},
		{"nbf future", auth, "5.5", access, []string{"nbf=" + future}, nil, core.NotYetValid},
		{"nbf past", auth, "5.5", access, []string{"nbf=" + past}, nil, core.OK},
		{"nbf text", auth, "5.5", access, []string{`nbf="now"`}, nil, core.BadNotBefore},
		{"order: iat before exp", auth, "5.5", access, []string{"iat=" + future, "exp=1"}, nil, core.NotYetIssued},
		{"order: nbf before exp", auth, "5.5", access, []string{"nbf=" + future, "exp=1"}, nil, core.NotYetValid},
		{"order: exp before iss", auth, "iss", access, []string{"exp=1"}, nil, core.Expired},
		{"order: exp before sub", auth, "5.5", access, []string{"exp=1", "sub=5"}, nil, core.Expired},
		{"order: iss before no exp", auth, "iss", access, []string{"-exp"}, nil, core.WrongIssuer},
		{"iss right", auth, "iss", access, []string{`iss="https://auth.example"`}, nil, core.OK},
		{"iss right escaped", auth, "iss", access, []string{`iss="https:\/\/auth.example"`}, nil, core.OK},
		{"iss other", auth, "iss", access, []string{`iss="https://auth.example/"`}, nil, core.WrongIssuer},
		{"iss a list", auth, "iss", access, []string{`iss=["https://auth.example"]`}, nil, core.WrongIssuer},
		{"iss absent", auth, "iss", access, nil, nil, core.WrongIssuer},
		{"iss not configured", auth, "5.5", access, []string{`iss="anyone"`}, nil, core.OK},
		{"aud one", auth, "aud", access, []string{`aud="app"`}, nil, core.OK},
		{"aud among", auth, "aud", access, []string{`aud=[ "x" , "shop" ]`}, nil, core.OK},
		{"aud other", auth, "aud", access, []string{`aud=["x","y"]`}, nil, core.WrongAudience},
		{"aud prefix", auth, "aud", access, []string{`aud="sho"`}, nil, core.WrongAudience},
		{"aud with a number", auth, "aud", access, []string{`aud=["shop",5]`}, nil, core.WrongAudience},
		{"aud empty list", auth, "aud", access, []string{`aud=[]`}, nil, core.WrongAudience},
		{"aud an object", auth, "aud", access, []string{`aud={"shop":1}`}, nil, core.WrongAudience},
		{"aud absent", auth, "aud", access, nil, nil, core.WrongAudience},
		{"aud not configured", auth, "5.5", access, []string{`aud=5`}, nil, core.OK},
		{"sub a number", auth, "5.5", access, []string{"sub=5"}, nil, core.BadSubject},
		{"sub a number", auth, "5.2", access, []string{"sub=5"}, nil, core.OK},
		{"jti a number", auth, "5.5", access, []string{"jti=5"}, nil, core.BadID},
		{"jti null", verify, "5.5", access, []string{"jti=null"}, nil, core.BadID},
		{"jti null", verify, "5.2", access, []string{"jti=null"}, nil, core.OK},
		{"jti a number", renew, "5.2", refresh, []string{"jti=5"}, nil, core.OK},
		{"jti a number beside the configured id", auth, "names", `"typ":"access","exp":4102444800,"tid":"x","sub":"7"`, []string{"jti=5"}, nil, core.BadID},

		// Id and type.
		{"id absent", auth, "5.5", access, []string{"-jti"}, nil, core.NoID},
		{"id absent", verify, "5.5", access, []string{"-jti"}, nil, core.NoID},
		{"id absent", renew, "5.5", refresh, []string{"-jti"}, nil, core.NoID},
		{"id absent and another type", renew, "no list", access, []string{"-jti"}, nil, core.NoID},
		{"ids switched off", auth, "no names", access, []string{"-jti", "-token_type"}, nil, core.OK},
		{"the old name of the id does not count", auth, "names", access, []string{`typ="access"`}, nil, core.NoID},
		{"type absent", auth, "5.5", access, []string{"-token_type"}, nil, core.NoType},
		{"type absent", verify, "5.5", access, []string{"-token_type"}, nil, core.OK},
		{"type other", auth, "5.5", refresh, nil, nil, core.WrongType},
		{"type other", renew, "5.5", access, nil, nil, core.WrongType},
		{"type other", list, "5.5", access, nil, nil, core.WrongType},
		{"type null", auth, "5.5", access, []string{"token_type=null"}, nil, core.WrongType},
		{"type in capitals", auth, "5.5", access, []string{`token_type="ACCESS"`}, nil, core.WrongType},
		{"type escaped", auth, "5.5", access, []string{`token_type="\u0061ccess"`}, nil, core.OK},
		{"type sliding in a header", auth, "classes", access, []string{`token_type="sliding"`}, nil, core.OK},

		// The customer.
		{"customer claim absent", auth, "5.5", access, []string{"-user_id"}, none, core.NoCustomerClaim},
		{"customer unknown", auth, "5.5", access, nil, none, core.CustomerNotFound},
		{"customer inactive", auth, "5.5", access, nil, inactive, core.CustomerInactive},
		{"customer inactive, not checked", auth, "inactive", access, nil, inactive, core.OK},
		{"customer inactive, always checked", auth, "5.2revoke", access, nil, inactive, core.CustomerInactive},
		{"customer inactive", verify, "5.5", access, nil, inactive, core.OK},
		{"customer inactive", verify, "5.5 safe", access, nil, inactive, core.InactiveAccount},
		{"customer inactive", verify, "5.2 safe", refresh, nil, inactive, core.InactiveAccount},
		{"customer inactive and revoked", verify, "5.5 safe", refresh, nil, func(s *core.State) { inactive(s); dead(s) }, core.Blacklisted},
		{"customer unknown", verify, "5.5 safe", access, nil, none, core.InactiveAccount},
		{"customer claim absent", verify, "5.5 safe", access, []string{"-user_id"}, none, core.OK},
		{"customer inactive", renew, "5.5", refresh, nil, inactive, core.InactiveAccount},
		{"customer inactive, not checked", renew, "inactive", refresh, nil, inactive, core.OK},
		{"customer inactive", renew, "5.2", refresh, nil, inactive, core.OK},
		{"customer inactive", renew, "5.2 safe", refresh, nil, inactive, core.InactiveAccount},
		{"customer removed", renew, "5.5", refresh, nil, none, core.InactiveAccount},
		{"customer removed", renew, "5.2", refresh, nil, none, core.OK},
		{"customer removed", renew, "5.2 safe", refresh, nil, none, core.InactiveAccount},
		{"customer claim absent", renew, "5.5", refresh, []string{"-user_id"}, none, core.OK},
		{"customer claim null", renew, "5.5", refresh, []string{"user_id=null"}, none, core.OK},
		{"customer claim zero", renew, "5.5", refresh, []string{"user_id=0.0"}, none, core.OK},
		{"customer claim empty text", renew, "5.5", refresh, []string{`user_id=""`}, none, core.OK},
		{"customer claim empty list", renew, "5.5", refresh, []string{`user_id=[ ]`}, none, core.OK},
		{"customer claim text zero", renew, "5.5", refresh, []string{`user_id="0"`}, none, core.InactiveAccount},
		{"iss a number", renew, "5.5", refresh, []string{"iss=5"}, nil, core.WrongIssuer},
		{"iss null", list, "5.5", refresh, []string{"iss=null"}, nil, core.WrongIssuer},
		{"iss null, no blacklist", list, "no list", refresh, []string{"iss=null"}, nil, core.OK},
		{"iss null", verify, "5.5", refresh, []string{"iss=null"}, nil, core.OK},
		{"iss a number", renew, "5.2", refresh, []string{"iss=5"}, nil, core.OK},
		{"customer claim no id", list, "5.5", refresh, []string{`user_id="abc"`}, unreadable, core.NoCustomerClaim},
		{"customer claim no id", list, "5.2", refresh, []string{`user_id="abc"`}, unreadable, core.OK},
		{"customer claim no id, no blacklist", list, "no list", refresh, []string{`user_id="abc"`}, unreadable, core.OK},
		{"revoke claim right", auth, "revoke", access, []string{`hash_password="0123456789ABCDEF0123456789ABCDEF"`}, nil, core.OK},
		{"revoke claim other", auth, "revoke", access, []string{`hash_password="0123456789abcdef0123456789abcdef"`}, nil, core.RevokeClaim},
		{"revoke claim absent", auth, "revoke", access, nil, nil, core.RevokeClaim},
		{"revoke claim absent, no such setting", auth, "5.2revoke", access, nil, nil, core.OK},

		// Revocation. The exact wire knows it for refresh tokens, the secure one for all.
		{"revoked", renew, "5.5", refresh, nil, dead, core.Blacklisted},
		{"revoked", renew, "5.2", refresh, nil, dead, core.Blacklisted},
		{"revoked", list, "5.5", refresh, nil, dead, core.Blacklisted},
		{"revoked", renew, "no list", refresh, nil, dead, core.OK},
		{"revoked", verify, "5.5", refresh, nil, dead, core.OK},
		{"revoked", verify, "bar", refresh, nil, dead, core.Blacklisted},
		{"revoked", verify, "5.5 safe", refresh, nil, dead, core.Blacklisted},
		{"revoked", auth, "5.5", access, nil, dead, core.OK},
		{"revoked", auth, "5.5 safe", access, nil, dead, core.Blacklisted},
		{"revoked, access of ours", verify, "bar", access, []string{`jti="` + accessID + `"`}, dead, core.OK},
		{"revoked, access of ours", auth, "5.5 safe", access, []string{`jti="` + accessID + `"`}, dead, core.Blacklisted},
		{"order: revoked before type", renew, "5.5", access, nil, dead, core.Blacklisted},
		{"order: revoked before no exp", renew, "5.5", refresh, []string{"-exp"}, dead, core.Blacklisted},
		{"order: expired before revoked", renew, "5.5", refresh, []string{"exp=1"}, dead, core.Expired},
		{"id null is never revoked", renew, "5.2", refresh, []string{"jti=null"}, dead, core.OK},
		{"id null cannot be revoked", list, "5.2", refresh, []string{"jti=null"}, nil, core.BadID},
		{"cut off", renew, "5.5", refresh, nil, cutOff, core.CutOff},
		{"cut off", renew, "no list", refresh, nil, cutOff, core.CutOff},
		{"cut off", auth, "5.5", access, nil, cutOff, core.OK},
		{"cut off", auth, "5.5 safe", access, nil, cutOff, core.CutOff},
		{"cut off", verify, "5.5 safe", access, nil, cutOff, core.CutOff},
		{"started after the cut-off", renew, "5.5 safe", refresh, []string{`jti="` + refreshID + `"`},
			func(s *core.State) { s.CutOff = familyStart - 1 }, core.OK},
		{"started at the cut-off", renew, "5.5 safe", refresh, []string{`jti="` + refreshID + `"`},
			func(s *core.State) { s.CutOff = familyStart }, core.CutOff},
		{"issued after the cut-off, foreign id", renew, "5.5 safe", refresh, nil, func(s *core.State) { s.CutOff = 1577836799_999 }, core.OK},
		{"issued at the cut-off, foreign id", renew, "5.5 safe", refresh, nil, func(s *core.State) { s.CutOff = 1577836800_000 }, core.CutOff},
		{"no iat, foreign id", renew, "5.5 safe", refresh, []string{"-iat"}, func(s *core.State) { s.CutOff = 1 }, core.CutOff},
	} {
		t.Run(c.opName()+"/"+c.settings+"/"+c.name, func(t *testing.T) {
			e := newEngine(t, variants[c.settings], OneKey())
			req := request(c.op)
			req.Opened = open(t, e, token("{"+change(c.claims, c.changes)+"}"))
			if c.state != nil {
				c.state(&req.State)
			}
			o := decide(t, e, req)
			if got := firstCause(o); got != c.want {
				t.Errorf("refused for %v, want %v", got, c.want)
			}
			if c.want != core.OK && (len(o.Tokens) > 0 || len(o.Effects.List) > 0) {
				t.Errorf("a refusal comes with tokens %v and effects %v", o.Tokens, o.Effects.List)
			}
		})
	}
}

// firstCause is the first cause that an outcome refuses for; OK for none.
func firstCause(o core.Outcome) core.Cause {
	if !o.Refused() {
		return core.OK
	}
	return o.Refusals[0].Cause
}

func (c decideCase) opName() string {
	return map[core.Op]string{core.Authenticate: "authenticate", core.Verify: "verify", core.Refresh: "refresh", core.Blacklist: "blacklist"}[c.op]
}

// request is a request with everything in order.
func request(op core.Op) core.Request {
	return core.Request{
		Op:      op,
		State:   core.State{Customer: customer(), PasswordGood: true, HighWater: Now.Add(time.Minute).UnixMilli()},
		Now:     Now,
		Entropy: Entropy,
	}
}

// change applies changes to members that contain no comma or colon of their own.
func change(members string, changes []string) string {
	list := strings.Split(members, ",")
	find := func(name string) int {
		for i, m := range list {
			if strings.HasPrefix(m, `"`+name+`":`) {
				return i
			}
		}
		return -1
	}
	for _, c := range changes {
		if name, gone := strings.CutPrefix(c, "-"); gone {
			i := find(name)
			list = append(list[:i], list[i+1:]...)
			continue
		}
		name, value, _ := strings.Cut(c, "=")
		member := `"` + name + `":` + value
		if i := find(name); i >= 0 {
			list[i] = member
		} else {
			list = append(list, member)
		}
	}
	return strings.Join(list, ",")
}
