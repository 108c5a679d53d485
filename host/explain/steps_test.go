package explain_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/explain"
	"github.com/edgetoken/edgetoken/store"
)

// opener is an engine that has opened its token.
type opener struct {
	core.Engine
	opened core.Opened
}

func (e opener) Open(_ context.Context, _ []byte, o *core.Opened) error {
	*o = e.opened
	return nil
}

// explained explains the token of a request.
func explained(t *testing.T, s *core.Settings, req core.Request) explain.Explanation {
	t.Helper()
	as := map[core.Op]string{core.Authenticate: "header", core.Refresh: "refresh", core.Blacklist: "blacklist",
		core.Verify: "verify", core.SlidingRefresh: "refresh"}[req.Op]
	j, err := explain.Token(t.Context(), explain.Config{
		Engine:   opener{core.NewNative(*s, coretest.OneKey()), req.Opened},
		Settings: s, Now: req.Now,
		Load: func(context.Context, core.Opened, time.Time) (core.State, store.Customer, error) {
			c := req.State.Customer
			return req.State, store.Customer{ID: c.ID, IsActive: c.Active}, nil
		},
	}, "", as)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestRefusedStep: a cause that several checks have is shown at the one that refused.
func TestRefusedStep(t *testing.T) {
	keys := oneKey{testKey(t)}
	const good = `"token_type":"refresh","jti":"a","user_id":"7"`
	us := "us"
	for _, c := range []struct {
		name, claims string
		op           core.Op
		request      func(*core.Settings, *core.Request)
		want, says   string
	}{
		{"exp is a text", `{"exp":"1800000000",` + good + `}`, core.Refresh, nil, "exp present", `(1800000000)`},
		{"exp is a text, for the blacklist", `{"exp":"1800000000",` + good + `}`, core.Blacklist, nil, "exp present",
			""},
		{"exp is no number", `{"exp":"x",` + good + `}`, core.Refresh, nil, "exp", "(x)"},
		{"of another's key", `{"exp":1800000000,"iss":"them",` + good + `}`, core.Refresh,
			func(_ *core.Settings, req *core.Request) { req.Opened.Issuer = "them" }, "own issuer",
			"another issuer's key"},
		{"of another's key, for the blacklist", `{"exp":1800000000,"iss":"them",` + good + `}`, core.Blacklist,
			func(_ *core.Settings, req *core.Request) { req.Opened.Issuer = "them" }, "own issuer", "(them)"},
		{"iss is another", `{"exp":1800000000,"iss":"them",` + good + `}`, core.Refresh,
			func(s *core.Settings, _ *core.Request) { s.Issuer = &us }, "iss", "is not ISSUER (them)"},
		{"iss is no text", `{"exp":1800000000,"iss":["us"],` + good + `}`, core.Refresh, nil, "iss text", "is no text"},
		{"iss is no text, for the blacklist", `{"exp":1800000000,"iss":["us"],` + good + `}`, core.Blacklist, nil,
			"iss text", `(["us"])`},
		{"jti is no text", `{"exp":1800000000,"token_type":"refresh","jti":5,"user_id":"7"}`, core.Blacklist, nil,
			"jti", "is no text"},
		{"the id cannot be revoked", `{"exp":1800000000,"token_type":"refresh","jti":null,"user_id":"7"}`,
			core.Blacklist,
			func(s *core.Settings, _ *core.Request) { s.Compat = core.V52 }, "revocable",
			"nothing that can be revoked"},
		{"no refresh token can follow", `{"exp":1800000000,"token_type":"refresh","jti":null,"user_id":"7"}`,
			core.Refresh, func(s *core.Settings, _ *core.Request) {
				s.Compat, s.Wire, s.RotateRefreshTokens, s.BlacklistAfterRotation = core.V52, core.Exact, true, true
			}, "generation", "no refresh token can follow"},
		{"it was rotated", `{"exp":1800000000,"token_type":"refresh","jti":"a","user_id":"7"}`, core.Verify,
			func(_ *core.Settings, req *core.Request) { req.State.Family.Generation = 1 }, "revocation",
			"a later refresh token has taken the place"},
		{"the customer cannot be read", `{"exp":1800000000,"token_type":"refresh","jti":"a","user_id":[]}`,
			core.Blacklist,
			func(_ *core.Settings, req *core.Request) { req.State.UnreadableCustomer = true }, "customer",
			"no customer"},
		{"no refresh_exp", `{"exp":1800000000,"token_type":"sliding","jti":"a","user_id":"7"}`, core.SlidingRefresh, nil,
			"refresh_exp", "SLIDING_TOKEN_REFRESH_EXP_CLAIM"},
		{"refresh_exp is past",
			`{"exp":1800000000,"token_type":"sliding","jti":"a","user_id":"7","refresh_exp":1600000000}`,
			core.SlidingRefresh, nil, "refresh_exp", "is past: the customer has to log in again (2020-09-13"},
		{"refresh_exp is a text",
			`{"exp":1800000000,"token_type":"sliding","jti":"a","user_id":"7","refresh_exp":"soon"}`,
			core.SlidingRefresh, nil, "refresh_exp", "no number, or no time up to the year 9999 (soon)"},
		{"a sliding token where only access tokens are good",
			`{"exp":1800000000,"token_type":"sliding","jti":"a","user_id":"7"}`, core.Authenticate,
			func(_ *core.Settings, req *core.Request) { req.State.Family.Dead = true }, "type",
			"another type (sliding)"},
		{"its class is not the first", `{"exp":1800000000,"token_type":"sliding","jti":"a","user_id":"7"}`,
			core.Authenticate, func(s *core.Settings, req *core.Request) {
				s.AuthTokenClasses = []core.TokenType{core.AccessToken, core.SlidingToken}
				req.State.Family.Dead = true
			}, "revocation", "was revoked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := core.DefaultSettings()
			req := core.Request{Op: c.op, Now: now, State: core.State{
				Customer: core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: true},
			}}
			if c.request != nil {
				c.request(&s, &req)
			}
			issuer := req.Opened.Issuer
			if err := core.NewNative(s, keys).Open(t.Context(), []byte(signed(t, keys, c.claims)),
				&req.Opened); err != nil {
				t.Fatal(err)
			}
			req.Opened.Issuer = issuer
			j := explained(t, &s, req)
			end := slices.IndexFunc(j.Steps, func(s explain.Step) bool { return s.Result == explain.Refused })
			if end < 0 || j.Steps[end].Name != c.want || !strings.Contains(j.Steps[end].Detail, c.says) {
				t.Errorf("steps = %+v, want %q to refuse because %q", j.Steps, c.want, c.says)
			}
		})
	}
}

