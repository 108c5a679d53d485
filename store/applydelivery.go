package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/edgetoken/edgetoken/core/codec"
	"github.com/edgetoken/edgetoken/store/fact"
)

// joinHead notes the last frame of an incarnation, and drops the frames that waited for it or came before.
func (w *writer) joinHead(f fact.Head) error {
	k := headKey{f.Node, f.Position.Incarnation}
	key := k.encode()
	if value := w.get(headsBucket, key); value != nil {
		old, err := decodeHead(k, value)
		if err != nil || old.Position.Sequence >= f.Position.Sequence {
			return err
		}
	}
	w.put(headsBucket, key, append(codec.U64([]byte{recordVersion}, f.Position.Sequence), f.Hash[:]...))
	for list := w.headsOf(f.Node); len(list) > maxHeads; list = list[1:] {
		w.remove(headsBucket, headKey{f.Node, list[0]}.encode())
	}
	var drop [][]byte
	cursor := w.tx.Bucket(waitingBucket).Cursor()
	for k, v := cursor.Seek(key); bytes.HasPrefix(k, key); k, v = cursor.Next() {
		if binary.BigEndian.Uint64(k[len(key):]) > f.Position.Sequence {
			break
		}
		drop = append(drop, bytes.Clone(k))
		w.waitingBytes -= int64(len(v))
	}
	for _, k := range drop {
		w.remove(waitingBucket, k)
	}
	return nil
}

// headsOf are the incarnations of a node whose last frame is known, the lowest first.
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

// decodeHead: version 1 | u64 sequence | 32 bytes hash.
func decodeHead(k headKey, value []byte) (fact.Head, error) {
	r := begin(value)
	h := fact.Head{Node: k.node, Position: fact.Position{Incarnation: k.incarnation, Sequence: r.U64()}}
	copy(h.Hash[:], r.Take(len(h.Hash)))
	if !r.Done() {
		return fact.Head{}, corrupt("head")
	}
	return h, nil
}

// joinWait keeps a frame that came too early.
func (w *writer) joinWait(f fact.Wait) error {
	frame, err := fact.ParseFrame(f.Frame)
	if err != nil {
		return err
	}
	key := waitingKey(frame)
	if w.get(waitingBucket, key) == nil {
		w.put(waitingBucket, key, f.Frame)
		w.waitingBytes += int64(len(f.Frame))
	}
	return nil
}

// joinQuarantine keeps what cannot be read, under its digest.
func (w *writer) joinQuarantine(f fact.Quarantine) {
	digest := sha256.Sum256(f.Raw)
	w.put(quarantineBucket, digest[:], fact.Append(nil, f))
}

// quarantined is all that cannot be read.
func (t tables) quarantined() (list []fact.Quarantine, err error) {
	err = t.tx.Bucket(quarantineBucket).ForEach(func(_, v []byte) error {
		q, err := decodeQuarantine(v)
		list = append(list, q)
		return err
	})
	return list, err
}

// decodeQuarantine: a fact.Quarantine, as facts are encoded.
func decodeQuarantine(value []byte) (fact.Quarantine, error) {
	f, err := fact.Decode(value)
	q, ok := f.(fact.Quarantine)
	if err != nil || !ok {
		return fact.Quarantine{}, corrupt("quarantine")
	}
	return q, nil
}

// followed is the position of the last delivery that had one.
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
