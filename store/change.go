package store

import (
	"context"
	"fmt"
	"io"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/store/password"
)

// Add stores a customer. The error is ErrExists if its id or e-mail address is taken, ErrInvalid if a value cannot be
// stored. If a removed customer had the id or the e-mail address, the new one inherits the cut-off of that tombstone;
// of two tombstones, the later cut-off.
func (db *DB) Add(ctx context.Context, n NewCustomer) (Customer, error) {
	added, err := db.add(ctx, []NewCustomer{n}, func(_ int, err error) error {
		return fmt.Errorf("customer %q: %w", n.Email, err)
	})
	if err != nil {
		return Customer{}, err
	}
	return added[0], nil
}

// AddAll stores many customers in one transaction, all or none. The error names the first wrong entry, counted from 1.
// Other writes wait for the same commit, so add about a thousand customers at a time.
func (db *DB) AddAll(ctx context.Context, list []NewCustomer) ([]Customer, error) {
	return db.add(ctx, list, func(i int, err error) error {
		return fmt.Errorf("entry %d, customer %q: %w", i+1, list[i].Email, err)
	})
}

func (db *DB) add(ctx context.Context, list []NewCustomer, named func(int, error) error) ([]Customer, error) {
	customers := make([]Customer, len(list))
	now := db.Time()
	for i, n := range list {
		var err error
		if customers[i], err = n.check(db.identity.ids, now); err != nil {
			return nil, named(i, err)
		}
		if db.identity.ids == core.TextID && n.ID.IsZero() {
			if customers[i].ID, err = randomID(db.config.Rand); err != nil {
				return nil, named(i, err)
			}
		}
	}
	err := db.write(ctx, func(w *writer) error { return w.add(list, customers, named) })
	if err != nil {
		return nil, err
	}
	return customers, nil
}

// randomID draws a UUIDv4 (RFC 9562 §5.4) with dashes, as Django stores one in a text column.
func randomID(random io.Reader) (core.CustomerID, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return core.CustomerID{}, fmt.Errorf("draw an id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return core.Text(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
}

// add gives ids and versions to the customers of list, in place.
func (w *writer) add(list []NewCustomer, customers []Customer, named func(int, error) error) error {
	ids := make(map[core.CustomerID]bool, len(customers))
	emails := make(map[string]bool, len(customers))
	cutOffs := make([]int64, len(customers))
	graves := make([][]grave, len(customers))
	highest := w.tally.highest
	for i := range customers {
		c := &customers[i]
		if c.ID.IsZero() {
			if highest+1 < highest {
				return named(i, fmt.Errorf("id %w: the highest integer is taken", ErrInvalid))
			}
			c.ID = core.Integer(highest + 1)
		}
		highest = max(highest, c.ID.Int)
		key := idKey(c.ID)
		if ids[c.ID] || w.get(customersBucket, key) != nil {
			return named(i, fmt.Errorf("id %v is %w", c.ID, ErrExists))
		}
		if emails[w.alone(c.Email)] {
			return named(i, fmt.Errorf("e-mail address is %w", ErrExists))
		}
		if err := w.free(c.Email, ""); err != nil {
			return named(i, err)
		}
		ids[c.ID], emails[w.alone(c.Email)] = true, true
		for _, key := range [][]byte{key, emailTombstoneKey(c.Email)} {
			t, ok, err := w.tombstone(key)
			if err != nil {
				return named(i, err)
			}
			if ok {
				graves[i] = append(graves[i], grave{key, t})
				cutOffs[i] = max(cutOffs[i], t.cutOff)
			}
		}
	}
	given, err := w.join(list, customers, named)
	if err != nil {
		return err
	}
	w.tally.highest = highest
	for i := range customers {
		c := &customers[i]
		key := idKey(c.ID)
		c.Version = w.version()
		w.put(customersBucket, key, encodeCustomer(*c))
		w.index(c.Email, key)
		w.give(key, given[i])
		if !c.LastLogin.IsZero() {
			w.put(lastLoginBucket, key, encodeNumber(c.LastLogin.UnixMicro()))
		}
		if cutOffs[i] != 0 {
			w.put(cutOffsBucket, key, encodeNumber(cutOffs[i]))
		}
		for _, g := range graves[i] {
			w.bury(g)
		}
	}
	w.tally.customers += uint64(len(customers))
	return nil
}

// change runs fn on an existing customer and stores the result under a new version. fn reports whether it changed the
// record, and by which change log-ins end.
func (db *DB) change(
	ctx context.Context, id core.CustomerID, fn func(*Customer) (changed bool, what change.Change),
) error {
	return db.write(ctx, func(w *writer) error {
		c, _, err := w.existing(id)
		if err != nil {
			return err
		}
		changed, what := fn(&c)
		for _, x := range what.Ends(id, c.Email) {
			if err := w.end(x); err != nil {
				return err
			}
		}
		if changed {
			c.Version = w.version()
			w.put(customersBucket, idKey(id), encodeCustomer(c))
		}
		return nil
	})
}

// end ends every family and session that a customer has now (core.EndLogins), or that all have (core.EndAll). An error
// comes before anything is put.
func (w *writer) end(x core.Effect) error {
	switch x.Kind {
	case core.EndLogins:
		cutOff, sessions, err := w.logins(x.Customer)
		if err != nil {
			return err
		}
		w.put(cutOffsBucket, idKey(x.Customer), encodeNumber(w.newCutOff(cutOff)))
		w.endSessions(sessions)
	case core.EndAll:
		w.tally.cutOff = w.newCutOff(w.tally.cutOff)
		w.puts++
	}
	return nil
}

// logins reads the cut-off and the sessions of an existing customer.
func (w *writer) logins(id core.CustomerID) (cutOff int64, sessions []ending, err error) {
	if _, cutOff, err = w.existing(id); err == nil {
		sessions, err = w.sessionsOf(idKey(id))
	}
	return cutOff, sessions, err
}

// existing reads a customer and its cut-off; ErrNotFound if there is no such customer.
func (w *writer) existing(id core.CustomerID) (Customer, int64, error) {
	c, found, err := Customer{}, false, error(nil)
	if id.Kind == w.ids {
		c, found, err = w.customer(id)
	}
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return Customer{}, 0, fmt.Errorf("customer %q: %w", id, err)
	}
	cutOff, err := w.customerCutOff(id, true)
	return c, cutOff, err
}

