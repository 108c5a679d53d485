package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admission"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// TestWaitingLoginsKeepLittle: while its password waits to be hashed, a log-in keeps no more of the customer than it
// needs.
func TestWaitingLoginsKeepLittle(t *testing.T) {
	const waiting, most = 50, 24 << 10 // bytes each, the stack of a goroutine included
	hashing, err := admission.New(admission.Config{Workers: 1, Queue: waiting})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *node.Config) { c.Hashing = hashing })
	var list []store.NewCustomer
	for i := range waiting {
		var permissions []string
		for j := range 500 {
			permissions = append(permissions, fmt.Sprintf("app%d.permission_%d", i, j))
		}
		list = append(list, store.NewCustomer{ID: core.Integer(int64(100 + i)), Email: fmt.Sprintf("%d@example.com", i),
			IsActive: true, PasswordHash: hash(t, "right"),
			Attributes: json.RawMessage(`{"a":"` + strings.Repeat("x", 60<<10) + `"}`), Permissions: permissions})
	}
	if _, err := w.store.AddAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	live := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc + m.StackInuse)
	}
	before := live()
	began, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = hashing.Do(context.Background(), admission.Work{}, func() { close(began); <-release })
	})
	<-began
	for i := range waiting {
		all.Go(func() {
			if result, err := w.Login(t.Context(), client, fmt.Sprintf("%d@example.com", i), "right"); err != nil ||
				result.Refused() {
				t.Errorf("Login = %v, %v", causeOf(result), err)
			}
		})
	}
	for hashing.Stats().Waiting < waiting {
		time.Sleep(time.Millisecond)
	}
	if more := live() - before; more > waiting*most {
		t.Errorf("%d log-ins that wait keep %d KiB alive, want at most %d", waiting, more>>10, waiting*most>>10)
	}
	close(release)
	all.Wait()
}
