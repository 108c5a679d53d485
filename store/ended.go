package store

import (
	"context"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// Family is what the store knows of a family of which tokens were revoked or spent.
type Family struct {
	core.FamilyKey // Start is 0 if it is not known
	// AnyStart says that the family is recorded under a name without a start, as foreign ones are, and what came of
	// them under the name of a customer.
	AnyStart bool
	Dead     bool // it was revoked
	// The latest refresh token that was issued, if the family ever rotated; else all are 0.
	Generation      uint32
	Issued          time.Time
	Access, Refresh time.Duration // for how long the tokens of that generation are valid
	// Until is when nothing of the family can be valid any more.
	Until time.Time
}

// Families returns a page of at most limit families (1 to 1000; anything else is 1000), in the order of their keys. It
// begins behind a page's next, or with the first for "". next is "" after the last page.
func (db *DB) Families(ctx context.Context, after string, limit int) (page []Family, next string, err error) {
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		page, next = nil, ""
		cursor := tx.Bucket(familiesBucket).Cursor()
		for key, value := seekBehind(cursor, []byte(after)); key != nil; key, value = cursor.Next() {
			if len(page) == limit {
				return nil
			}
			name, ok := readFamilyKey(key)
			if !ok {
				return corrupt("family")
			}
			f, err := decodeFamily(value)
			if err != nil {
				return err
			}
			page, next = append(page, f.shown(name)), string(key)
		}
		next = ""
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("list families: %w", err)
	}
	return page, next, nil
}

// shown is the family with a name, whose start the record may know better.
func (f family) shown(name core.FamilyKey) Family {
	anyStart := name.Start == 0
	if anyStart {
		name.Start = f.start
	}
	s := Family{FamilyKey: name, AnyStart: anyStart, Dead: f.dead, Generation: f.advance.generation,
		Until: time.Unix(f.until, 0).UTC()}
	if a := f.advance; a.generation != 0 {
		s.Issued = time.UnixMicro(a.issued).UTC()
		s.Access, s.Refresh = time.Duration(a.access)*time.Second, time.Duration(a.refresh)*time.Second
	}
	return s
}

// CutOffs are how many cut-offs are later than a time, and the latest of them.
type CutOffs struct {
	Customers int  // ids with one, of customers who were removed too
	All       bool // there is one for all customers: that of the node, or a gap in what the store remembers
	Latest    time.Time
}

// CutOffs counts the cut-offs after a time: what they ended is in no list of families. It takes as long as the store
// has cut-offs.
func (db *DB) CutOffs(ctx context.Context, since time.Time) (c CutOffs, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		c = CutOffs{}
		t := tables{tx: tx}
		own, err := decodeTally(t.get(metaBucket, tallyKey))
		if err != nil {
			return err
		}
		latest := int64(0)
		if at := max(own.nodeCutOff(), db.gap.Load().until); at > since.UnixMilli() {
			c.All, latest = true, at
		}
		cursor := tx.Bucket(cutOffsBucket).Cursor()
		for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
			one, err := decodeCutOff(value)
			if err != nil {
				return err
			}
			if at := bounded(one.at); at > since.UnixMilli() && !ofAddress(key) {
				c.Customers++
				latest = max(latest, at)
			}
		}
		if latest != 0 {
			c.Latest = time.UnixMilli(latest).UTC()
		}
		return nil
	})
	if err != nil {
		return CutOffs{}, fmt.Errorf("count cut-offs: %w", err)
	}
	return c, nil
}
