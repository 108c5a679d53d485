package powercut_test

import (
	"fmt"

	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// rounds is how often keys are sealed anew.
const rounds = 20

// keepKeys adds a key each round, and seals all private parts anew in the same commit.
func (c *client) keepKeys() error {
	for n := range int64(rounds) {
		err := again(func() error {
			return c.db.UpdateKeys(bg, func(have []store.Key) (store.KeyUpdate, error) {
				k := store.Key{ID: fmt.Sprint(n), Algorithm: "HS256", Origin: store.KeyGenerated, Added: n}
				u := store.KeyUpdate{Put: []store.Key{k}, Seal: map[string][]byte{}}
				for _, k := range append(have, k) {
					u.Seal[k.ID] = fmt.Append(nil, n)
				}
				return u, nil
			})
		})
		if err != nil {
			return err
		}
		c.ledger.note(fmt.Sprintf("key %d", n), nil, func(_ *node.Node, db *store.DB) error {
			return sealedSince(db, n)
		})
	}
	return nil
}

// sealedSince says what a store lacks of the keys of a round, or of a later one.
func sealedSince(db *store.DB, n int64) error {
	list, err := db.Keys(bg)
	if err != nil || len(list) <= int(n) {
		return fmt.Errorf("there are %d keys, %w", len(list), err)
	}
	for i, k := range list {
		sealed, err := db.SealedKey(bg, k.ID)
		if err != nil || k.ID != fmt.Sprint(i) || string(sealed) != fmt.Sprint(len(list)-1) {
			return fmt.Errorf("of %d keys, key %s is sealed as %q, %w", len(list), k.ID, sealed, err)
		}
	}
	return nil
}
