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

// issueRows write and sign a refresh and an access token.
func issueRows() (rows []row) {
	now := time.Now()
	e := sandbox(core.DefaultSettings(), secretKeys(), 0)
	defer e.Close(context.Background())
	ours := func(i int) { issued(e, int64(i), now) }
	r := row{Name: "issue a pair, HS256", Peer: golangJWT + ", two tokens", Unit: "us", Budget: 0.5, Allocations: allocations(ours)}
	r.Ours, r.Theirs, r.Ratio = contest(1, ours, func(i int) {
		for _, kind := range []struct {
			name  string
			lasts time.Duration
		}{{"refresh", 72 * time.Hour}, {"access", time.Hour}} {
			claims := jwt.MapClaims{"token_type": kind.name, "exp": now.Add(kind.lasts).Unix(), "iat": now.Unix(), "jti": fmt.Sprintf("%032x", i), "user_id": fmt.Sprint(i)}
			if _, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(coretest.Secret)); err != nil {
				panic(err)
			}
		}
	})
	return append(rows, r.judged())
}
