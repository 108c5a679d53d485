package store

import (
	"context"
	"iter"
	"math"
	"os"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/backup"
	"github.com/edgetoken/edgetoken/store/fact"
)

// OpenWith is Open with a hook on the file.
func OpenWith(c Config, openFile func(string, int, os.FileMode) (*os.File, error)) (*DB, error) {
	c.openFile = openFile
	return Open(c)
}

// OpenSlow is Open with a hook that is called before each commit.
func OpenSlow(c Config, committing func()) (*DB, error) {
	c.committing = committing
	return Open(c)
}

// OpenHooked is OpenWith and OpenSlow.
func OpenHooked(c Config, openFile func(string, int, os.FileMode) (*os.File, error), committing func()) (*DB, error) {
	c.committing = committing
	return OpenWith(c, openFile)
}

// Impatient makes commits wait for nobody.
func (db *DB) Impatient() error {
	return db.write(context.Background(), func(*writer) (resolved, error) {
		db.committer.batcher.rest = math.MaxInt
		return nil, nil
	})
}

// Damage is the error for a panic of bbolt.
var Damage = damage

// Home is the number of the node that alone advances a family, by its bits and its record.
var Home = home

// Restored has a store begin anew, as after a backup was restored.
func (db *DB) Restored(ctx context.Context) error {
	_, err := db.restored(ctx, 0, false)
	return err
}

// RestoreHooked is Restore with a hook that is called after each step.
func RestoreHooked(c Config, b *backup.Reader, how Restoring, restoring func(string)) (Restoration, error) {
	c.restoring = restoring
	return Restore(context.Background(), c, b, how)
}

// OpenReached is Open with a hook that is called after each step of Adopt.
func OpenReached(c Config, reached func(string)) (*DB, error) {
	c.restoring = reached
	return Open(c)
}

// AddressKey is the key of the cut-off of an e-mail address.
func AddressKey(email string) []byte { return subjectKey(fact.ByAddress(email)) }

// Undo takes a commit back.
var Undo = undo

// Transaction is the id of the last commit of a file.
func Transaction(f *os.File) uint64 {
	found, _ := metas(f)
	return found[0].transaction
}

// CheckHeader is what Open checks before bbolt reads a file.
var CheckHeader = checkHeader

// CheckNewGroupName and CheckPermission are what every name of a new group and every permission passes.
var (
	CheckNewGroupName = checkNewGroupName
	CheckPermission   = checkPermission
)

// Schema is the version of the layout.
const Schema = schema

// SetNode sets the number of a node that is in no fleet, and the mark of homes as an upgrade from schema 4 does.
func (db *DB) SetNode(ctx context.Context, number uint16, homes int64) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		n := w.node
		n.Number, n.Homes = number, homes
		return resolved{n}, nil
	})
}

// Reencode reads a record of a kind and writes it again.
func Reencode(kind string, value []byte) ([]byte, error) {
	switch kind {
	case "customer":
		p, err := decodePerson(value)
		return p.encode(), err
	case "family":
		f, err := decodeFamily(value)
		return f.encode(), err
	case "removal":
		r, err := decodeRemoval(value)
		return r.encode(), err
	case "cut-off":
		c, err := decodeCutOff(value)
		return c.encode(), err
	case "last login":
		l, err := decodeLastLogin(value)
		return l.encode(), err
	case "node":
		n, err := decodeNode(value)
		return encodeNode(n), err
	case "tally":
		t, err := decodeTally(value)
		return t.encode(), err
	case "identity":
		i, err := decodeIdentity(value)
		return i.encode(), err
	case "owner":
		k, err := decodeOwner(value)
		return encodeOwner(k), err
	case "group":
		g, err := decodeGroup(value)
		return g.encode(), err
	case "session":
		s, err := decodeSession(value)
		return s.encode(), err
	case "login":
		l, err := decodeListed(value)
		return l.encode(), err
	case "log-in expiry key":
		until, key, err := readLoginExpiryKey(value)
		return loginExpiryKey(until, key), err
	case "import":
		s, err := decodeLastImport(value)
		return s.encode(), err
	case "folds":
		s, err := decodeFolds(value)
		return encodeFolds(s), err
	case "issued":
		if r := begin(value); !r.Done() {
			return nil, ErrCorrupt
		}
		return []byte{recordVersion}, nil
	case "head":
		h, err := decodeHead(value)
		return h.encode(), err
	case "quarantine":
		q, err := decodeQuarantine(value)
		return fact.Append(nil, q), err
	case "membership":
		m, err := decodeFact[Membership](kind, value)
		return fact.Append(nil, m), err
	case "member":
		m, err := decodeFact[Member](kind, value)
		return fact.Append(nil, m), err
	case "invitation":
		i, err := decodeFact[Invitation](kind, value)
		return fact.Append(nil, i), err
	case "lease":
		l, err := decodeLease(value)
		return encodeLease(l), err
	case "trimmed":
		f, err := decodeTrimmed(value)
		return f.encode(), err
	case "gap":
		g, err := decodeGap(value)
		return g.encode(), err
	case "fleet":
		f, err := decodeFleet(value)
		return f.encode(), err
	case "followed":
		r := begin(value)
		position := r.rest()
		if !r.Done() {
			return nil, ErrCorrupt
		}
		return append([]byte{recordVersion}, position...), nil
	case "pending":
		numbers, err := decodePending(value)
		return encodePending(numbers), err
	case "upgrade":
		u, err := decodeUpgrading(value)
		return u.encode(), err
	case "old customer":
		_, err := decodeOldPerson(value)
		return again(value, err)
	case "old tombstone":
		_, err := decodeOldTombstone(value)
		return again(value, err)
	case "old group":
		_, err := decodeOldGroup(value)
		return again(value, err)
	case "old rights":
		_, _, err := decodeOldRights(value)
		return again(value, err)
	case "key":
		if len(value) < 9 {
			return nil, ErrCorrupt
		}
		f, err := fact.Decode(value[9:])
		if err != nil {
			return nil, ErrCorrupt
		}
		id, _ := f.(fact.Key)
		k, err := decodeKey([]byte(id.ID), value)
		return k.encode(), err
	case "private part":
		sealed, err := decodeSealed(value)
		return append([]byte{recordVersion}, sealed...), err
	case "root_chain":
		chain, err := decodeRootChain(value)
		return encodeRootChain(chain), err
	case "expiry key":
		until, what, k, err := readExpiryKey(value)
		return expiryKey(until, what, k), err
	case "session expiry key":
		expires, id, err := readSessionExpiryKey(value)
		return sessionExpiryKey(session{expires: expires}, id), err
	case "key of a customer's session":
		customer, started, id, ok := readOfCustomerKey(value)
		if !ok {
			return nil, ErrCorrupt
		}
		return ofCustomerKey(session{customer: customer, started: started}, id), nil
	default:
		v, err := decodeNumber(kind, value)
		return encodeNumber(v), err
	}
}

