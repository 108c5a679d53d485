package store

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// ErrWithdrawn says that a node was withdrawn from the fleet: it writes nothing any more.
var ErrWithdrawn = errors.New("the node was withdrawn from the fleet")

// Register notes at the hub that an incarnation of a member goes on, and returns the highest one that was registered
// before; 0: none was. What is registered is durable, and never goes down: if before is higher than incarnation,
// nothing changes. From then on Accept refuses the advances of lower incarnations. The error is ErrWithdrawn, or
// ErrInvalid for a node that is no member.
func (db *DB) Register(ctx context.Context, number uint16, incarnation uint64) (before uint64, err error) {
	err = db.write(ctx, func(w *writer) (resolved, error) {
		if err := w.checkMember(number); err != nil {
			return nil, err
		}
		lease, err := w.lease(number)
		if before = lease; err != nil || lease >= incarnation {
			return nil, err
		}
		return resolved{fact.Lease{Number: number, Incarnation: incarnation}}, nil
	})
	if err != nil { // the committer may still write before
		return 0, fmt.Errorf("register incarnation %016x of node %d: %w", incarnation, number, err)
	}
	return before, nil
}

// Registered reads the highest incarnation of a member that was registered; 0: none was.
func (db *DB) Registered(ctx context.Context, number uint16) (incarnation uint64, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		incarnation, err = tables{tx: tx}.lease(number)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("incarnation of node %d: %w", number, err)
	}
	return incarnation, nil
}

// checkMember says why a node may write nothing.
func (w *writer) checkMember(number uint16) error {
	m, err := w.member(number)
	switch {
	case err != nil:
		return err
	case m.Number == 0:
		return fmt.Errorf("node %d %w: it is no member of the fleet", number, ErrInvalid)
	case m.Withdrawn != 0:
		return fmt.Errorf("node %d: %w", number, ErrWithdrawn)
	}
	return nil
}

// joinLease raises the incarnation that a node has registered.
func (w *writer) joinLease(f fact.Lease) error {
	lease, err := w.lease(f.Number)
	if err == nil && lease < f.Incarnation {
		w.put(leasesBucket, memberKey(f.Number), encodeLease(f.Incarnation))
	}
	return err
}

// lease reads the highest incarnation that a node has registered; 0: none.
func (t tables) lease(number uint16) (uint64, error) {
	value := t.get(leasesBucket, memberKey(number))
	if value == nil {
		return 0, nil
	}
	return decodeLease(value)
}

// encodeLease: version 1 | u64 incarnation.
func encodeLease(incarnation uint64) []byte { return codec.U64([]byte{recordVersion}, incarnation) }

func decodeLease(value []byte) (incarnation uint64, err error) {
	r := begin(value)
	incarnation = r.U64()
	if !r.Done() || incarnation == 0 {
		return 0, corrupt("lease")
	}
	return incarnation, nil
}
