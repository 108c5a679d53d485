package fact_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/edgetoken/edgetoken/store/fact"
)

func FuzzLogPosition(f *testing.F) {
	f.Add(fact.AppendLogPosition(nil, 2, fact.Position{Incarnation: 0xa7, Sequence: 12}))
	f.Add([]byte(nil))
	f.Add(make([]byte, 21))
	f.Fuzz(func(t *testing.T, b []byte) {
		epoch, p, err := fact.ReadLogPosition(b)
		switch {
		case err != nil:
			if !errors.Is(err, fact.ErrMalformed) {
				t.Errorf("%x: %v", b, err)
			}
		case len(b) > 0 && !bytes.Equal(fact.AppendLogPosition(nil, epoch, p), b):
			t.Errorf("%x is read as %d, %v", b, epoch, p)
		}
	})
}

// Log positions sort as bytes: by lineage, then by the order of the log.
func TestLogPositionsSort(t *testing.T) {
	var before []byte
	for _, x := range []struct {
		epoch                 uint32
		incarnation, sequence uint64
	}{{0, 0, 1}, {0, 1, 0}, {0, 1, 255}, {0, 1, 256}, {1, 0, 0}} {
		is := fact.AppendLogPosition(nil, x.epoch, fact.Position{Incarnation: x.incarnation, Sequence: x.sequence})
		if bytes.Compare(before, is) >= 0 {
			t.Errorf("%+v is no later than what stands before it", x)
		}
		before = is
	}
}
