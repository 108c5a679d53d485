package store

import (
	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// upgradeRevoked fills the bucket revoked in an upgrade. Nobody knows when families died, so all that are dead enter it
// with the time of the upgrade.
type upgradeRevoked struct {
	at     int64 // Unix seconds
	oldest int64 // Unix milliseconds: no token is alive that was issued before
}

func noteUpgraded(tx *bbolt.Tx, now int64) (upgradeRevoked, error) {
	meta := tx.Bucket(metaBucket)
	own, err := decodeTally(meta.Get(tallyKey))
	if err != nil {
		return upgradeRevoked{}, err
	}
	longest, err := lifetimesIn(meta)
	at := seconds(max(now, own.committed))
	return upgradeRevoked{at, notAlive(longest, at) * 1000}, err
}

// family enters a dead family, or one whose record cannot be read, and the cut-off of its customer. That may be recent
// although it is as old as a family that folded into it, but then other families of the customer are dead.
func (u upgradeRevoked) family(tx *bbolt.Tx, key, value []byte) error {
	if f, err := decodeFamily(value); err == nil && !f.dead {
		return nil
	}
	if name, ok := readFamilyKey(key); ok && !name.Customer.IsZero() {
		if id := idKey(name.Customer); tx.Bucket(cutOffsBucket).Get(id) != nil {
			if err := u.note(tx, fact.CutOffRecord, id); err != nil {
				return err
			}
		}
	}
	return u.note(tx, fact.FamilyRecord, key)
}

func (u upgradeRevoked) cutOff(tx *bbolt.Tx, key, value []byte) error {
	if c, err := decodeCutOff(value); err == nil && c.at < u.oldest {
		return nil
	}
	return u.note(tx, fact.CutOffRecord, key)
}

func (u upgradeRevoked) note(tx *bbolt.Tx, what fact.Record, key []byte) error {
	return tx.Bucket(revokedBucket).Put(expiryKey(u.at, what, key), []byte{recordVersion})
}
