package core_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// TestJudgeIsAuthenticate: Judge says what Authenticate says of a token until it asks for the customer.
func TestJudgeIsAuthenticate(t *testing.T) {
	ofCustomer := map[cause.Cause]bool{cause.NoCustomerClaim: true, cause.CustomerNotFound: true,
		cause.CustomerInactive: true, cause.RevokeClaim: true}
	met := map[cause.Cause]int{}
	r := rand.New(rand.NewPCG(3, 4))
	for range 30_000 {
		s, req := coretest.RandomRequest(r)
		if req.Op.LogsIn() {
			continue
		}
		req.Op = core.Authenticate
		_, _, want := core.Checks(&s, req)
		if ofCustomer[want] {
			want = cause.OK
		}
		got := core.Judge(&s, &req.Opened, req.State, s.AuthTokenClasses, nil, req.Now)
		if got != want {
			t.Fatalf("%+v, claims %s: Judge says %v, Authenticate %v", s, req.Opened.Claims, got, want)
		}
		met[got]++
	}
	for _, c := range []cause.Cause{cause.OK, cause.Expired, cause.WrongIssuer, cause.WrongAudience, cause.WrongType,
		cause.CutOff, cause.Blacklisted, cause.KeyEnded, cause.BadSignature} {
		if met[c] == 0 {
			t.Errorf("no request was refused for %v", c)
		}
	}
}

func TestJudge(t *testing.T) {
	s := core.DefaultSettings()
	s.AuthTokenClasses = []core.TokenType{core.SlidingToken} // which Judge does not ask
	access, sliding := core.AccessToken, core.SlidingToken
	const exp = `"exp":1790000300,"jti":"x",`
	for _, c := range []struct {
		name, claims string
		types        []core.TokenType
		required     []string
		want         cause.Cause
	}{
		{"no types", exp + `"token_type":"access"`, nil, nil, cause.WrongType},
		{"the type", exp + `"token_type":"access"`, []core.TokenType{access}, nil, cause.OK},
		{"the second type", exp + `"token_type":"sliding"`, []core.TokenType{access, sliding}, nil, cause.OK},
		{"another type", exp + `"token_type":"refresh"`, []core.TokenType{access, sliding}, nil, cause.WrongType},
		{"its own type's cause", `"jti":"x","token_type":"sliding"`, []core.TokenType{access, sliding}, nil,
			cause.NoExpiresAt},
		{"expired", `"exp":1,"jti":"x","token_type":"access"`, []core.TokenType{access}, []string{"none"},
			cause.Expired},
		{"claims that are there", exp + `"token_type":"access" , "a\u0062" : [{"c":1}] `, []core.TokenType{access},
			[]string{"exp", "ab", "exp"}, cause.OK},
		{"a claim that is not", exp + `"token_type":"access"`, []core.TokenType{access}, []string{"exp", "ab"},
			cause.MissingClaim},
		{"null", exp + `"token_type":"access","ab": null`, []core.TokenType{access}, []string{"ab"},
			cause.MissingClaim},
		{"in an object", exp + `"token_type":"access","x":{"ab":1}`, []core.TokenType{access}, []string{"ab"},
			cause.MissingClaim},
		{"in a list", exp + `"token_type":"access","x":["ab",":"]`, []core.TokenType{access}, []string{"ab"},
			cause.MissingClaim},
		{"in a text", exp + `"token_type":"access","x":"\"ab\":1"`, []core.TokenType{access}, []string{"ab"},
			cause.MissingClaim},
	} {
		token := coretest.Sign("HS256", coretest.Secret, `{"alg":"HS256"}`, "{"+c.claims+"}")
		var o core.Opened
		if err := core.NewNative(s, coretest.OneKey()).Open(t.Context(), []byte(token), &o); err != nil {
			t.Fatal(err)
		}
		if got := core.Judge(&s, &o, core.State{}, c.types, c.required, time.Unix(1790000000, 0)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestEnded: what a log-out refuses as ended is Ended, and what it refuses for nothing at all is not.
func TestEnded(t *testing.T) {
	met := map[cause.Cause]int{}
	r := rand.New(rand.NewPCG(5, 6))
	for range 30_000 {
		s, req := coretest.RandomRequest(r)
		req.Op, s.BlacklistApp = core.Blacklist, true
		_, _, c := core.Checks(&s, req)
		ended := c == cause.Blacklisted || c == cause.CutOff || c == cause.Reused
		if got := core.Ended(&s, req); ended && !got || c == cause.OK && got {
			t.Fatalf("%+v, claims %s: refused for %v, Ended says %v", s, req.Opened.Claims, c, got)
		}
		met[c]++
	}
	for _, c := range []cause.Cause{cause.OK, cause.Blacklisted, cause.CutOff, cause.Reused} {
		if met[c] == 0 {
			t.Errorf("no token was refused for %v", c)
		}
	}
}
