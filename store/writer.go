package store

import (
	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// writer is the transaction of one commit, which many requests share. A request first reads and checks all that it
// needs. After its first put or remove it returns no error, for that could be undone only by failing all requests of
// the commit.
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
	accepted   bool // the clock is right, whatever it says: AcceptClock
}

// tables reads the buckets of one read or write transaction. It returns copies, except from get.
type tables struct{ tx *bbolt.Tx }

// get returns a value, which lives as long as the transaction; nil if there is none.
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

// put and remove panic if bbolt refuses. Keys and values were checked before, so the file is damaged, and the whole
// commit fails.
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

// run runs one request. If it reads a damaged page, only this request fails.
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

// newCutOff returns the cut-off that ends every family so far, also those that began by a clock that was ahead. It
// ignores a clock that is not plausible: once that was right again, log-ins would have to begin after the time that it
// showed.
func (w *writer) newCutOff(existing int64) int64 {
	return min(max(existing, w.now, w.granted), core.LastStart)
}

// customer reads a customer with last_login, permissions and groups; ok is false if there is none.
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

// owner returns the id of the customer with an e-mail address; zero if there is none.
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

// customerCutOff returns the cut-off of a customer, or of its tombstone if there is no customer; 0 if there is neither.
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

// familyOf returns the state of the family of a customer's token. A foreign family has two names: its own, and one
// under the customer, which the access tokens from it carry. A log-out may know only the second.
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

// family reads the record of a family; the zero value if there is none.
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
