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
	"strings"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/coretest"
)

const (
	clients    = 64
	commitTime = 5 * time.Millisecond // which is added to every commit: that of a disk
)

// rotationRows refresh over HTTP, each client with the tokens of a log-in of its own. Where they rotate, each answer
// has to be durable before it leaves. The rows are:
//
//   - refreshes that rotate, beside the same refresh without rotation;
//   - the same with 5 ms added to every commit, beside 64 times what one client gets done, who waits for each commit:
//     so much if all clients that wait share one. A build of the command with a slower commit does it.
//
// Alone:
//
//	./build.sh bench -only rotation
func rotationRows() (rows []row) {
	if _, err := exec.LookPath("wrk"); err != nil {
		log.Print("no figures of rotation: wrk is missing; install Debian's package wrk")
		return nil
	}
	rotating := refresher{at: address(), rotates: true}
	plain := refresher{at: address()}
	for _, r := range []refresher{rotating, plain} {
		p := nodeOf(command(), r.at, r.config()...)
		defer p.stop()
	}
	rows = append(rows, contestOf(row{Name: "POST /auth/token/refresh/, rotated", Peer: "the same, not rotated",
		Budget: 0.5}, func() loaded { return rotating.load(clients) }, func() loaded { return plain.load(clients) }))

	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	slow := refresher{at: address(), rotates: true}
	p := nodeOf(slowCommand(dir), slow.at, slow.config()...)
	defer p.stop()
	return append(rows, contestOf(row{Name: "the same, 5 ms added to every commit", Peer: "64 x one client",
		Budget: 0.7}, func() loaded { return slow.load(clients) }, func() loaded {
		one := slow.load(1)
		one.rate *= clients
		return one
	}))
}

// contestOf fills a row by turns over HTTP.
func contestOf(r row, ours, theirs func() loaded) row {
	r.Unit, r.AtLeast, r.Allocations = "req/s", true, -1
	var os, ts, ratios, p99s, theirP99s []float64
	for round := range httpRounds + 1 {
		var o, t loaded
		inTurns(round, func() { o = ours() }, func() { t = theirs() })
		if round > 0 {
			os, ts, ratios = append(os, o.rate), append(ts, t.rate), append(ratios, o.rate/t.rate)
			p99s = append(p99s, o.p99.Seconds()*1e3)
			theirP99s = append(theirP99s, t.p99.Seconds()*1e3)
		}
	}
	r.Ours, r.Theirs, r.Ratio = median(os), median(ts), median(ratios)
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
	e := core.NewNative(core.DefaultSettings(), secretKeys())
	var tokens strings.Builder
	for range clients + 8 { // wrk asks for a request or two that it does not send
		entropy := make([]byte, core.EntropyBytes)
		_, _ = rand.Read(entropy)
		o, err := e.Decide(context.Background(), logIn(0, time.Now(), entropy))
		check(err)
		fmt.Fprintf(&tokens, "%q,", o.Tokens[0].Value)
	}
	return loadBy(clients, "http://"+r.at+"/auth/token/refresh/", fmt.Sprintf(refreshing, tokens.String(), r.rotates),
		httpLasts)
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

// slowCommand builds the command with a store whose commits take longer, as if its disk did.
func slowCommand(dir string) string {
	const was, is = "err = tx.Commit()\n", "if err = tx.Commit(); err == nil {\n\t\t\ttime.Sleep(%d)\n\t\t}\n"
	root, err := filepath.Abs("../..")
	check(err)
	source := filepath.Join(root, "store", "commit.go")
	text, err := os.ReadFile(source)
	check(err)
	if n := strings.Count(string(text), was); n != 1 {
		check(fmt.Errorf("%q stands %d times in %s: say where a commit is synced now", was, n, source))
	}
	planted, overlay := filepath.Join(dir, "commit.go"), filepath.Join(dir, "overlay.json")
	check(os.WriteFile(planted, []byte(strings.Replace(string(text), was, fmt.Sprintf(is, commitTime), 1)), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: planted}})
	check(err)
	check(os.WriteFile(overlay, replace, 0o600))
	built := filepath.Join(dir, "edgetoken")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", built, "./host/cmd/edgetoken")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		check(fmt.Errorf("build the command with slow commits: %w: %s", err, out))
	}
	return built
}
