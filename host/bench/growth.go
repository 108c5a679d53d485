package main

import (
	"context"
	"fmt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

// growthRows verify the same with one key and with a thousand, whose kids tokens name in turn.
func growthRows() (rows []row) {
	s := core.DefaultSettings()
	single := sandbox(s, manyKeys(1), 0)
	defer func() { check(single.Close(context.Background())) }()
	one := verifier(single, s, manyTokens(1))
	for _, n := range []int{10, 64, 100, 1000} {
		e := sandbox(s, manyKeys(n), 0)
		ours := verifier(e, s, manyTokens(n))
		r := row{Name: fmt.Sprintf("verify HS256 with %d keys in turn", n), Peer: "the same with one key", Unit: "us",
			Budget: 1.35, Allocations: allocations(ours)}
		if n == 1000 {
			r.Budget = 1.2
		}
		r.Ours, r.Theirs, r.Ratio = contest(1, ours, one)
		rows = append(rows, r.judged())
		check(e.Close(context.Background()))
	}
	return rows
}

func secretOf(i int) string { return fmt.Sprintf("%064d", i) }
func kidOf(i int) string    { return fmt.Sprintf("2026-11-%04d", i) }

func manyKeys(n int) core.Keys {
	var keys []coretest.HMACKey
	for i := range n {
		keys = append(keys, coretest.HMACKey{KeyInfo: core.KeyInfo{ID: kidOf(i), Algorithm: "HS256", Default: i == 0},
			Secret: secretOf(i)})
	}
	return coretest.NewHMACKeys(1, keys...)
}

func manyTokens(n int) (tokens []string) {
	for i := range inTurn {
		k := i % n
		tokens = append(tokens, coretest.Sign("HS256", secretOf(k),
			fmt.Sprintf(`{"alg":"HS256","typ":"JWT","kid":"%s"}`, kidOf(k)),
			fmt.Sprintf(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"%032x","user_id":"%d"}`, i,
				i)))
	}
	return tokens
}
