package store

import (
	"maps"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// retiredIn are the keys that were retired for good in the store at a path. There are none where they cannot be read:
// damage may be why the store is replaced.
func retiredIn(path string) (retired []keyRecord) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { _ = recover() }()
	f, err := openShared(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || checkHeader(f, info.Size()) != nil {
		return nil
	}
	if sound := new(Report).pages(f); sound == nil || !sound.buckets[string(keysBucket)] {
		return nil
	}
	bolt, err := readOnly(f)
	if err != nil {
		return nil
	}
	defer bolt.Close()
	_ = bolt.View(func(tx *bbolt.Tx) error {
		list, err := tables{tx: tx}.keyRecords()
		for _, k := range list {
			if k.ForGood {
				retired = append(retired, k)
			}
		}
		return err
	})
	return retired
}

// readOnly opens a file for reading that has a lock.
func readOnly(f *os.File) (*bbolt.DB, error) {
	return bbolt.Open(f.Name(), 0, &bbolt.Options{
		ReadOnly: true, Timeout: time.Millisecond, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		OpenFile: func(string, int, os.FileMode) (*os.File, error) { return f, nil },
	})
}

// restoreKeys puts private parts there. Keys that were retired in the store of before stay so, and have none: a backup
// from before a retirement brings no key back. They never sign, so that another one does. It returns their ids.
func (w *writer) restoreKeys(sealed map[string][]byte, retired []keyRecord) (facts resolved, kept []string, err error) {
	list, err := w.keyRecords()
	if err != nil {
		return nil, nil, err
	}
	u := KeyUpdate{Seal: maps.Clone(sealed)}
	for _, k := range list {
		for _, old := range retired {
			if old.ID == k.ID && old.Made == k.Made && !k.ForGood {
				key := k.key(false)
				key.Retired, key.Ends, key.SignsFrom = true, earlier(key.Ends, old.ends()), 0
				u.Put, kept = append(u.Put, key), append(kept, k.ID)
				delete(u.Seal, k.ID)
			}
		}
	}
	facts, err = w.updateKeys(u)
	return facts, kept, err
}
