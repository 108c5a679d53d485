package main

import (
	"context"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// issued is the pair of tokens of a log-in: refresh, access.
func issued(e core.Engine, customer int64, now time.Time) []string {
	o, err := e.Decide(context.Background(), logIn(customer, now, coretest.Entropy))
	if err != nil || o.Refused() || len(o.Tokens) != 2 {
		panic(fmt.Sprint("issue: ", o.Refusals, err))
	}
	return []string{o.Tokens[0].Value, o.Tokens[1].Value}
}

func logIn(customer int64, now time.Time, entropy []byte) core.Request {
	id := core.Integer(customer + 1)
	return core.Request{Op: core.Login, Now: now, Entropy: entropy, State: core.State{
		PasswordGood: true, HighWater: now.Add(time.Minute).UnixMilli(), Customer: core.Customer{ID: id, UserID: id, Active: true, Version: 1},
	}}
}

// issueRows write and sign a refresh and an access token, and an access token for a refresh token, which is verified first.
func issueRows() []row {
	ctx, now, settings := context.Background(), time.Now(), core.DefaultSettings()
	e := sandbox(settings, secretKeys(), 0)
	defer e.Close(ctx)
	sign := func(kind string, lasts time.Duration, i int, user any) {
		claims := jwt.MapClaims{"token_type": kind, "exp": now.Add(lasts).Unix(), "iat": now.Unix(), "jti": fmt.Sprintf("%032x", i), "user_id": user}
		_, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(coretest.Secret))
		check(err)
	}

	ours := func(i int) { issued(e, int64(i), now) }
	pair := row{Name: "issue a pair, HS256", Peer: golangJWT + ", two tokens", Unit: "us", Budget: 0.5, Allocations: allocations(ours)}
	pair.Ours, pair.Theirs, pair.Ratio = contest(1, ours, func(i int) {
		sign("refresh", 72*time.Hour, i, fmt.Sprint(i))
		sign("access", time.Hour, i, fmt.Sprint(i))
	})

	var tokens []string
	for i := range inTurn {
		tokens = append(tokens, issued(e, int64(i), now)[0])
	}
	list := bytesOf(tokens)
	var opened core.Opened
	ours = func(i int) {
		check(e.OpenInto(ctx, list[i%len(list)], &opened))
		request := logIn(int64(i%len(list)), now, coretest.Entropy)
		request.Op, request.Opened = core.Refresh, opened
		if o, err := e.Decide(ctx, request); err != nil || o.Refused() || len(o.Tokens) != 1 {
			panic(fmt.Sprint("refresh: ", o.Refusals, err))
		}
	}
	refresh := row{Name: "refresh: access token from a refresh token, HS256", Peer: golangJWT + ", parse and sign", Unit: "us", Allocations: allocations(ours)}
	key := func(*jwt.Token) (any, error) { return []byte(coretest.Secret), nil }
	refresh.Ours, refresh.Theirs, refresh.Ratio = contest(1, ours, func(i int) {
		var claims jwt.MapClaims
		t, err := jwt.ParseWithClaims(tokens[i%len(tokens)], &claims, key, jwt.WithValidMethods([]string{"HS256"}))
		if err != nil || !t.Valid || claims["token_type"] != "refresh" {
			panic(fmt.Sprint("refresh: ", err))
		}
		sign("access", time.Hour, i, claims["user_id"])
	})
	return []row{pair.judged(), refresh.judged()}
}
