package lanetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// Run runs the suite.
func Run(t *testing.T, kit Kit) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, k Kit)
	}{
		{"ask_the_hub", askTheHub},
		{"ask_edges", askEdges},
		{"many_at_once", manyAtOnce},
		{"follow", followHub},
		{"nobody", nobody},
		{"long_messages", longMessages},
		{"no_answer", noAnswer},
		{"drop", drop},
		{"strangers", strangers},
		{"starved_hub", starvedHub},
		{"newer_link", newerLink},
		{"redial", redial},
		{"hub_restarts", hubRestarts},
		{"hub_comes_later", hubComesLater},
		{"dark_flow", darkFlow},
		{"cut_flow", cutFlow},
		{"far_away", farAway},
		{"slow_reader", slowReader},
		{"close", closed},
	} {
		t.Run(c.name, func(t *testing.T) { t.Parallel(); c.test(t, kit) })
	}
}

func askTheHub(t *testing.T, k Kit) {
	f := k.served(t)
	a, b := f.edge(2), f.edge(3)
	for _, c := range []struct {
		ask  func(context.Context, []byte) ([]byte, error)
		want string
	}{
		{a.Send, "send of 2: x"}, {b.Send, "send of 3: x"}, {a.Fetch, "fetch of 2: x"},
		{func(ctx context.Context, q []byte) ([]byte, error) { return b.Ask(ctx, 1, q) }, "ask of 3: x"},
	} {
		if got, err := c.ask(soon(t), []byte("x")); err != nil || string(got) != c.want {
			t.Errorf("got %q, %v, want %q", got, err, c.want)
		}
	}
	// A server may count what it has read after it was answered.
	f.until("two links, bytes in and out, none slow", func() bool {
		n := f.hub.Figures()
		return n.Links == 2 && n.In > 0 && n.Out > 0 && n.Slow == 0
	})
}

func askEdges(t *testing.T, k Kit) {
	f := k.served(t)
	a, b := f.edge(2), f.edge(3)
	b.Answer(func(_ context.Context, request []byte) []byte { return append([]byte("b heard "), request...) })
	f.answers("b heard x", ask(a, 3, "x"))
	f.answers("b heard y", ask(f.hub, 3, "y"))
	a.Answer(func(_ context.Context, request []byte) []byte { return []byte{} })
	f.answers("", ask(b, 2, "empty"))
}

func manyAtOnce(t *testing.T, k Kit) {
	f := k.served(t)
	a, b := f.edge(2), f.edge(3)
	b.Answer(func(_ context.Context, request []byte) []byte { return request })
	f.answers("ready", ask(a, 3, "ready"))
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			q := fmt.Sprint(i)
			if got, err := insist(t, ask(a, 3, q)); err != nil || string(got) != q {
				t.Errorf("asked the edge %s: %q, %v", q, got, err)
			}
			if got, err := insist(t, send(a, q)); err != nil || string(got) != "send of 2: "+q {
				t.Errorf("sent %s: %q, %v", q, got, err)
			}
		})
	}
	all.Wait()
}

func followHub(t *testing.T, k Kit) {
	f := k.served(t)
	a, b := f.follow(f.edge(2)), f.follow(f.edge(3))
	for i := range 200 {
		f.publish(fmt.Appendf(nil, "batch %d", i))
	}
	for _, l := range []*follower{a, b} {
		f.until("all batches arrive", func() bool { return l.count() >= 200 })
		for i, got := range l.got {
			if want := fmt.Sprintf("batch %d", i); string(got) != want {
				t.Fatalf("batch %d is %q", i, got)
			}
		}
	}
	a.stop()
	if err := <-a.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow ended with %v, want the context's error", err)
	}
}

func nobody(t *testing.T, k Kit) {
	f := k.fleet(t)
	a := f.edge(2)
	f.edge(3) // never calls Answer
	for _, c := range []struct {
		name string
		ask  func(context.Context) ([]byte, error)
	}{
		{"the hub before Serve", send(a, "x")},
		{"the hub before Serve, by Ask", ask(a, 1, "x")},
		{"an edge that is not connected", ask(a, 4, "x")},
		{"an edge that does not answer", ask(a, 3, "x")},
		{"an edge, by the hub", ask(f.hub, 4, "x")},
	} {
		if _, err := c.ask(soon(t)); !errors.Is(err, lane.ErrNobody) {
			t.Errorf("%s: %v, want ErrNobody", c.name, err)
		}
	}
	f.serve()
	f.answers("send of 2: x", send(a, "x"))
	f.hub.Close()
	f.until("the edge notices", func() bool { return !a.Connected() })
	if _, err := a.Ask(soon(t), 3, nil); !errors.Is(err, lane.ErrNobody) {
		t.Errorf("without a link: %v, want ErrNobody", err)
	}
}

