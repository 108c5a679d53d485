package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// singleRows compare a node that is in no fleet with a build from before there were any, where -before names one. Its
// size is that of a build with the flags of this one:
//
//	git worktree add /tmp/before 2a2afa3 && (cd /tmp/before && ./build.sh)
//	cd host/bench && go run . -only fleet -fleet single -before /tmp/before
func singleRows(string, fleetSizes) (rows []row) {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	built := func(name, tree, tags string) (path string, size float64) {
		path = filepath.Join(dir, name)
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags="+tags, "-o", path,
			"./host/cmd/edgetoken")
		build.Dir, build.Env = tree, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		out, err := build.CombinedOutput()
		if err != nil {
			check(fmt.Errorf("build the command: %w: %s", err, out))
		}
		return path, float64(fileSize(path)) / 1e6
	}
	size := func(name, peer string, ours, theirs float64) row {
		return row{Name: name, Peer: peer, Unit: "MB", Ours: ours, Theirs: theirs, Allocations: -1}.judged()
	}
	now, with := built("now", "../..", "")
	_, without := built("nofleet", "../..", "nofleet")
	rows = append(rows, size("the command, stripped", "with -tags nofleet", with, without))
	if *fleetBefore == "" {
		log.Print("no comparison with a build from before fleets: name its tree with -before")
		return rows
	}
	before, was := built("before", *fleetBefore, "")
	rows = append(rows, size("the command with -tags nofleet, stripped", "before fleets", without, was))
	return append(rows, pairedRows(now, before)...)
}

// pairedRows compare two builds of the command as single nodes.
func pairedRows(now, before string) (rows []row) {
	ours, theirs := address(), address()
	a, b := nodeOf(now, ours, cheapHashes), nodeOf(before, theirs, cheapHashes)
	defer a.stop()
	defer b.stop()
	p, q := logInAt(ours), logInAt(theirs)
	time.Sleep(3 * time.Second)
	rows = append(rows, row{Name: "anonymous memory of a single node at rest", Peer: "before fleets", Unit: "MiB",
		Ours: anonymous(a.command.Process.Pid), Theirs: anonymous(b.command.Process.Pid), Allocations: -1}.judged())
	refresh := func(p pair) string { return post(`{"refresh":"` + p.Refresh + `"}`) }
	check := func(p pair) string { return `wrk.headers["Authorization"] = "Bearer ` + p.Access + `"` }
	for _, m := range []struct{ what, path, a, b string }{
		{"GET", "/auth/check/", check(p), check(q)},
		{"POST", "/auth/token/refresh/", refresh(p), refresh(q)},
		{"POST", "/auth/token/", post(logInBody), post(logInBody)},
	} {
		r := row{Name: m.what + " " + m.path + ", single node", Peer: "before fleets", Unit: "req/s", Budget: 0.95,
			AtLeast: true, Allocations: -1}
		r.Ours, r.Theirs, r.Ratio = rates(0, "http://"+ours+m.path, m.a, "http://"+theirs+m.path, m.b)
		rows = append(rows, r.judged())
	}
	return rows
}

// cheapHashes configures hashes of passwords that cost next to nothing.
const cheapHashes = "password: {memory: 8, iterations: 1}"
