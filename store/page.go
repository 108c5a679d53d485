package store

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// maxRead bounds the records that one page reads, since a page may find little among many.
const maxRead = 100_000

// page collects facts that records come to, up to a number of bytes.
type page struct {
	facts   []fact.Fact
	left    int // bytes
	reads   int
	encoded []byte
}

// add adds a fact; false: it does not fit any more. The first fact always fits.
func (p *page) add(f fact.Fact) bool {
	p.encoded = fact.Append(p.encoded[:0], f)
	if p.left -= len(p.encoded); p.left < 0 && len(p.facts) > 0 {
		return false
	}
	p.facts = append(p.facts, f)
	return true
}

// walk adds what the records of a bucket come to that lie behind the key after. one says what a record comes to; nil:
// nothing. next is the key of the last record that was looked at, behind which to go on, and empty if there was none;
// nil: there are no others.
func (p *page) walk(t tables, bucket, after []byte, one func(k, v []byte) fact.Fact) (next []byte) {
	cursor := t.tx.Bucket(bucket).Cursor()
	last := after
	for k, v := seekBehind(cursor, after); k != nil; k, v = cursor.Next() {
		if p.reads == maxRead {
			return append([]byte{}, last...)
		}
		p.reads++
		if f := one(k, v); f != nil && !p.add(f) {
			return append([]byte{}, last...)
		}
		last = k
	}
	return nil
}

// seekBehind moves a cursor to the first record behind a key; none: to the first one.
func seekBehind(cursor *bbolt.Cursor, after []byte) (k, v []byte) {
	if k, v = cursor.Seek(after); k != nil && bytes.Equal(k, after) {
		return cursor.Next()
	}
	return k, v
}

// families is walk for the families that have a record. Those that cannot be read it leaves out: Check names them.
func (p *page) families(t tables, after []byte, one func(k core.FamilyKey, f family) fact.Fact) (next []byte) {
	return p.walk(t, familiesBucket, after, func(k, v []byte) fact.Fact {
		name, ok := readFamilyKey(k)
		f, err := decodeFamily(v)
		if !ok || err != nil {
			return nil
		}
		return one(name, f)
	})
}
