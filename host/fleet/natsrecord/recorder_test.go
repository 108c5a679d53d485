//go:build !nofleet

package natsrecord_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/fleet/natsrecord"
)

// start starts a NATS server with JetStream. It gives the hub's user the permissions that the documentation of the
// package names, and no more.
func start(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	return lanetest.NATS(t, &server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir,
		Users: []*server.User{{Username: "hub", Password: "of shop",
			Permissions: &server.Permissions{
				Publish: &server.SubjectPermission{Allow: []string{"edgetoken.shop", "$JS.API.STREAM.*.edgetoken-shop",
					"$JS.API.STREAM.MSG.GET.edgetoken-shop", "$JS.API.CONSUMER.*.edgetoken-shop.>",
					"$JS.API.CONSUMER.MSG.NEXT.edgetoken-shop.>"}},
				Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
			}}}})
}

func address(s *server.Server) string { return "nats://hub:of%20shop@" + s.Addr().String() }

func newRecorder(t *testing.T, at string) *natsrecord.Recorder {
	t.Helper()
	r, err := natsrecord.New(natsrecord.Config{Fleet: "shop", Servers: []string{at}, Age: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// until tries again until do succeeds.
func until(t *testing.T, what string, do func() error) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := do()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func all(t *testing.T, r *natsrecord.Recorder, since time.Time) (list []string) {
	t.Helper()
	err := r.Each(soon(t), since, func(record []byte) error {
		list = append(list, string(record))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRecorder(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	r := newRecorder(t, address(s))
	if last, err := r.Last(soon(t)); last != nil || err != nil {
		t.Fatalf("Last of none = %q, %v", last, err)
	}
	if list := all(t, r, time.Time{}); list != nil {
		t.Errorf("an empty record has %q", list)
	}
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprint("record ", i))
		if err := r.Append(soon(t), []byte(want[i])); err != nil {
			t.Fatal(err)
		}
	}
	if last, err := r.Last(soon(t)); string(last) != "record 999" || err != nil {
		t.Errorf("Last = %q, %v", last, err)
	}
	if list := all(t, r, time.Time{}); !slices.Equal(list, want) {
		t.Errorf("%d records came back, want 1000 in their order", len(list))
	}
	if list := all(t, r, time.Now().Add(-time.Hour)); len(list) != 1000 {
		t.Errorf("%d records of the last hour came back, want 1000", len(list))
	}
	if list := all(t, r, time.Now().Add(time.Hour)); list != nil {
		t.Errorf("%d records came back of a time that is still ahead", len(list))
	}
}

// Two processes that take themselves for the hub do not write over each other.
func TestRecorderOfTwo(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	a, b := newRecorder(t, address(s)), newRecorder(t, address(s))
	for _, r := range []*natsrecord.Recorder{a, b} {
		if _, err := r.Last(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Append(soon(t), []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(soon(t), []byte("b")); err == nil {
		t.Error("b appended behind what it has not seen")
	}
	if last, err := b.Last(soon(t)); string(last) != "a" || err != nil {
		t.Errorf("Last = %q, %v", last, err)
	}
	if err := b.Append(soon(t), []byte("b")); err != nil {
		t.Error(err)
	}
}

// The server is away, and comes back without its storage: the recorder says so, and goes on.
func TestRecorderLosesItsStorage(t *testing.T) {
	s := start(t, t.TempDir(), -1)
	at, port := address(s), s.Addr().(*net.TCPAddr).Port
	r := newRecorder(t, at)
	if _, err := r.Last(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(soon(t), []byte("lost")); err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	s.WaitForShutdown()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := r.Append(ctx, []byte("away")); err == nil {
		t.Error("a server that is away has taken a record")
	}
	start(t, t.TempDir(), port)
	until(t, "the link comes back", func() error {
		last, err := r.Last(soon(t))
		if last != nil {
			t.Errorf("Last = %q of an empty storage", last)
		}
		return err
	})
	if err := r.Append(soon(t), []byte("found")); err != nil {
		t.Error(err)
	}
	if list := all(t, r, time.Time{}); !slices.Equal(list, []string{"found"}) {
		t.Errorf("the record has %q", list)
	}
}