// again is a record that nothing writes any more, if it can be read.
func again(value []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return value, nil
}

// FamilyKey is the key of a family record, and ReadFamilyKey reads it.
var (
	FamilyKey     = familyKey
	ReadFamilyKey = readFamilyKey
)

// HoldCommits stops the committer until release is called, so that what is written meanwhile waits for one commit.
func (db *DB) HoldCommits() (release func()) {
	entered, leave := make(chan struct{}), make(chan struct{})
	r := &request{done: make(chan struct{}), resolve: func(*writer) (resolved, error) {
		close(entered)
		<-leave
		return nil, nil
	}}
	db.queue <- r
	<-entered
	return func() { close(leave) }
}

// Waiting is the number of requests that wait for the committer.
func (db *DB) Waiting() int { return len(db.queue) }

// LastTransaction is the id of the last commit.
func (db *DB) LastTransaction() (id int) {
	db.view(context.Background(), func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	})
	return id
}

// InCommit runs fn amid a commit.
func (db *DB) InCommit(fn func()) error {
	return db.write(context.Background(), func(*writer) (resolved, error) {
		fn()
		return nil, nil
	})
}

// EndingRecords counts the records that end: families, removals, and cut-offs of what nobody holds.
func (db *DB) EndingRecords() (n int) {
	db.view(context.Background(), func(tx *bbolt.Tx) error {
		n = tables{tx: tx}.count(expiryBucket, math.MaxInt)
		return nil
	})
	return n
}

// Each walks over all customers in the order of their ids, page by page: each page is one state of the store, the
// whole need not be. The first error ends it.
func (db *DB) Each(ctx context.Context) iter.Seq2[Customer, error] {
	return func(yield func(Customer, error) bool) {
		var last core.CustomerID
		for {
			page, err := db.List(ctx, last, maxPage)
			if err != nil {
				yield(Customer{}, err)
				return
			}
			for _, c := range page {
				if !yield(c, nil) {
					return
				}
				last = c.ID
			}
			if len(page) < maxPage {
				return
			}
		}
	}
}

// Forget lets go of what was remembered.
func (db *DB) Forget() {
	db.loads.reads.Store(nil)
	db.loads.common.Store(nil)
}

// EncodeCounts is the record of what a store keeps of other nodes: see fleet.encode.
func EncodeCounts(v [8]int64) []byte {
	return fleet{amount{v[0], v[1]}, amount{v[2], v[3]}, amount{v[4], v[5]}, v[6], v[7]}.encode()
}

// RaiseLongest has UpdateKeys raise Key.Longest of the keys that there are.
func (db *DB) RaiseLongest(ctx context.Context, ids []string, seconds int64) error {
	return db.UpdateKeys(ctx, func(have []Key) (u KeyUpdate, err error) {
		for _, k := range have {
			if slices.Contains(ids, k.ID) {
				k.Longest = seconds
				u.Put = append(u.Put, k)
			}
		}
		return u, nil
	})
}

// UsesWaiting is how many uses of log-ins wait.
func UsesWaiting(db *DB) int {
	db.uses.mu.Lock()
	defer db.uses.mu.Unlock()
	return len(db.uses.list)
}

// Cut is the client as it is stored.
func (c Client) Cut() Client { return c.cut() }

// Recall is Load from memory alone.
func (db *DB) Recall(q Query) (core.State, Customer, bool) {
	l := db.loads.lookup(db.identity.ids, q, db.index)
	return db.recall(&l)
}

// LoadFromFile is Load without memory.
func (db *DB) LoadFromFile(q Query) (state core.State, customer Customer, err error) {
	err = db.view(context.Background(), func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		own, err := decodeTally(t.get(metaBucket, tallyKey))
		if err != nil {
			return err
		}
		longest, err := t.lifetimes()
		if err != nil {
			return err
		}
		l, err := t.load(db.identity.ids, q)
		state, customer = db.present(q, &l, &common{cutOff: own.nodeCutOff(), longest: longest}), l.customer
		return err
	})
	return state, customer, err
}
