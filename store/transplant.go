package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// maxTransplanted bounds the records that one transaction of a transplant writes, since it has their pages in memory.
const maxTransplanted = 20_000

// Whole buckets of its own that an edge keeps, and records of the bucket meta. A record that it does not have, the copy
// must not have either.
var (
	keptBuckets = [][]byte{
		outboxBucket, quarantineBucket, sessionsBucket, customerSessionsBucket, sessionExpiryBucket,
	}
	keptMeta = [][]byte{identityKey, sessionsKey, membershipKey, trimmedKey, rootChainKey}
)

// transplant is what goes over from the store of an edge into a copy that takes its place.
type transplant struct {
	db      *DB
	old     tables
	to      *bbolt.DB
	at      instant
	node    fact.Node
	homes   *homes // of the copy
	skipped int64  // by how much running time has grown, in microseconds
}

// transplant puts what this edge keeps into a copy, durable. Until then the copy is no store: nobody opens it. It
// returns by how much the running time of the store grows.
func (db *DB) transplant(old tables, next file) (skipped int64, err error) {
	x := &transplant{db: db, old: old, to: next.bolt, at: db.time.look()}
	x.node = db.committer.node
	x.node.Epoch = max(x.node.Epoch, next.node.Epoch)
	x.node.Homes = max(x.node.Homes, next.node.Homes)
	next.bolt.NoSync = true
	defer func() { next.bolt.NoSync = false }()
	for _, step := range []func() error{x.meta, x.buckets, x.keys, x.sent, x.families, next.bolt.Sync} {
		if err := step(); err != nil {
			return 0, err
		}
	}
	return x.skipped, nil
}

// meta puts together what the store says of itself.
func (x *transplant) meta() error {
	return x.to.Update(func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		kind, err := decodeIdentity(t.get(metaBucket, identityKey))
		switch {
		case err != nil:
			return err
		case t.get(metaBucket, membershipKey) != nil || t.get(metaBucket, trimmedKey) == nil:
			return fmt.Errorf("copy %w: it is none for an edge", ErrInvalid)
		case kind.ids != x.db.identity.ids:
			return fmt.Errorf("copy %w: the hub of the fleet has %s; make a new store with that kind of ids", ErrIDKind,
				kindName(kind.ids))
		}
		members, err := t.readRoster()
		if err != nil {
			return err
		}
		x.homes = newHomes(x.node, Edge, members)
		return errors.Join(x.position(t), x.tally(t), x.clocks(t), x.counts(t), x.keptRecords(t),
			put(t, nodeKey, encodeNode(x.node)))
	})
}

// put puts a record of the bucket meta.
func put(t tables, key, value []byte) error { return t.tx.Bucket(metaBucket).Put(key, value) }

// position goes on from where the log of the hub ended. The next frame must follow the last one of the copy.
func (x *transplant) position(t tables) error {
	node, err := t.node()
	if err != nil {
		return err
	}
	end, err := t.trimmed()
	if err != nil {
		return err
	}
	of := incarnation{fact.HubNumber, end.Incarnation}
	position := fact.AppendLogPosition(nil, node.Epoch, end.Position)
	return errors.Join(put(t, followedKey, append([]byte{recordVersion}, position...)),
		t.tx.Bucket(headsBucket).Put(of.key(), head{end.Sequence, end.hash}.encode()))
}

// tally joins what both count. The running time goes on behind that of the hub, so that no window is open in which the
// tokens of an advance are given again that another node made: the record of the family has the time of the hub.
func (x *transplant) tally(t tables) error {
	own, err := decodeTally(x.old.get(metaBucket, tallyKey))
	if err != nil {
		return err
	}
	next, err := decodeTally(t.get(metaBucket, tallyKey))
	if err != nil {
		return err
	}
	running := x.at.running
	if next.running != 0 {
		running = max(running, next.running+core.MaxGrace.Microseconds())
	}
	x.skipped = running - x.at.running
	if own.running != 0 || next.running != 0 {
		next.running = running
	}
	next.committed = own.committed
	next.sequence = max(own.sequence, x.db.committer.sequence, next.sequence)
	next.mark = max(own.mark, next.mark)
	next.cutOff = max(own.nodeCutOff(), next.nodeCutOff())
	next.highest = max(own.highest, next.highest)
	return put(t, tallyKey, next.encode())
}

// clocks has the later one of each mark, and the edge's own purge clock.
func (x *transplant) clocks(t tables) error {
	for _, key := range [][]byte{longestKey, longestRefreshKey, longestForeignKey, epochKey} {
		if value := x.old.get(metaBucket, key); value != nil {
			own, err := decodeNumber(string(key), value)
			if err != nil {
				return err
			}
			if there := t.get(metaBucket, key); there != nil {
				other, err := decodeNumber(string(key), there)
				if err != nil {
					return err
				}
				own = max(own, other)
			}
			if err := put(t, key, encodeNumber(own)); err != nil {
				return err
			}
		}
	}
	own, err := x.old.gap()
	if err != nil {
		return err
	}
	other, err := t.gap()
	if err != nil {
		return err
	}
	if g := own.and(other); g.until != 0 {
		err = put(t, gapKey, g.encode())
	}
	for _, key := range [][]byte{issuedKey, purgeClockKey} {
		if value := x.old.get(metaBucket, key); value != nil {
			err = errors.Join(err, put(t, key, value))
		}
	}
	return err
}

