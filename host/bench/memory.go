package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

const million = 1_000_000

// memoryRows are the anonymous memory of a node: idle, and with a million customers under load.
func memoryRows() (rows []row) {
	at := address()
	n := node(at)
	logInAt(at)
	time.Sleep(3 * time.Second)
	idle := row{Name: "anonymous memory, idle", Peer: "60 MiB", Unit: "MiB", Ours: anonymous(n.command.Process.Pid),
		Theirs: 60, Budget: 1, Allocations: -1}
	one, _ := checks(at, n)

	again := n.restarted()
	defer again.stop()
	fill(filepath.Join(n.dir, "data", "store.db"), million)
	again.serve("http://" + at + "/healthz")
	many, most := checks(at, again)
	loaded := row{Name: "anonymous memory, a million customers, under load", Peer: "150 MiB", Unit: "MiB", Ours: most,
		Theirs: 150, Budget: 1, Allocations: -1}
	flat := row{Name: "GET /customers/me/, a million customers", Peer: "the same with one", Unit: "req/s", Ours: many,
		Theirs: one, Budget: 1 / 1.2, AtLeast: true, Allocations: -1}
	return append(rows, idle.judged(), loaded.judged(), flat.judged())
}

// checks returns how many token checks, customer read, a node answers in a second, and the most anonymous memory that
// it had meanwhile, in MiB.
func checks(at string, of *process) (rate, memory float64) {
	script := `wrk.headers["Authorization"] = "Bearer ` + logInAt(at).Access + `"`
	load("http://"+at+"/customers/me/", script, time.Second)
	done, most := make(chan struct{}), make(chan float64)
	go func() {
		var memory float64
		for {
			select {
			case <-done:
				most <- memory
				return
			case <-time.After(100 * time.Millisecond):
				memory = max(memory, anonymous(of.command.Process.Pid))
			}
		}
	}()
	var all []float64
	for range httpRounds {
		all = append(all, load("http://"+at+"/customers/me/", script, httpLasts))
	}
	close(done)
	return median(all), <-most
}

// fill adds customers to a store until it has n.
func fill(path string, n int) {
	fillWith(path, n, func(i int) store.NewCustomer {
		return store.NewCustomer{ID: core.Integer(int64(i)), Email: fmt.Sprintf("customer%d@example.com", i),
			IsActive: true, PasswordHash: "!"}
	})
}

// fillWith is fill with the customers that a function makes by their numbers.
func fillWith(path string, n int, customer func(i int) store.NewCustomer) {
	db, err := store.Open(store.Config{Path: path})
	check(err)
	const at = 10_000
	stats, err := db.Stats(context.Background())
	check(err)
	for from := stats.Customers + 1; from <= n; from += at {
		var list []store.NewCustomer
		for i := from; i < from+at && i <= n; i++ {
			list = append(list, customer(i))
		}
		_, err := db.AddAll(context.Background(), list)
		check(err)
	}
	check(db.Close())
}
