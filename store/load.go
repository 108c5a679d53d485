package store

import (
	"context"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// Field names what USER_ID_FIELD is.
type Field uint8

const (
	FieldID    Field = iota // the primary key
	FieldEmail              // the e-mail address, as a text
)

// Query names what one request is about. The zero value reads only the node's own state.
type Query struct {
	// Login is the e-mail address of a log-in, if HasLogin; then HasUser is false. Fold ignores case, but only if no
	// customer has exactly this address and just one has it in another case.
	Login    string
	HasLogin bool
	Fold     bool
	// UserID is the value of USER_ID_CLAIM, if HasUser, as core's Opened.CustomerKey reads it for the kind of
	// USER_ID_FIELD: DB.IDs for FieldID, a text for FieldEmail. An id of another kind finds nobody.
	UserID  core.CustomerID
	HasUser bool
	// Field is USER_ID_FIELD: how UserID finds a customer, and what core.Customer.UserID becomes.
	Field Field
	// Family is the family of the token, if HasFamily. Issuer is the issuer whose key signed it; "" for this node's
	// own.
	Family    core.Family
	Issuer    string
	HasFamily bool
	// Rights asks for Customer.Rights.
	Rights bool
	// StateOnly asks for no more of the customer than its ID, IsActive, RevokeClaim and Version. Many more of them are
	// remembered.
	StateOnly bool
}

// Load reads what one request needs, in one state of the store. It is no error if there is no such customer: then both
// customers are zero, and State.CutOff is that of the id or e-mail address. The caller sets PasswordGood. Everything
// that Load returns is durable. Do not change what Customer points to.
func (db *DB) Load(ctx context.Context, q Query) (state core.State, customer Customer, err error) {
	changes := db.Changes()
	if err := db.Health(); err != nil {
		return core.State{}, Customer{}, err
	}
	if q.HasLogin && len(q.Login) > MaxEmail {
		q = Query{} // nobody has it
	}
	l := db.loads.lookup(db.identity.ids, q, db.index)
	state, customer, ok := db.recall(&l)
	if ok && db.Changes() == changes { // else what was found may be of different states
		return state, customer, nil
	}
	var found loaded
	var all *common
	err = db.view(ctx, func(tx *bbolt.Tx) (err error) {
		t := tables{tx: tx, known: db.index}
		if all, err = db.common(t, changes); err == nil {
			found, err = t.load(db.identity.ids, q)
		}
		return err
	})
	if err != nil {
		return core.State{}, Customer{}, err
	}
	db.loads.keep(&l, &found, all, changes)
	return db.present(q, &found, all), found.customer, nil
}

// recall is Load from memory; ok is false if what it takes is not there.
func (db *DB) recall(l *lookup) (state core.State, customer Customer, ok bool) {
	all := db.loads.common.Load()
	if all == nil || !db.loads.holds(all.at) {
		return core.State{}, Customer{}, false
	}
	found, ok := db.loads.find(l)
	if !ok {
		return core.State{}, Customer{}, false
	}
	return db.present(l.Query, &found, all), found.customer, true
}

// common is what every Load reads, from memory if that is what a transaction sees which began when the store had that
// many changes.
func (db *DB) common(t tables, changes uint64) (*common, error) {
	if all := db.loads.common.Load(); all != nil && db.loads.holds(all.at) && db.Changes() == changes {
		return all, nil
	}
	own, err := decodeTally(t.get(metaBucket, tallyKey))
	if err != nil {
		return nil, err
	}
	longest, err := t.lifetimes()
	return &common{at: before(changes), cutOff: own.nodeCutOff(), longest: longest}, err
}

// present completes a state with what every Load reads and what no record says: State.HighWater, State.Number, the gap,
// the home of the family, the cut-off of the node that began it, and the age of its latest advance.
func (db *DB) present(q Query, l *loaded, all *common) core.State {
	state, h := l.state, db.homes.Load()
	state.HighWater, state.Number, state.Longest = db.mark.Load(), h.own, all.longest
	state.CutOff = db.gap.Load().cutOff(q, max(state.CutOff, all.cutOff))
	if q.HasFamily {
		k := q.Family.Key(q.Issuer, core.CustomerID{})
		state.Home, state.CutOff = h.home(k, l.home), max(state.CutOff, h.cutOff(k))
	}
	if state.Family.Issued != 0 {
		state.Family.Age = db.windows.age(l.advanced, db.time.look().running)
	}
	return state
}

// load is Load without what present adds.
func (t tables) load(kind core.IDKind, q Query) (l loaded, err error) {
	state := &l.state
	id, err := t.find(kind, q)
	if err != nil {
		return loaded{}, err
	}
	found := false
	if !id.IsZero() {
		if l.customer, found, err = t.asked(id, q); err != nil {
			return loaded{}, err
		}
		if !found {
			state.Unheld = id
		}
	}
	l.email = l.customer.Email
	if !found && q.Field == FieldEmail {
		l.email = q.email()
	}
	if state.CutOff, err = t.cutOffOf(id, l.email); err != nil {
		return loaded{}, err
	}
	if found {
		userID := id
		if q.Field == FieldEmail {
			userID = core.Text(l.email)
		}
		state.Customer = l.customer.known(userID)
	}
	if q.HasFamily && q.Family.Listed {
		f, anyStart, err := t.familyOf(q.Family.Key(q.Issuer, id), id)
		if err != nil {
			return loaded{}, err
		}
		state.Family, l.advanced, l.home = f.state(), f.advanced, f.advance.home
		state.Family.AnyStart = anyStart
	}
	if q.StateOnly {
		l.customer.Email = ""
	}
	return l, nil
}

// asked is what a query asks for of a customer, and the e-mail address; ok is false if there is none.
func (t tables) asked(id core.CustomerID, q Query) (c Customer, ok bool, err error) {
	if !q.StateOnly {
		if c, ok, err = t.customer(id); ok && q.Rights {
			c.Rights, err = t.effective(c)
		}
		return c, ok, err
	}
	p, ok, err := t.person(idKey(id))
	if ok {
		c = Customer{ID: id, Email: p.email.value, IsActive: p.active.value, RevokeClaim: p.password.value.claim,
			Version: p.version}
	}
	return c, ok, err
}

// MaxEmail bounds an e-mail address, in bytes. No customer has a longer one, so the store does not look it up.
const MaxEmail = maxText

// email is the e-mail address that a query for one names.
func (q Query) email() string {
	if q.HasLogin {
		return q.Login
	}
	return q.UserID.Text
}

// find is the id that a query names, of a customer that may not exist; zero where there can be none.
func (t tables) find(kind core.IDKind, q Query) (core.CustomerID, error) {
	switch {
	case q.HasLogin && q.Fold:
		return t.folded(kind, q.Login)
	case q.HasLogin || q.HasUser && q.Field == FieldEmail:
		return t.owner(kind, q.email())
	case !q.HasUser:
		return core.CustomerID{}, nil
	}
	if q.UserID.Kind != kind || len(q.UserID.Text) > maxText {
		return core.CustomerID{}, nil
	}
	return q.UserID, nil
}
