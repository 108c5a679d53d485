package service_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// TestEdgeThatCannotBegin: an edge whose part in the fleet cannot begin ends, and says why.
func TestEdgeThatCannotBegin(t *testing.T) {
	h := newFleetHub(t)
	cfg := stoppedNode(t, config.Flag{Key: "engine", Value: "native"}, config.Flag{Key: "listen", Value: "127.0.0.1:0"})
	if _, err := service.Join(t.Context(), cfg, invite(t, h.db, ""), "", nil, silent); err != nil {
		t.Fatal(err)
	}
	node, err := service.Open(t.Context(), service.Config{Start: cfg, Log: testLog{t}})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	node.LoseStore(t)
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	if err := node.Run(ctx); !errors.Is(err, store.ErrClosed) || ctx.Err() != nil {
		t.Errorf("Run = %v; the context: %v", err, ctx.Err())
	}
}
