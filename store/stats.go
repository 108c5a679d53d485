package store

import (
	"context"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// Stats are figures of a store.
type Stats struct {
	Customers, Families, Tombstones int       // tombstones of ids: one for each customer who was removed
	Sessions, Logins                int       // not yet purged; log-ins by tokens that are listed
	Bytes                           int64     // of the file, room for growth not included
	LastCommit                      time.Time // the latest one under a plausible clock; zero: there was none
	HighWater                       int64     // Unix milliseconds
	CutOff                          int64     // of the node, Unix milliseconds; 0 where there is none
	Issued                          bool      // whether log-ins ever began here
	// Parked customers and contested addresses wait until an id or address is given up: see DB.Conflicts.
	Parked, Contested int
	// Frames in the outbox; frames of other nodes that wait for others; facts and frames that cannot be applied here.
	OutboxFrames, WaitingFrames, Quarantined int
	OutboxBytes                              int64
	FamilyIndexBytes                         int64 // memory that the family index takes; 0: it was dropped
	Counters
}

// Counters count what happened since Open. They only grow.
type Counters struct {
	Commits    uint64 // transactions that wrote and are durable
	Requests   uint64 // writes in these commits; Requests / Commits is how many share one
	Failures   uint64 // commits that failed, which made the store unavailable
	Reopenings uint64 // times the file was opened again after that
	// CommitTime is how long all commits took together, each from the beginning of its transaction to the disk's
	// answer.
	CommitTime time.Duration
	// LastCommitTook is how long the last one took; it may go down.
	LastCommitTook time.Duration
	// UnindexedReads are the look-ups of families that read the file since the family index was dropped: see
	// Config.MaxFamilyIndex.
	UnindexedReads uint64
}

// Stats reads the figures. It returns Counters even with an error: they tell of failures when nothing can be read.
func (db *DB) Stats(ctx context.Context) (s Stats, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		own, err := decodeTally(t.get(metaBucket, tallyKey))
		if err != nil {
			return err
		}
		sessions, err := t.sessions()
		if err != nil {
			return err
		}
		logins, err := t.listedCount()
		if err != nil {
			return err
		}
		f, err := t.fleet()
		if err != nil {
			return err
		}
		s = Stats{Sessions: sessions, Logins: logins, Customers: int(own.customers), Families: int(own.families),
			Tombstones: int(own.tombstones), Bytes: tx.Size(),
			LastCommit: own.lastCommit(), HighWater: own.mark, CutOff: own.cutOff,
			Issued: t.get(metaBucket, issuedKey) != nil, Parked: int(f.parked), Contested: int(f.contested),
			OutboxFrames: int(f.outbox.count), OutboxBytes: f.outbox.bytes,
			WaitingFrames: int(f.waiting.count), Quarantined: int(f.quarantined.count)}
		return nil
	})
	s.Counters = db.counts.read()
	s.FamilyIndexBytes, s.UnindexedReads = db.index.bytes(), db.index.passed.Load()
	return s, err
}

// counts are the Counters as they run. The committer writes them, and anybody reads them.
type counts struct {
	commits, requests, failures, reopenings atomic.Uint64
	time, took                              atomic.Int64 // nanoseconds
}

func (c *counts) committed(requests int, took time.Duration) {
	c.commits.Add(1)
	c.requests.Add(uint64(requests))
	c.time.Add(int64(took))
	c.took.Store(int64(took))
}

func (c *counts) read() Counters {
	return Counters{Commits: c.commits.Load(), Requests: c.requests.Load(), Failures: c.failures.Load(),
		Reopenings: c.reopenings.Load(),
		CommitTime: time.Duration(c.time.Load()), LastCommitTook: time.Duration(c.took.Load())}
}
