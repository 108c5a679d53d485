package store

import (
	"testing"

	"github.com/edgetoken/edgetoken/core"
)

func TestHome(t *testing.T) {
	const mark = 1000
	ada := core.Integer(7)
	began := func(number uint64, start int64) core.FamilyKey {
		return core.FamilyKey{Customer: ada, Bits: number<<33 | 5, Start: start}
	}
	for _, c := range []struct {
		name     string
		family   core.FamilyKey
		recorded uint16
		want     uint16
	}{
		{"began on node 3", began(3, mark+1), 0, 3},
		{"began on node 3, whoever advanced it", began(3, mark+1), 4, 3},
		{"began on the last node", began(1<<14-1, mark+1), 0, 1<<14 - 1},
		{"older than numbers", began(3, mark), 0, 0},
		{"older than numbers, advanced by node 4", began(3, mark), 4, 4},
		{"began on a single node", began(0, mark+1), 0, 0},
		{"began on a single node, advanced by node 4", began(0, mark+1), 4, 4},
		{"foreign", core.FamilyKey{Bits: 3<<33 | 5}, 0, 0},
		{"came from a foreign one, advanced by node 4", core.FamilyKey{Customer: ada, Bits: 3<<33 | 5}, 4, 4},
		{"of another issuer", core.FamilyKey{Issuer: "x", Bits: 3<<33 | 5, Start: mark + 1}, 0, 0},
	} {
		if got := home(c.family, c.recorded, mark); got != c.want {
			t.Errorf("%s: home is %d, want %d", c.name, got, c.want)
		}
	}
}
