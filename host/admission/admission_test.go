package admission_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/admission"
)

// held is a queue whose one worker is held up, so that all that comes waits.
type held struct {
	*admission.Queue
	t       *testing.T
	release func()
	ended   sync.WaitGroup

	mu    sync.Mutex
	order []string
	full  []string
}

func hold(t *testing.T, cfg admission.Config) *held {
	t.Helper()
	cfg.Workers = 1
	q, err := admission.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := &held{Queue: q, t: t}
	began, release := make(chan struct{}), make(chan struct{})
	h.release = sync.OnceFunc(func() { close(release); h.ended.Wait() })
	t.Cleanup(h.release)
	h.ended.Go(func() {
		first := admission.Work{Account: "first"}
		if err := q.Do(context.Background(), first, func() { close(began); <-release }); err != nil {
			t.Error(err)
		}
	})
	<-began
	return h
}

// add adds work of one unit by a client for an account, and returns once it waits or was refused.
func (h *held) add(client int, account string) {
	h.t.Helper()
	h.addUnits(client, account, 1)
}

func (h *held) addUnits(client int, account string, units int) {
	h.t.Helper()
	before := h.Stats()
	name := fmt.Sprintf("%d %s", client, account)
	address := netip.AddrFrom4([4]byte{192, 0, 2, byte(client)})
	w := admission.Work{Client: netip.PrefixFrom(address, 32), Account: account, Units: units}
	h.ended.Go(func() {
		err := h.Do(context.Background(), w, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.order = append(h.order, name)
		})
		if errors.Is(err, admission.ErrFull) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.full = append(h.full, name)
		} else if err != nil {
			h.t.Error(err)
		}
	})
	for s := h.Stats(); s.Waiting == before.Waiting && s.Refused == before.Refused; s = h.Stats() {
		time.Sleep(100 * time.Microsecond)
	}
}

func TestTurns(t *testing.T) {
	for _, c := range []struct {
		name string
		add  func(*held)
		last string // by whose turn at the latest
		of   string
	}{
		{"one client floods with many accounts", func(h *held) {
			for i := range 20 {
				h.add(1, fmt.Sprint("flood", i))
			}
			h.add(2, "ana")
		}, "2 ana", "clients"},
		{"one account is tried by many clients", func(h *held) {
			for i := range 20 {
				h.add(10+i, "victim")
			}
			h.add(2, "ana")
		}, "2 ana", "accounts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hold(t, admission.Config{})
			c.add(h)
			h.release()
			for i, name := range h.order {
				if name == c.last && i >= 4 {
					t.Errorf("%q had turn %d of %d, want one of the first 4: %q", name, i+1, len(h.order), h.order)
				}
			}
			if len(h.order) != 21 || len(h.full) > 0 {
				t.Errorf("%d done and %d refused, want 21 and none", len(h.order), len(h.full))
			}
		})
	}
}

func TestFullQueue(t *testing.T) {
	for _, c := range []struct {
		name string
		add  func(*held)
		full string
	}{
		{"everybody has the same: the newcomer is refused", func(h *held) {
			h.add(1, "a")
			h.add(2, "b")
			h.add(3, "c")
			h.add(4, "d")
			h.add(5, "e")
		}, "5 e"},
		{"one client has it all: its last makes room", func(h *held) {
			h.add(1, "a")
			h.add(1, "b")
			h.add(1, "c")
			h.add(1, "d")
			h.add(2, "e")
		}, "1 d"},
		{"one account has it all: its last makes room", func(h *held) {
			h.add(1, "a")
			h.add(2, "a")
			h.add(3, "a")
			h.add(4, "a")
			h.add(5, "b")
		}, "4 a"},
		{"the client that has it all asks again", func(h *held) {
			h.add(1, "a")
			h.add(1, "b")
			h.add(1, "c")
			h.add(1, "d")
			h.add(1, "e")
		}, "1 e"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hold(t, admission.Config{Queue: 4})
			c.add(h)
			h.release()
			if got := strings.Join(h.full, ", "); got != c.full {
				t.Errorf("refused %q, want %q", got, c.full)
			}
			if s := h.Stats(); s.Refused != 1 || s.Done != 5 || s.Waiting != 0 || s.Running != 0 || s.MemoryUsed != 0 {
				t.Errorf("Stats = %+v, want 1 refused, 5 done and nothing at work", s)
			}
		})
	}
}

