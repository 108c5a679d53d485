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

// How many customers' tokens are checked in turn: fewer than the store remembers, some 140,000, and more.
const (
	remembered = 20_000
	tooMany    = 200_000
)

// stateRows check tokens with the state in a store that grows. Each token has its own customer and log-in, and was
// checked before.
func stateRows() (rows []row) {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	e := sandbox(core.DefaultSettings(), secretKeys(), 0)
	defer func() { check(e.Close(context.Background())) }()
	filled := func(customers, revocations int) *store.DB {
		path := filepath.Join(dir, fmt.Sprintf("%d-%d.db", customers, revocations))
		fill(path, customers)
		db, err := store.Open(store.Config{Path: path})
		check(err)
		revoke(db, revocations)
		return db
	}
	add := func(what, peer string, budget float64, ours, theirs work) {
		r := row{Name: "check HS256, state read, " + what, Peer: peer, Unit: "us", Budget: budget,
			Allocations: allocations(ours)}
		r.Ours, r.Theirs, r.Ratio = contest(1, ours, theirs)
		rows = append(rows, r.judged())
	}
	const smaller = "the same, a thousandth of them"
	few := filled(1000, 100)
	defer func() { check(few.Close()) }()
	one, _ := checked(e, few, 1000, remembered)
	many := filled(million, 100)
	defer func() { check(many.Close()) }()
	ours, tokens := checked(e, many, million, remembered)
	add("a million customers", smaller, 1.15, ours, one)
	add("a million customers", "golang-jwt v5, the token alone", 1.1, ours, golang().verify(tokens, false))
	ours, _ = checked(e, many, million, tooMany)
	add("200,000 of a million", smaller, 0, ours, one)
	revoked := filled(1000, 100_000)
	defer func() { check(revoked.Close()) }()
	ours, _ = checked(e, revoked, 1000, remembered)
	add("100,000 revocations", smaller, 1.2, ours, one)
	return rows
}

// checked checks access tokens in turn: verified, the state that each names loaded, decided. Each was checked once.
func checked(e core.Engine, db *store.DB, customers, inTurn int) (w work, tokens []string) {
	ctx, s, now := context.Background(), core.DefaultSettings(), time.Now()
	native := core.NewNative(s, secretKeys())
	for i := range inTurn {
		tokens = append(tokens, issuedIn(native, int64(i*7919%customers), uint32(i), now))
	}
	list := bytesOf(tokens)
	var o core.Opened
	next := 0 // goes on from batch to batch: each begins with the same i
	w = func(int) {
		next++
		check(e.Open(ctx, list[next%len(list)], &o))
		query := nodes.Query(o, now, store.FieldID, db.IDs())
		query.StateOnly = true // as node.Verify asks
		state, _, err := db.Load(ctx, query)
		check(err)
		if outcome := core.Decide(&s, &core.Request{Op: core.Authenticate, Opened: o, State: state,
			Now: now}); outcome.Refused() {
			panic(fmt.Sprint("check: ", outcome.Refusals))
		}
	}
	for i := range tokens {
		w(i)
	}
	return w, tokens
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
