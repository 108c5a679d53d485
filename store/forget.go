package store

import (
	"github.com/edgetoken/edgetoken/store/fact"
)

// forget removes a record that has ended. If the record has another end by now, only the index entry of the old end
// goes. A cut-off of an id that a customer holds stays, without an end.
func (w *writer) forget(f fact.Forget) error {
	if f.Record == fact.LoginRecord {
		w.forgetLogin(f)
		return nil
	}
	bucket := recordBucket(f.Record)
	value := w.get(bucket, f.Key)
	if value != nil {
		until, err := ends(f.Record, value)
		if err != nil {
			return err
		}
		held := f.Record == fact.CutOffRecord && w.get(customersBucket, f.Key) != nil
		if until == f.Until && held {
			c, err := decodeCutOff(value)
			if err != nil {
				return err
			}
			w.put(bucket, f.Key, cutOff{at: c.at}.encode())
		} else if until == f.Until {
			w.remove(bucket, f.Key)
			switch {
			case f.Record == fact.FamilyRecord:
				w.tally.families--
				if k, ok := readFamilyKey(f.Key); ok {
					w.forgotten = append(w.forgotten, k)
				}
			case f.Record == fact.RemovalRecord && !ofGroup(f.Key):
				w.tally.tombstones--
			}
		}
	}
	if f.Until != 0 {
		w.strike(&w.expiry, expiryKey(f.Until, f.Record, f.Key))
	}
	return nil
}

// forgetLogin removes a listed log-in that has ended, also one that cannot be read: only its customer would look at it.
func (w *writer) forgetLogin(f fact.Forget) {
	value := w.get(loginsBucket, f.Key)
	if l, err := decodeListed(value); value == nil || err == nil && l.until != f.Until {
		w.remove(loginExpiryBucket, loginExpiryKey(f.Until, f.Key))
		return
	}
	w.unlist(leaving{f.Key, f.Until})
}

// recordBucket is the bucket of a kind of record that ends.
func recordBucket(kind fact.Record) []byte {
	switch kind {
	case fact.FamilyRecord:
		return familiesBucket
	case fact.CutOffRecord:
		return cutOffsBucket
	case fact.RevokedRecord:
		return revokedBucket
	}
	return tombstonesBucket
}

// ends is when a record may be purged, in Unix seconds; 0: its key says so.
func ends(kind fact.Record, value []byte) (int64, error) {
	switch kind {
	case fact.FamilyRecord:
		f, err := decodeFamily(value)
		return f.until, err
	case fact.CutOffRecord:
		c, err := decodeCutOff(value)
		return c.until, err
	case fact.RevokedRecord:
		return 0, nil
	}
	gone, err := decodeRemoval(value)
	return gone.until, err
}
