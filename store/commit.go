package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// maxBatch bounds how many requests wait and how many share a commit.
const maxBatch = 512

// The pauses between attempts to open the file again: each is twice the one before, from the first to the last.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 10 * time.Second
)

// request is one write that waits for its commit.
type request struct {
	resolve func(*writer) (resolved, error)
	applied func(*writer) error // reads what came of it; may be nil
	// foreign says that the facts are of other nodes. One that meets a damaged record is quarantined.
	foreign     bool
	quarantined int  // how many were
	unshared    bool // the facts are not for the outbox
	again       bool // the facts say again what was decided before: see writer.again
	err         error
	done        chan struct{} // closed when err is there
}

// committer is the state of the one goroutine that writes. Nobody else touches it.
type committer struct {
	file     file
	granted  int64  // the latest start that was granted, or may have been before the file was opened; Unix milliseconds
	sequence uint64 // the last version given out, even if its commit is not durable
	clock    int64  // the latest stamp given or seen, even if its commit is not durable; Unix microseconds
	node     fact.Node
	known    bool     // the file has node
	last     head     // the last frame of this incarnation
	failed   uint64   // the transaction id of the commit that failed; 0 after it was taken back
	panicked bool     // bbolt panicked while it wrote, and may hold its locks forever
	syncing  *syncing // the commit under way, once readers can see it; else nil
	pause    time.Duration
	batcher  batcher
	closeErr error
}

// write has the committer resolve a request and apply its facts, and waits until they are durable. It returns the error
// of resolve, which does not affect the other requests of the commit. If ctx ends before the request is in the queue,
// nothing is done. If it ends later, the request is served all the same, and only the wait ends.
func (db *DB) write(ctx context.Context, resolve func(*writer) (resolved, error)) error {
	return db.writeThen(ctx, resolve, nil)
}

// writeThen is write that also calls applied, in the same transaction, to read what came of the request.
func (db *DB) writeThen(
	ctx context.Context, resolve func(*writer) (resolved, error), applied func(*writer) error,
) error {
	return db.await(ctx, &request{resolve: resolve, applied: applied, done: make(chan struct{})})
}

