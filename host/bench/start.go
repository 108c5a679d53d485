package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

func init() { roles["compile"] = compile }

// compile is a Go program that compiles the module, or loads it from a warm cache, and says so.
func compile(args []string) {
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	cache, err := wazero.NewCompilationCacheWithDir(args[0])
	check(err)
	module, err := os.ReadFile(args[1])
	check(err)
	_, err = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache)).CompileModule(ctx,
		module)
	check(err)
	fmt.Println("compiled")
}

// startRows are the times from the start of a node to its first answer, beside a program that only compiles the module.
func startRows() (rows []row) {
	module, err := filepath.Abs("../../dist/edgetoken.wasm")
	check(err)
	for _, warm := range []bool{true, false} {
		r := row{Name: "start to first answer, cache empty", Peer: "a program that only compiles", Unit: "ms",
			Budget: 1.25, Allocations: -1}
		if warm {
			r.Name, r.Peer, r.Budget = "start to first answer, cache warm", "a program that only loads", 2
		}
		var ours, theirs, ratios []float64
		for round := range 7 {
			var o, t float64
			inTurns(round, func() { o = startNode(warm) }, func() { t = startCompile(warm, module) })
			ours, theirs, ratios = append(ours, o), append(theirs, t), append(ratios, o/t)
		}
		r.Ours, r.Theirs, r.Ratio = median(ours), median(theirs), median(ratios)
		rows = append(rows, r.judged())
	}
	return rows
}

// startNode starts a node whose data directory is there already, and gives the milliseconds until it has answered.
func startNode(warm bool) float64 {
	at := address()
	n := node(at)
	again := n.restarted()
	defer again.stop()
	if !warm {
		check(os.RemoveAll(filepath.Join(n.dir, "data", "cache")))
	}
	began := time.Now()
	check(again.command.Start())
	for {
		if answer, err := http.Get("http://" + at + "/healthz"); err == nil {
			_ = answer.Body.Close()
			return float64(time.Since(began).Microseconds()) / 1e3
		}
		time.Sleep(time.Millisecond)
	}
}

func startCompile(warm bool, module string) float64 {
	cache, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(cache)
	if warm {
		p := role("compile", cache, module)
		p.line()
		p.stop()
	}
	p := role("compile", cache, module)
	defer p.stop()
	began := time.Now()
	p.line()
	return float64(time.Since(began).Microseconds()) / 1e3
}
