package main

import (
	"fmt"
	"strings"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// Keys and a header for most cases.
var (
	hs = coretest.NewOneOf("HS256", 0)
	es = coretest.NewOneOf("ES256", 0)
)

const hsHeader = `{"alg":"HS256","typ":"JWT"}`

// access are the claims of an access token, with more members, each with a comma before it.
func access(more string) string {
	return `{"token_type":"access","exp":4102444800,"jti":"x1","user_id":"7"` + more + `}`
}

// secretPolicy is a policy of one secret, with more members.
func secretPolicy(more string) string {
	s := core.DefaultSettings()
	return policy(&s, []coretest.OneOf{hs}, more)
}

// times are tokens just before, in and after the second in which they begin or end, and clocks that were never set.
func (g *generator) times() {
	const at = 1_800_000_000
	plain, late := g.configure("HS256", secretPolicy("")), g.configure("leeway", secretPolicy(`,"leeway":10`))
	claim := func(name string) string {
		member := fmt.Sprintf(`,"%s":%d`, name, at)
		if name == "exp" {
			return hs.Issue(hsHeader, strings.Replace(access(""), "4102444800", fmt.Sprint(at), 1))
		}
		return hs.Issue(hsHeader, access(member))
	}
	for _, c := range []struct {
		claim  string
		leeway int64
		offset int64
		want   string
	}{
		{"exp", 0, -1, good}, {"exp", 0, 0, "expired"}, {"exp", 0, 1, "expired"},
		{"exp", 10, 9, good}, {"exp", 10, 10, "expired"},
		{"nbf", 0, -1, "not_yet_valid"}, {"nbf", 0, 0, good}, {"nbf", 10, -10, good}, {"nbf", 10, -11, "not_yet_valid"},
		{"iat", 0, -1, "issued_in_future"}, {"iat", 0, 0, good}, {"iat", 10, -10, good},
		{"iat", 10, -11, "issued_in_future"},
	} {
		start := plain
		if c.leeway > 0 {
			start = late
		}
		g.add(fmt.Sprintf("times/%s with leeway %d, %+d", c.claim, c.leeway, c.offset), start,
			verdict(claim(c.claim), at+c.offset, c.want))
	}
	token := claim("exp")
	g.add("times/one token in time, late, in time", plain, verdict(token, at-1, good), verdict(token, at, "expired"),
		verdict(token, at-1, good))
	const earliest, latest = core.EarliestTime, core.LastCutOff / 1000
	for _, c := range []struct {
		name string
		now  int64
		want string
	}{
		{"zero", 0, "bad_clock"}, {"negative", -1, "bad_clock"}, {"least", -1 << 52, "bad_clock"},
		{"2022, as wazero's", 1640995200, "bad_clock"}, {"before the earliest", earliest - 1, "bad_clock"},
		{"earliest", earliest, good}, {"latest", latest, "expired"}, {"beyond the latest", latest + 1, "bad_clock"},
		{"in milliseconds", now * 1000, "bad_clock"}, {"greatest", 1 << 52, "bad_clock"},
	} {
		g.add("clock/"+c.name, plain, verdict(token, c.now, c.want))
	}
	s := core.DefaultSettings()
	g.add("clock/before a bad signature", g.configure("ES256", policy(&s, []coretest.OneOf{es}, "")),
		verdict(coretest.NewOneOf("ES256", 1).Issue(`{"alg":"ES256"}`, access("")), 0, "bad_clock"))
	g.add("clock/before malformed", plain, verdict("x", 0, "bad_clock"))
}

// policyCases are what only a verifier's policy has.
func (g *generator) policyCases() {
	token := func(claims string) string { return hs.Issue(hsHeader, claims) }
	required := g.configure("required", secretPolicy(`,"required":["email","exp"]`))
	g.add("required/there", required, verdict(token(access(`,"email":"a@example.com"`)), now, good))
	g.add("required/empty text", required, verdict(token(access(`,"email":""`)), now, good))
	g.add("required/escaped name", required, verdict(token(access(`,"em\u0061il":1`)), now, good))
	g.add("required/absent", required, verdict(token(access("")), now, "missing_claim"))
	g.add("required/null", required, verdict(token(access(`,"email":null`)), now, "missing_claim"))
	g.add("required/nested", required, verdict(token(access(`,"x":{"email":1}`)), now, "missing_claim"))
	g.add("required/expired first", required,
		verdict(token(strings.Replace(access(""), "4102444800", "1", 1)), now, "expired"))

	one, list := secretPolicy(`,"audience":"shop"`), secretPolicy(`,"audience":["shop","app"]`)
	for _, c := range [][2]string{{"one", one}, {"list", list}} {
		name, start := c[0], g.configure("audience, "+c[0], c[1])
		g.add("audience/"+name+", the text", start, verdict(token(access(`,"aud":"shop"`)), now, good))
		g.add("audience/"+name+", in a list", start, verdict(token(access(`,"aud":["x","shop"]`)), now, good))
		g.add("audience/"+name+", another", start, verdict(token(access(`,"aud":"sho"`)), now, "wrong_audience"))
		g.add("audience/"+name+", absent", start, verdict(token(access("")), now, "wrong_audience"))
	}
	sliding := strings.Replace(access(`,"refresh_exp":4102444800`), `"access"`, `"sliding"`, 1)
	refresh := strings.Replace(access(""), `"access"`, `"refresh"`, 1)
	for _, c := range []struct {
		types, access, sliding string
	}{
		{`["access"]`, good, "wrong_type"}, {`["sliding"]`, "wrong_type", good},
		{`["access","sliding"]`, good, good}, {`["sliding","access"]`, good, good},
	} {
		start := g.configure("types "+c.types, secretPolicy(`,"types":`+c.types))
		g.add("types/"+c.types+", access", start, verdict(token(access("")), now, c.access))
		g.add("types/"+c.types+", sliding", start, verdict(token(sliding), now, c.sliding))
		g.add("types/"+c.types+", refresh", start, verdict(token(refresh), now, "wrong_type"))
	}
	g.add("types/sliding without refresh_exp", g.configure(`types ["sliding"]`, secretPolicy(`,"types":["sliding"]`)),
		verdict(token(strings.Replace(access(""), `"access"`, `"sliding"`, 1)), now, good))
	noUser := g.configure("no user claim", secretPolicy(`,"user_id_claim":null`))
	g.add("user/absent", g.configure("HS256", secretPolicy("")),
		verdict(token(`{"token_type":"access","exp":4102444800,"jti":"x1"}`), now, "no_user"))
	g.add("user/absent, none configured", noUser,
		verdict(token(`{"token_type":"access","exp":4102444800,"jti":"x1"}`), now, good))
	g.add("claims/as they stand", g.configure("HS256", secretPolicy("")),
		verdict(token(" {\n\"exp\" : 4102444800.0,\t\"token_type\":\"\\u0061ccess\" , \"jti\":\"\", \"user_id\":7,"+
			"\"</b>&\u2028\":\"Zo\u00eb \\ud83d\\udd11 \U0001F511\",\"n\":[1e400,-0.0,12345678901234567890123]}\r\n"),
			now, good))
}

// hostSignatures are policies whose signatures are the host's, without a host that checks any.
func (g *generator) hostSignatures() {
	s := core.DefaultSettings()
	host := g.configure("signatures of the host, ES256", policy(&s, []coretest.OneOf{es}, `,"signatures":"host"`))
	secret := g.configure("signatures of the host, HS256", secretPolicy(`,"signatures":"host"`))
	header := `{"alg":"ES256","typ":"JWT"}`
	token := es.Issue(header, access(""))
	alone := func(token, want string) step {
		s := verdict(token, now, want)
		s.Alone = true
		return s
	}
	g.add("host_signatures/secret", secret, alone(hs.Issue(hsHeader, access("")), good))
	g.add("host_signatures/secret, forged", secret,
		alone(coretest.NewOneOf("HS256", 1).Issue(hsHeader, access("")), "bad_signature"))
	g.add("host_signatures/good", host, alone(token, "signature_needed"), alone(token, "signature_needed"))
	g.add("host_signatures/forged", host,
		alone(coretest.NewOneOf("ES256", 1).Issue(header, access("")), "signature_needed"))
	g.add("host_signatures/expired", host,
		alone(es.Issue(header, strings.Replace(access(""), "4102444800", "1", 1)), "signature_needed"))
	g.add("host_signatures/malformed", host, alone("a.b", "malformed"))
	g.add("host_signatures/bad header", host, alone(es.Issue(`{"alg":"ES256","crit":[]}`, access("")), "bad_header"))
	g.add("host_signatures/bad algorithm", host, alone(hs.Issue(hsHeader, access("")), "bad_algorithm"))
	g.add("host_signatures/bad clock", host, alone(token, "bad_clock").at(0))
}

// at is the step at another time.
func (s step) at(now int64) step {
	s.Now = &now
	return s
}