// counts counts the edge's own outbox and quarantine; the copy has none.
func (x *transplant) counts(t tables) error {
	own, err := x.old.fleet()
	if err != nil {
		return err
	}
	f, err := t.fleet()
	if err != nil {
		return err
	}
	f.outbox, f.waiting, f.quarantined = own.outbox, amount{}, own.quarantined
	return put(t, fleetKey, f.encode())
}

func (x *transplant) keptRecords(t tables) (err error) {
	for _, key := range keptMeta {
		if value := x.old.get(metaBucket, key); value != nil {
			err = errors.Join(err, put(t, key, value))
		} else {
			err = errors.Join(err, t.tx.Bucket(metaBucket).Delete(key))
		}
	}
	return err
}

// buckets copies the buckets of the edge's own.
func (x *transplant) buckets() error {
	for _, name := range keptBuckets {
		if err := x.copy(name, func([]byte) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// copy copies those records of a bucket whose keys go over.
func (x *transplant) copy(bucket []byte, goes func(key []byte) bool) error {
	return copyTo(context.Background(), x.to, func(c *copier) error {
		c.enter(bucket)
		return x.old.tx.Bucket(bucket).ForEach(func(k, v []byte) error {
			if !goes(k) {
				return nil
			}
			return c.put(k, v)
		})
	})
}

// keys takes over private parts. Where the hub does not know a key that this node signs with, since it was restored,
// the key itself goes over too.
func (x *transplant) keys() error {
	own := map[string]bool{} // the hub does not know them
	known := map[string]bool{}
	list, err := x.old.keyRecords()
	if err != nil {
		return err
	}
	err = x.to.View(func(tx *bbolt.Tx) error {
		for _, k := range list {
			known[k.ID] = tx.Bucket(keysBucket).Get([]byte(k.ID)) != nil
			own[k.ID] = !known[k.ID] && k.Node == x.node.Number && x.old.get(sealedBucket, []byte(k.ID)) != nil
		}
		return nil
	})
	if err == nil {
		err = x.copy(keysBucket, func(id []byte) bool { return own[string(id)] })
	}
	if err == nil {
		err = x.copy(sealedBucket, func(id []byte) bool { return own[string(id)] || known[string(id)] })
	}
	return err
}

// apply runs fn with a writer of the copy, in one transaction.
func (x *transplant) apply(fn func(w *writer) error) error {
	return x.to.Update(func(tx *bbolt.Tx) (err error) {
		w := &writer{tables: tables{tx: tx, known: newFamilyIndex(0)}, ids: x.db.identity.ids, at: x.at,
			now: x.at.known / 1000, node: x.node, homes: x.homes, again: true,
			maxLogins: x.db.config.MaxLogins}
		if w.tally, err = decodeTally(w.get(metaBucket, tallyKey)); err != nil {
			return err
		}
		if w.fleet, err = w.tables.fleet(); err != nil {
			return err
		}
		if err = fn(w); err == nil {
			w.keepEntries()
			err = errors.Join(put(w.tables, tallyKey, w.tally.encode()), put(w.tables, fleetKey, w.fleet.encode()))
		}
		return err
	})
}

// sent applies what the outbox has, which the hub may not have yet.
func (x *transplant) sent() error {
	cursor := x.old.tx.Bucket(outboxBucket).Cursor()
	k, v := cursor.First()
	for k != nil {
		err := x.apply(func(w *writer) error {
			for n := 0; k != nil && n < maxTransplanted; k, v = cursor.Next() {
				f, err := fact.ParseFrame(v)
				if err != nil {
					return fmt.Errorf("outbox: %w", err)
				}
				n += len(f.Facts)
				for _, fact := range f.Facts {
					if err := x.resend(w, fact); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// resend applies a fact of the outbox that goes up to the hub. Another one the edge wrote when it was none.
func (x *transplant) resend(w *writer, f fact.Fact) error {
	if _, unread := f.(fact.Unread); unread || f.Kind().Lane()&fact.Up == 0 {
		return nil
	}
	return w.apply(f)
}

// families takes over the families that are dead here, and those whose home this node is.
func (x *transplant) families() error {
	type record struct {
		name core.FamilyKey
		family
	}
	for after := []byte{}; after != nil; {
		var list []record
		p := page{}
		after = p.families(x.old, after, func(k core.FamilyKey, f family) fact.Fact {
			own := f.advance != advance{} && x.homes.home(k, f.advance.home) == x.node.Number
			if own || f.dead {
				list = append(list, record{k, f})
			}
			return nil
		})
		for part := range slices.Chunk(list, maxTransplanted) {
			err := x.apply(func(w *writer) error {
				for _, r := range part {
					if err := x.family(w, r.name, r.family); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// family joins a record of the edge to that of the copy. The window of its latest advance stays as it is.
func (x *transplant) family(w *writer, k core.FamilyKey, own family) error {
	key, _ := familyKey(k)
	there, err := w.family(k)
	if err != nil {
		return err
	}
	if own.advanced > 0 {
		own.advanced += x.skipped
	}
	if there.version != 0 {
		own = own.join(there)
	}
	own.version = there.version
	w.putFamily(k, key, there, own)
	return nil
}
