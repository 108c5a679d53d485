package coretest

import (
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// customer is the customer of all cases.
func customer() core.Customer {
	return core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true,
		RevokeClaim: "0123456789ABCDEF0123456789ABCDEF", Version: 3}
}

// Claims that most cases change in one place. Ids of ours: family 1, started at 2026-06-01T11:00:00Z.
const (
	access  = `"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"x1","user_id":"7"`
	refresh = `"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"x1","user_id":"7"`
	sliding = `"token_type":"sliding","exp":4102444800,"iat":1577836800,"jti":"x1","user_id":"7","refresh_exp":4102444800`
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
	want     cause.Cause
}

func decideCases() []decideCase {
	const (
		auth, verify, renew, list = core.Authenticate, core.Verify, core.Refresh, core.Blacklist
		slide                     = core.SlidingRefresh
	)
	none := func(s *core.State) { *s = core.State{} }
	unreadable := func(s *core.State) { *s = core.State{UnreadableCustomer: true} }
	inactive := func(s *core.State) { s.Customer.Active = false }
	dead := func(s *core.State) { s.Family = core.FamilyState{Version: 9, Dead: true} }
	advanced := func(generation uint32) func(*core.State) {
		return func(s *core.State) { s.Family = core.FamilyState{Version: 9, Generation: generation} }
	}
	cutOff := func(s *core.State) { s.CutOff = Now.UnixMilli() }
	future, past := "4102444790", "1577836801"
	now := Now.Unix() // 0.25 s before the instant
	at := func(claim string, d int64) string { return claim + "=" + itoa(now+d) }
	return []decideCase{
		{"good", auth, "5.5", access, nil, nil, cause.OK},
		{"good", auth, "5.2", access, nil, nil, cause.OK},
		{"good", auth, "5.5 safe", access, nil, nil, cause.OK},
		{"good", verify, "5.5", refresh, nil, nil, cause.OK},
		{"good", renew, "5.5", refresh, nil, nil, cause.OK},
		{"good", list, "5.5", refresh, nil, nil, cause.OK},

		// The registered claims, in PyJWT's order.
		{"exp past", auth, "5.5", access, []string{"exp=" + past}, nil, cause.Expired},
		{"exp now", auth, "5.5", access, []string{at("exp", 0)}, nil, cause.Expired},
		{"exp in a second", auth, "5.5", access, []string{at("exp", 1)}, nil, cause.OK},
		{"exp past within leeway", auth, "leeway", access, []string{at("exp", -9)}, nil, cause.OK},
		{"exp past at leeway", auth, "leeway", access, []string{at("exp", -10)}, nil, cause.Expired},
		{"exp zero", auth, "5.5", access, []string{"exp=0"}, nil, cause.Expired},
		{"exp negative", auth, "5.5", access, []string{"exp=-1"}, nil, cause.Expired},
		{"exp huge negative", auth, "5.5", access, []string{"exp=-99999999999999999999"}, nil, cause.Expired},
		{"exp true", auth, "5.5", access, []string{"exp=true"}, nil, cause.Expired},
		{"exp false", auth, "5.5", access, []string{"exp=false"}, nil, cause.Expired},
		{"exp with a fraction", auth, "5.5", access, []string{"exp=4102444800.5"}, nil, cause.OK},
		{"exp with an exponent", auth, "5.5", access, []string{"exp=4.1e9"}, nil, cause.OK},
		{"exp beyond a double", auth, "5.5", access, []string{"exp=1e400"}, nil, cause.BadExpiresAt},
		{"exp beyond 9999", auth, "5.5", access, []string{"exp=10000000000000"}, nil, cause.BadExpiresAt},
		{"exp of twenty digits", auth, "5.5", access, []string{"exp=99999999999999999999"}, nil, cause.BadExpiresAt},
		{"exp of 4300 digits", auth, "5.5", access, []string{"exp=" + strings.Repeat("9", 4300)}, nil,
			cause.BadExpiresAt},
		{"exp text digits", auth, "5.5", access, []string{`exp="4102444800"`}, nil, cause.BadExpiresAt},
		{"exp text past", auth, "5.5", access, []string{`exp="` + past + `"`}, nil, cause.Expired},
		{"exp text", auth, "5.5", access, []string{`exp="soon"`}, nil, cause.BadExpiresAt},
		{"exp null", auth, "5.5", access, []string{"exp=null"}, nil, cause.BadExpiresAt},
		{"exp a list", auth, "5.5", access, []string{"exp=[4102444800]"}, nil, cause.BadExpiresAt},
		{"exp an object", auth, "5.2", access, []string{"exp={}"}, nil, cause.BadExpiresAt},
		{"exp absent", auth, "5.5", access, []string{"-exp"}, nil, cause.NoExpiresAt},
		{"exp absent", verify, "5.5", access, []string{"-exp"}, nil, cause.NoExpiresAt},
		{"iat future", auth, "5.5", access, []string{"iat=" + future}, nil, cause.NotYetIssued},
		{"iat this second", auth, "5.5", access, []string{at("iat", 0)}, nil, cause.OK},
		{"iat next second", auth, "5.5", access, []string{at("iat", 1)}, nil, cause.NotYetIssued},
		{"iat within leeway", auth, "leeway", access, []string{at("iat", 10)}, nil, cause.OK},
		{"iat text digits", auth, "5.5", access, []string{`iat=" 1_577 "`}, nil, cause.OK},
		{"iat text digits", auth, "5.2", access, []string{`iat="1577836800"`}, nil, cause.BadIssuedAt},
		{"iat wide digits", auth, "5.5", access, []string{`iat="１"`}, nil, cause.OK},
		{"iat text", auth, "5.5", access, []string{`iat="yesterday"`}, nil, cause.BadIssuedAt},
		{"iat double underscore", auth, "5.5", access, []string{`iat="1__5"`}, nil, cause.BadIssuedAt},
		{"iat empty text", auth, "5.5", access, []string{`iat=""`}, nil, cause.BadIssuedAt},
		{"iat null", auth, "5.5", access, []string{"iat=null"}, nil, cause.BadIssuedAt},
		{"iat absent", auth, "5.5", access, []string{"-iat"}, nil, cause.OK},
		{"nbf future", auth, "5.5", access, []string{"nbf=" + future}, nil, cause.NotYetValid},
		{"nbf past", auth, "5.5", access, []string{"nbf=" + past}, nil, cause.OK},
		{"nbf text", auth, "5.5", access, []string{`nbf="now"`}, nil, cause.BadNotBefore},
		{"order: iat before exp", auth, "5.5", access, []string{"iat=" + future, "exp=1"}, nil, cause.NotYetIssued},
		{"order: nbf before exp", auth, "5.5", access, []string{"nbf=" + future, "exp=1"}, nil, cause.NotYetValid},
		{"order: exp before iss", auth, "iss", access, []string{"exp=1"}, nil, cause.Expired},
		{"order: exp before sub", auth, "5.5", access, []string{"exp=1", "sub=5"}, nil, cause.Expired},
		{"order: iss before no exp", auth, "iss", access, []string{"-exp"}, nil, cause.WrongIssuer},
		{"iss right", auth, "iss", access, []string{`iss="https://auth.example"`}, nil, cause.OK},
		{"iss right escaped", auth, "iss", access, []string{`iss="https:\/\/auth.example"`}, nil, cause.OK},
		{"iss other", auth, "iss", access, []string{`iss="https://auth.example/"`}, nil, cause.WrongIssuer},
		{"iss a list", auth, "iss", access, []string{`iss=["https://auth.example"]`}, nil, cause.WrongIssuer},
		{"iss absent", auth, "iss", access, nil, nil, cause.WrongIssuer},
		{"iss not configured", auth, "5.5", access, []string{`iss="anyone"`}, nil, cause.OK},
		{"aud one", auth, "aud", access, []string{`aud="app"`}, nil, cause.OK},
		{"aud among", auth, "aud", access, []string{`aud=[ "x" , "shop" ]`}, nil, cause.OK},
		{"aud other", auth, "aud", access, []string{`aud=["x","y"]`}, nil, cause.WrongAudience},
		{"aud prefix", auth, "aud", access, []string{`aud="sho"`}, nil, cause.WrongAudience},
		{"aud with a number", auth, "aud", access, []string{`aud=["shop",5]`}, nil, cause.WrongAudience},
		{"aud empty list", auth, "aud", access, []string{`aud=[]`}, nil, cause.WrongAudience},
		{"aud an object", auth, "aud", access, []string{`aud={"shop":1}`}, nil, cause.WrongAudience},
		{"aud absent", auth, "aud", access, nil, nil, cause.WrongAudience},
		{"aud not configured", auth, "5.5", access, []string{`aud=5`}, nil, cause.OK},
		{"sub a number", auth, "5.5", access, []string{"sub=5"}, nil, cause.BadSubject},
		{"sub a number", auth, "5.2", access, []string{"sub=5"}, nil, cause.OK},
		{"jti a number", auth, "5.5", access, []string{"jti=5"}, nil, cause.BadID},
		{"jti null", verify, "5.5", access, []string{"jti=null"}, nil, cause.BadID},
		{"jti null", verify, "5.2", access, []string{"jti=null"}, nil, cause.OK},
		{"jti a number", renew, "5.2", refresh, []string{"jti=5"}, nil, cause.OK},
		{"jti a number beside the configured id", auth, "names", `"typ":"access","exp":4102444800,"tid":"x","sub":"7"`,
			[]string{"jti=5"}, nil, cause.BadID},

		// Id and type.
		{"id absent", auth, "5.5", access, []string{"-jti"}, nil, cause.NoID},
		{"id absent", verify, "5.5", access, []string{"-jti"}, nil, cause.NoID},
		{"id absent", renew, "5.5", refresh, []string{"-jti"}, nil, cause.NoID},
		{"id absent and another type", renew, "no list", access, []string{"-jti"}, nil, cause.NoID},
		{"ids switched off", auth, "no names", access, []string{"-jti", "-token_type"}, nil, cause.OK},
		{"the old name of the id does not count", auth, "names", access, []string{`typ="access"`}, nil, cause.NoID},
		{"type absent", auth, "5.5", access, []string{"-token_type"}, nil, cause.NoType},
		{"type absent", verify, "5.5", access, []string{"-token_type"}, nil, cause.OK},
		{"type other", auth, "5.5", refresh, nil, nil, cause.WrongType},
		{"type other", renew, "5.5", access, nil, nil, cause.WrongType},
		{"type other", list, "5.5", access, nil, nil, cause.WrongType},
		{"type null", auth, "5.5", access, []string{"token_type=null"}, nil, cause.WrongType},
		{"type in capitals", auth, "5.5", access, []string{`token_type="ACCESS"`}, nil, cause.WrongType},
		{"type escaped", auth, "5.5", access, []string{`token_type="\u0061ccess"`}, nil, cause.OK},
		{"type sliding in a header", auth, "classes", access, []string{`token_type="sliding"`}, nil, cause.OK},

		// The customer.
		{"customer claim absent", auth, "5.5", access, []string{"-user_id"}, none, cause.NoCustomerClaim},
		{"customer unknown", auth, "5.5", access, nil, none, cause.CustomerNotFound},
		{"customer inactive", auth, "5.5", access, nil, inactive, cause.CustomerInactive},
		{"customer inactive, not checked", auth, "inactive", access, nil, inactive, cause.OK},
		{"customer inactive, always checked", auth, "5.2revoke", access, nil, inactive, cause.CustomerInactive},
		{"customer inactive", verify, "5.5", access, nil, inactive, cause.OK},
		{"customer inactive", verify, "5.5 safe", access, nil, inactive, cause.InactiveAccount},
		{"customer inactive", verify, "5.2 safe", refresh, nil, inactive, cause.InactiveAccount},
		{"customer inactive and revoked", verify, "5.5 safe", refresh, nil,
			func(s *core.State) { inactive(s); dead(s) }, cause.Blacklisted},
		{"customer unknown", verify, "5.5 safe", access, nil, none, cause.InactiveAccount},
		{"customer claim absent", verify, "5.5 safe", access, []string{"-user_id"}, none, cause.OK},
		{"customer inactive", renew, "5.5", refresh, nil, inactive, cause.InactiveAccount},
		{"customer inactive, not checked", renew, "inactive", refresh, nil, inactive, cause.OK},
		{"customer inactive", renew, "5.2", refresh, nil, inactive, cause.OK},
		{"customer inactive", renew, "5.2 safe", refresh, nil, inactive, cause.InactiveAccount},
		{"customer removed", renew, "5.5", refresh, nil, none, cause.InactiveAccount},
		{"customer removed", renew, "5.2", refresh, nil, none, cause.OK},
		{"customer removed", renew, "5.2 safe", refresh, nil, none, cause.InactiveAccount},
		{"customer claim absent", renew, "5.5", refresh, []string{"-user_id"}, none, cause.OK},
		{"customer claim null", renew, "5.5", refresh, []string{"user_id=null"}, none, cause.OK},
		{"customer claim zero", renew, "5.5", refresh, []string{"user_id=0.0"}, none, cause.OK},
		{"customer claim empty text", renew, "5.5", refresh, []string{`user_id=""`}, none, cause.OK},
		{"customer claim empty list", renew, "5.5", refresh, []string{`user_id=[ ]`}, none, cause.OK},
		{"customer claim text zero", renew, "5.5", refresh, []string{`user_id="0"`}, none, cause.InactiveAccount},
		{"iss a number", renew, "5.5", refresh, []string{"iss=5"}, nil, cause.WrongIssuer},
		{"iss null", list, "5.5", refresh, []string{"iss=null"}, nil, cause.WrongIssuer},
		{"iss null, no blacklist", list, "no list", refresh, []string{"iss=null"}, nil, cause.OK},
		{"iss null", verify, "5.5", refresh, []string{"iss=null"}, nil, cause.OK},
		{"iss a number", renew, "5.2", refresh, []string{"iss=5"}, nil, cause.OK},
		{"customer claim no id", list, "5.5", refresh, []string{`user_id="abc"`}, unreadable, cause.NoCustomerClaim},
		{"customer claim no id", list, "5.2", refresh, []string{`user_id="abc"`}, unreadable, cause.OK},
		{"customer claim no id, no blacklist", list, "no list", refresh, []string{`user_id="abc"`}, unreadable,
			cause.OK},

		{"good", slide, "5.5", sliding, nil, nil, cause.OK},
		{"good", slide, "5.2", sliding, nil, nil, cause.OK},
		{"good", slide, "5.5 safe", sliding, nil, nil, cause.OK},
		{"type access", slide, "5.5", access, nil, nil, cause.WrongType},
		{"type refresh", slide, "5.5", refresh, nil, nil, cause.WrongType},
		{"type sliding", renew, "5.5", sliding, nil, nil, cause.WrongType},
		{"type sliding", list, "5.5", sliding, nil, nil, cause.WrongType},
		{"type sliding", verify, "5.5", sliding, nil, nil, cause.OK},
		{"type sliding, no types", renew, "no names", sliding, nil, nil, cause.OK},
		{"refresh_exp absent", slide, "5.5", sliding, []string{"-refresh_exp"}, nil, cause.NoRefreshExp},
		{"refresh_exp absent", auth, "classes", sliding, []string{"-refresh_exp"}, nil, cause.OK},
		{"refresh_exp of another name", slide, "everything", sliding, []string{`typ="sliding"`, `tid="a"`, `iss="us"`,
			`aud="shop"`}, nil, cause.NoRefreshExp},
		{"refresh_exp past", slide, "5.5", sliding, []string{"refresh_exp=" + past}, nil, cause.RefreshExpired},
		{"refresh_exp past", auth, "classes", sliding, []string{"refresh_exp=" + past}, nil, cause.OK},
		{"refresh_exp past", verify, "5.5", sliding, []string{"refresh_exp=" + past}, nil, cause.OK},
		{"refresh_exp now", slide, "5.5", sliding, []string{at("refresh_exp", 0) + ".25"}, nil, cause.RefreshExpired},
		{"refresh_exp in a microsecond", slide, "5.5", sliding, []string{at("refresh_exp", 0) + ".250001"}, nil,
			cause.OK},
		{"refresh_exp in half a microsecond", slide, "5.5", sliding, []string{at("refresh_exp", 0) + ".2500004"}, nil,
			cause.RefreshExpired},
		{"refresh_exp in a second", slide, "5.5", sliding, []string{at("refresh_exp", 1)}, nil, cause.OK},
		{"refresh_exp past within leeway", slide, "leeway", sliding, []string{at("refresh_exp", -9)}, nil, cause.OK},
		{"refresh_exp past at leeway", slide, "leeway", sliding, []string{at("refresh_exp", -10)}, nil,
			cause.RefreshExpired},
		{"refresh_exp with an exponent", slide, "5.5", sliding, []string{"refresh_exp=4.1e9"}, nil, cause.OK},
		{"refresh_exp true", slide, "5.5", sliding, []string{"refresh_exp=true"}, nil, cause.RefreshExpired},
		{"refresh_exp in the year 1", slide, "5.5", sliding, []string{"refresh_exp=-62135596800"}, nil,
			cause.RefreshExpired},
		{"refresh_exp before the year 1", slide, "5.5", sliding, []string{"refresh_exp=-62135596801"}, nil,
			cause.BadRefreshExp},
		{"refresh_exp in 9999", slide, "5.5", sliding, []string{"refresh_exp=253402300799"}, nil, cause.OK},
		{"refresh_exp beyond 9999", slide, "5.5", sliding, []string{"refresh_exp=253402300800"}, nil,
			cause.BadRefreshExp},
		{"refresh_exp beyond a double", slide, "5.5", sliding, []string{"refresh_exp=1e400"}, nil, cause.BadRefreshExp},
		{"refresh_exp text digits", slide, "5.5", sliding, []string{`refresh_exp="4102444800"`}, nil,
			cause.BadRefreshExp},
		{"refresh_exp null", slide, "5.2", sliding, []string{"refresh_exp=null"}, nil, cause.BadRefreshExp},
		{"refresh_exp a list", slide, "5.5", sliding, []string{"refresh_exp=[1]"}, nil, cause.BadRefreshExp},
		{"order: type before refresh_exp", slide, "5.5", access, []string{"refresh_exp=1"}, nil, cause.WrongType},
		{"order: exp before refresh_exp", slide, "5.5", sliding, []string{"exp=1", "refresh_exp=1"}, nil,
			cause.Expired},
		{"order: refresh_exp before iss", slide, "5.5", sliding, []string{"iss=5", "refresh_exp=1"}, nil,
			cause.RefreshExpired},
		{"order: refresh_exp before customer", slide, "5.5 safe", sliding, []string{"refresh_exp=1"}, none,
			cause.RefreshExpired},
		{"iss a number", slide, "5.5", sliding, []string{"iss=5"}, nil, cause.WrongIssuer},
		{"iss a number", slide, "5.2", sliding, []string{"iss=5"}, nil, cause.OK},
		{"unknown customer", slide, "5.5", sliding, nil, none, cause.OK},
		{"unknown customer", slide, "5.5 safe", sliding, nil, none, cause.InactiveAccount},
		{"unknown customer", slide, "5.2 safe", sliding, nil, none, cause.InactiveAccount},
		{"inactive customer", slide, "5.5", sliding, nil, inactive, cause.OK},
		{"inactive customer", slide, "5.5 safe", sliding, nil, inactive, cause.InactiveAccount},
		{"customer claim absent", slide, "5.5 safe", sliding, []string{"-user_id"}, none, cause.OK},
		{"revoke claim absent", slide, "revoke", sliding, nil, nil, cause.OK},
		{"revoke claim right", auth, "revoke", access, []string{`hash_password="0123456789ABCDEF0123456789ABCDEF"`},
			nil, cause.OK},
		{"revoke claim other", auth, "revoke", access, []string{`hash_password="0123456789abcdef0123456789abcdef"`},
			nil, cause.RevokeClaim},
		{"revoke claim absent", auth, "revoke", access, nil, nil, cause.RevokeClaim},
		{"revoke claim absent, no such setting", auth, "5.2revoke", access, nil, nil, cause.OK},

		// Revocation. The exact wire knows it for refresh tokens, the secure one for all.
		{"revoked", renew, "5.5", refresh, nil, dead, cause.Blacklisted},
		{"revoked", renew, "5.2", refresh, nil, dead, cause.Blacklisted},
		{"revoked", list, "5.5", refresh, nil, dead, cause.Blacklisted},
		{"revoked", renew, "no list", refresh, nil, dead, cause.OK},
		{"revoked", verify, "5.5", refresh, nil, dead, cause.OK},
		{"revoked", verify, "bar", refresh, nil, dead, cause.Blacklisted},
		{"revoked", verify, "5.5 safe", refresh, nil, dead, cause.Blacklisted},
		{"revoked", auth, "5.5", access, nil, dead, cause.OK},
		{"revoked", auth, "5.5 safe", access, nil, dead, cause.Blacklisted},
		{"revoked, access of ours", verify, "bar", access, []string{`jti="` + AccessID + `"`}, dead, cause.OK},
		{"revoked, access of ours", auth, "5.5 safe", access, []string{`jti="` + AccessID + `"`}, dead,
			cause.Blacklisted},
		{"spent", renew, "advance", refresh, []string{`jti="` + refreshID + `"`}, advanced(1), cause.Blacklisted},
		{"spent, foreign", renew, "5.2advance", refresh, nil, advanced(1), cause.Blacklisted},
		{"current", renew, "advance", refresh, []string{`jti="` + nextID + `"`}, advanced(1), cause.OK},
		{"ahead of the state", renew, "advance", refresh, []string{`jti="` + lastButOneID + `"`}, advanced(1),
			cause.OK},
		{"the last generation", renew, "advance", refresh, []string{`jti="` + lastID + `"`}, nil, cause.Blacklisted},
		{"id null", renew, "5.2advance", refresh, []string{`jti=null`}, nil, cause.BadID},
		{"id null", renew, "5.2rotate", refresh, []string{`jti=null`}, nil, cause.OK},
		{"spent", renew, "5.5", refresh, nil, advanced(1), cause.Blacklisted},
		{"spent", renew, "rotate", refresh, nil, advanced(1), cause.Blacklisted},
		{"spent", renew, "no list", refresh, nil, advanced(1), cause.OK},
		{"spent", list, "advance", refresh, []string{`jti="` + refreshID + `"`}, advanced(1), cause.Blacklisted},
		{"spent", verify, "advance", refresh, []string{`jti="` + refreshID + `"`}, advanced(1), cause.Blacklisted},
		{"spent", verify, "5.5 safe", refresh, []string{`jti="` + refreshID + `"`}, advanced(1), cause.Blacklisted},
		{"spent", verify, "5.5", refresh, []string{`jti="` + refreshID + `"`}, advanced(1), cause.OK},
		{"spent, access", auth, "5.5 safe", access, []string{`jti="` + AccessID + `"`}, advanced(9), cause.OK},
		{"spent, sliding", slide, "5.5 safe", sliding, []string{`jti="` + SlidingID + `"`}, advanced(9), cause.OK},
		{"spent, sliding without types", renew, "no types, advance", sliding, []string{`jti="` + SlidingID + `"`},
			advanced(1), cause.Blacklisted},
		{"revoked", slide, "5.5", sliding, nil, dead, cause.Blacklisted},
		{"revoked", slide, "5.5 safe", sliding, nil, dead, cause.Blacklisted},
		{"revoked", slide, "no list", sliding, nil, dead, cause.OK},
		{"revoked, access first", auth, "classes", sliding, nil, dead, cause.WrongType},
		{"revoked, sliding of ours", slide, "5.5", sliding, []string{`jti="` + SlidingID + `"`}, dead,
			cause.Blacklisted},
		{"revoked, sliding of ours", verify, "5.5 safe", sliding, []string{`jti="` + SlidingID + `"`}, dead,
			cause.Blacklisted},
		{"order: revoked before refresh_exp", slide, "5.5", sliding, []string{"-refresh_exp"}, dead, cause.Blacklisted},
		{"order: revoked before type", renew, "5.5", access, nil, dead, cause.Blacklisted},
		{"order: revoked before no exp", renew, "5.5", refresh, []string{"-exp"}, dead, cause.Blacklisted},
		{"order: expired before revoked", renew, "5.5", refresh, []string{"exp=1"}, dead, cause.Expired},
		{"id null is never revoked", renew, "5.2", refresh, []string{"jti=null"}, dead, cause.OK},
		{"id null cannot be revoked", list, "5.2", refresh, []string{"jti=null"}, nil, cause.BadID},
		{"cut off", renew, "5.5", refresh, nil, cutOff, cause.CutOff},
		{"cut off", renew, "no list", refresh, nil, cutOff, cause.CutOff},
		{"cut off", auth, "5.5", access, nil, cutOff, cause.OK},
		{"cut off", auth, "5.5 safe", access, nil, cutOff, cause.CutOff},
		{"cut off", verify, "5.5 safe", access, nil, cutOff, cause.CutOff},
		{"cut off", slide, "5.5 safe", sliding, nil, cutOff, cause.CutOff},
		{"cut off", slide, "no list", sliding, nil, cutOff, cause.CutOff},
		{"foreign, issued within leeway of the cut-off", renew, "leeway", refresh, []string{at("iat", 9)},
			func(s *core.State) { s.CutOff = Now.UnixMilli() - 5000 }, cause.CutOff},
		{"foreign, issued later than leeway after the cut-off", renew, "leeway", refresh, []string{at("iat", 0)},
			func(s *core.State) { s.CutOff = Now.UnixMilli() - 11_000 }, cause.OK},
		{"access without types is used once more", renew, "no types, advance", access,
			[]string{`jti="` + AccessID + `"`}, advanced(1), cause.Blacklisted},
		{"started at the cut-off, sliding of ours", slide, "5.5 safe", sliding, []string{`jti="` + SlidingID + `"`},
			func(s *core.State) { s.CutOff = FamilyStart }, cause.CutOff},
		{"an access id in a sliding token is foreign", slide, "5.5 safe", sliding, []string{`jti="` + AccessID + `"`},
			func(s *core.State) { s.CutOff = 1577836800_000 }, cause.CutOff},
		{"started after the cut-off", renew, "5.5 safe", refresh, []string{`jti="` + refreshID + `"`},
			func(s *core.State) { s.CutOff = FamilyStart - 1 }, cause.OK},
		{"started at the cut-off", renew, "5.5 safe", refresh, []string{`jti="` + refreshID + `"`},
			func(s *core.State) { s.CutOff = FamilyStart }, cause.CutOff},
		{"issued after the cut-off, foreign id", renew, "5.5 safe", refresh, nil,
			func(s *core.State) { s.CutOff = 1577836799_999 }, cause.OK},
		{"issued at the cut-off, foreign id", renew, "5.5 safe", refresh, nil,
			func(s *core.State) { s.CutOff = 1577836800_000 }, cause.CutOff},
		{"no iat, foreign id", renew, "5.5 safe", refresh, []string{"-iat"}, func(s *core.State) { s.CutOff = 1 },
			cause.CutOff},
	}
}

func testDecide(t *testing.T, newEngine NewEngine) {
	for _, c := range decideCases() {
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
			if c.want != cause.OK && (len(o.Tokens) > 0 || len(o.Effects.List) > 0) {
				t.Errorf("a refusal comes with tokens %v and effects %v", o.Tokens, o.Effects.List)
			}
		})
	}
}

// firstCause is the first cause of a refusal; OK if the outcome refuses nothing.
func firstCause(o core.Outcome) cause.Cause {
	if !o.Refused() {
		return cause.OK
	}
	return o.Refusals[0].Cause
}

func (c decideCase) opName() string {
	return map[core.Op]string{core.Authenticate: "authenticate", core.Verify: "verify", core.Refresh: "refresh",
		core.Blacklist: "blacklist", core.SlidingRefresh: "sliding refresh"}[c.op]
}

// request is a request with everything in order.
func request(op core.Op) core.Request {
	return core.Request{
		Op:      op,
		State:   core.State{Customer: customer(), PasswordGood: true, HighWater: Now.Add(time.Minute).UnixMilli()},
		Now:     Now,
		Entropy: Entropy(),
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
