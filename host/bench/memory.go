package main

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
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
	idle := row{Name: "anonymous memory, idle", Peer: "60 MiB", Unit: "MiB", Ours: anonymous(n.command.Process.Pid), Theirs: 60, Budget: 1, Allocations: -1}
	one := checks(at)
	n.stop()

	n = node(at)
	check(n.command.Process.Signal(syscall.SIGTERM))
	_ = n.command.Wait()
	fill(filepath.Join(n.dir, "data", "store.db"))
	again := newProcess(command(), "serve", "--config", "edgetoken.yaml")
	again.dir, again.command.Dir = n.dir, n.dir
	again.serve("http://" + at + "/healthz")
	defer again.stop()
	many := checks(at)
	loaded := row{Name: "anonymous memory, a million customers, under load", Peer: "150 MiB", Unit: "MiB", Ours: anonymous(again.command.Process.Pid), Theirs: 150, Budget: 1, Allocations: -1}
	flat := row{Name: "GET /customers/me/, a million customers", Peer: "the same with one", Unit: "req/s", Ours: many, Theirs: one, Budget: 1 / 1.2, AtLeast: true, Allocations: -1}
	return append(rows, idle.judged(), loaded.judged(), flat.judged())
}

// checks is how many checks of a token, customer read, a node answers in a second.
func checks(at string) float64 {
	script := `wrk.headers["Authorization"] = "Bearer ` + logInAt(at).Access + `"`
	load("http://"+at+"/customers/me/", script, time.Second)
	var all []float64
	for range httpRounds {
		all = append(all, load("http://"+at+"/customers/me/", script, httpLasts))
	}
	return median(all)
}

// fill adds customers to a store until it has a million.
func fill(path string) {
	db, err := store.Open(store.Config{Path: path})
	check(err)
	const at = 10_000
	for from := 2; from <= million; from += at {
		var list []store.NewCustomer
		for i := from; i < from+at && i <= million; i++ {
			list = append(list, store.NewCustomer{ID: core.Integer(int64(i)), Email: fmt.Sprintf("customer%d@example.com", i), IsActive: true, PasswordHash: "!"})
		}
		_, err := db.AddAll(context.Background(), list)
		check(err)
	}
	check(db.Close())
}
