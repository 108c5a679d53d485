package store

import (
	"bytes"
	"errors"
	"unicode"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// oldestSchema is the oldest schema that this version reads. Schema 1 has no permissions, groups or sessions, and no
// index without regard to case. Schemas 1 and 2 have no purge clock, and do not record when a revoked family began.
// Schemas 1 to 3 have no stamps, and keep a customer's rights in a bucket of their own. Schemas 1 to 4 have no starts
// in the names of families, and no mark of homes. Schemas 1 to 5 have no keys. Schemas 1 to 6 do not know when
// something was revoked. Schemas 1 to 7 do not count hashes, and had no imports. Schemas 1 to 8 know no members of
// a fleet. Schemas 1 to 9 list no log-ins.
const oldestSchema = 1

// upgradeBatch bounds how many records one transaction of an upgrade rewrites.
const upgradeBatch = 2000

// upgrade brings a file to the present schema, and its index without regard to case to the present Unicode. The first
// transaction sets the schema, so that no older version opens a file that is half upgraded. The others rewrite
// customers and tombstones, note what was revoked, and count hashes, in batches. They note how far they have come, so
// an
// interrupted upgrade goes on when the file is opened again. Before all that, it renews the file. It does not touch a
// file that is no store, or has a newer schema.
func (f *file) upgrade(c Config) error {
	version, folds, more := int64(0), "", false // folds: the version of Unicode in the index; schema 1 has none
	err := f.bolt.View(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket(metaBucket)
		if version, err = checkSchema(b); err == nil && version > 1 {
			folds, err = decodeFolds(b.Get(foldsKey))
		}
		more = err == nil && b.Get(upgradeKey) != nil
		return err
	})
	if err == nil {
		err = renew(f.handle, f.bolt.Info().PageSize)
	}
	if err != nil {
		return err
	}
	update := func(fn func(*bbolt.Tx) error) error {
		return f.bolt.Update(func(tx *bbolt.Tx) error {
			err := fn(tx)
			if err == nil && c.committing != nil {
				c.committing()
			}
			return err
		})
	}
	if version != schema || folds != unicode.Version {
		if err := update(func(tx *bbolt.Tx) error { return beginUpgrade(tx, version, folds) }); err != nil {
			return err
		}
		more = more || version < 8 // the last one that has records to rewrite
	}
	if version != schema {
		f.older = int(version)
	}
	for more {
		if err := update(func(tx *bbolt.Tx) (err error) {
			more, err = upgradeSome(tx, plausible(c.Now().UnixMicro()))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// beginUpgrade is the first transaction of an upgrade. It changes everything but customers and tombstones, and fills
// neither the bucket revoked nor the bucket hashes.
func beginUpgrade(tx *bbolt.Tx, version int64, folds string) error {
	if version == 1 {
		if err := upgradeFrom1(tx); err != nil {
			return err
		}
	}
	if version < 3 {
		if err := upgradeFrom2(tx); err != nil {
			return err
		}
	}
	if version < 4 {
		if err := upgradeFrom3(tx); err != nil {
			return err
		}
	}
	if version < 5 {
		if err := upgradeFrom4(tx); err != nil {
			return err
		}
	}
	if version < 6 {
		if err := upgradeFrom5(tx); err != nil {
			return err
		}
	}
	if version < 7 {
		if err := upgradeFrom6(tx); err != nil {
			return err
		}
	}
	if version < 8 {
		if err := upgradeFrom7(tx); err != nil {
			return err
		}
	}
	if version < 9 {
		if err := upgradeFrom8(tx); err != nil {
			return err
		}
	}
	if version < 10 {
		if err := upgradeFrom9(tx); err != nil {
			return err
		}
	}
	if folds != unicode.Version {
		return refold(tx)
	}
	return nil
}

func upgradeFrom1(tx *bbolt.Tx) error {
	if err := createBuckets(tx, bucketsSince2); err != nil {
		return err
	}
	b := tx.Bucket(metaBucket)
	return b.Put(sessionsKey, encodeNumber(0))
}

// upgradeFrom2 sets the purge clock to the time of the last commit, unless that cannot be right.
func upgradeFrom2(tx *bbolt.Tx) error {
	b := tx.Bucket(metaBucket)
	own, err := decodeTally(b.Get(tallyKey))
	if err != nil {
		return err
	}
	own.committed = plausible(own.committed)
	return errors.Join(keepSince3(b, own.committed), b.Put(tallyKey, own.encode()))
}

// upgradeFrom3 rewrites the groups, and notes that upgradeSome has the rest to do.
func upgradeFrom3(tx *bbolt.Tx) error {
	if err := createBuckets(tx, bucketsSince4); err != nil {
		return err
	}
	groups := map[string]group{}
	b := tx.Bucket(groupsBucket)
	err := b.ForEach(func(k, v []byte) (err error) {
		groups[string(k)], err = decodeOldGroup(v)
		return err
	})
	if err != nil {
		return err
	}
	for name, g := range groups {
		if err := b.Put([]byte(name), g.encode()); err != nil {
			return err
		}
	}
	meta := tx.Bucket(metaBucket)
	own, err := decodeTally(meta.Get(tallyKey))
	if err != nil {
		return err
	}
	if own.mark > 0 {
		err = meta.Put(issuedKey, []byte{recordVersion})
	}
	own.mark = min(own.mark, core.LastStart+1) // stamps go on from it: see bounded
	return errors.Join(err, meta.Put(tallyKey, own.encode()), meta.Put(upgradeKey, upgrading{}.encode()),
		meta.Put(nodeKey, encodeNode(fact.Node{Epoch: 1})))
}

// upgradeFrom4 keeps the mark of starts: the bits of families that began by then name no home. Their records stay as
// they are. Since the names have no start, they are about every start.
func upgradeFrom4(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	own, err := decodeTally(meta.Get(tallyKey))
	if err != nil {
		return err
	}
	node, err := decodeNode(meta.Get(nodeKey))
	if err != nil {
		return err
	}
	node.Homes = min(own.mark, core.LastStart)
	return meta.Put(nodeKey, encodeNode(node))
}

// upgradeFrom5 makes the buckets of keys.
func upgradeFrom5(tx *bbolt.Tx) error { return createBuckets(tx, bucketsSince6) }

// upgradeFrom6 makes the bucket revoked, and notes that upgradeSome has to fill it. An upgrade to schema 4 that an
// earlier version began comes to that by itself.
func upgradeFrom6(tx *bbolt.Tx) error {
	if err := createBuckets(tx, bucketsSince7); err != nil {
		return err
	}
	meta := tx.Bucket(metaBucket)
	if meta.Get(upgradeKey) != nil {
		return nil
	}
	return meta.Put(upgradeKey, upgrading{stage: upgradesFamilies}.encode())
}

// upgradeFrom7 makes the buckets of schema 8, and notes that upgradeSome has to count hashes.
func upgradeFrom7(tx *bbolt.Tx) error {
	if err := createBuckets(tx, bucketsSince8); err != nil {
		return err
	}
	meta := tx.Bucket(metaBucket)
	if meta.Get(upgradeKey) != nil {
		return nil
	}
	return meta.Put(upgradeKey, upgrading{stage: upgradesHashes}.encode())
}

// upgradeFrom8 makes the buckets of schema 9.
func upgradeFrom8(tx *bbolt.Tx) error { return createBuckets(tx, bucketsSince9) }

// upgradeFrom9 makes the buckets of schema 10, and sets the schema.
func upgradeFrom9(tx *bbolt.Tx) error {
	if err := createBuckets(tx, bucketsSince10); err != nil {
		return err
	}
	meta := tx.Bucket(metaBucket)
	return errors.Join(meta.Put(loginsKey, encodeNumber(0)), meta.Put(schemaKey, encodeNumber(schema)))
}

// The stages of an upgrade: the first two are those to schema 4, the next two to schema 7, the last to schema 8.
const (
	upgradesCustomers = iota
	upgradesTombstones
	upgradesFamilies // to schemas 4 to 6, this was the end
	upgradesCutOffs
	upgradesHashes // to schema 7, this was the end
)

// upgradeSome rewrites the next batch, and reports whether there are more. now is in Unix microseconds; 0: the clock
// cannot be right.
func upgradeSome(tx *bbolt.Tx, now int64) (more bool, err error) {
	meta := tx.Bucket(metaBucket)
	value := meta.Get(upgradeKey)
	if value == nil {
		return false, nil
	}
	u, err := decodeUpgrading(value)
	if err != nil {
		return false, err
	}
	bucket, one := customersBucket, upgradeCustomer
	switch u.stage {
	case upgradesCustomers:
	case upgradesTombstones:
		bucket, one = tombstonesBucket, upgradeTombstone
	case upgradesFamilies, upgradesCutOffs:
		r, err := noteUpgraded(tx, now)
		if err != nil {
			return false, err
		}
		if bucket, one = familiesBucket, r.family; u.stage == upgradesCutOffs {
			bucket, one = cutOffsBucket, r.cutOff
		}
	case upgradesHashes:
		one = upgradeHash
	default:
		if tx.Bucket(rightsBucket) != nil {
			err = tx.DeleteBucket(rightsBucket)
		}
		return false, errors.Join(err, meta.Delete(upgradeKey))
	}
	var keys, values [][]byte
	cursor := tx.Bucket(bucket).Cursor()
	for k, v := seekBehind(cursor, u.after); k != nil && len(keys) < upgradeBatch; k, v = cursor.Next() {
		keys, values = append(keys, bytes.Clone(k)), append(values, bytes.Clone(v))
	}
	for i, k := range keys {
		if err := one(tx, k, values[i]); err != nil {
			return false, err
		}
	}
	if len(keys) < upgradeBatch {
		u = upgrading{stage: u.stage + 1}
	} else {
		u.after = keys[len(keys)-1]
	}
	return true, meta.Put(upgradeKey, u.encode())
}

// upgradeCustomer gives each field of a customer a stamp, and moves its rights into its record.
func upgradeCustomer(tx *bbolt.Tx, key, value []byte) error {
	p, err := decodeOldPerson(value)
	if err != nil {
		return err
	}
	if rights := tx.Bucket(rightsBucket); rights != nil {
		if value := rights.Get(key); value != nil {
			if p.permissions, p.groups, err = decodeOldRights(value); err != nil {
				return err
			}
			if err := rights.Delete(key); err != nil {
				return err
			}
		}
	}
	return tx.Bucket(customersBucket).Put(key, p.encode())
}

// upgradeTombstone replaces a tombstone by a cut-off. That of an id becomes a removal, too.
func upgradeTombstone(tx *bbolt.Tx, key, value []byte) error {
	t, err := decodeOldTombstone(value)
	if err != nil {
		return err
	}
	tombstones, expiry := tx.Bucket(tombstonesBucket), tx.Bucket(expiryBucket)
	if ofAddress(key) {
		err = errors.Join(tombstones.Delete(key), expiry.Delete(expiryKey(t.until, fact.RemovalRecord, key)))
	} else {
		err = tombstones.Put(key, removal{oldRemoval, t.until}.encode())
	}
	return errors.Join(err, tx.Bucket(cutOffsBucket).Put(key, cutOff{t.cutOff, t.until}.encode()),
		expiry.Put(expiryKey(t.until, fact.CutOffRecord, key), []byte{recordVersion}))
}

// keepSince3 sets the purge clock, which stores have since schema 3; 0: no plausible time is known yet.
func keepSince3(meta *bbolt.Bucket, now int64) error {
	if now == 0 {
		return nil
	}
	return meta.Put(purgeClockKey, encodeNumber(now))
}

// refold makes the index without regard to case anew, from the index of e-mail addresses.
func refold(tx *bbolt.Tx) error {
	if err := tx.DeleteBucket(foldedBucket); err != nil {
		return err
	}
	index, err := tx.CreateBucket(foldedBucket)
	if err != nil {
		return err
	}
	err = tx.Bucket(emailsBucket).ForEach(func(k, _ []byte) error {
		email := string(k)
		if folded := Fold(email); folded != email {
			return index.Put(foldedKey(folded, email), []byte{recordVersion})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(foldsKey, encodeFolds(unicode.Version))
}

// encodeFolds: version 1 | the version of Unicode whose case folding the index has.
func encodeFolds(unicode string) []byte { return codec.Text([]byte{recordVersion}, unicode) }

func decodeFolds(value []byte) (string, error) {
	r := begin(value)
	s := r.text()
	if !r.Done() {
		return "", corrupt("folds")
	}
	return s, nil
}