func longMessages(t *testing.T, k Kit) {
	f := k.fleet(t)
	echo := func(_ context.Context, _ uint16, body []byte) []byte { return body }
	if err := f.hub.Serve(lane.Handler{Send: echo, Fetch: echo, Ask: echo}); err != nil {
		t.Fatal(err)
	}
	a, b := f.edge(2), f.edge(3)
	b.Answer(func(_ context.Context, request []byte) []byte { return request })
	f.answers("ready", ask(a, 3, "ready"))
	long := bytes.Repeat([]byte("edgetoken "), 70<<10)
	for _, c := range []struct {
		name string
		ask  func(context.Context, []byte) ([]byte, error)
	}{
		{"Send", a.Send}, {"Fetch", a.Fetch},
		{"Ask of the hub", func(ctx context.Context, q []byte) ([]byte, error) { return a.Ask(ctx, 1, q) }},
		{"Ask of an edge", func(ctx context.Context, q []byte) ([]byte, error) { return a.Ask(ctx, 3, q) }},
		{"Ask by the hub", func(ctx context.Context, q []byte) ([]byte, error) { return f.hub.Ask(ctx, 3, q) }},
	} {
		if got, err := c.ask(soon(t), long); err != nil || !bytes.Equal(got, long) {
			t.Errorf("%s: %d bytes came back, %v", c.name, len(got), err)
		}
		if _, err := c.ask(soon(t), make([]byte, lane.MaxMessage+1)); !errors.Is(err, lane.ErrTooLong) {
			t.Errorf("%s of more than MaxMessage: %v, want ErrTooLong", c.name, err)
		}
	}
	l := f.follow(a)
	f.publish(long)
	f.until("the long batch arrives", func() bool { return l.count() > 0 })
	if !bytes.Equal(l.got[0], long) {
		t.Errorf("%d bytes arrived, want %d", len(l.got[0]), len(long))
	}
	if err := f.hub.Publish(make([]byte, lane.MaxMessage+1)); !errors.Is(err, lane.ErrTooLong) {
		t.Errorf("Publish of more than MaxMessage: %v, want ErrTooLong", err)
	}
}

// noAnswer: who answers nil leaves the asker to its own patience.
func noAnswer(t *testing.T, k Kit) {
	f := k.fleet(t)
	silent := func(context.Context, uint16, []byte) []byte { return nil }
	if err := f.hub.Serve(lane.Handler{Send: silent, Fetch: silent, Ask: silent}); err != nil {
		t.Fatal(err)
	}
	a, b := f.edge(2), f.edge(3)
	asked := make(chan bool, 1000)
	b.Answer(func(context.Context, []byte) []byte { asked <- true; return nil })
	f.fails(context.DeadlineExceeded, ask(a, 3, "x"))
	<-asked
	for _, q := range []func(context.Context) ([]byte, error){send(a, "x"), ask(a, 1, "x"), ask(f.hub, 3, "x")} {
		if _, err := briefly(q); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("unanswered: %v, want the end of the context", err)
		}
	}
}

func drop(t *testing.T, k Kit) {
	f := k.served(t)
	a, b := f.edge(2), f.edge(3)
	l := f.follow(a)
	f.roster.Remove(2)
	f.hub.Drop(2)
	f.until("the link of the withdrawn edge is down", func() bool { return !a.Connected() })
	got := l.count()
	for range 10 {
		f.publish([]byte("not for 2"))
		if _, err := briefly(send(a, "x")); err == nil {
			t.Error("a withdrawn edge was answered")
		}
		f.answers("send of 3: x", send(b, "x"))
	}
	if now := l.count(); now != got || a.Connected() {
		t.Errorf("a withdrawn edge got %d batches, connected %v", now-got, a.Connected())
	}
	if n := f.hub.Figures().Links; n != 1 {
		t.Errorf("%d links, want 1", n)
	}
	f.until("it knows why", func() bool { return errors.Is(a.Fault(), lane.ErrNotMember) })
	f.roster.Add(2)
	f.answers("send of 2: back", send(a, "back"))
	if err := a.Fault(); err != nil && a.Connected() {
		t.Errorf("a link that is up has the fault %v", err)
	}
}

