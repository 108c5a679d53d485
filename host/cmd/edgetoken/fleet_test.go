package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/host/admin"
	edgetoken "github.com/edgetoken/edgetoken/host/cmd/edgetoken"
	"github.com/edgetoken/edgetoken/host/service/servicetest"
)

// fleetRun is what an operator does with the nodes of a fleet.
type fleetRun struct {
	t         *testing.T
	hub, edge string // data directories
}

// does runs a command on a node, which must end with a status, and returns what it prints.
func (f fleetRun) does(exit int, data, stdin string, line string, more ...string) (out, errs string) {
	f.t.Helper()
	args := append(append(strings.Fields(line), more...), "--data", data)
	out, errs, got := edgetoken.Run(stdin, args...)
	if got != exit {
		f.t.Fatalf("%s exits with %d, want %d: %s%s", line, got, exit, out, errs)
	}
	return out, errs
}

// status is the fleet as a node sees it.
func (f fleetRun) status(data string) (v admin.Fleet) {
	f.t.Helper()
	out, _ := f.does(0, data, "", "fleet status --json")
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		f.t.Fatal(err)
	}
	return v
}

// logsIn logs a customer in at a node, and returns the access token; "" where that fails.
func logsIn(n *running, email string) string {
	r, err := http.Post(n.url+"/auth/token/", "application/json",
		strings.NewReader(`{"email": "`+email+`", "password": "correct horse 1"}`))
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	var pair struct{ Access string }
	b, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(b, &pair) != nil {
		return ""
	}
	return pair.Access
}

// TestFleet: what docs/fleet.md says works, with processes: a node becomes a hub, another joins it, both know the same
// customers and revocations, a restored hub gets back what it forgot, and the edge is withdrawn.
func TestFleet(t *testing.T) {
	for _, lane := range []string{"http", "nats"} {
		t.Run(lane, func(t *testing.T) {
			listen := freeAddress(t)
			for name, value := range map[string]string{"LISTEN": listen, "NATS_LISTEN": freeAddress(t), "LANE": lane,
				"STALENESS": "5s"} {
				t.Setenv("EDGETOKEN_FLEET_"+name, value)
			}
			t.Setenv("EDGETOKEN_PASSWORD_MEMORY", "8")
			t.Setenv("EDGETOKEN_PASSWORD_ITERATIONS", "1")
			f := fleetRun{t, t.TempDir(), filepath.Join(t.TempDir(), "edge")}
			const ana, bo = "ana@example.com", "bo@example.com"
			add := func(email string) string { return `{"email": "` + email + `", "password": "correct horse 1"}` }
			f.does(0, f.hub, add(ana), "customers add --json -")
			f.does(0, f.hub, "", "fleet init --name shop --address", listen)
			hub := startProcess(t, f.hub, os.Stderr)
			hub.ready(t)
			token, _ := f.does(0, f.hub, "", "fleet invite --name fra-1")
			out, _ := f.does(0, f.edge, token, "fleet join -")
			if !strings.HasPrefix(out, "this node is number 2 of the fleet shop, fra-1\n") {
				t.Errorf("join prints %s", out)
			}
			edge := startProcess(t, f.edge, os.Stderr)
			edge.ready(t)

			servicetest.Eventually(t, "the hub hears of the edge", func() bool {
				v := f.status(f.hub)
				return len(v.Nodes) == 2 && v.Nodes[1].Connected && v.Nodes[1].Name == "fra-1"
			})
			if v := f.status(f.edge); v.Role != "edge" || v.Edge == nil || !v.Edge.Connected {
				t.Errorf("the edge sees %+v", v)
			}
			access := logsIn(edge, ana)
			if access == "" {
				t.Fatal("a customer of the hub cannot log in at the edge")
			}
			f.does(0, f.hub, "", "token verify", access)
			_, errs := f.does(1, f.edge, add(bo), "customers add --json -")
			if !strings.Contains(errs, "run the command at its hub, "+listen) {
				t.Errorf("the edge refuses a customer with %s", errs)
			}
			_, errs = f.does(1, f.edge, "", "bundle root")
			if !strings.Contains(errs, "run the command at its hub, "+listen) || strings.Contains(errs, "nats://") {
				t.Errorf("the edge refuses to show a root with %s", errs)
			}
			_, errs = f.does(1, f.edge, "", "keys reseal")
			if !strings.Contains(errs, "this node is in the fleet shop") {
				t.Errorf("the edge refuses another node secret with %s", errs)
			}
			f.does(1, f.edge, "", "backup -o", filepath.Join(t.TempDir(), "edge.backup"))
			f.does(0, f.hub, add(bo), "customers add --json -")
			servicetest.Eventually(t, "a new customer can log in at the edge", func() bool {
				return logsIn(edge, bo) != ""
			})

			// The hub is set back to before the revocation, of which the edge tells it.
			saved := filepath.Join(t.TempDir(), "hub.backup")
			f.does(0, f.hub, "", "backup -o", saved)
			f.does(0, f.edge, "", "token revoke", access)
			servicetest.Eventually(t, "the hub hears of the revocation", func() bool {
				_, _, exit := edgetoken.Run("", "token", "verify", access, "--data", f.hub)
				return exit == 1
			})
			hub.end(t)
			out, _ = f.does(0, f.hub, "", "restore --force --keep-sessions", saved)
			if !strings.Contains(out, "this is the hub of the fleet shop: start it, then run edgetoken fleet recover") {
				t.Errorf("restore prints %s", out)
			}
			f.does(1, f.hub, "", "fleet recover")
			hub = startProcess(t, f.hub, os.Stderr)
			servicetest.Eventually(t, "the restored hub runs", func() bool {
				status, _ := hub.get("/healthz") // a command before that would open its store itself
				return status == http.StatusOK
			})
			servicetest.Eventually(t, "the restored hub is whole", func() bool {
				_, _, exit := edgetoken.Run("", "fleet", "recover", "--data", f.hub)
				return exit == 0
			})
			hub.ready(t)
			f.does(1, f.hub, "", "token verify", access)

			out, _ = f.does(0, f.hub, "", "fleet withdraw 2 --yes")
			if !strings.HasPrefix(out, "withdrew node 2, fra-1\n") || f.status(f.hub).Nodes[1].Withdrawn == nil ||
				!strings.Contains(out, " (ES256) verifies tokens until 20") {
				t.Errorf("withdraw prints %s", out)
			}
			servicetest.Eventually(t, "the edge refuses log-ins", func() bool { return logsIn(edge, ana) == "" })
			edge.end(t)
			f.does(0, f.edge, "", "fleet leave --yes")
			hub.end(t)
		})
	}
}
