package httplane

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// FuzzReadRecord: what is read is written again as it was, and nothing makes the reader allocate more than a lane
// carries.
func FuzzReadRecord(f *testing.F) {
	for _, r := range [][]byte{record(recordBeat), record(recordBatch, []byte("x")),
		record(recordQuestion, make([]byte, questionID), []byte("x")), {1, 255, 255, 255, 255}, {1, 0}} {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, body, err := readRecord(bytes.NewReader(b))
		if err != nil {
			return
		}
		if r := record(kind, body); !bytes.HasPrefix(b, r) || len(body) > lane.MaxMessage+questionID {
			t.Errorf("readRecord(%x) = %d, %x", b, kind, body)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	n := 0
	for q.put(make([]byte, 1<<20)) {
		n++
	}
	if n != 8 && n != 7 {
		t.Errorf("%d MiB fit, want 8 MiB less what each costs", n)
	}
	for range n {
		if item, ok := q.first(); !ok || len(item) != 1<<20 {
			t.Fatalf("first() = %d bytes, %v", len(item), ok)
		}
		q.removeFirst()
	}
	if _, ok := q.first(); ok || q.bytes != 0 {
		t.Errorf("the emptied queue has %d bytes, first %v", q.bytes, ok)
	}
	if !q.put(nil) {
		t.Error("an emptied queue takes nothing")
	}
}
