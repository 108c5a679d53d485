package store_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
	"github.com/edgetoken/edgetoken/store/fact"
)

// fleetStore is the path of a store of a node of a fleet that nobody has open: it has a customer, 7, and frames of its
// own and of node 3. Two customers share an address, two an id, and there is what a newer program wrote.
func fleetStore(t testing.TB) string {
	t.Helper()
	clock := newClock()
	path := filepath.Join(t.TempDir(), "store.db")
	config := store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed, Rand: zeros{}}
	db, err := store.Open(config)
	must(t, err)
	add(t, db, core.Integer(7), "Ada@example.com")
	must(t, db.Close())
	config.Outbox = true
	db, err = store.Open(config)
	must(t, err)
	must(t, db.RaiseLifetimes(bg, core.Lifetimes{Access: 24 * 3600}))
	made := fact.Stamp{Epoch: 1, Time: start*1000 + 7_000_000, Node: 3}
	whole := fact.Customer{ID: core.Integer(9), Made: made, Stamp: made, Set: fact.AllFields, Email: "Ada@example.com",
		Joined: start * 1000}
	again := whole
	again.ID, again.Email = core.Integer(7), "eve"
	advance := fact.AdvanceFamily{Family: core.FamilyKey{Customer: core.Integer(7), Bits: 5}, Start: start,
		Until: start/1000 + 100, Generation: 2, IssuedAt: start * 1000, Access: 3600, Refresh: 86400, Key: "k1",
		Incarnation: 0xa7, Sequence: 1, Home: 3}
	unread, err := fact.Decode([]byte{63, 1, 1, 0, 0, 0, 5})
	if unread == nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for i, facts := range [][]fact.Fact{{whole, again, advance, unread}, nil, {fact.Lifetimes{Access: 3600}}} {
		f := fact.Frame{Node: 3, Incarnation: 0xa7, Sequence: uint64(i + 1), Made: start * 1000, Facts: facts}
		raw, err := f.Append(nil)
		must(t, err)
		if i != 1 { // the second is lost, so that the third waits
			frames = append(frames, raw)
		}
	}
	_, err = db.Apply(bg, store.Delivery{Frames: frames, Position: []byte{0xa7, 3}})
	must(t, err)
	must(t, db.Close())
	return path
}

// zeros is entropy of which nothing is random.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// What doc.go shows of the buckets of a fleet is what a node of one holds.
func TestLayoutOfAFleetIsAsDocumented(t *testing.T) {
	path := fleetStore(t)
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
	records := all(t, path)
	wantDocumented(t, records, map[string]int{"families": 1, "parked": 1, "contested": 1, "outbox": 1, "heads": 1,
		"waiting": 1, "quarantine": 1}, "node", "followed", "fleet")
}

// wantDocumented compares buckets, each of which has so many records, and records of the bucket meta with what doc.go
// shows of the layout.
func wantDocumented(t *testing.T, records map[string]map[string]string, buckets map[string]int, meta ...string) {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	must(t, err)
	layout, _, _ := strings.Cut(string(doc), "# Facts")
	documented := strings.NewReplacer(" ", "", "\n", "", "\t", "", "//", "").Replace(layout)
	for bucket, want := range buckets {
		if len(records[bucket]) != want {
			t.Errorf("bucket %s has %d records, want %d", bucket, len(records[bucket]), want)
		}
		for k, v := range records[bucket] {
			key, value := hex.EncodeToString([]byte(k)), hex.EncodeToString([]byte(v))
			if !strings.Contains(documented, key) || !strings.Contains(documented, value) {
				t.Errorf("doc.go does not show the record %s %s of bucket %s", key, value, bucket)
			}
		}
	}
	for _, key := range meta {
		if value := hex.EncodeToString([]byte(records["meta"][key])); !strings.Contains(documented, key+value) {
			t.Errorf("doc.go does not show the record %s %s of bucket meta", key, value)
		}
	}
}

// hubStore is the path of the store of a hub that nobody has open: it has an edge, which has registered since it was
// restored, an invitation, and a log whose first frame was trimmed.
func hubStore(t testing.TB) string {
	t.Helper()
	clock := newClock()
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed, Rand: zeros{}})
	must(t, err)
	must(t, db.Found(bg, fleetOf))
	invitation := store.Invitation{Digest: [32]byte{5}, Name: "lyon", Until: start*1000 + 60_000_000}
	must(t, db.Invite(bg, invitation))
	_, err = db.Redeem(bg, [32]byte{5}, [32]byte{2}, "", clock.now())
	must(t, err)
	must(t, db.Restored(bg))
	must(t, db.Invite(bg, invitation))
	_, err = db.Register(bg, 2, 0xa7)
	must(t, err)
	must(t, db.Acknowledge(bg, db.Head()))
	must(t, db.Close())
	return path
}

// What doc.go shows of the buckets of a hub is what a hub holds.
func TestLayoutOfAHubIsAsDocumented(t *testing.T) {
	path := hubStore(t)
	if r, err := store.Check(path); err != nil || !r.Sound() {
		t.Errorf("Check = %v, %v", shown(r), err)
	}
	records := all(t, path)
	if _, ok := records["members"]["\x00\x01"]; !ok {
		t.Error("the hub is no member")
	}
	delete(records["members"], "\x00\x01") // doc.go shows that of the edge
	db, err := store.Open(store.Config{Path: path})
	must(t, err)
	must(t, db.Restored(bg)) // it misses the offer of the edge
	must(t, db.Close())
	records["meta"]["pending"] = all(t, path)["meta"]["pending"]
	wantDocumented(t, records, map[string]int{"members": 1, "leases": 1, "invitations": 1}, "membership", "trimmed",
		"pending")
}
