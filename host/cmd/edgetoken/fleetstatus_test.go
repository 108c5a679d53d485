package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/host/admin"
	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
)

// TestFleetStatus: what an operator sees of a fleet, at the hub and at an edge.
func TestFleetStatus(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	heard, long := now.Add(-200*time.Millisecond), now.Add(-90*time.Minute)
	age := int64(430)
	hub := admin.Fleet{
		Role: "hub", Fleet: "shop", Number: 1, Addresses: []string{"hub.example.com:7421"}, Running: true,
		Missing: []uint16{3},
		Nodes: []admin.FleetNode{
			{Number: 1, Name: "hub"},
			{Number: 2, Name: "fra-1", Connected: true, Heard: &heard, Behind: true, Lease: 59_600, ClockOffset: -3,
				Waiting: 3000, Version: "1.2"},
			{Number: 3, Name: "ams-1", Heard: &long, Quarantined: 2, Differs: true},
			{Number: 4, Name: "lon-1", Withdrawn: &long},
			{Number: 5, Name: "rom-1", Withdrawn: &long, CutOff: &long, AtHub: true},
			{Number: 6, Name: "new\x1b[2J"},
		},
		Invitations: []admin.FleetInvitation{{Until: now}},
		Recorder:    &admin.FleetRecorder{Fault: "no responders", Gap: &now},
	}
	edge := admin.Fleet{Role: "edge", Fleet: "shop", Number: 2, Addresses: hub.Addresses, Running: true,
		Edge: &admin.FleetEdge{Connected: true, Age: &age, Heard: &heard, Lease: 59_600, HubWhole: true,
			ClockOffset: 3},
		Nodes: hub.Nodes[:2],
	}
	away := edge
	away.Edge = &admin.FleetEdge{Heard: &heard, Differs: []string{"fleet.skew", "refresh.grace"}}
	unreachable, withdrawn := edge, edge
	unreachable.Edge = &admin.FleetEdge{Age: &age, Heard: &heard, HubWhole: true, Fault: "connection refused"}
	withdrawn.Edge = &admin.FleetEdge{Age: &age, Heard: &heard, Withdrawn: true}
	overtaken := edge
	overtaken.Edge = &admin.FleetEdge{Age: &age, Heard: &heard, Fenced: true}
	for name, c := range map[string]struct {
		is   admin.Fleet
		want string
	}{
		"at the hub": {hub, `
node 1, hub of the fleet shop; the hub is at hub.example.com:7421
the hub was restored, and waits for node 3: see edgetoken fleet recover
NODE  NAME          STATE                HEARD       LEASE  WAITING  CLOCK  VERSION  NOTES
1     hub           hub                  -           -      -        -      -
2     fra-1         connected            200ms ago   1m0s   2 KiB    -3ms   1.2      catching up
3     ams-1         away                 1h30m0s ago 0s     0 B      +0ms   -
      has yet to say what the restored hub forgot, 2 facts in quarantine, other settings than the hub
4     lon-1         withdrawn            -           -      -        -      -
      its log-ins have no home: run edgetoken fleet withdraw again
5     rom-1         withdrawn as stolen  -           -      -        -      -
6     new\u001b[2J  away                 -           -      -        -      -
recorder: away: no responders; the record has a gap since 2026-11-29T12:00:00Z: make a backup
invited: any node, until 2026-11-29T12:00:00Z
`},
		"at an edge": {edge, `
node 2, edge of the fleet shop; the hub is at hub.example.com:7421
connected; it knows all of 400ms ago; the hub answered 200ms ago; lease 1m0s; clock -3ms
NODE  NAME   STATE
1     hub    hub
2     fra-1  edge
`},
		"at an edge that is away": {away, `
node 2, edge of the fleet shop; the hub is at hub.example.com:7421
away: there is no link to the hub; it has heard nothing since it started; the hub answered 200ms ago; lease 0s;
clock +0ms; other settings than the hub: fleet.skew, refresh.grace
NODE  NAME   STATE
1     hub    hub
2     fra-1  edge
`},
		"at an edge that cannot dial": {unreachable, `
node 2, edge of the fleet shop; the hub is at hub.example.com:7421
away: there is no link to the hub (connection refused); it knows all of 400ms ago; the hub answered 200ms ago;
lease 0s; clock +0ms
NODE  NAME   STATE
1     hub    hub
2     fra-1  edge
`},
		"at an edge that was withdrawn": {withdrawn, `
node 2, edge of the fleet shop; the hub is at hub.example.com:7421
withdrawn: this node was taken out of the fleet, and answers nothing: edgetoken fleet leave makes it a single node
NODE  NAME   STATE
1     hub    hub
2     fra-1  edge
`},
		"at an edge that was overtaken": {overtaken, `
node 2, edge of the fleet shop; the hub is at hub.example.com:7421
overtaken: another process runs as this node, and began later: stop one of them; it knows all of 400ms ago;
the hub answered 200ms ago; lease 0s; clock +0ms
NODE  NAME   STATE
1     hub    hub
2     fra-1  edge
`},
	} {
		var out bytes.Buffer
		err := edgetoken.PrintFleetStatus(&out, c.is, now)
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
		if err != nil || squeeze(out.String()) != squeeze(c.want) {
			t.Errorf("%s: %v\n%s\nwant%s", name, err, out.String(), c.want)
		}
	}
}

// TestWatchFleet: status --watch shows the fleet again and again until it is interrupted, and then ends well.
func TestWatchFleet(t *testing.T) {
	dir := t.TempDir()
	if _, errs, exit := edgetoken.Run("", "fleet", "init", "--name", "shop", "--data", dir); exit != 0 {
		t.Fatal(errs)
	}
	c := exec.Command("edgetoken", "fleet", "status", "--watch", "--json", "--data", dir)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 2 {
		var f admin.Fleet
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &f) != nil || f.Fleet != "shop" {
			t.Errorf("it prints %s", lines.Text())
		}
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("interrupted, it ends with %v", err)
	}
}