// SetActive enables or disables a customer; ErrNotFound if there is no such customer. Disabling ends every family and
// session that the customer has now (R4). Enabling sets a cut-off too, so it brings none of them back.
func (db *DB) SetActive(ctx context.Context, id core.CustomerID, active bool) error {
	return db.change(ctx, id, func(c *Customer) (changed bool, what change.Change) {
		changed = c.IsActive != active
		c.IsActive = active
		switch {
		case !active:
			what = change.Disable
		case changed:
			what = change.Enable
		}
		return changed, what
	})
}

// SetPassword stores the hash of a new password and its revoke claim. It ends every family and session that the
// customer has now (R5).
func (db *DB) SetPassword(ctx context.Context, id core.CustomerID, hash string) error {
	if err := checkText("password hash", hash); err != nil {
		return err
	}
	return db.change(ctx, id, func(c *Customer) (bool, change.Change) {
		c.PasswordHash, c.RevokeClaim = hash, password.RevokeClaim(hash)
		return true, change.Password
	})
}

// Rehash replaces the hash old by another hash of the same password. If the stored hash is not old any more, it changes
// nothing and returns ErrConflict. It keeps the revoke claim and ends no family or session.
func (db *DB) Rehash(ctx context.Context, id core.CustomerID, old, hash string) error {
	if err := checkText("password hash", hash); err != nil {
		return err
	}
	equal := false
	err := db.change(ctx, id, func(c *Customer) (bool, change.Change) {
		equal = c.PasswordHash == old
		if equal {
			c.PasswordHash = hash
		}
		return equal, 0
	})
	if err == nil && !equal {
		return fmt.Errorf("password hash: %w", ErrConflict)
	}
	return err
}

// Revoke ends every family and session that a customer has now: it logs the customer out everywhere. No
// version changes.
func (db *DB) Revoke(ctx context.Context, id core.CustomerID) error {
	return db.change(ctx, id, func(*Customer) (bool, change.Change) { return false, change.LogOut })
}

// RevokeAll ends every family and session that this node has now. It is for a restored backup, which does not know what
// was revoked after it was made.
func (db *DB) RevokeAll(ctx context.Context) error {
	return db.write(ctx, func(w *writer) error {
		for _, x := range change.LogOutAll.Ends(core.CustomerID{}, "") {
			if err := w.end(x); err != nil {
				return err
			}
		}
		return nil
	})
}
