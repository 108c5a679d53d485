package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
	nodes "github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

const (
	clients    = 64
	commitTime = 5 * time.Millisecond // which is added to every commit: that of a disk
)

// rotationRows refresh with 64 clients, each with the tokens of a log-in of its own. Where they rotate, each answer has
// to be durable before it leaves. The rows are:
//
//   - over HTTP, refreshes that rotate beside refreshes that do not;
//   - on a node, without HTTP, with 5 ms added to every commit, as a disk might: beside 64 in the time of one commit,
//     which is what all get done if they share each commit and all else takes no time;
//   - the same over HTTP, where wrk and the node need the processors while no commit is under way: beside 64 times what
//     one client gets done.
//
// Alone:
//
//	./build.sh && cd host/bench && go run . -only rotation
func rotationRows() (rows []row) {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	rows = append(rows, nodeRow(dir))
	if _, err := exec.LookPath("wrk"); err != nil {
		log.Print("no rotation over HTTP: wrk is missing; install Debian's package wrk")
		return rows
	}
	rotating, plain := refresher{at: address(), rotates: true}, refresher{at: address()}
	for _, r := range []refresher{rotating, plain} {
		p := nodeOf(command(), r.at, r.config()...)
		defer p.stop()
	}
	rows = append(rows, contestOf(row{Name: "POST /auth/token/refresh/, rotated", Peer: "the same, not rotated",
		Budget: 0.5}, func() loaded { return rotating.load(clients) }, func() loaded { return plain.load(clients) }))

	slow := refresher{at: address(), rotates: true}
	p := nodeOf(slowed(dir, "edgetoken", "../..", "./host/cmd/edgetoken"), slow.at, slow.config()...)
	defer p.stop()
	return append(rows, contestOf(row{Name: "the same, 5 ms added to every commit", Peer: "64 x one client"},
		func() loaded { return slow.load(clients) }, func() loaded {
			one := slow.load(1)
			one.rate *= clients
			return one
		}))
}

// nodeRow has the node refresh in a process of its own, whose commits are slow.
func nodeRow(dir string) row {
	r := row{Name: "refresh on a node, rotated, 5 ms added to every commit", Peer: "64 in the time of a commit",
		Unit: "/s", Budget: 0.7, AtLeast: true, Allocations: -1}
	built := slowed(dir, "bench", ".", ".")
	var ours, theirs, p99s []float64
	for range httpRounds {
		var m rotated
		p := newProcess(built, "rotate")
		check(json.Unmarshal([]byte(p.line()), &m))
		p.stop()
		ours, theirs = append(ours, m.Rate), append(theirs, clients/m.Commit.Seconds())
		p99s = append(p99s, m.P99.Seconds()*1e3)
	}
	r.Ours, r.Theirs = median(ours), median(theirs)
	r.Note = fmt.Sprintf("99 %% of the answers take at most %s ms", figure(median(p99s)))
	return r.judged()
}

func init() { roles["rotate"] = rotate }

// rotated is what rotate tells.
type rotated struct {
	Rate        float64       // refreshes in a second
	P99, Commit time.Duration // what 99 of 100 take at most; the mean of the commits
}

// rotate has clients refresh on a node, and writes what it measured.
func rotate([]string) {
	ctx := context.Background()
	db, err := store.Open(store.Config{Path: "store.db"})
	check(err)
	_, err = db.Add(ctx, store.NewCustomer{ID: core.Integer(1), Email: customer, IsActive: true, PasswordHash: "!"})
	check(err)
	s := core.DefaultSettings()
	s.RotateRefreshTokens, s.BlacklistAfterRotation = true, true
	e := sandbox(s, secretKeys(), 0)
	n, err := nodes.New(nodes.Config{Engine: e, Store: db, Settings: s})
	check(err)
	check(n.RaiseLifetimes(ctx))
	tokens := loggedIn(clients)
	took := make([][]time.Duration, clients)
	work := func(lasts time.Duration) {
		var all sync.WaitGroup
		ends := time.Now().Add(lasts)
		for i := range clients {
			took[i] = nil
			all.Go(func() {
				for begun := time.Now(); begun.Before(ends); begun = time.Now() {
					r, err := n.Refresh(ctx, tokens[i])
					check(err)
					tokens[i] = r.Tokens[1].Value
					took[i] = append(took[i], time.Since(begun))
				}
			})
		}
		all.Wait()
	}
	work(time.Second)
	before, err := db.Stats(ctx)
	check(err)
	work(httpLasts)
	after, err := db.Stats(ctx)
	check(err)
	every := slices.Sorted(slices.Values(slices.Concat(took...)))
	m := rotated{Rate: float64(len(every)) / httpLasts.Seconds(), P99: every[len(every)*99/100],
		Commit: (after.CommitTime - before.CommitTime) / time.Duration(after.Commits-before.Commits)}
	check(json.NewEncoder(os.Stdout).Encode(m))
}