// TestSteps: whatever the token and the settings, the step that refused is the check at which core stopped. Those
// before it passed, and those after it were not reached. Each has a title, and a refusal its reason in words.
func TestSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		s, req := coretest.RandomRequest(r)
		if req.Op.LogsIn() || req.Op == core.Logout || req.Op == core.Revoke { // none is explained
			continue
		}
		// A sliding token is refreshed at an endpoint of its own.
		if kind, _ := req.Opened.Text(req.Opened.Type); req.Op == core.Refresh || req.Op == core.SlidingRefresh {
			req.Op = core.Refresh
			if kind == string(core.SlidingToken) {
				req.Op = core.SlidingRefresh
			}
		}
		j := explained(t, &s, req)
		if req.Opened.Cause != cause.OK {
			req.State = core.State{} // no store is asked about an unauthenticated token
		}
		checks, at, c := core.Checks(&s, req)
		if j.Accepted != (c == cause.OK) || j.Cause != c.String() {
			t.Fatalf("claims %s: %+v, core: %v", req.Opened.Claims, j, c)
		}
		i := 0
		for n, check := range checks {
			want := explain.OK
			r := j.Rotation
			bounded := r != nil && (r.SessionEnds != nil || r.IdleEnds != nil)
			switch {
			case n == at:
				want = explain.Refused
			case slices.Contains([]string{"own issuer", "revocable", "iss text", "generation"}, check.Name),
				check.Name == "session" && !bounded:
				continue
			case n > at:
				want = explain.NotReached
			}
			if i >= len(j.Steps) || j.Steps[i].Name != check.Name || j.Steps[i].Result != want ||
				(j.Steps[i].Detail == "") != (want == explain.NotReached) || j.Steps[i].Title() == check.Name ||
				want == explain.Refused && strings.HasPrefix(j.Steps[i].Detail, c.String()) {
				t.Fatalf("claims %s: step %d is not %s %s: %+v", req.Opened.Claims, i, check.Name, want, j.Steps)
			}
			i++
		}
		if i != len(j.Steps) {
			t.Fatalf("claims %s: %d steps, want %d: %+v", req.Opened.Claims, len(j.Steps), i, j.Steps)
		}
	}
}
