package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/edgetoken/edgetoken/core"
	nodes "github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// stateRows check tokens with the state in a store that grows. Each token has its own customer and log-in. There are
// more of them than the store remembers, so it reads for each.
func stateRows() (rows []row) {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	e := sandbox(core.DefaultSettings(), secretKeys(), 0)
	defer func() { check(e.Close(context.Background())) }()
	checker := func(customers, revocations int) (work, func()) {
		path := filepath.Join(dir, fmt.Sprintf("%d-%d.db", customers, revocations))
		fill(path, customers)
		db, err := store.Open(store.Config{Path: path})
		check(err)
		revoke(db, revocations)
		return checked(e, db, customers), func() { check(db.Close()) }
	}
	few, closeFew := checker(1000, 100)
	defer closeFew()
	for _, grown := range []struct {
		what                   string
		customers, revocations int
	}{{"a million customers", million, 100}, {"100,000 revocations", 1000, 100_000}} {
		many, closeMany := checker(grown.customers, grown.revocations)
		r := row{Name: "check HS256, state read, " + grown.what, Peer: "the same, a thousandth of them", Unit: "us",
			Budget: 1.2, Allocations: allocations(many)}
		r.Ours, r.Theirs, r.Ratio = contest(1, many, few)
		rows = append(rows, r.judged())
		closeMany()
	}
	return rows
}

// checked checks an access token: verified, the state that it names loaded, decided.
func checked(e core.Engine, db *store.DB, customers int) work {
	ctx, s, now := context.Background(), core.DefaultSettings(), time.Now()
	native := core.NewNative(s, secretKeys())
	var tokens [][]byte
	for i := range 20_000 {
		tokens = append(tokens, []byte(issuedIn(native, int64(i*7919%customers), uint32(i), now)))
	}
	var o core.Opened
	next := 0 // goes on from batch to batch: each begins with the same i
	return func(int) {
		next++
		check(e.Open(ctx, tokens[next%len(tokens)], &o))
		state, _, err := nodes.Load(ctx, db, store.FieldID, o, now)
		check(err)
		if outcome := core.Decide(&s, core.Request{Op: core.Authenticate, Opened: o, State: state,
			Now: now}); outcome.Refused() {
			panic(fmt.Sprint("check: ", outcome.Refusals))
		}
	}
}

// revoke has a store hold that many revocations.
func revoke(db *store.DB, n int) {
	until := time.Now().Add(72 * time.Hour).Unix()
	for i := 0; i < n; i += 1000 {
		var effects core.Effects
		for j := i; j < min(i+1000, n); j++ {
			effects.List = append(effects.List,
				core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Bits: uint64(j) * 0x9e3779b97f4a7c15 >> 8},
					Until: until})
		}
		check(db.Settle(context.Background(), effects))
	}
}
