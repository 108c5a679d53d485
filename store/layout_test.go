package store_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// What doc.go shows of the layout is what a store holds.
func TestLayoutIsAsDocumented(t *testing.T) {
	clock := newClock()
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := store.Open(store.Config{Path: path, Now: clock.now, Elapsed: clock.elapsed})
	must(t, err)
	ada, err := db.Add(t.Context(), store.NewCustomer{ID: core.Integer(7), Email: "Ada@example.com", FirstName: "Ada",
		IsActive: true, PasswordHash: "!"})
	must(t, err)
	gone := add(t, db, core.CustomerID{}, "gone@example.com")
	e := login(state(t, db, ada.ID, core.Family{}), start)
	e.List = append(e.List, core.Effect{Kind: core.RecordLogin, Customer: ada.ID, At: start * 1000},
		core.Effect{Kind: core.RevokeFamily, Family: core.FamilyKey{Customer: ada.ID, Bits: 5, Start: start},
			Until: start/1000 + 100})
	must(t, db.Settle(t.Context(), e))
	must(t, db.Revoke(t.Context(), ada.ID))
	must(t, db.Remove(t.Context(), gone.ID, time.Hour))
	must(t, db.RaiseLifetimes(t.Context(), core.Lifetimes{Access: 24 * 3600, Refresh: 3 * 24 * 3600,
		Foreign: 30 * 24 * 3600}))
	must(t, db.PutGroup(t.Context(), "editors", []string{"a.b"}))
	must(t, db.ChangeRights(t.Context(), ada.ID, store.RightsChange{Grant: []string{"c.d"}, Join: []string{"editors"}}))
	must(t, db.PutGroup(t.Context(), "gone", []string{"a.b"}))
	must(t, db.RemoveGroup(t.Context(), "gone"))
	must(t, update(db, store.KeyUpdate{Put: []store.Key{{ID: "k1", Algorithm: "ES256", Public: []byte{0x30, 0x59},
		Origin: store.KeyGenerated, Added: start / 1000, SignsFrom: start / 1000, Ends: start / 1000, NoKID: true,
		Longest: 86400}}, Seal: map[string][]byte{"k1": {1, 2}}}))
	must(t, db.ReserveEpochs(t.Context(), start+60_000))
	must(t, db.UpdateRoots(t.Context(), func(store.Roots) (store.KeyUpdate, []string, error) {
		return store.KeyUpdate{}, []string{"a.b.c"}, nil
	}))
	must(t, db.StartSession(t.Context(), store.NewSession{ID: store.SessionID{31: 9}, Customer: ada,
		Expires: clock.now().Add(time.Hour)}))
	must(t, db.StartSession(t.Context(), store.NewSession{ID: store.SessionID{31: 10}, Customer: ada,
		Expires: clock.now().Add(time.Hour), Listed: true, Client: curl}))
	listLogin(t, db, ada.ID, 6, start+2, curl)
	must(t, db.Rehash(t.Context(), ada.ID, "!", "pbkdf2_sha256$1$s$hlaZvx+fQUB7nsOXctgpvyJ4ixMmVOdSfNbS+6nH3wk="))
	_, err = db.Import(t.Context(), []store.ImportRow{{NewCustomer: store.NewCustomer{ID: ada.ID, Email: ada.Email,
		FirstName: "Ada", IsActive: true, PasswordHash: "!", Permissions: []string{"c.d"},
		Groups: map[string][]string{"editors": nil}}, Kept: []byte(`{}`)}}, store.ImportConfig{Run: 9})
	must(t, err)
	_, err = db.ImportGroups(t.Context(), []store.ImportGroup{{Name: "editors", Permissions: []string{"a.b"}}},
		store.ImportConfig{Run: 9})
	must(t, err)
	must(t, db.SetOrigin(t.Context(), []byte(`{}`)))
	must(t, db.Close())

	doc, err := os.ReadFile("doc.go")
	must(t, err)
	shown := strings.NewReplacer(" ", "", "\n", "", "\t", "", "//", "").Replace(string(doc))
	b, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer b.Close()
	records := 0
	must(t, b.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				records++
				key, value := hex.EncodeToString(k), hex.EncodeToString(v)
				if string(name) == "meta" {
					key = string(k)
				}
				switch {
				case key == "identity", key == "node", key == "tally", key == "folds": // random, figures, and Go's
					return nil
				case string(name) == "expiry" && k[8] != 'f': // the family's is shown
					return nil
				}
				if !strings.Contains(shown, key) || !strings.Contains(shown, value) {
					t.Errorf("doc.go does not show the record %s %s of bucket %s", key, value, name)
				}
				return nil
			})
		})
	}))
	if records != 48 {
		t.Errorf("the store has %d records, want 48", records)
	}
}
