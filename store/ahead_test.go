package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// TestCutOffAhead: in a fleet a cut-off reaches log-ins that begin before others know it; alone, who logs in again at
// once stays logged in.
func TestCutOffAhead(t *testing.T) {
	c := newClock()
	db := open(t, store.Config{Path: filepath.Join(t.TempDir(), "store.db"), Now: c.now, Elapsed: c.elapsed,
		Staleness: time.Minute, Skew: time.Second})
	id := add(t, db, core.Integer(7), "ana@example.com").ID
	cutOff := func() time.Duration {
		t.Helper()
		must(t, db.Revoke(bg, id))
		return time.UnixMilli(state(t, db, id, core.Family{}).CutOff).Sub(c.now())
	}
	if ahead := cutOff(); ahead > 0 {
		t.Errorf("the cut-off of a node alone is %v ahead", ahead)
	}
	must(t, db.Found(bg, store.Membership{Fleet: "shops", ID: [16]byte{1}, HubKey: [32]byte{1},
		Addresses: []string{"hub.example:1"}}))
	if ahead := cutOff(); ahead != 62*time.Second {
		t.Errorf("the cut-off of a hub is %v ahead, want 62 s", ahead)
	}
}
