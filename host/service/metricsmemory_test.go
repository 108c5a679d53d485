package service_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/service"
)

// TestMetricsKeepNothingOfRequests counts requests whose method and path are cut from long lines, as net/http cuts
// them: of each outcome its name alone may stay, and not the line.
func TestMetricsKeepNothingOfRequests(t *testing.T) {
	const outcomes, megabyte = 50, 1 << 20
	observe := service.NewObserver()
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

// TestMetricsConnectionsAreBounded: whoever reaches the address of the metrics cannot hold as many connections as it
// likes.
func TestMetricsConnectionsAreBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.ServeMetrics(ctx, l) }()
	var conns []net.Conn
	for range 40 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: a\r\nX: ")
		conns = append(conns, c)
	}
	if answer, err := http.Get("http://" + l.Addr().String() + "/metrics"); err != nil || answer.StatusCode == 0 {
		t.Errorf("GET /metrics beside forty that stall: %v", err)
	} else {
		_ = answer.Body.Close()
	}
	for i, c := range conns[:24] {
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection %d of forty is open, want the last sixteen to be", i+1)
		}
	}
	for _, c := range conns {
		_ = c.Close()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
