package throttle_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/throttle"
)

// liveHeap is what the heap holds once all that nobody holds is gone, in bytes.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestHistoryTakesNoMoreThanItSays: whether many ask once or a few ask all the time.
func TestHistoryTakesNoMoreThanItSays(t *testing.T) {
	const entries, most = throttle.DefaultEntries / 16, throttle.DefaultBytes / 16
	for _, c := range []struct {
		name string
		keys int
	}{{"ever new keys", 100_000}, {"a hundred keys", 100}, {"one key", 1}} {
		before := liveHeap()
		h := throttle.NewHistory(entries)
		now := time.Unix(1_800_000_000, 0)
		for i := range 2 * entries {
			now = now.Add(time.Millisecond)
			h.Admit(fmt.Sprint(i%c.keys), throttle.Rate{Requests: throttle.MaxRequests, Period: 24 * time.Hour}, now)
		}
		if more := liveHeap() - before; more > most {
			t.Errorf("%s: %d KiB of the heap, want at most %d", c.name, more>>10, most>>10)
		}
		runtime.KeepAlive(h)
	}
}
