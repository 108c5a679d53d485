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

// The outbox has what other nodes should know, in a frame for each commit. It is off by default: see Config.Outbox.
// Other nodes never hear of what is written while it is off.

// DefaultMaxOutbox takes the place of a Config.MaxOutbox of 0, in bytes.
const DefaultMaxOutbox = 1 << 30

// ErrOutboxFull says that the outbox has all the bytes that it may have. Until frames are acknowledged, the store
// refuses writes of which other nodes should know.
var ErrOutboxFull = errors.New("outbox is full")

// CheckOutbox returns an ErrOutboxFull, which says what to do, while the outbox is on and full. The log of a hub is
// never full.
func (db *DB) CheckOutbox() error {
	role := db.Membership().Role
	if role == Hub || role == Alone && !db.config.Outbox {
		return nil
	}
	return checkRoom(role, db.outboxBytes.Load(), db.config.MaxOutbox)
}

// checkRoom refuses another frame when the outbox has reached its bound. The last frame may go beyond it.
func checkRoom(role Role, bytes, most int64) error {
	if bytes < most {
		return nil
	}
	todo := "run edgetoken facts acknowledge up to what is kept elsewhere"
	if role == Edge {
		todo = "see why the hub of the fleet takes no frames"
	}
	return fmt.Errorf("%w: it has %d bytes, the most is %d: %s, or raise outbox.bytes", ErrOutboxFull, bytes, most,
		todo)
}

// checkOutbox refuses facts that other nodes should know while the outbox is full. Others need no room in it.
func (w *writer) checkOutbox(facts resolved) error {
	if w.membership.Role == Hub {
		return nil
	}
	err := checkRoom(w.membership.Role, w.fleet.outbox.bytes, w.maxOutbox)
	if err != nil && slices.ContainsFunc(facts, w.shares) {
		return err
	}
	return nil
}

// keepNode writes who this node is, in the first commit of an incarnation.
func (w *writer) keepNode() error {
	kept, err := w.tables.node()
	if err != nil || kept == w.node {
		return err
	}
	return w.join(w.node)
}

// setNode sets who this node is. The frames of another incarnation begin a chain of their own, after what this commit
// has written in the one before.
func (w *writer) setNode(n fact.Node) {
	if n.Incarnation != w.node.Incarnation {
		w.frame()
		w.last = head{}
	}
	w.node = n
	w.homes = nil
	w.put(metaBucket, nodeKey, encodeNode(n))
}

// frame puts the shared facts of this commit into the outbox: in one frame, or in more if they do not fit.
func (w *writer) frame() {
	if len(w.shared.List) > 0 {
		w.tx.Bucket(outboxBucket).FillPercent = 1 // keys only rise, so no page is split for another
	}
	for _, facts := range w.shared.List {
		f := fact.Frame{Node: w.node.Number, Incarnation: w.node.Incarnation, Sequence: w.last.sequence + 1,
			Previous: w.last.hash, Made: w.at.known, Facts: facts}
		raw, err := f.Append(nil)
		if err != nil {
			panic(err)
		}
		w.put(outboxBucket, positionKey(f.Position()), raw)
		w.fleet.outbox.add(raw)
		w.last = head{f.Sequence, f.Hash()}
		w.head = f.Position()
	}
	w.shared = w.runs()
}

// maxFleetFrame bounds the facts of a frame in a fleet, in bytes: a message on the lane to another node has one at
// least.
const maxFleetFrame = 512<<10 - 256

// runs are where this commit notes the facts of its frames.
func (w *writer) runs() fact.Runs {
	if w.membership.Role == Alone {
		return fact.Runs{}
	}
	return fact.Runs{Most: maxFleetFrame}
}

// positionKey is the key of a frame in the outbox: u64 incarnation | u64 sequence.
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

// Outbox returns the frames after a position, in their order: as many as have at most most bytes together, and at least
// one if there is one. The zero position is before all frames.
func (db *DB) Outbox(ctx context.Context, after fact.Position, most int) (frames [][]byte, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		frames = tables{tx: tx}.framesAfter(after, most)
		return nil
	})
	return frames, err
}

// framesAfter is Outbox in a transaction.
func (t tables) framesAfter(after fact.Position, most int) (frames [][]byte) {
	cursor := t.tx.Bucket(outboxBucket).Cursor()
	for k, v := seekBehind(cursor, positionKey(after)); k != nil; k, v = cursor.Next() {
		if most -= len(v); most < 0 && len(frames) > 0 {
			break
		}
		frames = append(frames, bytes.Clone(v))
	}
	return frames
}

// maxTrimmed bounds how many frames one transaction removes.
const maxTrimmed = 1000

