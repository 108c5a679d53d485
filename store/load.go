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
}

// Load reads what one request needs, in one transaction. It is no error if there is no such customer: then both
// customers are zero, and State.CutOff is that of the id or e-mail address. The caller sets PasswordGood. Everything
// that Load returns is durable. Do not change what Customer points to.
func (db *DB) Load(ctx context.Context, q Query) (state core.State, customer Customer, err error) {
	changes := db.Changes()
	if err := db.Health(); err != nil {
		return core.State{}, Customer{}, err
	}
	if found, ok := db.loads.find(changes, q); ok {
		return db.present(q, &found), found.customer, nil
	}
	if q.HasLogin && len(q.Login) > MaxEmail {
		return db.present(q, &loaded{}), Customer{}, nil
	}
	var l loaded
	err = db.view(ctx, func(tx *bbolt.Tx) (err error) {
		l, err = tables{tx: tx, known: db.index}.load(db.identity.ids, q)
		return err
	})
	if err != nil {
		return core.State{}, Customer{}, err
	}
	db.loads.keep(changes, q, l)
	return db.present(q, &l), l.customer, nil
}

// present completes a state with what no record says: State.HighWater, State.Number, the gap, the home of the family,
// the cut-off of the node that began it, and the age of its latest advance.
func (db *DB) present(q Query, l *loaded) core.State {
	state, h := l.state, db.homes.Load()
	state.HighWater, state.Number = db.mark.Load(), h.own
	state.CutOff = db.gap.Load().cutOff(q, state.CutOff)
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
	state, customer := &l.state, &l.customer
	meta := t.tx.Bucket(metaBucket)
	id, err := t.find(kind, q)
	if err != nil {
		return loaded{}, err
	}
	found := false
	if !id.IsZero() {
		if l.customer, found, err = t.customer(id); err != nil {
			return loaded{}, err
		}
		if !found {
			state.Unheld = id
		}
	}
	email := customer.Email
	if !found && q.Field == FieldEmail {
		email = q.email()
	}
	if state.CutOff, err = t.cutOffHere(id, email); err != nil {
		return loaded{}, err
	}
	if state.Longest, err = lifetimesIn(meta); err != nil {
		return loaded{}, err
	}
	if found {
		if q.Rights {
			if customer.Rights, err = t.effective(*customer); err != nil {
				return loaded{}, err
			}
		}
		userID := customer.ID
		if q.Field == FieldEmail {
			userID = core.Text(customer.Email)
		}
		state.Customer = customer.known(userID)
	}
	if q.HasFamily && q.Family.Listed {
		f, anyStart, err := t.familyOf(q.Family.Key(q.Issuer, id), id)
		if err != nil {
			return loaded{}, err
		}
		state.Family, l.advanced, l.home = f.state(), f.advanced, f.advance.home
		state.Family.AnyStart = anyStart
	}
	return l, nil
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