func strangers(t *testing.T, k Kit) {
	f := k.served(t)
	unknown := k.Edge(t, 2, Key(9), Public(1), f.address)
	deceived := k.Edge(t, 2, Key(2), Public(8), f.address)
	liar := k.Edge(t, 2, Key(3), Public(1), f.address) // a member that says it is another
	defer unknown.Close()
	defer deceived.Close()
	defer liar.Close()
	for name, e := range map[string]lane.Edge{"an unknown key": unknown, "the hub has another key": deceived} {
		for range 5 {
			if _, err := briefly(send(e, "x")); !errors.Is(err, lane.ErrNobody) && !errors.Is(err, lane.ErrLost) {
				t.Errorf("%s: %v, want ErrNobody", name, err)
			}
			e.Redial()
		}
	}
	f.until("the one is told", func() bool { return errors.Is(unknown.Fault(), lane.ErrNotMember) })
	f.until("the other knows", func() bool { return errors.Is(deceived.Fault(), lane.ErrNotHub) })
	for range 3 {
		if got, err := briefly(send(liar, "x")); err == nil && !bytes.HasPrefix(got, []byte("send of 3")) {
			t.Errorf("edge 3 sent as edge 2: %q", got)
		}
	}
}

// starvedHub: a hub that takes connections and serves none is dialled more and more seldom, however often the edge is
// told to dial again.
func starvedHub(t *testing.T, k Kit) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e := k.Edge(t, 2, Key(2), Public(1), l.Addr().String())
	defer e.Close()
	var first time.Time
	for i := range 5 {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = time.Now()
		}
		c.Close()
		e.Redial()
	}
	if took, least := time.Since(first), 3*time.Second; took < least { // 250 ms + 500 ms + 1 s + 2 s
		t.Errorf("5 dials of a hub that closes each connection within %v, want %v at least", took, least)
	}
}

// newerLink: a node has one link, its newest, or a question for it would go to one that is dark.
func newerLink(t *testing.T, k Kit) {
	f := k.served(t)
	older := f.edge(2)
	older.Answer(func(context.Context, []byte) []byte { return []byte("older") })
	f.answers("older", ask(f.hub, 2, "who"))
	newer := f.edge(2)
	newer.Answer(func(context.Context, []byte) []byte { return []byte("newer") })
	older.Close()
	f.answers("newer", ask(f.hub, 2, "who"))
	f.until("one link is left", func() bool { return f.hub.Figures().Links == 1 })
}

func redial(t *testing.T, k Kit) {
	f := k.fleet(t)
	asked := make(chan bool, 100)
	never := func(ctx context.Context, _ uint16, body []byte) []byte {
		if string(body) != "wait" {
			return body
		}
		asked <- true
		<-ctx.Done()
		return nil
	}
	if err := f.hub.Serve(lane.Handler{Send: never}); err != nil {
		t.Fatal(err)
	}
	a := f.edge(2)
	l := f.follow(a)
	f.answers("ready", send(a, "ready"))
	failed := make(chan error, 1)
	go func() {
		_, err := a.Send(soon(t), []byte("wait"))
		failed <- err
	}()
	<-asked
	a.Redial()
	if err := <-failed; !errors.Is(err, lane.ErrLost) {
		t.Errorf("a question across Redial: %v, want ErrLost", err)
	}
	f.answers("again", send(a, "again"))
	f.until("batches arrive again", func() bool { f.publish([]byte("x")); return l.count() > 0 })
	for range 20 {
		a.Redial()
	}
	f.answers("and again", send(a, "and again"))
}

func hubRestarts(t *testing.T, k Kit) {
	f := k.served(t)
	p := f.proxied()
	a, b := f.edgeVia(2, p.Addr()), f.edgeVia(3, p.Addr())
	b.Answer(func(_ context.Context, request []byte) []byte { return request })
	l := f.follow(a)
	f.hub.Close()
	f.until("the edges notice", func() bool { return !a.Connected() && !b.Connected() })
	f.restart(p)
	f.answers("send of 2: x", send(a, "x"))
	f.answers("x", ask(a, 3, "x"))
	f.until("batches arrive again", func() bool { f.publish([]byte("x")); return l.count() > 0 })
}

