package fact_test

import (
	"cmp"
	"testing"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The epoch counts more than the time, and that more than the node.
func TestStamps(t *testing.T) {
	rising := []fact.Stamp{{}, fact.Before, {Time: 1, Node: 1}, {Time: 2}, {Epoch: 1}, {Epoch: 1, Time: 1}}
	for i, a := range rising {
		for j, b := range rising {
			if a.Compare(b) != cmp.Compare(i, j) || a.After(b) != (i > j) {
				t.Errorf("%v and %v: %d", a, b, a.Compare(b))
			}
		}
		encoded := a.Append(nil)
		r := codec.Reader{Rest: encoded}
		if got := fact.ReadStamp(&r); got != a || !r.Done() || len(encoded) != fact.StampBytes {
			t.Errorf("%v is read as %v", a, got)
		}
		if a.IsZero() != (i == 0) {
			t.Errorf("%v: zero %t", a, a.IsZero())
		}
	}
	if got := later.String(); got != "2/2026-01-01T00:00:00.000001Z/3" {
		t.Error(got)
	}
}
