package store

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// Pending are the numbers of the nodes whose offer is missing, in rising order. There are none but at a hub that was
// restored: then all members that are not withdrawn, until Offered. While there are any, the hub does not know of each
// log-in that has ended, so it must answer for nothing.
func (db *DB) Pending(ctx context.Context) (numbers []uint16, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		numbers, err = tables{tx: tx}.pending()
		return err
	})
	return numbers, err
}

// Offered notes that a node has offered all that it knows, or that nobody waits for it any more.
func (db *DB) Offered(ctx context.Context, number uint16) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		numbers, err := w.pending()
		i := slices.Index(numbers, number)
		if err != nil || i < 0 {
			return nil, err
		}
		return resolved{fact.Pending{Numbers: slices.Delete(numbers, i, i+1)}}, nil
	})
}

// missingOffers says whose offers a hub misses that was restored.
func (w *writer) missingOffers() (facts resolved, err error) {
	if w.membership.Role != Hub {
		return nil, nil
	}
	list, err := w.members()
	if err != nil {
		return nil, err
	}
	var numbers []uint16
	for _, m := range list {
		if m.Number != fact.HubNumber && m.Withdrawn == 0 {
			numbers = append(numbers, m.Number)
		}
	}
	if len(numbers) > 0 {
		facts = resolved{fact.Pending{Numbers: numbers}}
	}
	return facts, nil
}

// pending reads the numbers of the nodes whose offer is missing.
func (t tables) pending() ([]uint16, error) {
	value := t.get(metaBucket, pendingKey)
	if value == nil {
		return nil, nil
	}
	return decodePending(value)
}

// joinPending replaces the numbers of the nodes whose offer is missing. There is no record while there are none.
func (w *writer) joinPending(f fact.Pending) {
	if len(f.Numbers) == 0 {
		w.remove(metaBucket, pendingKey)
		return
	}
	w.put(metaBucket, pendingKey, encodePending(f.Numbers))
}

// encodePending: version 1 | u16 count | u16 numbers, rising.
func encodePending(numbers []uint16) []byte {
	b := codec.U16([]byte{recordVersion}, uint16(len(numbers)))
	for _, n := range numbers {
		b = codec.U16(b, n)
	}
	return b
}

func decodePending(value []byte) (numbers []uint16, err error) {
	r := begin(value)
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		number := r.U16()
		r.Bad = r.Bad || len(numbers) > 0 && numbers[len(numbers)-1] >= number
		numbers = append(numbers, number)
	}
	if !r.Done() || len(numbers) == 0 {
		return nil, corrupt("pending")
	}
	return numbers, nil
}