// Acknowledge removes the frames up to a position, that one included, from the outbox. Call it once they are durable
// elsewhere. The error is ErrInvalid for a position beyond the last frame of this node.
func (db *DB) Acknowledge(ctx context.Context, upTo fact.Position) error {
	last := positionKey(upTo)
	return db.inSteps(ctx, func(w *writer) (resolved, bool, error) {
		made := fact.Position{Incarnation: w.node.Incarnation, Sequence: w.last.sequence}
		if bytes.Compare(last, positionKey(made)) > 0 {
			return nil, false, fmt.Errorf("acknowledgement of frame %v %w: the latest is %v", upTo, ErrInvalid, made)
		}
		return w.trimWhile(func(key, _ []byte) bool { return bytes.Compare(key, last) <= 0 })
	})
}

// trimAll resolves the removal of all frames, as trimWhile does.
func (w *writer) trimAll() (f resolved, more bool, err error) {
	return w.trimWhile(func(_, _ []byte) bool { return true })
}

// trimWhile resolves the removal of frames from the first one on, as long as goes says so of their keys and values, but
// of at most maxTrimmed. It reports whether there are more.
func (w *writer) trimWhile(goes func(key, raw []byte) bool) (f resolved, more bool, err error) {
	trim := fact.Trim{}
	cursor := w.tx.Bucket(outboxBucket).Cursor()
	for k, raw := cursor.First(); k != nil && goes(k, raw); k, raw = cursor.Next() {
		if trim.Frames == maxTrimmed {
			return resolved{trim}, true, nil
		}
		if trim.UpTo, err = readPositionKey(k); err != nil {
			return nil, false, err
		}
		trim.Frames++
	}
	if trim.Frames > 0 {
		f = resolved{trim}
	}
	return f, false, nil
}

// trim removes the frames up to a position. In a fleet it keeps the position and hash of the last of them.
func (w *writer) trim(upTo fact.Position) {
	last := positionKey(upTo)
	cursor := w.tx.Bucket(outboxBucket).Cursor()
	var drop [][]byte
	for k, v := cursor.First(); k != nil && bytes.Compare(k, last) <= 0; k, v = cursor.Next() {
		drop = append(drop, bytes.Clone(k))
		w.fleet.outbox.take(v)
		if bytes.Equal(k, last) && w.membership.Role != Alone {
			w.keepTrimmed(upTo, v)
		}
	}
	for _, k := range drop {
		w.remove(outboxBucket, k)
	}
}

// node reads who wrote the file last.
func (t tables) node() (fact.Node, error) { return decodeNode(t.get(metaBucket, nodeKey)) }

// Node says who this node is. Its incarnation is drawn when the file is opened: nobody can tell from a file whether
// it was copied, or has lost its last commits.
func (db *DB) Node(ctx context.Context) (fact.Node, error) {
	var n fact.Node
	err := db.write(ctx, func(w *writer) (resolved, error) {
		n = w.node
		return nil, nil
	})
	if err != nil { // the committer may still write n
		return fact.Node{}, err
	}
	return n, nil
}

// Number is the number of this node in its fleet; 0: it is in none. It reads memory.
func (db *DB) Number() uint16 { return db.homes.Load().own }

// Previous is the incarnation that the file had when it was opened; 0: none ever wrote it. It reads memory.
func (db *DB) Previous() uint64 { return db.previous }

// Begin writes who this node is, so that the next process finds this incarnation as its Previous, also if nothing else
// is written.
func (db *DB) Begin(ctx context.Context) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		kept, err := w.tables.node()
		if err != nil || kept == w.node {
			return nil, err
		}
		return resolved{w.node}, nil
	})
}

// Reincarnate begins another incarnation while the store is open, above the present one and another one, 0 if none: its
// frames are a chain of their own. Previous stays.
func (db *DB) Reincarnate(ctx context.Context, above uint64) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		n := w.node
		n.Incarnation = max(n.Incarnation, above) + 1
		return resolved{n}, nil
	})
}

// An incarnation has the time of its beginning in its high bits, so that a later one is higher, and random bits below.
const (
	incarnationTimeBits = 42
	incarnationEpoch    = 1704067200000 // 2024-01-01T00:00:00Z in Unix milliseconds
)

// incarnate draws the incarnation that begins now, above the last one that the file knows.
func incarnate(last uint64, now time.Time, random io.Reader) (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[2:]); err != nil {
		return 0, fmt.Errorf("draw an incarnation: %w", err)
	}
	const lower = 64 - incarnationTimeBits
	passed := uint64(min(max(now.UnixMilli()-incarnationEpoch, 0), 1<<incarnationTimeBits-1))
	if last != 0 { // also by a clock that was set back
		passed = max(passed, last>>lower+1)
	}
	return passed<<lower | binary.BigEndian.Uint64(b[:])&(1<<lower-1), nil
}
