package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// entropy is that of one request after another; no engine keeps it.
var entropy = coretest.Entropy()

// freshEntropy allocates nothing, which would count as the engine's.
func freshEntropy() []byte {
	binary.LittleEndian.PutUint32(entropy[12:], binary.LittleEndian.Uint32(entropy[12:])+1)
	return entropy
}

// issued is the pair of tokens of a log-in: refresh, access.
func issued(e core.Engine, customer int64, now time.Time) []string {
	o, err := e.Decide(context.Background(), logIn(customer, now, freshEntropy()))
	if err != nil || o.Refused() || len(o.Tokens) != 2 {
		panic(fmt.Sprint("issue: ", o.Refusals, err))
	}
	return []string{o.Tokens[0].Value, o.Tokens[1].Value}
}

// issuedIn makes an access token of a log-in with entropy of its own.
func issuedIn(e core.Engine, customer int64, of uint32, now time.Time) string {
	entropy := coretest.Entropy()
	binary.LittleEndian.PutUint32(entropy, of)
	o, err := e.Decide(context.Background(), logIn(customer, now, entropy))
	check(err)
	return o.Tokens[1].Value
}

func logIn(customer int64, now time.Time, entropy []byte) core.Request {
	id := core.Integer(customer + 1)
	return core.Request{Op: core.Login, Now: now, Entropy: entropy, State: core.State{
		PasswordGood: true, HighWater: now.Add(time.Minute).UnixMilli(), Customer: core.Customer{ID: id, UserID: id,
			Active: true, Version: 1},
	}}
}

// issueRows write and sign a refresh and an access token, and an access token for a refresh token, which is verified
// first.
func issueRows() []row {
	ctx, now, settings := context.Background(), time.Now(), core.DefaultSettings()
	e := sandbox(settings, secretKeys(), 0)
	defer e.Close(ctx)
	secret := []byte(coretest.Secret)
	sign := func(kind string, now time.Time, lasts time.Duration, i int, user any) {
		claims := jwt.MapClaims{"token_type": kind, "exp": now.Add(lasts).Unix(), "iat": now.Unix(),
			"jti": fmt.Sprintf("%032x", i), "user_id": user}
		_, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
		check(err)
	}

	// Tokens of one second share what is encoded once, so each pair of the second row has a second of its own.
	pairs := []row{
		{Name: "issue a pair, HS256", Peer: golangJWT + ", two tokens", Unit: "us", Budget: 0.5},
		{Name: "issue a pair, HS256, each in another second", Peer: golangJWT + ", two tokens", Unit: "us"},
	}
	for n := range pairs {
		at := func(i int) time.Time { return now.Add(time.Duration(n*i) * time.Second) }
		ours := func(i int) { issued(e, int64(i), at(i)) }
		pair := &pairs[n]
		pair.Allocations = allocations(ours)
		pair.Ours, pair.Theirs, pair.Ratio = contest(1, ours, func(i int) {
			sign("refresh", at(i), 72*time.Hour, i, fmt.Sprint(i))
			sign("access", at(i), time.Hour, i, fmt.Sprint(i))
		})
		*pair = pair.judged()
	}

	var tokens []string
	for i := range inTurn {
		tokens = append(tokens, issued(e, int64(i), now)[0])
	}
	list := bytesOf(tokens)
	var opened core.Opened
	ours := func(i int) {
		check(e.Open(ctx, list[i%len(list)], &opened))
		request := logIn(int64(i%len(list)), now, freshEntropy())
		request.Op, request.Opened = core.Refresh, opened
		if o, err := e.Decide(ctx, request); err != nil || o.Refused() || len(o.Tokens) != 1 {
			panic(fmt.Sprint("refresh: ", o.Refusals, err))
		}
	}
	refresh := row{Name: "refresh: access token from a refresh token, HS256", Peer: golangJWT + ", parse and sign",
		Unit: "us", Budget: 0.65, Allocations: allocations(ours)}
	key := func(*jwt.Token) (any, error) { return secret, nil }
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	refresh.Ours, refresh.Theirs, refresh.Ratio = contest(1, ours, func(i int) {
		var claims jwt.MapClaims
		t, err := parser.ParseWithClaims(tokens[i%len(tokens)], &claims, key)
		if err != nil || !t.Valid || claims["token_type"] != "refresh" {
			panic(fmt.Sprint("refresh: ", err))
		}
		sign("access", now, time.Hour, i, claims["user_id"])
	})
	return append(pairs, refresh.judged())
}
