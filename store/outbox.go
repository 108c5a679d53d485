package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// The outbox has what other nodes should know, a frame for each commit. It is off by default: see Config.Outbox.

// DefaultMaxOutbox takes the place of a Config.MaxOutbox of 0, in bytes.
const DefaultMaxOutbox = 1 << 30

// ErrOutboxFull says that the outbox has as many bytes as it may. Until frames are acknowledged, nothing is written
// that other nodes should know.
var ErrOutboxFull = errors.New("outbox is full")

// chain is the end of the frames of an incarnation.
type chain struct {
	sequence uint64
	hash     [32]byte
}

// CheckOutbox is an ErrOutboxFull, with what to do, while the outbox is on and full.
func (db *DB) CheckOutbox() error {
	if !db.config.Outbox {
		return nil
	}
	return checkRoom(db.outboxBytes.Load(), db.config.MaxOutbox)
}

// checkRoom refuses another frame where the outbox has as many bytes as it may.
func checkRoom(bytes, most int64) error {
	if bytes < most {
		return nil
	}
	return fmt.Errorf("%w: it has %d bytes, the most is %d: run edgetoken facts acknowledge up to what is kept "+
		"elsewhere, or raise outbox.bytes", ErrOutboxFull, bytes, most)
}

// checkOutbox refuses what other nodes should know while the outbox is full.
func (w *writer) checkOutbox(facts resolved) error {
	if !w.outbox {
		return nil
	}
	err := checkRoom(w.outboxBytes, w.maxOutbox)
	if err != nil && slices.ContainsFunc(facts, func(f fact.Fact) bool { return f.Kind().Lane() != fact.Local }) {
		return err
	}
	return nil
}

// keepNode writes who this node is with the first commit of an incarnation.
func (w *writer) keepNode() error {
	kept, err := w.tables.node()
	if err != nil || kept == w.node {
		return err
	}
	return w.join(w.node)
}

// frame puts what is shared of this commit into the outbox, and returns the new end of the chain. before is who the
// node was until this commit.
func (w *writer) frame(before fact.Node, end chain) chain {
	if before.Incarnation != w.node.Incarnation {
		end = chain{}
	}
	if !w.outbox {
		return end
	}
	for _, facts := range fact.Split(w.shared) {
		f := fact.Frame{Node: w.node.Number, Incarnation: w.node.Incarnation, Sequence: end.sequence + 1,
			Previous: end.hash, Made: w.at.known, Facts: facts}
		raw, err := f.Append(nil)
		if err != nil {
			panic(err)
		}
		w.put(outboxBucket, positionKey(f.Position()), raw)
		w.outboxBytes += int64(len(raw))
		end = chain{f.Sequence, f.Hash()}
	}
	return end
}

// positionKey is the key of a frame in the outbox.
func positionKey(p fact.Position) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, p.Incarnation), p.Sequence)
}

// readPositionKey reads what positionKey made.
func readPositionKey(k []byte) (fact.Position, error) {
	if len(k) != 16 {
		return fact.Position{}, fmt.Errorf("outbox key of %d bytes: %w", len(k), ErrCorrupt)
	}
	return fact.Position{Incarnation: binary.BigEndian.Uint64(k), Sequence: binary.BigEndian.Uint64(k[8:])}, nil
}

// Outbox returns the frames behind a position in their order, at least one if there is one, and then as many as have at
// most so many bytes together. The zero position is before all.
func (db *DB) Outbox(ctx context.Context, after fact.Position, most int) (frames [][]byte, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		from := positionKey(after)
		cursor := tx.Bucket(outboxBucket).Cursor()
		for k, v := cursor.Seek(from); k != nil; k, v = cursor.Next() {
			if bytes.Equal(k, from) {
				continue
			}
			if most -= len(v); most < 0 && len(frames) > 0 {
				break
			}
			frames = append(frames, bytes.Clone(v))
		}
		return nil
	})
	return frames, err
}

// maxTrimmed bounds how many frames one transaction removes.
const maxTrimmed = 1000

