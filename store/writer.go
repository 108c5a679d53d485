package store

import (
	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// writer is the transaction of one commit, which many requests share. A request first reads and checks all that it
// needs. It returns no error after its first put or remove, which cannot be taken back without failing the requests
// that share the commit.
type writer struct {
	tables
	ids     core.IDKind
	at      instant
	now     int64 // instant.known in Unix milliseconds
	tally   tally
	granted int64
	// foldEmails is Config.FoldEmails.
	foldEmails bool
	puts       int  // changes made
	accepted   bool // whatever the clock says is right: AcceptClock
}

// tables reads the buckets of one transaction, reading or writing. What it returns is a copy, but for get.
type tables struct{ tx *bbolt.Tx }

// get is a value, which lives as long as the transaction; nil where there is none.
func (t tables) get(bucket, key []byte) []byte { return t.tx.Bucket(bucket).Get(key) }

func newWriter(db *DB, tx *bbolt.Tx) (*writer, error) {
	at := db.time.look()
	w := &writer{tables: tables{tx}, ids: db.identity.ids, at: at, now: at.known / 1000, granted: db.committer.granted,
		foldEmails: db.config.FoldEmails}
	var err error
	if w.tally, err = decodeTally(w.get(metaBucket, tallyKey)); err != nil {
		return nil, err
	}
	w.tally.sequence = max(w.tally.sequence, db.committer.sequence)
	return w, nil
}

// put and remove panic where bbolt refuses: keys and values were checked, so it is a damaged file, and the commit
// fails as a whole.
func (w *writer) put(bucket, key, value []byte) {
	w.puts++
	if err := w.tx.Bucket(bucket).Put(key, value); err != nil {
		panic(err)
	}
}

func (w *writer) remove(bucket, key []byte) {
	w.puts++
	if err := w.tx.Bucket(bucket).Delete(key); err != nil {
		panic(err)
	}
}

// run runs one request. A damaged page that it reads is an error of this request alone.
func (w *writer) run(apply func(*writer) error) (err error) {
	before := w.puts
	defer func() {
		if p := recover(); p != nil {
			if w.puts != before {
				panic(p)
			}
			err = damage(p)
		}
	}()
	return apply(w)
}

// version is a version that no record has had before.
func (w *writer) version() uint64 {
	w.tally.sequence++
	return w.tally.sequence
}

// newCutOff is the cut-off that ends every family so far, also those that began by a clock that was ahead. A clock that
// is not plausible does not count: once it is right again, log-ins would have to begin after the time that it said.
func (w *writer) newCutOff(existing int64) int64 {
	return min(max(existing, w.now, w.granted), core.LastStart)
}

// customer reads a customer, last_login and what it was given; ok is false where there is none.
func (t tables) customer(id core.CustomerID) (c Customer, ok bool, err error) {
	key := idKey(id)
	if len(key) == 0 {
		return Customer{}, false, nil
	}
	value := t.get(customersBucket, key)
	if value == nil {
		return Customer{}, false, nil
	}
	if c, err = decodeCustomer(id, value); err != nil {
		return Customer{}, false, err
	}
	if value := t.get(lastLoginBucket, key); value != nil {
		r := begin(value)
		c.LastLogin = r.moment()
		if !r.Done() {
			return Customer{}, false, corrupt("last login")
		}
	}
	given, err := t.rights(key)
	if err != nil {
		return Customer{}, false, err
	}
	c.Permissions, c.Groups = given.permissions, given.names()
	return c, true, nil
}

// owner is the id of the customer with an e-mail address; zero where there is none.
func (t tables) owner(kind core.IDKind, email string) (core.CustomerID, error) {
	if email == "" || len(email) > maxText {
		return core.CustomerID{}, nil
	}
	value := t.get(emailsBucket, []byte(email))
	if value == nil {
		return core.CustomerID{}, nil
	}
	key, err := decodeOwner(value)
	if err != nil {
		return core.CustomerID{}, err
	}
	return readIDKey(kind, key)
}

// customerCutOff is the cut-off of a customer, or of the tombstone where there is no customer; 0 where there is
// neither.
func (t tables) customerCutOff(id core.CustomerID, found bool) (int64, error) {
	key := idKey(id)
	if len(key) == 0 || id.IsZero() {
		return 0, nil
	}
	if found {
		if value := t.get(cutOffsBucket, key); value != nil {
			cutOff, err := decodeNumber("cut-off", value)
			return bounded(cutOff), err
		}
		return 0, nil
	}
	grave, _, err := t.tombstone(key)
	return bounded(grave.cutOff), err
}

// familyOf is the state of the family of a customer's token. A foreign family has two names: its own, and one under the
// customer, which the access tokens that came from it have. A log-out may know only the second.
func (t tables) familyOf(k core.FamilyKey, customer core.CustomerID) (family, error) {
	f, err := t.family(k)
	if err != nil || !k.Customer.IsZero() || customer.IsZero() {
		return f, err
	}
	k.Customer = customer
	other, err := t.family(k)
	f.version, f.dead = max(f.version, other.version), f.dead || other.dead
	return f, err
}

// family reads the record of a family; the zero value where there is none.
func (t tables) family(k core.FamilyKey) (family, error) {
	key, ok := familyKey(k)
	if !ok {
		return family{}, nil
	}
	value := t.get(familiesBucket, key)
	if value == nil {
		return family{}, nil
	}
	return decodeFamily(value)
}
