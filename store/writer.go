package store

import (
	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// writer is the transaction of one commit, which many requests share. Each request is first resolved into facts: it
// reads, checks its preconditions, and may fail. Then its facts are applied, which is the only way to change a record.
type writer struct {
	tables
	loads   *loadCache // nil: no Load reads what is written
	commit  uint64     // DB.Changes while the commit is under way
	ids     core.IDKind
	at      instant
	now     int64 // at.known in Unix milliseconds
	tally   tally
	granted int64 // the latest start that was granted, Unix milliseconds
	node    fact.Node
	// clock is the logical time: the latest of all stamps that this node has given or seen, in Unix microseconds.
	clock int64
	// ahead is how far a cut-off lies ahead of now, in milliseconds: see Config.Staleness.
	ahead int64
	// gapEnd is the end of the gap in what the store remembers, in Unix milliseconds: log-ins begin after it.
	gapEnd int64
	// foldEmails is Config.FoldEmails.
	foldEmails bool
	maxLogins  int           // Config.MaxLogins
	puts       int           // changes made
	last       head          // the last frame that this incarnation made
	head       fact.Position // of the last frame that this commit made; zero if it made none
	fleet      fleet
	membership Membership
	roster     roster
	logins     []fact.LastLogin // those of an edge, which are in no frame
	// outbox says whether frames are kept, and maxOutbox how many bytes of them.
	outbox      bool
	maxOutbox   int64
	forgotten   []core.FamilyKey // families whose records go with this commit
	advanced    bool             // a family was advanced
	keysChanged bool             // keys or private parts were changed
	accepted    bool             // the clock is right, whatever it says
	// again says that the facts of the present request were decided before: advances open no window, and a full outbox
	// does not refuse them.
	again bool
	// homes are those of the last commit; nil once this one changes them: see homesNow.
	homes  *homes
	shared fact.Runs // the facts of this commit that other nodes should know
	// expiry and revoked are the entries of the present request.
	expiry, revoked entries
}

// resolved is what a request comes to: the facts to apply.
type resolved []fact.Fact

// tables reads the buckets of one read or write transaction. It returns copies, except from get.
type tables struct {
	tx    *bbolt.Tx
	known *familyIndex // nil: all look-ups read the file
}

// get returns a value, which lives as long as the transaction; nil if there is none.
func (t tables) get(bucket, key []byte) []byte { return t.tx.Bucket(bucket).Get(key) }

func newWriter(db *DB, tx *bbolt.Tx) (*writer, error) {
	at := db.time.look()
	c := &db.committer
	w := &writer{tables: tables{tx: tx, known: db.index}, loads: db.loads,
		commit: db.Changes() + 1, ids: db.identity.ids, at: at, now: at.known / 1000,
		granted: c.granted, node: c.node, clock: c.clock, ahead: db.config.ahead(), foldEmails: db.config.FoldEmails,
		maxLogins: db.config.MaxLogins,
		last:      c.last, fleet: c.file.fleet, membership: c.file.membership, roster: c.file.roster,
		outbox: db.config.Outbox, maxOutbox: db.config.MaxOutbox, homes: db.homes.Load(),
		gapEnd: db.gap.Load().until}
	w.shared = w.runs()
	if w.node.Number == 0 { // it is in no fleet
		w.ahead = 0
	}
	var err error
	if w.tally, err = decodeTally(w.get(metaBucket, tallyKey)); err != nil {
		return nil, err
	}
	w.tally.sequence = max(w.tally.sequence, c.sequence)
	return w, nil
}

// run resolves and applies one request. If it reads a damaged page, only this request fails, unless it has changed
// something already: that could be undone only by failing all requests of the commit.
func (w *writer) run(r *request) (err error) {
	before := w.puts
	defer func() {
		if p := recover(); p != nil {
			if w.puts != before {
				panic(p)
			}
			err = damage(p)
		}
	}()
	facts, err := r.resolve(w)
	if err != nil {
		return err
	}
	if !r.foreign {
		if err := w.mayWrite(facts); err != nil {
			return err
		}
	}
	w.again = r.again
	if !r.unshared && !r.again {
		if err := w.checkOutbox(facts); err != nil {
			return err
		}
	}
	for _, f := range facts {
		if a, ok := f.(fact.AdvanceFamily); ok && !r.foreign {
			f = w.placed(a)
		}
		puts := w.puts
		err := w.apply(f)
		if err != nil && r.foreign && w.puts == puts && f.Kind().Lane() != fact.Local {
			// A damaged record of this node must not keep it from everything that other nodes write.
			r.quarantined++
			err = w.apply(fact.Quarantine{Raw: fact.Append(nil, f)})
		}
		if err != nil {
			if w.puts != before {
				panic(err)
			}
			return err
		}
		if !r.unshared {
			w.share(f)
		}
	}
	w.keepEntries()
	if r.applied != nil {
		return r.applied(w)
	}
	return nil
}

// placed says of an advance of this node who made it, and in which frame it is.
func (w *writer) placed(f fact.AdvanceFamily) fact.AdvanceFamily {
	f.Home, f.Incarnation, f.Sequence = w.node.Number, w.node.Incarnation, w.last.sequence+1
	if w.shares(f) {
		f.Sequence += uint64(w.shared.Next(f))
	}
	return f
}

// running is the running time of the store, for the record of a family that is advanced.
func (w *writer) running() int64 {
	w.advanced = true
	return w.at.running
}

// version is a version that no record has had before.
func (w *writer) version() uint64 {
	w.tally.sequence++
	return w.tally.sequence
}

// stamp returns the next stamp. Its time is that of a hybrid logical clock: the known time, or just after the latest
// stamp if that is not behind. saw keeps the high-water mark above it, from which a restarted node goes on.
func (w *writer) stamp() fact.Stamp {
	w.clock = max(w.at.known, w.clock+1)
	return fact.Stamp{Epoch: w.node.Epoch, Time: w.clock, Node: w.node.Number}
}

// newCutOff returns a cut-off that ends every family so far: also those that began by a clock that was ahead, and in a
// fleet those that begin elsewhere before the cut-off is known there, or just after a restore's. It does not go by an
// implausible clock: log-ins could begin only after the time that this showed, even once the clock is right again. On a
// single node an existing cut-off after which nothing began is kept: else ending log-ins over and over would drive
// cut-offs, and with them all starts, ahead of the clock.
func (w *writer) newCutOff(existing int64) int64 {
	if w.ahead > 0 {
		existing = max(existing, w.tally.nodeCutOff(), w.gapEnd) + 1
	}
	return min(max(w.now+w.ahead, w.granted, existing), core.LastStart)
}

// existing reads a customer and its cut-off; ErrNotFound if there is no such customer.
func (w *writer) existing(id core.CustomerID) (person, int64, error) {
	p, found, err := person{}, false, error(nil)
	if id.Kind == w.ids {
		p, found, err = w.person(idKey(id))
	}
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return person{}, 0, named(id, err)
	}
	cutOff, err := w.cutOffOf(id, p.email.value)
	return p, cutOff, err
}
