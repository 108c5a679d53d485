package httpapi_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/host/pages"
)

// TestFleetPage: staff see the fleet that the node is in; nobody else does, and a node in no fleet has no such page.
func TestFleetPage(t *testing.T) {
	now := day
	var fleet httpapi.Fleet
	b := &person{openKeys(t, func(_ *node.Config, c *httpapi.Config) {
		c.Fleet, c.Now = func() httpapi.Fleet { return fleet }, func() time.Time { return now }
	}), map[string]string{}}
	fleet = httpapi.Fleet{Name: "shops", Hub: true, Number: 1, Warning: "node 3 is missing", Nodes: []httpapi.FleetNode{
		{Number: 1, Name: "hub"},
		{Number: 2, Name: "berlin", State: httpapi.FleetConnected, Heard: now.Add(-time.Second), Waiting: 12345,
			Clock: 3 * time.Millisecond, Version: "1.2.3"},
		{Number: 3, Name: "<paris>", State: httpapi.FleetAway, Differs: true},
		{Number: 4, Name: "oslo", State: httpapi.FleetWithdrawn, Waiting: 99999},
	}}
	b.becomesStaff(t, pages.FleetPath, "/auth/login/?next=%2Fauth%2Ffleet%2F", "berlin")
	answer, page := b.open(t, pages.FleetPath, nil)
	if answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("at the hub: %d %v", answer.StatusCode, answer.Header)
	}
	contains(t, "at the hub", main(page), []string{
		"Fleet shops", "the hub, which orders", "node 3 is missing", "<td>hub</td><td class=\"\">this node</td>",
		"<td>berlin</td><td class=\"good\">connected</td>" +
			"<td class=\"time\">2030-01-02 03:04:04 UTC, 1 second ago</td>" +
			"<td class=\"time\">12345</td><td class=\"time\">+3ms</td><td class=\"time\">1.2.3</td>",
		"&lt;paris&gt;</td><td class=\"bad\">away, configured otherwise</td><td class=\"time\">none yet</td>",
		"withdrawn",
	}, []string{"99999", "<paris>", "the hub knows"})
	fleet = httpapi.Fleet{Name: "shops", Number: 2, Age: 300 * time.Millisecond, Lease: 59 * time.Second,
		Clock: -2 * time.Millisecond, Heard: now, Connected: true, Nodes: fleet.Nodes[:2]}
	_, page = b.open(t, pages.FleetPath, nil)
	contains(t, "at an edge", main(page), []string{"the edge 2, which follows the hub",
		"300ms ago", "59s", "-2ms", "up",
		"<td>berlin</td><td class=\"good\">this node</td>", "the hub knows"}, []string{"12345", "1.2.3", "notice"})
	fleet.Age, fleet.Connected, fleet.Heard = math.MaxInt64, false, time.Time{}
	_, page = b.open(t, pages.FleetPath, nil)
	contains(t, "before the first answer", main(page), []string{"never yet", "none yet", "down"}, nil)

	alone := &person{openKeys(t, nil), map[string]string{}}
	if answer, _ := alone.open(t, pages.FleetPath, nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("at a node in no fleet: %d, want 404", answer.StatusCode)
	}
}
