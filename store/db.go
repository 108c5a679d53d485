package store

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// DB is an open store. All methods are safe for concurrent use.
type DB struct {
	config   Config
	identity identity
	older    int                 // see Upgraded
	gap      atomic.Pointer[gap] // that of the file: only Restore and Adopt change it
	queue    chan *request

	// between is what the committer does between two commits: see DB.betweenCommits.
	between chan func()

	// mu guards what readers need. The committer holds it only to exchange the file, and then waits for readers.
	mu      sync.RWMutex
	bolt    *bbolt.DB     // nil while failure is not nil
	failure error         // why the store cannot answer
	info    os.FileInfo   // of the file that bolt has open
	lost    chan struct{} // closed when failure is ErrLost

	// sending guards closed. It keeps anybody from sending to queue after Close.
	sending sync.RWMutex
	closed  bool
	done    chan struct{} // closed when the committer has ended

	// mark is the durable high-water mark, in Unix milliseconds. The mark that a reader finds in the file may not be
	// durable yet.
	mark atomic.Int64
	// membership says what this node is in which fleet.
	membership atomic.Pointer[Membership]
	// roster has the members of the fleet.
	roster atomic.Pointer[roster]
	// head is the position of the last durable frame, and frames says that there is another.
	head     atomic.Pointer[fact.Position]
	frames   chan struct{}
	previous uint64 // see Previous
	// homes say who advances a family, and the number of this node.
	homes atomic.Pointer[homes]
	// adopting lets one copy at a time take the place of the store.
	adopting sync.Mutex
	// outboxBytes are the durable bytes of the outbox.
	outboxBytes atomic.Int64

	// latest is the commit that began last.
	latest atomic.Pointer[syncing]

	// changes is odd while a commit is under way: see Changes.
	changes atomic.Uint64
	loads   *loadCache
	index   *familyIndex

	keysVersion atomic.Uint64 // see KeysVersion

	windows windows
	logins  lastLogins // of an edge
	uses    uses
	counts  counts
	time    *timekeeper
	// foreignLifetime is at most Lifetimes.Foreign of the file, in seconds.
	foreignLifetime atomic.Int64

	committer committer
}

func newDB(c Config, f file) *DB {
	db := &DB{config: c, time: newTimekeeper(c), identity: f.identity, older: f.older,
		queue: make(chan *request, maxBatch), between: make(chan func()), done: make(chan struct{}),
		lost: make(chan struct{}), frames: make(chan struct{}, 1), previous: f.previous,
		bolt: f.bolt, info: f.info, index: newFamilyIndex(c.MaxFamilyIndex),
		loads: newLoadCache()}
	db.uses.crowded = make(chan struct{}, 1)
	db.time.opened(f)
	db.windows = windows{latest: f.tally.running, kept: f.tally.running}
	db.mark.Store(f.tally.mark)
	db.inFleet(f)
	db.outboxBytes.Store(f.fleet.outbox.bytes)
	db.latest.Store(durable(f.transaction))
	db.committer = committer{file: f, granted: bounded(f.tally.mark), sequence: f.tally.sequence,
		clock: f.clock(), node: f.node}
	return db
}

// ID is the random name of the store, 32 hex digits; a copy of the file has the same.
func (db *DB) ID() string { return db.identity.name() }

// IDs is the kind of ids that the store holds.
func (db *DB) IDs() core.IDKind { return db.identity.ids }

// Upgraded reports whether Open upgraded the file, so that earlier versions refuse it from now on, and its schemas
// before and after.
func (db *DB) Upgraded() (from, to int, done bool) { return db.older, schema, db.older != 0 }

// Health is nil while the store answers. Else it is ErrClosed, or wraps ErrUnavailable and the cause.
func (db *DB) Health() error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.failure
}

// Close waits for all reads and writes that have begun, and closes the file. Later calls get ErrClosed.
func (db *DB) Close() error {
	db.sending.Lock()
	if db.closed {
		db.sending.Unlock()
		<-db.done
		return nil
	}
	db.closed = true
	close(db.queue)
	db.sending.Unlock()
	<-db.done
	return db.committer.closeErr
}

// view runs fn in a read transaction. If fn has read from a commit under way, view waits until that is durable. fn must
// copy what it keeps.
func (db *DB) view(ctx context.Context, fn func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	awaited, err := db.read(fn)
	if errors.Is(err, ErrLost) {
		return db.lose(err)
	}
	if awaited != nil {
		if failed := awaited.wait(ctx); failed != nil {
			return failed
		}
	}
	return err
}

// read runs fn in a read transaction. awaited is the commit that fn saw although it was not durable; nil: none.
func (db *DB) read(fn func(*bbolt.Tx) error) (awaited *syncing, err error) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.failure != nil {
		return nil, db.failure
	}
	// A damaged page makes the requests fail that need it, not the process.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damage(p)
		}
	}()
	least := db.latest.Load().least()
	tx, err := db.bolt.Begin(false)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	// While mu is held, nobody exchanges the file. So the latest commit belongs to this file, and is the one read or a
	// later one.
	latest := db.latest.Load()
	if err := checkTransaction(db.config.Path, tx.ID(), least, latest.transaction); err != nil {
		return nil, err
	}
	if latest.pending(tx.ID()) {
		awaited = latest
	}
	return awaited, fn(tx)
}
