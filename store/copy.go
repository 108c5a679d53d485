package store

import (
	"bytes"
	"context"
	"slices"

	"go.etcd.io/bbolt"
)

const (
	copyBatch = 1 << 20 // bounds the keys and values that one transaction of a copy has, in bytes
	copyFill  = 0.9     // how full a copy makes its pages: the rest is room for what is added between
)

// copyBuckets copies the buckets of a transaction to a file that has none. Those named in without are made, but stay
// empty.
func copyBuckets(ctx context.Context, to *bbolt.DB, from *bbolt.Tx, without ...[]byte) error {
	return copyTo(ctx, to, func(c *copier) error {
		return from.ForEach(func(name []byte, b *bbolt.Bucket) error {
			left := slices.ContainsFunc(without, func(b []byte) bool { return bytes.Equal(b, name) })
			if _, err := c.tx.CreateBucket(name); err != nil || left {
				return err
			}
			c.enter(name)
			return b.ForEach(c.put)
		})
	})
}

// copyTo runs fn with a copier to a file.
func copyTo(ctx context.Context, to *bbolt.DB, fn func(*copier) error) error {
	c := copier{ctx: ctx, to: to}
	if err := c.begin(); err != nil {
		return err
	}
	defer func() { _ = c.tx.Rollback() }() // also after a panic at a damaged page; after a commit it does nothing
	if err := fn(&c); err != nil {
		return err
	}
	return c.tx.Commit()
}

// copier is the transaction by which a copy goes on, and the bucket in it.
type copier struct {
	ctx    context.Context
	to     *bbolt.DB
	tx     *bbolt.Tx
	name   []byte
	bucket *bbolt.Bucket
	bytes  int // copied in this transaction
}

func (c *copier) begin() error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	tx, err := c.to.Begin(true)
	if err == nil {
		c.tx, c.bytes = tx, 0
	}
	return err
}

func (c *copier) enter(name []byte) {
	c.name, c.bucket = name, c.tx.Bucket(name)
	c.bucket.FillPercent = copyFill
}

func (c *copier) put(key, value []byte) error {
	if c.bytes += len(key) + len(value); c.bytes > copyBatch {
		if err := c.tx.Commit(); err != nil {
			return err
		}
		if err := c.begin(); err != nil {
			return err
		}
		c.bytes = len(key) + len(value)
		c.enter(c.name)
	}
	return c.bucket.Put(key, value)
}
