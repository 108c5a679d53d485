package store

import (
	"errors"
	"unicode"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
)

// oldestSchema is the first that is still read. Schema 1 had no permissions, groups and sessions, and no index without regard to
// case; what it had is as it was, so that an upgrade adds buckets and touches no customer.
const oldestSchema = 1

// upgrade brings a file of an older schema to the present one, and the index without regard to case to the present Unicode, in one
// transaction: if that is interrupted, the file is as it was. It leaves alone what is no store or of a newer schema.
func (f *file) upgrade(c Config) error {
	version, folds := int64(0), ""
	err := f.bolt.View(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket(metaBucket)
		if version, err = checkSchema(b); err == nil && version == schema {
			folds, err = decodeFolds(b.Get(foldsKey))
		}
		return err
	})
	if err != nil || version == schema && folds == unicode.Version {
		return err
	}
	return f.bolt.Update(func(tx *bbolt.Tx) error {
		if version < schema {
			if err := upgradeFrom1(tx); err != nil {
				return err
			}
		}
		if err := refold(tx); err != nil {
			return err
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
	return errors.Join(b.Put(sessionsKey, encodeNumber(0)), b.Put(schemaKey, encodeNumber(schema)))
}

// refold makes the index without regard to case anew, from that of e-mail addresses.
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
