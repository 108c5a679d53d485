package main

import (
	"context"

	"github.com/edgetoken/edgetoken/host/cache"
)

// cachedRows verify tokens that were seen before: everything but the signature is checked again, natively.
func cachedRows() (rows []row) {
	remembered, err := cache.New(16 << 20)
	check(err)
	for i, size := range sizes() {
		named := i > 0
		s := verifySettings(named)
		e := sandbox(s, secretKeys(), 0)
		ours := verifier(remembered.Engine(e), s, size.tokens)
		for i := range inTurn {
			ours(i)
		}
		r := row{Name: "verify HS256, seen before, " + size.name, Peer: golangJWT, Unit: "us", Budget: 0.12,
			Allocations: allocations(ours)}
		r.Ours, r.Theirs, r.Ratio = contest(1, ours, golang().verify(size.tokens, named))
		rows = append(rows, r.judged())
		check(e.Close(context.Background()))
	}
	return rows
}
