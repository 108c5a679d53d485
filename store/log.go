package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// The outbox of a hub is the log of its fleet: what goes down from it, in its order. Edges follow it by a position.

// ErrLogGone says that the log does not go on from a position: the frames after it were trimmed, or this hub never made
// the frame there. Whoever follows needs a copy of the store.
var ErrLogGone = errors.New("the log of the fleet does not go on from there")

// Log returns the frames of the hub's log after a position, in their order: as many as have at most most bytes
// together, and at least one if there is one. The error is ErrLogGone. It is so for the zero position: a store has more
// than its log ever had.
func (db *DB) Log(ctx context.Context, after fact.Position, most int) (frames [][]byte, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		if t.get(outboxBucket, positionKey(after)) == nil {
			last, err := t.trimmed()
			if err != nil {
				return err
			}
			if after.IsZero() || last.Position != after {
				return fmt.Errorf("frame %v: %w", after, ErrLogGone)
			}
		}
		frames = t.framesAfter(after, most)
		return nil
	})
	return frames, err
}

// Head is the position of the last durable frame that this node has made, by this incarnation or an earlier one, also
// where that was trimmed in a fleet; zero if there was none. It reads memory.
func (db *DB) Head() fact.Position { return *db.head.Load() }

// Frames receives a value after each commit that has made frames, unless the last one is still there.
func (db *DB) Frames() <-chan struct{} { return db.frames }

// framed takes over from a writer the head of the frames that are durable now.
func (db *DB) framed(w *writer) {
	if w.head.IsZero() {
		return
	}
	db.head.Store(&w.head)
	select {
	case db.frames <- struct{}{}:
	default:
	}
}

// lastFrame reads the position of the last frame.
func (t tables) lastFrame() (fact.Position, error) {
	if k, _ := t.tx.Bucket(outboxBucket).Cursor().Last(); k != nil {
		return readPositionKey(k)
	}
	last, err := t.trimmed()
	return last.Position, err
}

// TrimLog removes frames from the log of a hub, the oldest first: those that were made before madeBefore, and those
// beyond mostBytes. It takes a commit for each 1000 frames.
func (db *DB) TrimLog(ctx context.Context, madeBefore time.Time, mostBytes int64) error {
	before := madeBefore.UnixMicro()
	return db.inSteps(ctx, func(w *writer) (resolved, bool, error) {
		if w.membership.Role != Hub {
			return nil, false, fmt.Errorf("trim of the log %w: this node is no hub of a fleet", ErrInvalid)
		}
		left := w.fleet.outbox.bytes
		return w.trimWhile(func(_, raw []byte) bool {
			f, err := fact.ParseFrame(raw)
			goes := left > mostBytes || err == nil && f.Made < before
			left -= int64(len(raw))
			return goes
		})
	})
}

// trimmedFrame is the last frame that was trimmed: its position and hash.
type trimmedFrame struct {
	fact.Position
	hash [32]byte
}

// keepTrimmed notes the last frame that is trimmed. The hash of a damaged one is zero.
func (w *writer) keepTrimmed(at fact.Position, raw []byte) {
	last := trimmedFrame{Position: at}
	if f, err := fact.ParseFrame(raw); err == nil {
		last.hash = f.Hash()
	}
	w.put(metaBucket, trimmedKey, last.encode())
}

// encode: version 1 | u64 incarnation | u64 sequence | 32 bytes hash.
func (f trimmedFrame) encode() []byte {
	return append(codec.U64(codec.U64([]byte{recordVersion}, f.Incarnation), f.Sequence), f.hash[:]...)
}

func decodeTrimmed(value []byte) (f trimmedFrame, err error) {
	r := begin(value)
	f.Position = fact.Position{Incarnation: r.U64(), Sequence: r.U64()}
	copy(f.hash[:], r.Take(len(f.hash)))
	if !r.Done() || f.Sequence == 0 {
		return trimmedFrame{}, corrupt("trimmed")
	}
	return f, nil
}

// trimmed reads the last frame that was trimmed; zero if none was.
func (t tables) trimmed() (trimmedFrame, error) {
	value := t.get(metaBucket, trimmedKey)
	if value == nil {
		return trimmedFrame{}, nil
	}
	return decodeTrimmed(value)
}
