package httplane

import (
	"bytes"
	"testing"

	"github.com/edgetoken/edgetoken/host/fleet/lane"
)

// FuzzReadRecord: what is read is what was written, in parts or not, and nothing makes the reader keep more than a lane
// carries.
func FuzzReadRecord(f *testing.F) {
	part, last := record(header{kind: recordPart}, []byte("x")), header{kind: recordBatch | partsBefore, id: 7}
	for _, r := range [][]byte{record(header{}, nil), record(header{recordAsk, 3, 1 << 60, 0}, []byte("x")), part,
		append(append(part, part...), record(last, []byte("y"))...), {1, 255, 255, 255, 255}, {1, 0}} {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p parts
		var before []byte // of the record, in parts
		for r := bytes.NewReader(b); ; {
			at := len(b) - r.Len()
			h, body, ok, err := p.read(r)
			if err != nil {
				return
			}
			raw := b[at : len(b)-r.Len()]
			if before = append(before, raw[headerBytes:]...); !ok {
				continue
			}
			if raw[0]&partsBefore == 0 {
				before = before[:len(before)-len(body)]
				if !bytes.Equal(raw, record(h, body)) {
					t.Fatalf("%x is read as %v, %x", raw, h, body)
				}
				continue
			}
			if !bytes.Equal(before, body) || len(body) > lane.MaxMessage || h.kind != raw[0]&^partsBefore {
				t.Fatalf("the parts %x are read as %v, %x", before, h, body)
			}
			before = nil
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	n := 0
	for q.put(waiting{body: make([]byte, 1<<20)}) {
		n++
	}
	if n != 8 && n != 7 {
		t.Errorf("%d MiB fit, want 8 MiB less what each costs", n)
	}
	for range n {
		if item, ok := q.first(); !ok || len(item.body) != 1<<20 {
			t.Fatalf("first() = %d bytes, %v", len(item.body), ok)
		}
		q.removeFirst()
	}
	if _, ok := q.first(); ok || q.bytes != 0 {
		t.Errorf("the emptied queue has %d bytes, first %v", q.bytes, ok)
	}
	if !q.put(waiting{}) {
		t.Error("an emptied queue takes nothing")
	}
}
