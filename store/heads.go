package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// incarnation names an incarnation of a node.
type incarnation struct {
	node   uint16
	number uint64
}

// key is its key in the bucket heads: u16 node | u64 number.
func (i incarnation) key() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint16(nil, i.node), i.number)
}

func (i incarnation) compare(j incarnation) int {
	return cmp.Or(cmp.Compare(i.node, j.node), cmp.Compare(i.number, j.number))
}

// place is the place of a frame in its incarnation.
type place struct {
	of       incarnation
	sequence uint64
}

func placeOf(f *fact.Frame) place { return place{incarnation{f.Node, f.Incarnation}, f.Sequence} }

// key begins the keys of the frames that wait at a place.
func (p place) key() []byte { return binary.BigEndian.AppendUint64(p.of.key(), p.sequence) }

func (p place) compare(q place) int {
	return cmp.Or(p.of.compare(q.of), cmp.Compare(p.sequence, q.sequence))
}

// waitingKey is the key of a frame in the bucket waiting: its place, and the SHA-256 of the whole frame, so that a
// made-up frame does not keep the true one out.
func waitingKey(at place, raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return append(at.key(), sum[:]...)
}

// head is the last frame of an incarnation that was applied. The zero head is before all frames.
type head struct {
	sequence uint64
	hash     [sha256.Size]byte
}

// encode: version 1 | u64 sequence | 32 bytes hash.
func (h head) encode() []byte {
	return append(codec.U64([]byte{recordVersion}, h.sequence), h.hash[:]...)
}

func decodeHead(value []byte) (h head, err error) {
	r := begin(value)
	h.sequence = r.U64()
	copy(h.hash[:], r.Take(len(h.hash)))
	if !r.Done() || h.sequence == 0 {
		return head{}, corrupt("head")
	}
	return h, nil
}

// head returns the head of an incarnation; over says that it was forgotten, see maxHeads.
func (c *courier) head(of incarnation) (h head, over bool, err error) {
	if h, moved := c.heads[of]; moved {
		return h, false, nil
	}
	if value := c.w.get(headsBucket, of.key()); value != nil {
		h, err = decodeHead(value)
		return h, false, err
	}
	list := c.w.headsOf(of.node)
	return head{}, len(list) >= maxHeads && of.number < list[0], nil
}

// HeadOf returns the position of the last frame of a node that this one has applied, in its highest incarnation; zero
// if there is none. The hub acknowledges an edge's frames by it.
func (db *DB) HeadOf(ctx context.Context, number uint16) (p fact.Position, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		list := t.headsOf(number)
		if len(list) == 0 {
			return nil
		}
		of := incarnation{number, list[len(list)-1]}
		h, err := decodeHead(t.get(headsBucket, of.key()))
		p = fact.Position{Incarnation: of.number, Sequence: h.sequence}
		return err
	})
	if err != nil {
		return fact.Position{}, err
	}
	return p, nil
}

// headsOf are the incarnations of a node whose head is known, the lowest first.
func (t tables) headsOf(node uint16) (list []uint64) {
	prefix := binary.BigEndian.AppendUint16(nil, node)
	cursor := t.tx.Bucket(headsBucket).Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
		if len(k) == 10 {
			list = append(list, binary.BigEndian.Uint64(k[2:]))
		}
	}
	return list
}

// beginning is before the keys of all frames of a node that wait.
func beginning(node uint16) []byte { return place{of: incarnation{node: node}}.key() }

// waiting are the frames that wait under keys from one on to before another, without those that are damaged.
func (t tables) waiting(from, to []byte) iter.Seq[*fact.Frame] {
	return func(yield func(*fact.Frame) bool) {
		cursor := t.tx.Bucket(waitingBucket).Cursor()
		for k, raw := cursor.Seek(from); k != nil && bytes.Compare(k, to) < 0; k, raw = cursor.Next() {
			if f, err := fact.ParseFrame(raw); err == nil && !yield(f) {
				return
			}
		}
	}
}

// joinHead notes the head of an incarnation, and drops the waiting frames up to it. It forgets the oldest incarnations
// beyond maxHeads.
func (w *writer) joinHead(f fact.Head) error {
	of := incarnation{f.Node, f.Position.Incarnation}
	if value := w.get(headsBucket, of.key()); value != nil {
		old, err := decodeHead(value)
		if err != nil || old.sequence >= f.Position.Sequence {
			return err
		}
	}
	w.put(headsBucket, of.key(), head{f.Position.Sequence, f.Hash}.encode())
	w.stopWaiting(place{of: of}.key(), place{of, f.Position.Sequence + 1}.key())
	list := w.headsOf(f.Node)
	for ; len(list) > maxHeads; list = list[1:] {
		w.remove(headsBucket, incarnation{f.Node, list[0]}.key())
	}
	if len(list) == maxHeads {
		w.stopWaiting(beginning(f.Node), place{of: incarnation{f.Node, list[0]}}.key())
	}
	return nil
}

// waitingOf is how many bytes of the frames of a node wait.
func (t tables) waitingOf(node uint16) (n int64) {
	prefix := binary.BigEndian.AppendUint16(nil, node)
	cursor := t.tx.Bucket(waitingBucket).Cursor()
	for k, raw := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, raw = cursor.Next() {
		n += int64(len(raw))
	}
	return n
}

// stopWaiting drops the frames that wait under keys from one on to before another.
func (w *writer) stopWaiting(from, to []byte) {
	var drop [][]byte
	cursor := w.tx.Bucket(waitingBucket).Cursor()
	for k, v := cursor.Seek(from); k != nil && bytes.Compare(k, to) < 0; k, v = cursor.Next() {
		drop = append(drop, bytes.Clone(k))
		w.fleet.waiting.take(v)
	}
	for _, k := range drop {
		w.remove(waitingBucket, k)
	}
}

// joinWait keeps a frame that came too early.
func (w *writer) joinWait(f fact.Wait) error {
	frame, err := fact.ParseFrame(f.Frame)
	if err != nil {
		return err
	}
	key := waitingKey(placeOf(frame), f.Frame)
	if w.get(waitingBucket, key) == nil {
		w.put(waitingBucket, key, f.Frame)
		w.fleet.waiting.add(f.Frame)
	}
	return nil
}

// followed reads the position of the last delivery that had one; nil if there was none.
func (t tables) followed() ([]byte, error) {
	value := t.get(metaBucket, followedKey)
	if value == nil {
		return nil, nil
	}
	r := begin(value)
	position := r.rest()
	if !r.Done() {
		return nil, corrupt("position")
	}
	return position, nil
}
