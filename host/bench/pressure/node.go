package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	wasm "github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/keyring"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/password"
)

const customers = 64

func email(i int) string { return fmt.Sprintf("customer%d@example.com", i) }

// serve is a node as it is by default, until its standard input ends. It writes its address.
func serve() {
	ctx, cancel := context.WithCancel(context.Background())
	dir, err := os.MkdirTemp("", "pressure")
	check(err)
	defer os.RemoveAll(dir)
	db, err := store.Open(store.Config{Path: filepath.Join(dir, "store.db")})
	check(err)
	hash, err := password.Hash("right", password.Default, rand.Reader)
	check(err)
	debug.FreeOSMemory() // that hash is no part of what a node does
	var all []store.NewCustomer
	for i := range customers {
		all = append(all, store.NewCustomer{ID: core.Integer(int64(i + 1)), Email: email(i), IsActive: true,
			PasswordHash: hash})
	}
	_, err = db.AddAll(ctx, all)
	check(err)
	keys, err := keyring.FromSettings("HS256", []byte(strings.Repeat("k", 32)), nil, false)
	check(err)
	settings := core.DefaultSettings()
	var tokens core.Engine = core.NewNative(settings, keys)
	if *engine == "wasm" {
		tokens, err = wasm.New(ctx, wasm.Config{Settings: settings, Keys: keys})
		check(err)
	}
	nothing, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	check(err)
	quiet := slog.New(slog.NewJSONHandler(nothing, nil))
	queue, err := admission.New(admission.Config{Workers: *workers})
	check(err)
	hasher := hashing.NewProcesses(func() *exec.Cmd { return exec.Command(os.Args[0], "hash") }, quiet)
	defer hasher.Close()
	n, err := node.New(node.Config{Engine: tokens, Store: db, Hashing: queue, Hasher: hasher, Settings: settings,
		Log: quiet})
	check(err)
	handler, err := httpapi.New(httpapi.Config{Node: n, Log: quiet})
	check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	if *profile != "" {
		out, err := os.Create(*profile)
		check(err)
		check(pprof.StartCPUProfile(out))
		defer pprof.StopCPUProfile()
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	check((&server.Server{Handler: handler, Log: quiet}).Serve(ctx, l))
}

// bare hashes passwords on all processors and writes how many it did in a second.
func bare() {
	var done atomic.Int64
	p := password.Default
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for {
				argon2.IDKey([]byte("right"), make([]byte, 22), p.Iterations, p.Memory, p.Parallelism, 32)
				done.Add(1)
			}
		}()
	}
	time.Sleep(time.Second)
	before := done.Load()
	time.Sleep(*lasts)
	fmt.Println(float64(done.Load()-before) / lasts.Seconds())
}
