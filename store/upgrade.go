package store

import (
	"errors"
	"unicode"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
)

// oldestSchema is the oldest schema that this version reads. Schema 1 had no permissions, groups or sessions, and no
// index without regard to case. Schemas 1 and 2 had no purge clock, and did not record when a revoked family began. All
// else is unchanged, so an upgrade adds buckets and touches no customer and no family.
const oldestSchema = 1

// upgrade brings a file to the present schema, and its index without regard to case to the present Unicode, in one
// transaction. If that is interrupted, the file stays as it was. upgrade does not touch a file that is no store, or has
// a newer schema.
func (f *file) upgrade(c Config) error {
	version, folds := int64(0), "" // of Unicode: schema 1 has none
	err := f.bolt.View(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket(metaBucket)
		if version, err = checkSchema(b); err == nil && version > 1 {
			folds, err = decodeFolds(b.Get(foldsKey))
		}
		return err
	})
	if err != nil || version == schema && folds == unicode.Version {
		return err
	}
	return f.bolt.Update(func(tx *bbolt.Tx) error {
		if version == 1 {
			if err := upgradeFrom1(tx); err != nil {
				return err
			}
		}
		if version < schema {
			if err := upgradeFrom2(tx); err != nil {
				return err
			}
		}
		if folds != unicode.Version {
			if err := refold(tx); err != nil {
				return err
			}
		}
		if c.committing != nil {
			c.committing()
		}
		return nil
	})
}

func upgradeFrom1(tx *bbolt.Tx) error {
	for _, name := range bucketsSince2 {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	b := tx.Bucket(metaBucket)
	return b.Put(sessionsKey, encodeNumber(0))
}

// upgradeFrom2 sets the purge clock to the time of the last commit, unless no commit can have been made at that time.
func upgradeFrom2(tx *bbolt.Tx) error {
	b := tx.Bucket(metaBucket)
	own, err := decodeTally(b.Get(tallyKey))
	if err != nil {
		return err
	}
	own.committed = plausible(own.committed)
	return errors.Join(keepSince3(b, own.committed), b.Put(tallyKey, own.encode()),
		b.Put(schemaKey, encodeNumber(schema)))
}

// keepSince3 sets the purge clock, if there is a time to set it to.
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
