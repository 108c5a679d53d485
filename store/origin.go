package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Origin returns what SetOrigin kept; nil: nothing.
func (db *DB) Origin(ctx context.Context) (raw json.RawMessage, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		raw, err = decodeOrigin(tx.Bucket(originBucket).Get(originKey))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the origin of customers: %w", err)
	}
	return raw, nil
}

// SetOrigin keeps how the system calls things from which customers came, for exports: JSON of at most 4 MiB. The store
// does not look into it.
func (db *DB) SetOrigin(ctx context.Context, raw json.RawMessage) error {
	if len(raw) > fact.MaxOrigin || len(raw) > 0 && !json.Valid(raw) {
		return fmt.Errorf("origin %w: it is no JSON of at most %d bytes", ErrInvalid, fact.MaxOrigin)
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		have, err := decodeOrigin(w.get(originBucket, originKey))
		if err != nil || bytes.Equal(have, raw) {
			return nil, err
		}
		return resolved{fact.Origin{JSON: bytes.Clone(raw)}}, nil
	})
}

func (w *writer) joinOrigin(f fact.Origin) {
	w.put(originBucket, originKey, codec.Bytes([]byte{recordVersion}, f.JSON))
}

// decodeOrigin: version 1 | u32 length, JSON.
func decodeOrigin(value []byte) (json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	r := begin(value)
	raw := bytes.Clone(r.Bytes())
	if !r.Done() || len(raw) > 0 && !json.Valid(raw) {
		return nil, corrupt("origin")
	}
	return raw, nil
}
