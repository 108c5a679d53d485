package engine_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/core/coretest"
	"github.com/edgetoken/edgetoken/host/engine"
	"github.com/edgetoken/edgetoken/host/engine/enginetest"
)

// TestSoak verifies tokens again and again while keys change: 10^5 times with 1000 changes, or with SOAK_FULL=1 10^7
// times with 10^4. At its end goroutines, instances and memory are where they were once it was warm.
func TestSoak(t *testing.T) {
	// Each change leaves some 80 KiB in the heap of a guest, whose collector comes at 4 MiB: after 50 changes for the
	// first time, and then again and again. Until then a guest's memory grows, from 3.6 MiB to 8.25, and from 8.25 to
	// 9 at most in all that follows.
	warm, verifies, changes := 500, 100_000, 1000
	if underRace { // where memory is not measured
		warm, verifies, changes = 50, 10_000, 100
	}
	if os.Getenv("SOAK_FULL") != "" {
		verifies, changes = 10_000_000, 10_000
	}
	const callers, spellings = 4, 64
	secret := func(change int) string { return fmt.Sprintf("%064d", change%2) }
	keysOf := func(change int) core.Keys {
		return coretest.NewHMACKeys(uint64(change+1),
			coretest.HMACKey{KeyInfo: core.KeyInfo{ID: fmt.Sprint(change % 2), Algorithm: "HS256", Default: true},
				Secret: secret(change)})
	}
	var tokens [2][spellings][]byte
	for key := range tokens {
		for i := range tokens[key] {
			tokens[key][i] = []byte(coretest.Sign("HS256", secret(key),
				fmt.Sprintf(`{"alg":"HS256","kid":"%d","typ":"JWT"}`, key),
				fmt.Sprintf(`{"token_type":"access","exp":4102444800,"iat":1577836800,"jti":"%032x","user_id":"%d"}`,
					i, i)))
		}
	}
	e, err := engine.New(t.Context(), engine.Config{Settings: core.DefaultSettings(), Keys: keysOf(0),
		Module: enginetest.Module(t, false), CacheDir: cacheDir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(t.Context())

	// round makes a part of the changes, with their share of verifies after each.
	round := func(from, to int) {
		for change := from; change < to; change++ {
			e := with(t, e, core.DefaultSettings(), keysOf(change))
			var all sync.WaitGroup
			for caller := range callers {
				all.Go(func() {
					var o core.Opened
					for i := range verifies / changes / callers {
						n := (i + caller) % spellings
						good, bad := tokens[change%2][n], tokens[(change+1)%2][n]
						if err := e.Open(t.Context(), good, &o); err != nil || o.Cause != cause.OK {
							t.Errorf("change %d: Open = %v, %v", change, o.Cause, err)
							return
						}
						if i == 0 {
							if err := e.Open(t.Context(), bad, &o); err != nil || o.Cause != cause.UnknownKey {
								t.Errorf("change %d: a token of the key before = %v, %v", change, o.Cause, err)
								return
							}
						}
					}
				})
			}
			all.Wait()
			if t.Failed() {
				return
			}
		}
	}
	round(0, warm)
	goroutines, instances, memory := runtime.NumGoroutine(), e.Stats().Instances, resident(t)
	round(warm, changes)
	after := e.Stats()
	// A leak grows with each change. A caller that the group counts as done, or the runtime's cleanups, may still run.
	if n := runtime.NumGoroutine(); n > goroutines+callers {
		t.Errorf("%d goroutines, %d when warm", n, goroutines)
	}
	if after.Instances > instances || after.Broken > 0 {
		t.Errorf("%d instances, %d when warm; %d broke", after.Instances, instances, after.Broken)
	}
	// The race detector keeps memory of its own. build.sh runs this test without it too.
	if now := resident(t); !underRace && memory > 0 && now > memory+8<<10 {
		t.Errorf("%d KiB of anonymous memory, %d when warm", now, memory)
	}
}

// resident is the anonymous memory of this process, in KiB, once the collector gave back what it can; 0 where the
// system does not tell.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, found := strings.Cut(string(status), "RssAnon:")
	if !found {
		return 0
	}
	kib, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}