func TestUnitsArePlaces(t *testing.T) {
	for _, c := range []struct {
		name string
		add  func(*held)
		full string
	}{
		{"too little room", func(h *held) {
			h.addUnits(1, "a", 6)
			h.addUnits(2, "b", 5)
			h.addUnits(3, "c", 4)
		}, "2 b"},
		{"more than there are places", func(h *held) {
			h.addUnits(1, "a", 100)
			h.addUnits(2, "b", 1)
		}, "2 b"},
		{"the only job makes no room", func(h *held) {
			h.addUnits(1, "a", 10)
			h.addUnits(2, "b", 1)
		}, "2 b"},
		{"several make room", func(h *held) {
			for i := range 8 {
				h.add(1, fmt.Sprint(i))
			}
			h.addUnits(2, "b", 2)
			h.addUnits(3, "c", 5)
		}, "1 3, 1 4, 1 5, 1 6, 1 7"},
		{"those who hold as little as the newcomer make none", func(h *held) {
			h.addUnits(1, "a", 5)
			h.addUnits(2, "b", 4)
			h.addUnits(1, "c", 1)
			h.addUnits(2, "d", 2)
		}, "2 d"},
		{"not enough would make room", func(h *held) {
			for i := range 10 {
				h.add(i%8, fmt.Sprint(i))
			}
			h.addUnits(9, "c", 3)
		}, "9 c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hold(t, admission.Config{Queue: 10})
			c.add(h)
			h.release()
			slices.Sort(h.full)
			if got := strings.Join(h.full, ", "); got != c.full {
				t.Errorf("refused %q, want %q", got, c.full)
			}
		})
	}
}

// However many units their jobs have, those who wait get equal work.
func TestEqualWork(t *testing.T) {
	h := hold(t, admission.Config{Queue: 300})
	const units = 7
	for range 12 {
		h.addUnits(1, "dear", units)
	}
	for range 12 * units {
		h.add(2, "cheap")
	}
	h.release()
	dear, cheap := 0, 0
	for i, name := range h.order {
		if name == "1 dear" {
			dear += units
		} else {
			cheap++
		}
		if diff := dear - cheap; diff < -2*units || diff > 2*units {
			t.Fatalf("after %d jobs the one has had %d units and the other %d", i+1, dear, cheap)
		}
	}
	if dear != cheap || dear != 12*units {
		t.Errorf("%d and %d units were done, want %d each", dear, cheap, 12*units)
	}
}

// A flood of dear jobs, by one client for many accounts, holds cheap ones up for no more than a few of its own.
func TestDearFlood(t *testing.T) {
	h := hold(t, admission.Config{Queue: 200})
	for i := range 10 {
		h.addUnits(1, fmt.Sprint("flood", i), 15)
	}
	for range 15 {
		h.add(2, "ana")
	}
	h.release()
	ana, before := 0, 0
	for _, name := range h.order {
		if name == "2 ana" {
			ana++
		} else if ana < 15 {
			before++
		}
	}
	if ana != 15 || before > 4 {
		t.Errorf("%d jobs of the flood were done before the last of 15 of ana, want at most 4: %q", before, h.order)
	}
}

