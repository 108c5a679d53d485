package store

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/edgetoken/edgetoken/store/fact"
)

// over says when what may have been forgotten has ended.
type over struct {
	now   int64            // Unix seconds: what ended before may be gone
	until map[string]int64 // by the key of a cut-off: until when all nodes remember it; 0: for good
	at    map[string]int64 // and the cut-off
}

// over is what has ended by now on any peer.
func (f *world) over() over {
	o := over{now: (f.now+fleetSkew.Microseconds())/1e6 + 1, until: map[string]int64{}, at: map[string]int64{}}
	for _, s := range f.sent {
		for _, x := range s.frame.Facts {
			if c, ok := x.(fact.CutOff); ok {
				key := string(subjectKey(c.Subject))
				o.until[key], o.at[key] = max(o.until[key], c.Until), max(o.at[key], c.At)
			}
		}
	}
	return o
}

// records are those of a peer, without what is local to it and what has ended.
func (p *peer) records(o over) map[string]string {
	all := map[string]string{}
	t := tables{tx: p.tx}
	put := func(bucket, key []byte, value string) {
		all[string(bucket)+" "+hex.EncodeToString(key)] = value
	}
	each := func(bucket []byte, fn func(k, v []byte)) {
		check(p.tx.Bucket(bucket).ForEach(func(k, v []byte) error {
			fn(k, v)
			return nil
		}))
	}
	made := map[string]fact.Stamp{}
	for _, bucket := range [][]byte{customersBucket, parkedBucket} {
		each(bucket, func(k, v []byte) {
			x, err := decodePerson(v)
			check(err)
			if bytes.Equal(bucket, customersBucket) {
				made[string(k)] = x.made
			}
			x.version, x.password.value.hash, x.password.value.rehashed = 0, "", false
			put(bucket, k, hex.EncodeToString(x.encode()))
		})
	}
	for _, bucket := range [][]byte{emailsBucket, foldedBucket, contestedBucket, groupsBucket, keysBucket} {
		each(bucket, func(k, v []byte) { put(bucket, k, hex.EncodeToString(v)) })
	}
	each(lastLoginBucket, func(k, v []byte) {
		x, err := decodeLastLogin(v)
		check(err)
		put(lastLoginBucket, k, fmt.Sprint(x))
	})
	each(tombstonesBucket, func(k, v []byte) {
		if x, err := decodeRemoval(v); x.until > o.now {
			check(err)
			put(tombstonesBucket, k, fmt.Sprint(x))
		}
	})
	each(cutOffsBucket, func(k, v []byte) {
		x, err := decodeCutOff(v)
		check(err)
		if until := o.until[string(k)]; until == 0 || until > o.now {
			put(cutOffsBucket, k, fmt.Sprint(x.at))
		}
	})
	each(familiesBucket, func(k, v []byte) {
		x, err := decodeFamily(v)
		check(err)
		key, _ := readFamilyKey(k)
		if x.until > o.now && x.start > o.at[string(idKey(key.Customer))] { // else a fold may have forgotten it
			x.version, x.advanced = 0, 0 // each store has its own
			if x.dead {
				x.advance = advance{} // it says nothing more, and may have ended before the revocation came
			}
			put(familiesBucket, k, fmt.Sprintf("%+v", x))
		}
	})
	for _, k := range [][]byte{longestKey, longestRefreshKey, longestForeignKey} {
		put(metaBucket, k, hex.EncodeToString(t.get(metaBucket, k)))
	}
	return all
}

// differ says which record two peers have not in common.
func differ(a, b map[string]string) error {
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if a[k] != b[k] {
			return fmt.Errorf("%s is %q, not %q", k, b[k], a[k])
		}
	}
	return nil
}
