package coretest

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// Ids of one family of ours: 47 bits 0x123456789abc, started at 2026-06-01T11:00:00Z.
const (
	FamilyStart = 1780311600_000
	refreshID   = "08e0429bc012834599e26af000000000"
	// of refresh tokens of the next generation, the last but one, and the last
	nextID       = "08e0429bc012834599e26af000000001"
	lastButOneID = "08e0429bc012834599e26af0fffffffe"
	lastID       = "08e0429bc012834599e26af0ffffffff"
	// of tokens of other types
	SlidingID  = "08e0429bc012834599e26af300000005"
	AccessID   = "08e0429bc012834599e26af200000005"
	FamilyName = 0x123456789abc
)

func itoa(v int64) string { return strconv.FormatInt(v, 10) }

func testIssue(t *testing.T, newEngine NewEngine) {
	now := Now.Unix()
	stamp := func(s string) string {
		return strings.NewReplacer("NOW", itoa(now), "REF", itoa(now+259200), "ACC", itoa(now+3600),
			"SLIDE", itoa(now+300), "REXP", itoa(now+86400)).Replace(s)
	}
	for _, c := range []struct {
		name     string
		settings string
		op       core.Op
		claims   string // of the token that is presented
		change   func(*core.Request)
		want     []string // claims of the tokens, in order
	}{
		{name: "log-in 5.5", settings: "5.5", op: core.Login, want: []string{
			`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"R","user_id":"7"}`,
			`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"A","user_id":"7"}`}},
		{name: "log-in 5.2 keeps integers", settings: "5.2", op: core.Login, want: []string{
			`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"R","user_id":7}`,
			`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"A","user_id":7}`}},
		{name: "log-in with everything", settings: "names", op: core.Login, change: func(q *core.Request) {
			q.State.Customer.UserID = core.Text("Zoë \"🔑\"")
			q.Extra = []byte(`{"plan":"pro","groups":["a",{"b":1.0}]}`)
		}, want: []string{
			`{"typ":"refresh","exp":REF,"iat":NOW,"tid":"R","sub":"Zo\u00eb \"\ud83d\udd11\"","plan":"pro","groups":["a",{"b":1.0}]}`,
			`{"typ":"access","exp":ACC,"iat":NOW,"tid":"A","sub":"Zo\u00eb \"\ud83d\udd11\"","plan":"pro","groups":["a",{"b":1.0}]}`}},
		{name: "log-in with the revoke claim", settings: "revoke", op: core.Login, want: []string{
			`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"R","user_id":"7","hash_password":"0123456789ABCDEF0123456789ABCDEF"}`,
			`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"A","user_id":"7","hash_password":"0123456789ABCDEF0123456789ABCDEF"}`}},
		{name: "log-in with audiences", settings: "aud", op: core.Login, want: []string{
			`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"R","user_id":"7","aud":["shop","app"]}`,
			`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"A","user_id":"7","aud":["shop","app"]}`}},
		{name: "log-in with an issuer", settings: "iss", op: core.Login, want: []string{
			`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"R","user_id":"7","iss":"https://auth.example"}`,
			`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"A","user_id":"7","iss":"https://auth.example"}`}},
		{name: "log-in without type and id", settings: "no names", op: core.Login, want: []string{
			`{"exp":REF,"iat":NOW,"user_id":"7"}`, `{"exp":ACC,"iat":NOW,"user_id":"7"}`}},

		{name: "refresh 5.5", settings: "5.5", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"` + refreshID + `","user_id":7}`,
			want:   []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"F","user_id":7}`}},
		{name: "refresh 5.2 copies iat", settings: "5.2", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"` + refreshID + `","user_id":7}`,
			want:   []string{`{"token_type":"access","exp":ACC,"iat":1577836800,"jti":"F","user_id":7}`}},
		{name: "refresh copies foreign claims as they are", settings: "5.5", op: core.Refresh,
			claims: `{"":0,"n":9223372036854775808, "token_type":"refresh","f": 1.10,"exp":4102444800,"\u0061":[1, 2],"jti":"` + refreshID + `","user_id":"7","nbf":0,"s":"\u00e9"}`,
			want:   []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"F","":0,"n":9223372036854775808,"f":1.10,"a":[1, 2],"user_id":"7","nbf":0,"s":"\u00e9"}`}},
		{name: "refresh with other names copies neither id", settings: "names", op: core.Refresh,
			claims: `{"typ":"refresh","exp":4102444800,"tid":"` + refreshID +
				`","jti":"foreign","sub":"7","token_type":"x"}`,
			want: []string{`{"typ":"access","exp":ACC,"iat":NOW,"tid":"F","sub":"7","token_type":"x"}`}},
		{name: "refresh renews configured claims in their place", settings: "5.5", op: core.Refresh,
			change: func(q *core.Request) { q.Extra = []byte(`{"plan":"pro","new":[null]}`) },
			claims: `{"token_type":"refresh","exp":4102444800,"plan":"free","jti":"` + refreshID + `","user_id":"7"}`,
			want:   []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"F","plan":"pro","user_id":"7","new":[null]}`}},
		{name: "refresh leaves out configured claims that are gone", settings: "5.5", op: core.Refresh,
			change: func(q *core.Request) { q.Extra = []byte(`{"plan":null,"new":null}`) },
			claims: `{"token_type":"refresh","exp":4102444800,"plan":"free","old":null,"jti":"` + refreshID +
				`","user_id":"7"}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"F","old":null,"user_id":"7"}`}},
		{name: "log-in leaves out configured claims that are null", settings: "5.5", op: core.Login,
			change: func(q *core.Request) { q.Extra = []byte(`{"plan":null,"\u006eew":null,"x":1}`) }, want: []string{
				`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"R","user_id":"7","x":1}`,
				`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"A","user_id":"7","x":1}`}},
		{name: "refresh sets the issuer in its place", settings: "iss", op: core.Refresh,
			claims: `{"iss":"https://auth.example","token_type":"refresh","exp":4102444800,"jti":"` + refreshID +
				`","user_id":"7"}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"F","iss":"https://auth.example",` +
				`"user_id":"7"}`}},

		{name: "rotation in the token's own order", settings: "rotate", op: core.Refresh,
			claims: `{"user_id":7,"jti":"` + refreshID + `","f": 1.10,"exp":4102444800,"iat":1577836800,` +
				`"token_type":"refresh"}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"F","user_id":7,"f":1.10}`,
				`{"user_id":7,"jti":"N","f":1.10,"exp":REF,"iat":NOW,"token_type":"refresh"}`}},
		{name: "rotation in 5.2: the access token alone copies iat", settings: "5.2rotate", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"` + refreshID + `","user_id":7}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":1577836800,"jti":"F","user_id":7}`,
				`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"N","user_id":7}`}},
		{name: "rotation of a foreign token, which has no iat", settings: "rotate", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"jti":"x1","user_id":7}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"O","user_id":7}`,
				`{"token_type":"refresh","exp":REF,"jti":"E","user_id":7,"iat":NOW}`}},
		{name: "rotation of a token whose id is in no list", settings: "5.2rotate", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"jti":null,"user_id":7,"iss":5}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"L","user_id":7,"iss":5}`,
				`{"token_type":"refresh","exp":REF,"jti":"E","user_id":7,"iss":5,"iat":NOW}`}},
		{name: "rotation with blacklisting", settings: "advance", op: core.Refresh,
			change: func(q *core.Request) { q.State.Family.Generation = 1 },
			claims: `{"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"` + nextID + `","user_id":7}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"` + accessOf2 + `","user_id":7}`,
				`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"` + refreshOf2 + `","user_id":7}`}},
		{name: "rotation of a generation ahead of the state", settings: "5.2advance", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"iat":1577836800,"jti":"` + lastButOneID + `","user_id":7}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":1577836800,"jti":"` + lastAccess + `","user_id":7}`,
				`{"token_type":"refresh","exp":REF,"iat":NOW,"jti":"` + lastID + `","user_id":7}`}},
		{name: "rotation of a foreign token with blacklisting", settings: "advance", op: core.Refresh,
			claims: `{"token_type":"refresh","exp":4102444800,"jti":"x1","user_id":7}`,
			want: []string{`{"token_type":"access","exp":ACC,"iat":NOW,"jti":"` + foreignAccessOf1 + `","user_id":7}`,
				`{"token_type":"refresh","exp":REF,"jti":"` + foreignRefreshOf1 + `","user_id":7,"iat":NOW}`}},
		{name: "rotation renews configured claims, aud and iss", settings: "everything", op: core.Refresh,
			change: func(q *core.Request) { q.Extra = []byte(`{"plan":"pro","gone":null,"new":1}`) },
			claims: `{"gone":1,"plan":"free","typ":"refresh","exp":4102444800,"iss":"us","aud":"shop",` +
				`"tid":"` + refreshID + `","jti":"j","hash":"old"}`,
			want: []string{`{"typ":"access","exp":ACC,"iat":NOW,"tid":"F","plan":"pro","iss":"us","aud":["shop"],` +
				`"hash":"old","new":1}`,
				`{"plan":"pro","typ":"refresh","exp":REF,"iss":"us","aud":["shop"],"tid":"N","jti":"j",` +
					`"hash":"old","new":1,"iat":NOW}`}},
		{name: "rotation without type and id", settings: "no names, rotate", op: core.Refresh,
			claims: `{"exp":4102444800,"token_type":"x","jti":"y"}`,
			want: []string{`{"exp":ACC,"iat":NOW,"token_type":"x"}`,
				`{"exp":REF,"token_type":"x","jti":"y","iat":NOW}`}},

		{name: "sliding log-in 5.5", settings: "5.5", op: core.SlidingLogin, want: []string{
			`{"token_type":"sliding","exp":SLIDE,"iat":NOW,"jti":"S","refresh_exp":REXP,"user_id":"7"}`}},
		{name: "sliding log-in 5.2", settings: "5.2", op: core.SlidingLogin, want: []string{
			`{"token_type":"sliding","exp":SLIDE,"iat":NOW,"jti":"S","refresh_exp":REXP,"user_id":7}`}},
		{name: "sliding log-in with everything", settings: "everything", op: core.SlidingLogin,
			change: func(q *core.Request) { q.Extra = []byte(`{"plan":"pro","gone":null}`) }, want: []string{
				`{"typ":"sliding","exp":` + itoa(now+60) + `,"iat":NOW,"tid":"S","until":` + itoa(now+7200) +
					`,"sub":"7","hash":"0123456789ABCDEF0123456789ABCDEF","plan":"pro","aud":["shop"],"iss":"us"}`}},
		{name: "sliding refresh in the token's own order", settings: "5.5", op: core.SlidingRefresh,
			claims: `{"user_id":7,"refresh_exp":4102444800,"jti":"x1","f": 1.10,"exp":4102444800,"\u0061":[1, 2],` +
				`"iat":1577836800,"token_type":"sliding","n":9223372036854775808}`,
			want: []string{`{"user_id":7,"refresh_exp":4102444800,"jti":"x1","f":1.10,"exp":SLIDE,"a":[1, 2],` +
				`"iat":NOW,"token_type":"sliding","n":9223372036854775808}`}},
		{name: "sliding refresh adds iat", settings: "5.2", op: core.SlidingRefresh,
			claims: `{"exp":4102444800,"token_type":"sliding","jti":"` + SlidingID + `","refresh_exp":4102444800.5}`,
			want: []string{`{"exp":SLIDE,"token_type":"sliding","jti":"` + SlidingID +
				`","refresh_exp":4102444800.5,"iat":NOW}`}},
		{name: "sliding refresh keeps what is no text", settings: "5.2", op: core.SlidingRefresh,
			claims: `{"exp":4102444800,"iat":true,"token_type":"sliding","jti":["a"],"iss":5,"refresh_exp":4102444800}`,
			want:   []string{`{"exp":SLIDE,"iat":NOW,"token_type":"sliding","jti":["a"],"iss":5,"refresh_exp":4102444800}`}},
		{name: "sliding refresh renews configured claims, aud and iss", settings: "everything", op: core.SlidingRefresh,
			change: func(q *core.Request) { q.Extra = []byte(`{"plan":"pro","gone":null,"new":1}`) },
			claims: `{"gone":1,"plan":"free","typ":"sliding","iss":"us","exp":4102444800,"aud":"shop","tid":"x1",` +
				`"jti":"j","hash":"old","until":4102444800}`,
			want: []string{`{"plan":"pro","typ":"sliding","iss":"us","exp":` + itoa(now+60) + `,"aud":["shop"],` +
				`"tid":"x1","jti":"j","hash":"old","until":4102444800,"new":1,"iat":NOW}`}},
		{name: "sliding refresh without type and id", settings: "no names", op: core.SlidingRefresh,
			claims: `{"exp":4102444800,"refresh_exp":4102444800,"token_type":"x","jti":"y"}`,
			want:   []string{`{"exp":SLIDE,"refresh_exp":4102444800,"token_type":"x","jti":"y","iat":NOW}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngine(t, variants[c.settings], OneKey())
			req := request(c.op)
			if c.claims != "" {
				req.Opened = open(t, e, token(c.claims))
			}
			if c.change != nil {
				c.change(&req)
			}
			o := decide(t, e, req)
			if len(o.Tokens) != len(c.want) {
				t.Fatalf("%d tokens and refusals %v, want %d tokens", len(o.Tokens), o.Refusals, len(c.want))
			}
			for i, want := range c.want {
				want = strings.NewReplacer(`"R"`, `"`+loginRefreshID+`"`, `"A"`, `"`+loginAccessID+`"`, `"F"`,
					`"`+refreshedAccessID+`"`, `"S"`, `"`+loginSlidingID+`"`, `"N"`, `"`+siblingID+`"`,
					`"E"`, `"`+earliestSiblingID+`"`, `"O"`, `"`+foreignAccess+`"`, `"L"`,
					`"`+unlistedAccess+`"`).Replace(stamp(want))
				value := o.Tokens[i].Value
				if got := claimsOf(t, value); got != want {
					t.Errorf("claims of token %d:\n got %s\nwant %s", i, got, want)
				}
				if head, _, _ := strings.Cut(value, "."); head != encode(`{"alg":"HS256","typ":"JWT"}`) {
					t.Errorf("header of token %d is %s", i, head)
				}
				if opened := open(t, e, value); opened.Cause != cause.OK {
					t.Errorf("token %d is refused by its own engine: %v", i, opened.Cause)
				}
			}
		})
	}
	t.Run("log-in refused", func(t *testing.T) {
		e := newEngine(t, variants["5.5"], OneKey())
		for name, change := range map[string]func(*core.State){
			"password": func(s *core.State) { s.PasswordGood = false },
			"unknown":  func(s *core.State) { s.Customer = core.Customer{} },
			"inactive": func(s *core.State) { s.Customer.Active = false },
		} {
			req := request(core.Login)
			change(&req.State)
			o := decide(t, e, req)
			if !o.Refused() || o.Refusals[0].Cause != cause.BadCredentials || len(o.Tokens)+len(o.Effects.List) > 0 {
				t.Errorf("%s: %+v, want a refusal for %v alone", name, o, cause.BadCredentials)
			}
		}
	})
	t.Run("a refusal for each class", func(t *testing.T) {
		e := newEngine(t, variants["classes"], OneKey())
		req := request(core.Authenticate)
		req.Opened = open(t, e, token("{"+refresh+"}"))
		want := []core.Refusal{{Cause: cause.WrongType, Class: core.AccessToken},
			{Cause: cause.WrongType, Class: core.SlidingToken}}
		if o := decide(t, e, req); !reflect.DeepEqual(o.Refusals, want) {
			t.Errorf("refusals %v, want %v", o.Refusals, want)
		}
	})
	testEffects(t, newEngine)
}

// The ids that Now and Entropy give: to log-ins; in the family of refreshID to an access token, and to a sibling of the
// refresh token; to a sibling of a token that does not say when it was issued; to access tokens of x1, and of an id
// that is in no list.
const (
	loginRefreshID    = "08e05e137d00801388ccd0d400000000"
	loginAccessID     = "08e05e137d00801388ccd0d662613938"
	loginSlidingID    = "08e05e137d00801388ccd0d762613938"
	refreshedAccessID = "08e0429bc012834599e26af262613938"
	accessOf2         = "08e0429bc012834599e26af100000002"
	refreshOf2        = "08e0429bc012834599e26af000000002"
	lastAccess        = "08e0429bc012834599e26af1ffffffff"
	foreignAccessOf1  = "000000000076818b905fbcad00000001"
	foreignRefreshOf1 = "000000000076818b905fbcac00000001"
	siblingID         = "08e0429bc000801388ccd0d400000000"
	earliestSiblingID = "000000000000801388ccd0d400000000"
	foreignAccess     = "000000000076818b905fbcae62613938"
	unlistedAccess    = "000000000000801388ccd0d662613938"
)

// The first 47 bits of the SHA-256 of "x1" and AccessID: families of ids that are not ours.
const (
	foreignX1       = 0x7618b417ef2b
	foreignAccessID = 0x6ca96eaaa3b6
)

func testEffects(t *testing.T, newEngine NewEngine) {
	login := Now.UnixMilli()
	own := core.FamilyKey{Customer: core.Integer(7), Bits: FamilyName, Start: FamilyStart}
	foreign := core.FamilyKey{Bits: foreignX1}
	fold := core.Effect{Kind: core.FoldFamilies, Customer: core.Integer(7), At: 4096}
	// The token lives for 26876 days and a bit, which a purge clock that lags can shorten by a 64th.
	const exp, day, access = 4102444800, 86400, 3600
	until := func(lifetimes int64) int64 { return exp + lifetimes + (exp-Now.Unix()+lifetimes)/64 }
	advance := func(k core.FamilyKey, start int64, generation uint32) core.Effect {
		return core.Effect{Kind: core.AdvanceFamily, Family: k, At: start, Until: until(access),
			Generation: generation, Issued: Now.UnixMicro(), Access: access, Refresh: 3 * day, KeyID: ""}
	}
	for _, c := range []struct {
		name     string
		settings string
		op       core.Op
		claims   string
		change   func(*core.Request)
		want     core.Effects
	}{
		{name: "log-in", settings: "5.5", op: core.Login, want: core.Effects{
			Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Start: login},
			List:  []core.Effect{{Kind: core.RecordLogin, Customer: core.Integer(7), At: Now.UnixMicro()}}}},
		{name: "log-in after a cut-off ahead of the clock", settings: "5.5", op: core.Login,
			change: func(q *core.Request) { q.State.CutOff = login + 500; q.State.HighWater = login + 500 },
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, CutOff: login + 500, Start: login +
					501},
				List: []core.Effect{{Kind: core.ReserveStart, At: login + 501 + 60_000},
					{Kind: core.RecordLogin, Customer: core.Integer(7), At: Now.UnixMicro()}}}},
		{name: "refresh", settings: "5.5", op: core.Refresh, claims: `"jti":"` + refreshID + `"`, want: core.Effects{
			Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true}}},
		{name: "rotation without blacklisting", settings: "rotate", op: core.Refresh,
			claims: `"jti":"` + refreshID + `"`, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true}}},
		{name: "rotation with blacklisting", settings: "advance", op: core.Refresh, claims: `"jti":"` + nextID + `"`,
			change: func(q *core.Request) { q.State.Family = core.FamilyState{Version: 5, Generation: 1} },
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true,
					FamilyVersion: 5},
				List: []core.Effect{advance(own, FamilyStart, 2)}}},
		{name: "rotation of a foreign token: it is spent, and its successor of a family of the customer",
			settings: "advance", op: core.Refresh, claims: `"jti":"x1"`, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: foreign, HasFamily: true},
				List: []core.Effect{advance(foreign, 0, 1),
					advance(core.FamilyKey{Customer: core.Integer(7), Bits: foreignX1}, 1704067200_000, 1)}}},
		{name: "rotation of a foreign token of nobody", settings: "5.2advance", op: core.Refresh,
			claims: `"jti":"x1"`, change: func(q *core.Request) { q.State.Customer = core.Customer{} },
			want: core.Effects{
				Reads: core.Reads{Family: foreign, HasFamily: true},
				List:  []core.Effect{advance(foreign, 0, 1)}}},
		{name: "refresh of a foreign token", settings: "5.5", op: core.Refresh, claims: `"jti":"x1"`,
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: foreign, HasFamily: true}}},
		{name: "blacklist", settings: "5.5", op: core.Blacklist, claims: `"jti":"` + refreshID + `"`,
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true},
				List:  []core.Effect{{Kind: core.RevokeFamily, Family: own, At: FamilyStart, Until: until(access)}}}},
		{name: "blacklist on the secure wire", settings: "5.5 safe", op: core.Blacklist, claims: `"jti":"` + refreshID +
			`"`, want: core.Effects{
			Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true},
			List:  []core.Effect{{Kind: core.RevokeFamily, Family: own, At: FamilyStart, Until: until(access)}, fold}}},
		{name: "blacklist when lifetimes were longer once", settings: "5.5", op: core.Blacklist, claims: `"jti":"` +
			refreshID + `"`,
			change: func(q *core.Request) { q.State.Longest.Access = 30 * 86400 }, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true},
				List:  []core.Effect{{Kind: core.RevokeFamily, Family: own, At: FamilyStart, Until: until(30 * day)}}}},
		{name: "blacklist a foreign token, and what came from it", settings: "5.5", op: core.Blacklist,
			claims: `"jti":"x1"`, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: foreign, HasFamily: true},
				List: []core.Effect{{Kind: core.RevokeFamily, Family: foreign, Until: until(access)},
					{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: core.Integer(7), Bits: foreignX1},
						At: 1704067200_000, Until: until(access)}}}},
		{name: "blacklist a foreign token that says when it was issued", settings: "5.5 safe", op: core.Blacklist,
			claims: `"jti":"x1","iat":1780000000`, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: foreign, HasFamily: true},
				List: []core.Effect{{Kind: core.RevokeFamily, Family: foreign, At: 1780000000000, Until: until(access)},
					{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: core.Integer(7), Bits: foreignX1},
						At: 1780000000000, Until: until(access)}, fold}}},
		{name: "blacklist without a blacklist", settings: "no list", op: core.Blacklist, claims: `"jti":"x1"`,
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: foreign, HasFamily: true}}},
		{name: "sliding log-in", settings: "5.5", op: core.SlidingLogin, want: core.Effects{
			Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Start: login},
			List:  []core.Effect{{Kind: core.RecordLogin, Customer: core.Integer(7), At: Now.UnixMicro()}}}},
		{name: "sliding refresh", settings: "5.5", op: core.SlidingRefresh, claims: `"jti":"` + SlidingID + `"`,
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true}}},
		{name: "sliding refresh of a foreign token, which begins anew", settings: "5.5", op: core.SlidingRefresh,
			claims: `"jti":"x1"`, change: func(q *core.Request) { q.State.HighWater = login - 1 }, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: foreign, HasFamily: true,
					Start: login},
				List: []core.Effect{{Kind: core.ReserveStart, At: login + 60_000}}}},
		{name: "log-out of a sliding token that can be refreshed for longer", settings: "5.5 safe", op: core.Logout,
			claims: `"jti":"` + SlidingID + `"`,
			want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true},
				List: []core.Effect{{Kind: core.RevokeFamily, Family: own, At: FamilyStart,
					Until: until(3*day + access)}, fold}}},
		{name: "an access id in a refresh token is foreign", settings: "5.5", op: core.Refresh, claims: `"jti":"` +
			AccessID + `"`, want: core.Effects{
			Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3,
				Family: core.FamilyKey{Bits: foreignAccessID}, HasFamily: true}}},
		{name: "an id of ours stays ours though the clock was set back", settings: "5.5", op: core.Refresh,
			claims: `"jti":"` + refreshID + `"`,
			change: func(q *core.Request) { q.Now = time.UnixMilli(FamilyStart - 24*3600*1000) }, want: core.Effects{
				Reads: core.Reads{Customer: core.Integer(7), CustomerVersion: 3, Family: own, HasFamily: true}}},
	} {
		t.Run("effects of "+c.name, func(t *testing.T) {
			s := variants[c.settings]
			s.Node = "edge-1"
			e := newEngine(t, s, OneKey())
			req := request(c.op)
			if c.claims != "" {
				claims := `"token_type":"refresh","exp":4102444800`
				if c.op == core.SlidingRefresh || strings.Contains(c.claims, SlidingID) {
					claims = `"token_type":"sliding","exp":1800000000,"refresh_exp":4102444800`
				}
				req.Opened = open(t, e, token(`{`+claims+`,"user_id":"7",`+c.claims+`}`))
			}
			if c.change != nil {
				c.change(&req)
			}
			o := decide(t, e, req)
			c.want.Node = "edge-1"
			if o.Refused() || !reflect.DeepEqual(o.Effects, c.want) {
				t.Errorf("refusals %v and effects\n got %+v\nwant %+v", o.Refusals, o.Effects, c.want)
			}
		})
	}
}
