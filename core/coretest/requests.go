package coretest

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
)

// RandomRequest makes settings and a request under them. Most of what a check asks for is right, so that many requests
// come to the last checks, and each check refuses some.
func RandomRequest(r *rand.Rand) (core.Settings, core.Request) {
	s := core.DefaultSettings()
	s.Compat = pick(r, core.V55, core.V52)
	s.Wire = pick(r, core.Secure, core.Exact)
	s.BlacklistApp, s.RotateRefreshTokens, s.BlacklistAfterRotation = mostly(r), often(r), often(r)
	s.CheckRevokeToken, s.CheckUserIsActive = often(r), often(r)
	s.AuthTokenClasses = pick(r, []core.TokenType{core.AccessToken}, []core.TokenType{core.SlidingToken},
		[]core.TokenType{core.AccessToken, core.SlidingToken}, []core.TokenType{core.SlidingToken, core.AccessToken})
	if often(r) {
		issuer := "us"
		s.Issuer = &issuer
	}
	if often(r) {
		s.Audience = []string{"here", "there"}
	}
	if !mostly(r) {
		s.TokenTypeClaim = ""
	}
	s.IDClaim = pick(r, "jti", "jti", "id", "")
	s.Leeway = pick(r, 0, 10*time.Second)
	s.MaxSession = pick(r, 0, 10*365*24*time.Hour, time.Minute)
	s.RefreshTokenLifetime = pick(r, 3*24*time.Hour, time.Minute)
	if s.RotateRefreshTokens {
		s.RefreshIdle = pick(r, 0, 365*24*time.Hour, time.Hour)
	}

	req := core.Request{
		Op: pick(r, core.Authenticate, core.Verify, core.Login, core.Refresh, core.Blacklist, core.Logout,
			core.Revoke, core.SlidingLogin, core.SlidingRefresh),
		Now: Now, Entropy: Entropy(),
	}
	var o core.Opened
	types := []string{`"access"`, `"refresh"`, `"sliding"`}
	if req.Op == core.SlidingRefresh {
		types = types[2:]
	}
	token := Sign("HS256", Secret, `{"alg":"HS256"}`, randomClaims(r, types))
	if err := core.NewNative(s, OneKey()).Open(context.Background(), []byte(token), &o); err != nil {
		panic(err)
	}
	switch {
	case !mostly(r):
		o = core.Opened{Cause: cause.TooLong + cause.Cause(r.IntN(int(cause.KeyForRefresh)))}
	case !mostly(r):
		o.Issuer = "another"
	}
	if !mostly(r) {
		o.KeyEnds = Now.Unix() + r.Int64N(3) - 1
	}
	req.Opened = o
	req.State = core.State{PasswordGood: mostly(r), UnreadableCustomer: !mostly(r), HighWater: Now.UnixMilli() + 1e6}
	if mostly(r) {
		req.State.Customer = core.Customer{ID: core.Integer(7), UserID: core.Integer(7), Active: mostly(r),
			RevokeClaim: "ABCD"}
	}
	req.State.Family.Dead = !mostly(r)
	if !mostly(r) {
		req.State.Family.Generation = uint32(1 + r.IntN(2))
		req.State.Family.Issued, req.State.Family.Age = Now.UnixMicro()-1e6, pick(r, time.Second, time.Minute)
		req.State.Family.Access, req.State.Family.Refresh = 3600, 86400
	}
	if !mostly(r) {
		req.State.CutOff = Now.UnixMilli()
	}
	return s, req
}

// randomClaims are claims in JSON. The first value of each is the good one, and "" leaves the claim out.
func randomClaims(r *rand.Rand, types []string) string {
	var members []string
	for _, c := range []struct {
		name   string
		values []string
	}{
		{"exp", []string{"1900000000", "", `"1900000000"`, "1", `"x"`, "null", "1e30", "1780315200"}},
		{"iat", []string{"1780000000", "", `"1780000000"`, "1900000000", `"x"`, "null"}},
		{"nbf", []string{"", "1780000000", "1900000000", `"x"`}},
		{"iss", []string{`"us"`, "", `"another"`, `["us"]`}},
		{"aud", []string{`"here"`, "", `["x","there"]`, `[1,"here"]`, `"x"`, "1"}},
		{"sub", []string{"", `"a"`, "1"}},
		{"jti", randomIDs(r)},
		{"id", randomIDs(r)},
		{"token_type", []string{pick(r, types...), "", "1", `"another"`}},
		{"refresh_exp", []string{"1900000000", "", `"1900000000"`, "1", "null", "1780315200.5"}},
		{"user_id", []string{`"7"`, "", "7", "null", `""`}},
		{"hash_password", []string{`"ABCD"`, "", `"EFGH"`, "1"}},
	} {
		value := c.values[0]
		if !mostly(r) {
			value = c.values[r.IntN(len(c.values))]
		}
		if value != "" {
			members = append(members, `"`+c.name+`":`+value)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func randomIDs(r *rand.Rand) []string {
	return []string{pick(r, `"`+refreshID+`"`, `"`+lastID+`"`,
		`"`+AccessID+`"`, `"`+SlidingID+`"`, `"foreign"`), "", "5", "null", "[]"}
}

func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

func mostly(r *rand.Rand) bool { return r.IntN(10) > 0 }

func often(r *rand.Rand) bool { return r.IntN(2) > 0 }