// TestPlacesAreGivenBack: whether jobs are done, pushed out or given up, all places are free again at the end.
func TestPlacesAreGivenBack(t *testing.T) {
	q, err := admission.New(admission.Config{Workers: 3, Queue: 50, Memory: 10})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 2000 {
		w := admission.Work{Client: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 7)}), 32),
			Account: fmt.Sprint(i % 11), Memory: int64(i % 10), Units: i % 23}
		all.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%5 == 0 {
				go cancel()
			}
			err := q.Do(ctx, w, runtime.Gosched)
			if err != nil && !errors.Is(err, admission.ErrFull) && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s := q.Stats(); s.Running != 0 || s.Waiting != 0 || s.MemoryUsed != 0 || s.Done == 0 || s.Refused == 0 {
		t.Errorf("Stats = %+v, want some done and some refused, and nothing at work", s)
	}
	release := make(chan struct{})
	for range 3 { // all workers
		all.Go(func() { _ = q.Do(context.Background(), admission.Work{}, func() { <-release }) })
	}
	for q.Stats().Running < 3 {
		time.Sleep(100 * time.Microsecond)
	}
	all.Go(func() {
		if err := q.Do(context.Background(), admission.Work{Units: 50}, func() {}); err != nil {
			t.Errorf("a job of all places = %v", err)
		}
	})
	for s := q.Stats(); s.Waiting == 0 && s.Running == 3; s = q.Stats() {
		if t.Failed() {
			break
		}
		time.Sleep(100 * time.Microsecond)
	}
	close(release)
	all.Wait()
}

func TestRequestThatEnds(t *testing.T) {
	h := hold(t, admission.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.Do(ctx, admission.Work{}, func() { t.Error("done after its request had ended") }) }()
	for h.Stats().Waiting == 0 {
		time.Sleep(100 * time.Microsecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Do = %v, want %v", err, context.Canceled)
	}
	if n := h.Stats().Waiting; n != 0 {
		t.Errorf("%d wait, want none", n)
	}
}

func TestWorkThatHasBegunIsNotCutShort(t *testing.T) {
	q, err := admission.New(admission.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := false
	if err := q.Do(ctx, admission.Work{}, func() {
		cancel()
		for range 100 {
			runtime.Gosched()
		}
		done = true
	}); err != nil || !done {
		t.Errorf("Do = %v with done %v, want nil and true", err, done)
	}
}

func TestWait(t *testing.T) {
	h := hold(t, admission.Config{Wait: time.Millisecond})
	if err := h.Do(t.Context(), admission.Work{}, func() { t.Error("done") }); !errors.Is(err, admission.ErrFull) {
		t.Errorf("Do = %v, want %v", err, admission.ErrFull)
	}
}

// TestMemory: work at hand never takes more than there is, and work that needs much has its turn.
func TestMemory(t *testing.T) {
	q, err := admission.New(admission.Config{Workers: 8, Memory: 10, Queue: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var used, most int64
	var all sync.WaitGroup
	for i := range 200 {
		memory := int64(1 + i%4)
		if i%50 == 0 {
			memory = 10
		}
		all.Go(func() {
			if err := q.Do(context.Background(), admission.Work{Memory: memory, Account: fmt.Sprint(i)}, func() {
				mu.Lock()
				used += memory
				most = max(most, used)
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				used -= memory
				mu.Unlock()
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most > 10 {
		t.Errorf("%d of memory were used at once, want at most 10", most)
	}
	err = q.Do(t.Context(), admission.Work{Memory: 11}, func() { t.Error("done") })
	if !errors.Is(err, admission.ErrTooLarge) {
		t.Errorf("Do with more memory than there is = %v, want %v", err, admission.ErrTooLarge)
	}
}

func TestPanicIsThatOfDo(t *testing.T) {
	q, err := admission.New(admission.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if reason := fmt.Sprint(recover()); !strings.Contains(reason, "why not") {
				t.Errorf("recovered %q, want the reason", reason)
			}
		}()
		_ = q.Do(t.Context(), admission.Work{}, func() { panic("why not") })
		t.Error("Do returned")
	}()
	if err := q.Do(t.Context(), admission.Work{}, func() {}); err != nil {
		t.Errorf("Do after a panic = %v, want nil", err)
	}
}

func TestNewNamesEveryMistake(t *testing.T) {
	_, err := admission.New(admission.Config{Workers: -1, Queue: -1, Memory: -1, Wait: -1})
	if err == nil {
		t.Fatal("New gave no error")
	}
	for _, want := range []string{"workers", "queue", "memory", "wait"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New = %q, want it to name %s", err, want)
		}
	}
}