// Acknowledge removes the frames up to a position from the outbox. Call it when another node has them, durable.
func (db *DB) Acknowledge(ctx context.Context, upTo fact.Position) error {
	for {
		more := false
		err := db.write(ctx, func(w *writer) (resolved, error) {
			more = false
			last := positionKey(upTo)
			cursor := w.tx.Bucket(outboxBucket).Cursor()
			trim := fact.Trim{}
			for k, _ := cursor.First(); k != nil && bytes.Compare(k, last) <= 0; k, _ = cursor.Next() {
				p, err := readPositionKey(k)
				if err != nil {
					return nil, err
				}
				if trim.Frames++; trim.Frames > maxTrimmed {
					trim.Frames, more = maxTrimmed, true
					break
				}
				trim.UpTo = p
			}
			if trim.Frames == 0 {
				return nil, nil
			}
			return resolved{trim}, nil
		})
		if err != nil || !more {
			return err
		}
	}
}

// trim removes the frames up to a position.
func (w *writer) trim(upTo fact.Position) {
	last := positionKey(upTo)
	cursor := w.tx.Bucket(outboxBucket).Cursor()
	var drop [][]byte
	for k, v := cursor.First(); k != nil && bytes.Compare(k, last) <= 0; k, v = cursor.Next() {
		drop = append(drop, bytes.Clone(k))
		w.outboxBytes -= int64(len(v))
	}
	for _, k := range drop {
		w.remove(outboxBucket, k)
	}
}

// Enroll gives the node its number in a fleet, 1 to fact.MaxNumber. A new incarnation begins, under the new number.
func (db *DB) Enroll(ctx context.Context, number uint16) error {
	if number < 1 || number > fact.MaxNumber {
		return fmt.Errorf("number of the node %w: %d is not 1 to %d", ErrInvalid, number, fact.MaxNumber)
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		n := w.node
		n.Number = number
		n.Incarnation++
		return resolved{n}, nil
	})
}

// Restored begins a new epoch and incarnation, and ends all that this node has granted. It is for a store that came
// back from a backup: what it writes from now on counts more than what it wrote after the backup was made.
func (db *DB) Restored(ctx context.Context) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		n := w.node
		n.Epoch++
		n.Incarnation++
		return resolved{n, fact.NodeCutOff{At: w.newCutOff(w.tally.cutOff)}}, nil
	})
}

// node reads who wrote last.
func (t tables) node() (fact.Node, error) { return decodeNode(t.get(metaBucket, nodeKey)) }

// bytes are the bytes of all values of a bucket.
func (t tables) bytes(bucket []byte) (sum int64, err error) {
	b := t.tx.Bucket(bucket)
	if b == nil {
		return 0, nil
	}
	err = b.ForEach(func(_, v []byte) error {
		sum += int64(len(v))
		return nil
	})
	return sum, err
}

// Node says who this node is. Its incarnation is drawn when the file is opened, since nobody can tell a copied file, or
// one that lost its last commits, from the file itself.
func (db *DB) Node(ctx context.Context) (n fact.Node, err error) {
	err = db.write(ctx, func(w *writer) (resolved, error) {
		n = w.node
		return nil, nil
	})
	return n, err
}

// An incarnation has the time of its beginning in its high bits, so that a later one is higher, and random bits below.
const (
	incarnationTimeBits = 42
	incarnationEpoch    = 1704067200000 // 2024-01-01T00:00:00Z in Unix milliseconds
)

// incarnate draws the incarnation of a node that begins now. It is above the last one that the file knows.
func incarnate(last uint64, now time.Time, random io.Reader) (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[2:]); err != nil {
		return 0, fmt.Errorf("draw an incarnation: %w", err)
	}
	const lower = 64 - incarnationTimeBits
	passed := uint64(min(max(now.UnixMilli()-incarnationEpoch, 0), 1<<incarnationTimeBits-1))
	return max(passed<<lower|binary.BigEndian.Uint64(b[:])&(1<<lower-1), last+1), nil
}
