package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/backup"
)

// adoptSuffix ends the name of the file that takes the place of the store. Open removes one that was left.
const adoptSuffix = ".adopt"

// Adopt puts a copy of the hub's store (CopyForEdge), from a file, in the place of the store of an edge while it runs:
// customers, groups, keys and cut-offs are then those of the hub, and Position is that of the copy. The edge keeps what
// is its own: identity, number, private parts of keys, sessions, outbox, quarantine, clocks and high-water marks, the
// families that are dead here, and the generations of those whose home it is.
//
// The copy is unpacked beside the store, so the disk must have room for both. Reads go on meanwhile. Writes wait while
// what the edge keeps goes over. The store serves until the other file is durable under its name: a crash leaves it as
// it was or the other one in its place, and so does an error, the latter only if it is an ErrUnavailable.
//
// The error is ErrInvalid for a node that is no edge, for a file that is no copy for one, and for a store with
// customers of its own, who would be lost, unless replace says so: it never followed a hub. It is ErrIDKind for a copy
// with ids of another kind, and as backup.Reader has it for one that is not whole.
func (db *DB) Adopt(ctx context.Context, path string, replace bool) (err error) {
	db.adopting.Lock()
	defer db.adopting.Unlock()
	place := db.config.realPath()
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("adopt a copy for store %s: %w", db.config.Path, diskError(err)),
				remove(place+adoptSuffix))
		}
	}()
	if err := db.mayAdopt(ctx, replace); err != nil {
		return err
	}
	if err := unpack(ctx, path, place+adoptSuffix); err != nil {
		return err
	}
	db.config.reached("unpacked")
	c := db.config
	c.Path, c.IDs, c.existing = place+adoptSuffix, core.NoCustomer, true
	next, err := c.open()
	if err != nil {
		return err
	}
	var failed error
	if err := db.betweenCommits(ctx, func() { failed = db.adopt(next, place, replace) }); err != nil {
		return errors.Join(err, next.bolt.Close())
	}
	return failed
}

// mayAdopt says why this store must not be replaced.
func (db *DB) mayAdopt(ctx context.Context, replace bool) error {
	return db.view(ctx, func(tx *bbolt.Tx) error { return tables{tx: tx}.mayAdopt(db.Membership().Role, replace) })
}

func (t tables) mayAdopt(role Role, replace bool) error {
	followed, err := t.followed()
	own, bad := decodeTally(t.get(metaBucket, tallyKey))
	switch {
	case role != Edge:
		return fmt.Errorf("copy %w: this node is no edge of a fleet", ErrInvalid)
	case err != nil || bad != nil:
		return cmp.Or(err, bad)
	case followed == nil && own.customers > 0 && !replace:
		return fmt.Errorf("copy %w: it would replace %d customers whom the hub of the fleet does not have", ErrInvalid,
			own.customers)
	}
	return nil
}

// unpack takes the store out of a copy, durable.
func unpack(ctx context.Context, path, to string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	b, err := backup.NewReader(from)
	if err != nil {
		return err
	}
	if err := remove(to); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return extractTo(ctx, b, f)
}

// adopt runs in the committer. After an error the old file is still in use, unless the error made the DB fail.
func (db *DB) adopt(next file, place string, replace bool) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damage(p)
		}
	}()
	c := &db.committer
	err = db.Look()
	var skipped int64
	if err == nil {
		err = c.file.bolt.View(func(old *bbolt.Tx) error {
			if err := (tables{tx: old}).mayAdopt(c.file.membership.Role, replace); err != nil {
				return err
			}
			skipped, err = db.transplant(tables{tx: old}, next)
			return err
		})
	}
	if err == nil {
		err = next.bolt.View(next.read)
	}
	if err == nil {
		err = next.belongTo(c.file.handle)
	}
	if err != nil {
		return errors.Join(err, next.bolt.Close())
	}
	db.config.reached("transplanted")
	if err := db.replace(next, place+adoptSuffix, place, func() { db.took(next, skipped) }); err != nil {
		return err
	}
	db.config.reached("adopted")
	db.index.refill(next.bolt)
	return nil
}

// took takes in what a copy says that has taken the place of the store.
func (db *DB) took(next file, skipped int64) {
	c := &db.committer
	c.granted = max(c.granted, bounded(next.tally.mark))
	c.sequence = max(c.sequence, next.tally.sequence)
	c.clock = max(c.clock, next.clock())
	c.node, c.known = next.node, true
	db.index.table.Store(nil)
	db.time.skip(skipped)
	db.windows.skip(skipped)
	db.time.opened(next)
	db.windows.keep(next.tally.running)
	db.mark.Store(next.tally.mark)
	db.outboxBytes.Store(next.fleet.outbox.bytes)
	db.inFleet(next)
	db.keysVersion.Add(1)
	db.loads.all.Store(db.Changes() + 1) // another file: nothing that was read counts
	db.changes.Add(2)
}