// loggedIn are refresh tokens of so many log-ins.
func loggedIn(n int) (tokens []string) {
	e := core.NewNative(core.DefaultSettings(), secretKeys())
	for range n {
		entropy := make([]byte, core.EntropyBytes)
		_, _ = rand.Read(entropy)
		o, err := e.Decide(context.Background(), logIn(0, time.Now(), entropy))
		check(err)
		tokens = append(tokens, o.Tokens[0].Value)
	}
	return tokens
}

// contestOf fills a row by turns over HTTP.
func contestOf(r row, ours, theirs func() loaded) row {
	r.Unit, r.AtLeast, r.Allocations = "req/s", true, -1
	var rates, theirRates, ratios, p99s, theirP99s []float64
	for round := range httpRounds + 1 {
		var o, t loaded
		inTurns(round, func() { o = ours() }, func() { t = theirs() })
		if round == 0 {
			continue
		}
		rates, p99s = append(rates, o.rate), append(p99s, o.p99.Seconds()*1e3)
		theirRates, theirP99s = append(theirRates, t.rate), append(theirP99s, t.p99.Seconds()*1e3)
		ratios = append(ratios, o.rate/t.rate)
	}
	r.Ours, r.Theirs, r.Ratio = median(rates), median(theirRates), median(ratios)
	r.Note = fmt.Sprintf("99 %% of the answers take at most %s ms, beside it %s ms", figure(median(p99s)),
		figure(median(theirP99s)))
	return r.judged()
}

// refresher is a node on which clients refresh, and whether it spends their tokens.
type refresher struct {
	at      string
	rotates bool
}

func (r refresher) config() []string {
	return []string{"token_cache: 0", fmt.Sprintf(
		"simple_jwt: {SIGNING_KEY: %q, ROTATE_REFRESH_TOKENS: %v, BLACKLIST_AFTER_ROTATION: %v}", coretest.Secret,
		r.rotates, r.rotates)}
}

// load has clients refresh, each with the token that its last refresh gave.
func (r refresher) load(clients int) loaded {
	// wrk asks for a request or two that it does not send.
	tokens := `"` + strings.Join(loggedIn(clients+8), `","`) + `"`
	return loadBy(clients, "http://"+r.at+"/auth/token/refresh/", fmt.Sprintf(refreshing, tokens, r.rotates), httpLasts)
}

// refreshing is a script for wrk. Of a token that is not spent the same client has another go.
const refreshing = `
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local tokens, rotates = {%s}, %v
function request()
  local token = table.remove(tokens, 1)
  if not rotates then table.insert(tokens, token) end
  return wrk.format(nil, nil, nil, '{"refresh":"' .. token .. '"}')
end
function response(status, headers, body)
  local token = body:match('"refresh":"([^"]*)"')
  if token then table.insert(tokens, token) end
end
`

// slowed builds a program of a module, with a store whose commits take longer, as if its disk did.
func slowed(dir, name, module, program string) string {
	const was, is = "err = tx.Commit()\n", "if err = tx.Commit(); err == nil {\n\t\t\ttime.Sleep(%d)\n\t\t}\n"
	source, err := filepath.Abs("../../store/commit.go")
	check(err)
	text, err := os.ReadFile(source)
	check(err)
	if n := strings.Count(string(text), was); n != 1 {
		check(fmt.Errorf("%q stands %d times in %s: say where a commit is synced now", was, n, source))
	}
	planted, overlay := filepath.Join(dir, name+".commit.go"), filepath.Join(dir, name+".json")
	check(os.WriteFile(planted, []byte(strings.Replace(string(text), was, fmt.Sprintf(is, commitTime), 1)), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: planted}})
	check(err)
	check(os.WriteFile(overlay, replace, 0o600))
	built := filepath.Join(dir, name)
	build := exec.Command("go", "build", "-overlay", overlay, "-o", built, program)
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		check(fmt.Errorf("build %s with slow commits: %w: %s", program, err, out))
	}
	return built
}
