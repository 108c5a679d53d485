package store

import (
	"bytes"
	"slices"
)

// entries are what a request puts into an index, or removes from it: the bucket expiry or revoked, of which a request
// reads nothing that it wrote. They go into the file when the request ends, in the order of their keys. Those of one
// second lie side by side, and bbolt cuts pages only when it commits: until then each entry that comes between others
// would move all that are behind it.
type entries []indexEntry

type indexEntry struct {
	key   []byte
	there bool // else it is removed
}

func (w *writer) enter(e *entries, key []byte) {
	w.puts++
	*e = append(*e, indexEntry{key, true})
}

func (w *writer) strike(e *entries, key []byte) {
	w.puts++
	*e = append(*e, indexEntry{key, false})
}

// keepEntries puts the entries of a request into their buckets.
func (w *writer) keepEntries() {
	w.keepIn(expiryBucket, w.expiry)
	w.keepIn(revokedBucket, w.revoked)
	w.expiry, w.revoked = w.expiry[:0], w.revoked[:0]
}

// keepIn puts entries into a bucket. Of those with one key the last counts.
func (w *writer) keepIn(bucket []byte, list entries) {
	slices.SortStableFunc(list, func(a, b indexEntry) int { return bytes.Compare(a.key, b.key) })
	for i, e := range list {
		switch {
		case i+1 < len(list) && bytes.Equal(e.key, list[i+1].key):
		case e.there:
			w.put(bucket, e.key, []byte{recordVersion})
		default:
			w.remove(bucket, e.key)
		}
	}
}
