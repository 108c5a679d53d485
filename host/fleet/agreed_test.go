package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/fleet"
)

// An edge names the settings that the hub has otherwise, once in its log, and the hub notes the edge.
func TestSettingsDiffer(t *testing.T) {
	inWorld(t, 2, settings, func(w *world) {
		at := func(life string) *fleet.Agreed {
			return fleet.NewAgreed(map[string]string{"lifetime": life, "name": "x"})
		}
		w.hub.agrees(at("1h"))
		edge := w.edges[0]
		edge.agrees(at("5m"))
		w.edges[1].agrees(at("1h"))
		w.sleep(3 * time.Second)
		differing := func() (list []uint16) {
			members, err := w.hub.db.Members(w.ctx)
			w.must(err)
			for _, m := range w.hub.hub.Status(members).Hub.Members {
				if m.Differs {
					list = append(list, m.Number)
				}
			}
			return list
		}
		if got := edge.edge.Status().Edge.Differs; !slices.Equal(got, []string{"lifetime"}) {
			t.Errorf("the edge differs in %s", strings.Join(got, ", "))
		}
		if n := edge.said.times("keys=lifetime"); n != 1 {
			t.Errorf("the edge says %d times what differs", n)
		}
		if got := differing(); !slices.Equal(got, []uint16{2}) || w.hub.said.times("settings of an edge") != 1 {
			t.Errorf("the hub notes %v", got)
		}
		edge.agrees(at("1h"))
		w.sleep(2 * time.Second)
		if got := edge.edge.Status().Edge.Differs; len(got) > 0 || len(differing()) > 0 {
			t.Errorf("after a change the edge differs in %v, and the hub notes %v", got, differing())
		}
	})
}