// await has the committer serve a request.
func (db *DB) await(ctx context.Context, r *request) error {
	if err := db.send(ctx, r); err != nil {
		return err
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (db *DB) send(ctx context.Context, r *request) error {
	db.sending.RLock()
	defer db.sending.RUnlock()
	if db.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.Health(); err != nil {
		return err
	}
	select {
	case db.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commits is the one goroutine that writes. Requests that wait when a commit ends share the next one: see batcher.
func (db *DB) commits() {
	defer close(db.done)
	c := &db.committer
	var retry <-chan time.Time
	for {
		select {
		case r, open := <-db.queue:
			if !open {
				if db.Health() == nil && db.windows.due(db.time.look().running) {
					c.release(db.commit([]*request{{resolve: keepClock}})) // if it fails, windows are left as they were
				}
				c.closeErr = db.finish()
				return
			}
			batch := c.batcher.next(r, db.queue)
			begun := time.Now()
			err := db.Health()
			if err == nil {
				if err = db.commit(batch); err != nil {
					db.counts.failures.Add(1)
					err = db.fail(err)
				} else {
					err = db.Look()
				}
				db.committer.release(err)
			}
			c.batcher.answered(len(batch), len(db.queue), time.Since(begun))
			for _, r := range batch {
				if err != nil {
					r.err = err
				}
				close(r.done)
			}
			if err == nil || retry != nil {
				continue
			}
		case do := <-db.between:
			do()
			if retry != nil || db.Health() == nil {
				continue
			}
		case <-retry:
		}
		retry = db.reopen()
	}
}

// commit runs a batch in one transaction. An error means that its outcome is unknown.
func (db *DB) commit(batch []*request) (err error) {
	c := &db.committer
	begun := time.Now()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var tx *bbolt.Tx
	defer func() {
		if p := recover(); p != nil {
			err = damage(p)
			c.panicked = tx == nil || !rolledBack(tx)
		}
	}()
	tx, err = c.file.bolt.Begin(true)
	if err != nil {
		return err
	}
	last := db.latest.Load().transaction
	if err := checkTransaction(db.config.Path, tx.ID(), last+1, last+1); err != nil {
		return errors.Join(db.lose(err), tx.Rollback())
	}
	c.failed = uint64(tx.ID())
	w, err := db.serve(tx, batch)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if w.puts > 0 {
		if db.config.committing != nil {
			db.config.committing()
		}
		db.changes.Add(1)
		c.syncing = &syncing{transaction: tx.ID(), done: make(chan struct{})}
		db.latest.Store(c.syncing)
		err = tx.Commit()
	} else {
		err = tx.Rollback()
	}
	if err != nil {
		return diskError(err)
	}
	if w.puts > 0 {
		db.changes.Add(1)
		db.counts.committed(len(batch), time.Since(begun))
		db.served(w)
	}
	c.failed = 0
	db.mark.Store(w.tally.mark)
	db.outboxBytes.Store(c.file.fleet.outbox.bytes)
	return nil
}

// serve resolves and applies a batch in a transaction, and writes all that goes with a commit.
func (db *DB) serve(tx *bbolt.Tx, batch []*request) (*writer, error) {
	c := &db.committer
	w, err := newWriter(db, tx)
	if err != nil {
		return nil, err
	}
	for _, r := range batch {
		r.err = w.run(r)
	}
	c.sequence, c.granted, c.clock = w.tally.sequence, w.granted, w.clock
	if w.puts == 0 {
		return w, nil
	}
	if !c.known {
		if err := w.keepNode(); err != nil {
			return nil, err
		}
	}
	w.frame()
	w.keepClocks()
	if w.advanced || w.tally.running != 0 {
		w.tally.running = w.at.running
	}
	w.put(metaBucket, tallyKey, w.tally.encode())
	if w.fleet != c.file.fleet {
		w.put(metaBucket, fleetKey, w.fleet.encode())
	}
	return w, nil
}

// served takes over from a writer what is durable now.
func (db *DB) served(w *writer) {
	c := &db.committer
	db.time.committed(w.tally.committed)
	db.windows.keep(w.tally.running)
	if w.advanced {
		db.windows.opened(window{began: w.at.running, durable: db.time.look().running})
	}
	c.node, c.known, c.last = w.node, true, w.last
	c.file.fleet, c.file.membership, c.file.roster = w.fleet, w.membership, w.roster
	db.homes.Store(w.homesNow())
	db.membership.Store(&w.membership)
	db.roster.Store(&w.roster)
	db.logins.add(w.logins)
	db.framed(w)
	db.index.remove(int(c.failed), w.forgotten)
	if w.keysChanged {
		db.keysVersion.Add(1)
	}
}

// release ends the wait of readers who have seen the commit under way.
func (c *committer) release(err error) {
	if c.syncing != nil {
		c.syncing.end(err)
		c.syncing = nil
	}
}

// rolledBack ends a transaction after a panic; false if bbolt panics again and keeps its locks.
func rolledBack(tx *bbolt.Tx) (ok bool) {
	defer func() { recover() }()
	return tx.Rollback() == nil
}

// fail shuts readers out: they might see a commit that is not durable.
func (db *DB) fail(cause error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if errors.Is(db.failure, ErrLost) {
		return db.failure
	}
	db.bolt = nil
	db.failure = fmt.Errorf("%w: %w", ErrUnavailable, cause)
	return db.failure
}

// reopen takes back the failed commit, closes the file and opens it anew. The channel says when to try again; nil: the
// file is open or lost.
func (db *DB) reopen() <-chan time.Time {
	c := &db.committer
	if errors.Is(db.Health(), ErrLost) {
		return nil
	}
	err := db.exchange()
	if err == nil {
		db.counts.reopenings.Add(1)
		db.time.opened(c.file)
		if failed := db.latest.Load(); failed.err != nil && failed.transaction == c.file.transaction {
			// It is durable after all, and nobody had an answer before.
			db.windows.opened(window{began: c.file.tally.running, durable: db.time.look().running})
		}
		db.windows.keep(c.file.tally.running)
		c.pause = 0
		db.mark.Store(c.file.tally.mark)
		db.inFleet(c.file)
		db.outboxBytes.Store(c.file.fleet.outbox.bytes)
		db.latest.Store(durable(c.file.transaction))
		db.keysVersion.Add(1)                      // the commit that failed may have changed keys
		db.changes.Store(db.changes.Load()&^1 + 2) // nothing read from a commit that was taken back counts
		db.mu.Lock()
		defer db.mu.Unlock()
		db.bolt, db.info, db.failure = c.file.bolt, c.file.info, nil
		return nil
	}
	if errors.Is(err, ErrLost) {
		db.lose(err)
		return nil
	}
	db.fail(err)
	c.pause = min(max(2*c.pause, firstPause), lastPause)
	return time.After(c.pause)
}

func (db *DB) exchange() error {
	c := &db.committer
	if err := lost(db.config.Path, db.info); err != nil {
		return err
	}
	if c.file.bolt != nil {
		if err := c.takeBack(); err != nil {
			return err
		}
		c.close()
	}
	config := db.config
	config.existing = true
	f, err := config.open()
	if err != nil {
		return err
	}
	// Nobody knows whether the failed commit is in the file.
	latest := db.latest.Load()
	err = checkTransaction(db.config.Path, f.transaction, latest.least(), latest.transaction)
	if !os.SameFile(f.info, db.info) || f.identity != db.identity {
		err = lostFile(db.config.Path, "another file lies there")
	}
	if err != nil {
		return errors.Join(err, f.bolt.Close())
	}
	c.file = f
	db.index.refill(f.bolt)
	c.granted = max(c.granted, bounded(f.tally.mark))
	c.sequence = max(c.sequence, f.tally.sequence)
	c.clock = max(c.clock, f.clock())
	c.node, c.known, c.last = f.node, false, head{}
	return nil
}

// takeBack takes back the commit that failed, if one did.
func (c *committer) takeBack() error {
	if c.failed != 0 {
		if err := undo(c.file.handle, c.failed); err != nil && !errors.Is(err, os.ErrClosed) {
			return diskError(err)
		}
		c.failed = 0
	}
	return nil
}

// close closes the file, whatever its state. If bbolt may hold its locks forever, its own Close would never return:
// then close closes only the handle, and the mapping stays until the process ends.
func (c *committer) close() error {
	var err error
	if c.panicked {
		err = release(c.file.handle)
	} else {
		err = c.file.bolt.Close()
	}
	c.file, c.panicked = file{}, false
	return err
}

// finish ends the committer; every later call gets ErrClosed. If a failed commit is still to be taken back, finish does
// so: the page cache shows it as written, and the next process would take it for durable. A lost file stays as it is.
func (db *DB) finish() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	isLost := errors.Is(db.failure, ErrLost)
	db.bolt, db.failure = nil, ErrClosed
	c := &db.committer
	if c.file.bolt == nil {
		return nil
	}
	var err error
	if !isLost {
		err = c.takeBack()
	}
	return errors.Join(err, c.close())
}
