//go:build !nofleet

package service_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/fleet/lane/lanetest"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/backup"
)

// startJetStream starts a NATS server with JetStream at a port, -1 for any.
func startJetStream(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	return lanetest.NATS(t, &server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir})
}

// addCustomer adds a customer at the hub, as administration does.
func (f *testFleet) addCustomer(id int64) {
	f.hub.Helper()
	if err := f.hub.running.AddCustomer(f.hub.Context(), store.NewCustomer{ID: core.Integer(id),
		Email: fmt.Sprintf("c%d@example.com", id), IsActive: true}, fleetPassword); err != nil {
		f.hub.Fatal(err)
	}
}

// knows is what a node knows of customers and ended log-ins.
func (n *fleetNode) knows() string {
	n.Helper()
	db := service.StoreOf(n.running)
	customers, err := db.List(n.Context(), core.CustomerID{}, 1000)
	if err != nil {
		n.Fatal(err)
	}
	families, _, err := db.Families(n.Context(), "", 1000)
	if err != nil {
		n.Fatal(err)
	}
	text := ""
	for _, c := range customers {
		text += fmt.Sprintln(c.ID, c.Email, c.IsActive, c.PasswordHash)
	}
	return text + fmt.Sprint(families)
}

// converge waits until all nodes know the same of customers and ended log-ins.
func (f *testFleet) converge(what string) {
	f.hub.Helper()
	began := time.Now()
	f.hub.until("all know the same "+what, func() bool {
		want := f.hub.knows()
		return f.near.knows() == want && f.far.knows() == want
	})
	f.hub.Logf("all know the same %s after %v", what, time.Since(began).Round(time.Millisecond))
}

// recorded waits until the recorder has all that the hub wrote.
func (f *testFleet) recorded() {
	f.hub.Helper()
	f.hub.until("all is recorded", func() bool {
		s := service.RecorderOf(f.hub.running)
		return s.Up && s.At == service.StoreOf(f.hub.running).Head()
	})
}

// TestFleetRecorder: the loss of JetStream's storage is no loss to the fleet, and what the hub alone wrote since its
// backup comes back from there.
func TestFleetRecorder(t *testing.T) {
	dir := t.TempDir()
	js := startJetStream(t, dir, -1)
	at, port := "nats://"+js.Addr().String(), js.Addr().(*net.TCPAddr).Port
	f := openFleet(t, config.LaneNATS, func(n *fleetNode) {
		n.cfg.Fleet.Recorder = config.Recorder{Servers: []string{at}, Age: 24 * time.Hour}
		n.cfg.Fleet.Staleness = 15 * time.Second // what a restored fleet waits for leases
	})
	f.addCustomer(20)
	f.recorded()
	f.converge("with a recorder")

	if err := os.RemoveAll(filepath.Join(dir, "jetstream")); err != nil {
		t.Fatal(err)
	}
	f.addCustomer(21)
	pair := f.near.logIn()
	f.near.want("log-out", 200, "POST", "/auth/token/blacklist/", "",
		map[string]string{"refresh": pair.token("refresh")})
	f.converge("without the storage of JetStream")
	js.Shutdown()
	js.WaitForShutdown()
	f.addCustomer(22)
	f.converge("without JetStream")
	f.hub.until("the hub says that the recorder is away", func() bool {
		s := service.RecorderOf(f.hub.running)
		return !s.Up && s.Fault != ""
	})
	startJetStream(t, t.TempDir(), port)
	f.recorded()

	image := f.hub.running.Backup(t)
	f.addCustomer(23)
	if err := service.StoreOf(f.hub.running).Revoke(t.Context(), core.Integer(7)); err != nil {
		t.Fatal(err)
	}
	f.recorded()
	want, cutOff := f.hub.knows(), f.hub.cutOff()
	for _, n := range []*fleetNode{f.hub, f.near, f.far} {
		n.end()
	}
	f.hub.restore(image)
	f.hub.start()
	if f.hub.knows() == want {
		t.Fatal("the backup has what was written after it")
	}
	done, err := service.Replay(t.Context(), f.hub.running)
	if err != nil || done.Facts == 0 || done.Refused != 0 || len(done.Gaps) != 0 {
		t.Errorf("the replay gives %+v, %v", done, err)
	}
	if got := f.hub.knows(); got != want {
		t.Errorf("after the replay the hub knows\n%s\nwant\n%s", got, want)
	}
	f.near.start()
	f.far.start()
	for _, n := range []*fleetNode{f.near, f.far, f.hub} {
		n.ready()
	}
	f.converge("after the replay")
	if got := f.near.cutOff(); got < cutOff {
		t.Errorf("an edge knows the cut-off %d of ana, want %d", got, cutOff)
	}
	f.recorded()
}

// cutOff is up to when the log-ins of ana have ended.
func (n *fleetNode) cutOff() int64 {
	n.Helper()
	s, _, err := service.StoreOf(n.running).Load(n.Context(), store.Query{UserID: core.Integer(7), HasUser: true})
	if err != nil {
		n.Fatal(err)
	}
	return s.CutOff
}

// restore puts a backup in the place of the store of a node that does not run. Log-ins go on.
func (n *fleetNode) restore(image []byte) {
	n.Helper()
	r, err := backup.NewReader(bytes.NewReader(image))
	if err != nil {
		n.Fatal(err)
	}
	c := store.Config{Path: filepath.Join(n.cfg.Data, "store.db"), Staleness: n.cfg.Fleet.Staleness,
		Skew: n.cfg.Fleet.Skew}
	if _, err := store.Restore(n.Context(), c, r, store.Restoring{Replace: true, KeepSessions: true}); err != nil {
		n.Fatal(err)
	}
}
