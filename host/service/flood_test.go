package service_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
)

// TestFloodIsCountedToTheEnd: what a node could not answer in its last second is in its log, with the count.
func TestFloodIsCountedToTheEnd(t *testing.T) {
	dir := t.TempDir() + "/data"
	cfg, err := config.Load(config.Sources{Flags: []config.Flag{
		{Key: "data", Value: dir}, {Key: "listen", Value: "127.0.0.1:0"}, {Key: "engine", Value: "native"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	node, err := service.Open(context.Background(), service.Config{Start: cfg, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	node.LoseStore(t)
	for range 5 {
		w := httptest.NewRecorder()
		node.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/readyz", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Fatalf("/readyz answers %d", w.Code)
		}
	}
	if err := node.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "count=4") {
		t.Errorf("four of five refusals are not in the log: %s", log.String())
	}
}
