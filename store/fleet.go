package store

import (
	"github.com/edgetoken/edgetoken/core/codec"
)

// fleet counts what the store keeps for other nodes and from them.
type fleet struct {
	outbox, waiting, quarantined amount
	parked, contested            int64 // customers and addresses; see DB.Conflicts
}

// amount is how many records there are, and the bytes of their values.
type amount struct{ count, bytes int64 }

func (a *amount) add(value []byte)  { a.count, a.bytes = a.count+1, a.bytes+int64(len(value)) }
func (a *amount) take(value []byte) { a.count, a.bytes = a.count-1, a.bytes-int64(len(value)) }

// encode: version 1 | count and bytes of frames in the outbox | of frames that wait | of what is in quarantine | parked
// customers | contested addresses; each an i64.
func (f fleet) encode() []byte {
	b := []byte{recordVersion}
	for _, v := range []int64{f.outbox.count, f.outbox.bytes, f.waiting.count, f.waiting.bytes, f.quarantined.count,
		f.quarantined.bytes, f.parked, f.contested} {
		b = codec.I64(b, v)
	}
	return b
}

func decodeFleet(value []byte) (f fleet, err error) {
	r := begin(value)
	for _, v := range []*int64{&f.outbox.count, &f.outbox.bytes, &f.waiting.count, &f.waiting.bytes,
		&f.quarantined.count, &f.quarantined.bytes, &f.parked, &f.contested} {
		*v = r.I64()
		r.Bad = r.Bad || *v < 0
	}
	if !r.Done() {
		return fleet{}, corrupt("fleet")
	}
	return f, nil
}

// fleet reads the counts; there is no record while all are zero.
func (t tables) fleet() (fleet, error) {
	value := t.get(metaBucket, fleetKey)
	if value == nil {
		return fleet{}, nil
	}
	return decodeFleet(value)
}
