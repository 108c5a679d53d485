package main_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	main "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
	"github.com/edgetoken/edgetoken/host/httpapi"
)

// TestMetricsKeepNothingOfRequests counts requests whose method and path are cut from long lines, as net/http cuts them: of each outcome its name alone
// may stay, and not the line.
func TestMetricsKeepNothingOfRequests(t *testing.T) {
	const outcomes, megabyte = 50, 1 << 20
	observe := main.NewObserver()
	live := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	for i := range outcomes {
		line := "GET /healthz?" + strings.Repeat("x", megabyte)
		observe(httpapi.Observation{Route: line[4:12], Method: line[:3], Status: http.StatusOK + i, Cause: "ok"})
	}
	if more := live() - before; more > outcomes*megabyte/10 {
		t.Errorf("%d outcomes keep %d KiB alive", outcomes, more>>10)
	}
	runtime.KeepAlive(observe)
}
