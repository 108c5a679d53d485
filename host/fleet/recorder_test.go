package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/fleet"
	"github.com/edgetoken/edgetoken/host/fleet/fleettest"
	"github.com/edgetoken/edgetoken/store/fact"
)

// tape is a recorder in memory.
type tape struct {
	mu      sync.Mutex
	records [][]byte
	seen    int  // how many there were at the last Last or Append
	away    bool // it answers nothing
}

var errTapeAway = errors.New("the tape is away")

func (t *tape) Last(context.Context) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.away {
		return nil, errTapeAway
	}
	if t.seen = len(t.records); t.seen == 0 {
		return nil, nil
	}
	return t.records[t.seen-1], nil
}

func (t *tape) Append(_ context.Context, record []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.away:
		return errTapeAway
	case t.seen != len(t.records):
		return errors.New("another process has written")
	}
	t.records = append(t.records, bytes.Clone(record))
	t.seen++
	return nil
}

func (t *tape) Each(_ context.Context, _ time.Time, take func([]byte) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.records {
		if err := take(bytes.Clone(r)); err != nil {
			return err
		}
	}
	return nil
}

// change changes the tape behind the hub's back.
func (t *tape) change(how func(t *tape)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	how(t)
}

// inRecordedWorld runs a test in a world with two edges, whose hub is recorded.
func inRecordedWorld(t *testing.T, test func(w *world, tape *tape)) {
	inWorld(t, 2, settings, func(w *world) {
		tape := &tape{}
		w.recorder = tape
		w.hub.restart()
		w.sleep(2 * time.Second)
		test(w, tape)
	})
}

// lose restores the hub from a backup of before, whose edges stay away.
func (w *world) lose(image []byte) {
	w.Helper()
	w.hub.kill()
	for _, n := range w.edges {
		n.kill()
	}
	w.restore(w.hub, image)
	w.hub.open()
	w.hub.start()
	w.sleep(time.Second)
}

func (w *world) backup() []byte {
	w.Helper()
	b, err := w.hub.db.Backup(w.ctx, nil)
	w.must(err)
	defer b.Close()
	return readAll(w, b)
}

// recorder is the status of the hub's recorder.
func (w *world) recording() fleet.RecorderStatus {
	w.Helper()
	s := w.hub.hub.Status(nil).Hub.Recorder
	if s == nil {
		w.Fatal("the status says of no recorder")
	}
	return *s
}

// has is which of the customers 1 to n a node knows.
func (n *node) has(most int64) (list []int64) {
	for id := range most {
		if _, err := n.db.Get(n.ctx, core.Integer(id+1)); err == nil {
			list = append(list, id+1)
		}
	}
	return list
}

func (w *world) wantCustomers(where string, n *node, want ...int64) {
	w.Helper()
	if got := n.has(20); !slices.Equal(got, want) {
		w.Errorf("%s knows the customers %d, want %d", where, got, want)
	}
}

// What the hub alone wrote since its backup comes back from the record, also over restarts, and edges get it.
func TestReplayOfTheRecord(t *testing.T) {
	inRecordedWorld(t, func(w *world, _ *tape) {
		w.addCustomer(1)
		image := w.backup()
		w.addCustomer(2)
		w.hub.restart()
		w.sleep(2 * time.Second)
		w.addCustomer(3)
		w.sleep(time.Second)
		if s := w.recording(); !s.Up || s.At != w.hub.db.Head() || s.Gaps != 0 {
			t.Errorf("the recorder is at %+v, the log at %v", s, w.hub.db.Head())
		}
		w.lose(image)
		w.wantCustomers("the restored hub", w.hub, 1)
		done, err := w.hub.hub.Replay(w.ctx)
		if err != nil || done.Facts < 2 || done.Refused != 0 || len(done.Gaps) != 0 {
			t.Errorf("Replay = %+v, %v", done, err)
		}
		w.wantCustomers("the hub after the replay", w.hub, 1, 2, 3)
		w.addCustomer(4)
		for _, n := range w.edges {
			n.open()
			n.start()
		}
		w.sleep(10 * time.Second)
		if !w.hub.hub.Whole() {
			t.Error("the hub is not whole")
		}
		w.wantCustomers("an edge", w.edges[0], 1, 2, 3, 4)

		done, err = w.hub.hub.Replay(w.ctx)
		if err != nil || done.Facts != 0 || len(done.Gaps) != 0 {
			t.Errorf("the second Replay = %+v, %v", done, err)
		}
		w.lose(image) // once more, from the same backup
		if done, err = w.hub.hub.Replay(w.ctx); err != nil || len(done.Gaps) != 0 {
			t.Errorf("Replay after the second restore = %+v, %v", done, err)
		}
		w.wantCustomers("the hub after the second replay", w.hub, 1, 2, 3, 4)
	})
}