// hubComesLater: an edge that starts first waits for its hub.
func hubComesLater(t *testing.T, k Kit) {
	f := k.served(t)
	p := f.proxied()
	f.hub.Close()
	a := k.Edge(t, 2, Key(2), Public(1), p.Addr())
	defer a.Close()
	if _, err := a.Send(soon(t), nil); !errors.Is(err, lane.ErrNobody) {
		t.Errorf("before there is a hub: %v, want ErrNobody", err)
	}
	f.restart(p)
	f.answers("send of 2: x", send(a, "x"))
}

// darkFlow: a connection that is dead without a word is noticed by the lane itself.
func darkFlow(t *testing.T, k Kit) {
	f := k.served(t)
	p := f.proxied()
	a, b := f.edgeVia(2, p.Addr()), f.edge(3)
	a.Answer(func(_ context.Context, request []byte) []byte { return request })
	l := f.follow(a)
	f.answers("x", ask(b, 2, "x"))
	p.Freeze()
	f.answers("send of 2: x", send(a, "x"))
	f.answers("x", ask(b, 2, "x"))
	f.until("batches arrive again", func() bool { f.publish([]byte("x")); return l.count() > 0 })

	p.Freeze()
	p.Hold() // and nothing new passes: the hub notices too, and says so at once
	f.fails(lane.ErrNobody, ask(b, 2, "x"))
	f.fails(lane.ErrNobody, send(a, "x"))
	p.Release()
	f.answers("x", ask(b, 2, "x"))
}

func cutFlow(t *testing.T, k Kit) {
	f := k.served(t)
	p := f.proxied()
	a := f.edgeVia(2, p.Addr())
	for range 5 {
		p.Cut()
		f.answers("send of 2: x", send(a, "x"))
	}
}

func farAway(t *testing.T, k Kit) {
	f := k.served(t)
	p := f.proxied()
	p.Delay(30*time.Millisecond, 10*time.Millisecond)
	a, b := f.edgeVia(2, p.Addr()), f.edgeVia(3, p.Addr())
	b.Answer(func(_ context.Context, request []byte) []byte { return request })
	l := f.follow(a)
	f.answers("x", ask(a, 3, "x"))
	for i := range 20 {
		f.publish([]byte(fmt.Sprint(i)))
	}
	f.until("all batches arrive", func() bool { return l.count() >= 20 })
	if got := string(bytes.Join(l.got, []byte(" "))); !strings.HasPrefix(got, "0 1 2 3") {
		t.Errorf("batches %s", got)
	}
}

// slowReader: one that takes nothing is disconnected and counted, and others do not notice.
func slowReader(t *testing.T, k Kit) {
	f := k.served(t)
	p := f.proxied()
	slow, good := f.edgeVia(2, p.Addr()), f.edge(3)
	f.follow(slow)
	g := f.follow(good)
	batch := make([]byte, 256<<10)
	published := 0
	f.until("the slow reader is counted", func() bool {
		p.Hold()
		for range 200 { // 50 MB: more than the queue and all buffers on the way
			f.publish(batch)
			published++
			f.until("the good reader has it", func() bool { return g.count() >= published })
			g.mu.Lock()
			g.got = g.got[:0]
			published = 0
			g.mu.Unlock()
		}
		p.Release()
		f.until("the slow reader is back", slow.Connected)
		return f.hub.Figures().Slow > 0
	})
	p.Cut()
	f.answers("send of 2: x", send(slow, "x"))
	f.answers("send of 3: x", send(good, "x"))
}

func closed(t *testing.T, k Kit) {
	f := k.served(t)
	a := f.edge(2)
	l := f.follow(a)
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if err := <-l.ended; !errors.Is(err, lane.ErrClosed) {
		t.Errorf("Follow ended with %v, want ErrClosed", err)
	}
	if err := a.Follow(soon(t), func([]byte) {}); !errors.Is(err, lane.ErrClosed) {
		t.Errorf("Follow after Close: %v, want ErrClosed", err)
	}
	if _, err := a.Send(soon(t), nil); !errors.Is(err, lane.ErrClosed) {
		t.Errorf("Send after Close: %v, want ErrClosed", err)
	}
	a.Redial()
	a.Close()
	if a.Connected() {
		t.Error("connected after Close")
	}
	f.hub.Close()
	if err := f.hub.Publish(nil); !errors.Is(err, lane.ErrClosed) {
		t.Errorf("Publish after Close: %v, want ErrClosed", err)
	}
	if _, err := f.hub.Ask(soon(t), 2, nil); !errors.Is(err, lane.ErrClosed) {
		t.Errorf("the hub's Ask after Close: %v, want ErrClosed", err)
	}
	f.hub.Drop(2)
	f.hub.Close()
}
