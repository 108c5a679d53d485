package node_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// lost is what the log says of a lost store.
const lost = "the store is lost: requests are refused until the node is started anew"

// records calls found for each record that is logged with a message.
type records struct {
	slog.Handler
	message string
	found   func()
}

func (r records) Enabled(context.Context, slog.Level) bool { return true }

func (r records) Handle(_ context.Context, record slog.Record) error {
	if record.Message == r.message {
		r.found()
	}
	return nil
}

// A store file that is mostly free pages gets shorter by itself while a node runs on it.
func TestRunCompacts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, func(c *node.Config) {
		c.Log = slog.New(records{slog.DiscardHandler, "compacted the store", cancel})
	})
	const many = 700
	large := json.RawMessage(`{"x":"` + strings.Repeat("x", 60_000) + `"}`)
	list := make([]store.NewCustomer, many)
	for i := range list {
		list[i] = store.NewCustomer{ID: core.Integer(int64(100 + i)), Email: fmt.Sprint(i, "@example.com"),
			PasswordHash: "!", Attributes: large}
	}
	if _, err := w.store.AddAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	var removing sync.WaitGroup // at once, so that they share commits
	for _, c := range list {
		removing.Go(func() {
			if err := w.store.Remove(t.Context(), c.ID, 0); err != nil {
				t.Error(err)
			}
		})
	}
	removing.Wait()
	before, err := w.store.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Run(ctx)
	after, err := w.store.Stats(t.Context())
	if err != nil || after.Bytes > before.Bytes/20 || after.Customers != 4 {
		t.Errorf("Stats = %+v, %v; before it ran: %+v", after, err, before)
	}
}

// A running node notices that its store file is gone even if nobody sends a request. The log and Ready say so.
func TestRunNoticesLoss(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, func(c *node.Config) {
		c.Log = slog.New(records{slog.DiscardHandler, lost, cancel})
	})
	if err := w.Ready(ctx); err != nil {
		t.Fatalf("Ready = %v", err)
	}
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	w.Run(ctx)
	if err := w.Ready(t.Context()); !errors.Is(err, store.ErrLost) || !strings.HasPrefix(err.Error(), "store_lost: ") {
		t.Errorf("Ready = %v, want %v", err, store.ErrLost)
	}
}

// Ready notices too, and the log says so at once.
func TestReadyNoticesLoss(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	said := make(chan struct{})
	w := newWorld(t, func(c *node.Config) {
		c.Log = slog.New(records{slog.DiscardHandler, lost, func() { close(said) }})
	})
	ran := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(ran)
	}()
	if err := os.Rename(w.path, w.path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := w.Ready(t.Context()); !errors.Is(err, store.ErrLost) {
		t.Errorf("Ready = %v, want %v", err, store.ErrLost)
	}
	<-said
	cancel()
	<-ran
}
