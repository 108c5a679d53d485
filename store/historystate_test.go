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
	// revoked says by the key of a family until when all nodes remember that it was revoked.
	revoked map[string]int64
}

// over is what has ended by now on any peer.
func (f *world) over() over {
	o := over{now: (f.now+fleetSkew.Microseconds())/1e6 + 1, until: map[string]int64{}, at: map[string]int64{},
		revoked: map[string]int64{}}
	for _, s := range f.sent {
		for _, x := range s.frame.Facts {
			switch x := x.(type) {
			case fact.CutOff:
				key := string(subjectKey(x.Subject))
				o.until[key], o.at[key] = max(o.until[key], x.Until), max(o.at[key], x.At)
			case fact.RevokeFamily:
				key, _ := familyKey(x.Family)
				o.revoked[string(key)] = max(o.revoked[string(key)], x.Until)
			}
		}
	}
	return o
}

// records are those of a peer, without what is local to it and what has ended. What goes up alone, the hub and the node
// know that has written it: advances, last log-ins and lifetimes.
func (p *peer) records(o over) map[string]string {
	all := map[string]string{}
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
	for _, bucket := range [][]byte{emailsBucket, foldedBucket, contestedBucket, groupsBucket, keysBucket,
		membersBucket} {
		each(bucket, func(k, v []byte) { put(bucket, k, hex.EncodeToString(v)) })
	}
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
		folded := x.start <= o.at[string(idKey(key.Customer))] // then it may have been forgotten
		if x.dead && o.revoked[string(k)] > o.now && !folded {
			put(familiesBucket, k, fmt.Sprint(x.start))
		}
	})
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