// While the recorder is away the fleet goes on. It catches up when it is back, also without its storage.
func TestRecorderAway(t *testing.T) {
	inRecordedWorld(t, func(w *world, p *tape) {
		image := w.backup()
		p.change(func(t *tape) { t.away = true })
		w.addCustomer(1)
		w.sleep(2 * time.Second)
		w.wantCustomers("an edge", w.edges[0], 1)
		if s := w.recording(); s.Up || s.Fault != errTapeAway.Error() {
			t.Errorf("the recorder is %+v", s)
		}
		if err := w.hub.hub.Confirmed(w.ctx); err != nil {
			t.Errorf("Confirmed: %v", err)
		}
		p.change(func(t *tape) { t.away = false })
		w.sleep(15 * time.Second)
		if s := w.recording(); !s.Up || s.At != w.hub.db.Head() || s.Gaps != 0 {
			t.Errorf("the recorder is %+v, the log at %v", s, w.hub.db.Head())
		}

		p.change(func(t *tape) { t.records = nil })
		w.addCustomer(2)
		w.sleep(15 * time.Second)
		w.wantCustomers("an edge", w.edges[1], 1, 2)
		if s := w.recording(); !s.Up || s.At != w.hub.db.Head() || s.Gaps != 0 {
			t.Errorf("the recorder is %+v, the log at %v", s, w.hub.db.Head())
		}
		p.change(func(t *tape) { t.records = nil }) // while nothing is written
		w.sleep(30 * time.Second)
		w.lose(image)
		if done, err := w.hub.hub.Replay(w.ctx); err != nil || len(done.Gaps) != 0 {
			t.Errorf("Replay = %+v, %v", done, err)
		}
		w.wantCustomers("the hub after the replay", w.hub, 1, 2)
	})
}

// What was trimmed from the log before it was recorded is a gap, of which the hub tells at once and at the replay.
func TestRecorderHasGap(t *testing.T) {
	inRecordedWorld(t, func(w *world, p *tape) {
		image := w.backup()
		w.addCustomer(1)
		w.sleep(time.Second)
		p.change(func(t *tape) { t.away = true })
		w.addCustomer(2)
		w.sleep(logAge + time.Minute)
		w.addCustomer(3)
		w.sleep(time.Second)
		p.change(func(t *tape) { t.away = false })
		w.sleep(15 * time.Second)
		if s := w.recording(); !s.Up || s.Gaps != 1 || s.Gap.IsZero() {
			t.Errorf("the recorder is %+v, want a gap", s)
		}
		w.lose(image)
		done, err := w.hub.hub.Replay(w.ctx)
		if err != nil || len(done.Gaps) != 1 || done.Gaps[0].Before.Sub(done.Gaps[0].After) < logAge {
			t.Errorf("Replay = %+v, %v, want a gap of %v", done, err, logAge)
		}
		w.wantCustomers("the hub after the replay", w.hub, 1, 3)
	})
}

// At somebody else's servers nobody cuts the link of an edge that was withdrawn. The hub takes nothing of it, and says
// why when it says hello.
func TestWithdrawnEdgeWithALink(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		edge, other := w.edges[0], w.edges[1]
		w.addCustomer(1)
		w.sleep(time.Second)
		w.network.SetLink(edge.number, fleettest.Link{Dark: true})
		w.must(w.hub.db.UpdateMembers(w.ctx, func(have []fact.Member) ([]fact.Member, error) {
			m := have[1]
			m.Withdrawn = w.hub.now().UnixMicro()
			return []fact.Member{m}, nil
		}))
		k := edge.family(1, 1)
		edge.revoke(k)
		w.sleep(3 * time.Second)
		if edge.edge.Withdrawn() {
			t.Error("an edge without a link knows that it was withdrawn")
		}
		w.network.SetLink(edge.number, fleettest.Link{})
		w.sleep(10 * time.Second)
		if !edge.edge.Withdrawn() || other.edge.Withdrawn() {
			t.Errorf("the withdrawn edge says %v of itself, the other one %v", edge.edge.Withdrawn(),
				other.edge.Withdrawn())
		}
		if w.hub.state(k).Family.Dead || edge.edge.Age() < 10*time.Second || edge.edge.Leased() == nil {
			t.Errorf("the withdrawn edge still takes part: age %v, lease %v", edge.edge.Age(), edge.edge.Leased())
		}
		if _, err := other.edge.AskHome(w.ctx, edge.number, nil); !errors.Is(err, fleet.ErrAway) {
			t.Errorf("another edge asks it as a home: %v", err)
		}
	})
}

// Whoever operates the recorder can take records away, and can neither change one nor add one.
func TestRecordTamperedWith(t *testing.T) {
	inRecordedWorld(t, func(w *world, p *tape) {
		image := w.backup()
		for id := range int64(4) {
			w.addCustomer(id + 1)
			w.sleep(time.Second)
		}
		p.change(func(p *tape) {
			n := len(p.records)
			at := bytes.Index(p.records[n-2], []byte("3@x.y"))
			if at < 0 {
				t.Fatal("the record before the last is not about customer 3")
			}
			p.records[n-2][at] = '9'
			stolen := w.edges[0] // what an edge that was stolen signs, in the name of the hub
			made := fleet.Seal(w.member.ID, stolen.key, fleet.Log, fleet.HubNumber, 0, [16]byte{}, p.records[n-1])
			asItself := fleet.Seal(w.member.ID, stolen.key, fleet.Log, 2, 0, [16]byte{}, p.records[n-1])
			p.records = append(p.records, made, asItself, []byte("junk"), nil)
		})
		w.lose(image)
		done, err := w.hub.hub.Replay(w.ctx)
		if err != nil || done.Refused != 5 || len(done.Gaps) != 1 {
			t.Errorf("Replay = %+v, %v, want 5 records refused and a gap", done, err)
		}
		w.wantCustomers("the hub after the replay", w.hub, 1, 2, 4)
		if s := w.recording(); !s.Up {
			t.Errorf("the recorder is %+v: junk at its end keeps the hub from recording", s)
		}
	})
}
