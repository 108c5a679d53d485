package store

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/change"
	"github.com/edgetoken/edgetoken/store/fact"
	"github.com/edgetoken/edgetoken/store/password"
)

// Add stores a customer. The error is ErrExists if its id or e-mail address is taken, ErrInvalid if a value cannot be
// stored. If a removed customer has left a cut-off of the id or the address, that counts for the new customer too.
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
	err := db.writeThen(ctx, func(w *writer) (resolved, error) { return w.add(list, customers, named) },
		func(w *writer) error {
			for i, c := range customers {
				customers[i].Version = versionOf(w.get(customersBucket, idKey(c.ID)))
			}
			return nil
		})
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

// add resolves the adding of customers, and sets the ids that they lack. named says in an error which entry it is
// about.
func (w *writer) add(
	list []NewCustomer, customers []Customer, named func(int, error) error,
) (resolved, error) {
	come := w.newcomers(len(customers))
	for i := range customers {
		if err := come.place(&customers[i]); err != nil {
			return nil, named(i, err)
		}
	}
	facts, numbers, err := w.groupsOf(list, customers, named)
	if err != nil {
		return nil, err
	}
	facts = slices.Grow(facts, len(customers))
	for i, c := range customers {
		made, err := w.make(c, numbers)
		if err != nil {
			return nil, named(i, err)
		}
		facts = append(facts, made...)
	}
	return facts, nil
}

// make returns the facts that make a customer. numbers has its groups.
func (w *writer) make(c Customer, numbers map[string]fact.Stamp) (facts resolved, err error) {
	at := w.stamp()
	f := fact.Customer{ID: c.ID, Made: at, Stamp: at, Set: fact.AllFields,
		Email: c.Email, FirstName: c.FirstName, LastName: c.LastName,
		Active: c.IsActive, Staff: c.IsStaff, Superuser: c.IsSuperuser,
		PasswordHash: c.PasswordHash, RevokeClaim: c.RevokeClaim, Attributes: c.Attributes,
		Joined: c.DateJoined.UnixMicro(), Granted: c.Permissions}
	for _, name := range c.Groups {
		f.Entered = append(f.Entered, fact.Entry{Group: name, Number: numbers[name]})
	}
	if err := (person{}).checkRights(f); err != nil {
		return nil, err
	}
	facts = resolved{f}
	if !c.LastLogin.IsZero() {
		facts = append(facts, fact.LastLogin{ID: c.ID, Made: at, At: c.LastLogin.UnixMicro()})
	}
	held, err := w.cutOff(subjectKey(fact.ByAddress(c.Email)))
	if err != nil {
		return nil, err
	}
	return append(facts, held.hold(fact.ByAddress(c.Email))...), nil
}

// groupsOf returns the facts that make those groups of new customers that do not exist yet, and the number of each
// group that the customers enter.
func (w *writer) groupsOf(
	list []NewCustomer, customers []Customer, named func(int, error) error,
) (facts resolved, numbers map[string]fact.Stamp, err error) {
	made := map[string][]string{} // groups that do not exist yet, with their permissions
	numbers = map[string]fact.Stamp{}
	for i, n := range list {
		for name, permissions := range n.Groups {
			g, err := w.group(name)
			if err != nil {
				return nil, nil, named(i, err)
			}
			numbers[name] = g.made
			switch {
			case permissions == nil:
			case g.made.IsZero():
				made[name] = append(made[name], permissions...)
			case !slices.Equal(g.permissions.names(), sorted(permissions)):
				return nil, nil, named(i, fmt.Errorf("group %q is %w with other permissions", name, ErrExists))
			}
		}
	}
	for i, n := range list {
		for _, name := range customers[i].Groups {
			if _, makes := made[name]; n.Groups[name] == nil && !makes && numbers[name].IsZero() {
				return nil, nil, named(i, fmt.Errorf("group %q: %w", name, ErrNoGroup))
			}
		}
	}
	if len(made) > 0 && w.count(groupsBucket, maxGroups)+len(made) > maxGroups {
		return nil, nil, fmt.Errorf("groups %w: there would be more than %d", ErrInvalid, maxGroups)
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		f, err := w.newGroup(name, sorted(made[name]))
		if err != nil {
			return nil, nil, err
		}
		facts = append(facts, f...)
		numbers[name] = f[0].(fact.Group).Made
	}
	return facts, numbers, nil
}

// update changes an existing customer. fn sets fields of the fact, and says which change it is: core/change knows which
// log-ins that ends.
func (db *DB) update(
	ctx context.Context, id core.CustomerID, fn func(p person, f *fact.Customer) change.Change,
) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		p, existing, err := w.existing(id)
		if err != nil {
			return nil, err
		}
		f := fact.Customer{ID: id, Made: p.made}
		what := fn(p, &f)
		var facts resolved
		if f.Set != 0 {
			f.Stamp = w.stamp()
			facts = append(facts, f)
		}
		ends := what.Ends(id, p.email.value)
		return append(facts, cutOffs(ends, cutOff{at: w.newCutOff(existing)})...), nil
	})
}

// SetActive enables or disables a customer; ErrNotFound if there is no such customer. Disabling ends every family and
// session that the customer has now (R4). Enabling sets a cut-off too, so it brings none of them back.
func (db *DB) SetActive(ctx context.Context, id core.CustomerID, active bool) error {
	return db.update(ctx, id, func(p person, f *fact.Customer) change.Change {
		if p.active.value != active {
			f.Set, f.Active = fact.Active, active
		}
		switch {
		case !active:
			return change.Disable
		case f.Set != 0:
			return change.Enable
		}
		return 0
	})
}

// SetPassword stores the hash of a new password and its revoke claim. It ends every family and session that the
// customer has now (R5).
func (db *DB) SetPassword(ctx context.Context, id core.CustomerID, hash string) error {
	if err := checkText("password hash", hash); err != nil {
		return err
	}
	return db.update(ctx, id, func(_ person, f *fact.Customer) change.Change {
		f.Set, f.PasswordHash, f.RevokeClaim = fact.Password, hash, password.RevokeClaim(hash)
		return change.Password
	})
}

// Rehash replaces the hash old by another hash of the same password. If the stored hash is no longer old, it changes
// nothing and returns ErrConflict. It keeps the revoke claim and ends no family or session. The new hash stays on this
// node.
func (db *DB) Rehash(ctx context.Context, id core.CustomerID, old, hash string) error {
	if err := checkText("password hash", hash); err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		p, _, err := w.existing(id)
		if err != nil {
			return nil, err
		}
		if p.password.value.hash != old {
			return nil, fmt.Errorf("password hash: %w", ErrConflict)
		}
		return resolved{fact.Rehash{ID: id, Made: p.made, Password: p.password.at, Hash: hash}}, nil
	})
}

// Revoke ends every family and session that a customer has now: it logs the customer out everywhere. The customer keeps
// its version.
func (db *DB) Revoke(ctx context.Context, id core.CustomerID) error {
	return db.update(ctx, id, func(person, *fact.Customer) change.Change { return change.LogOut })
}

// RevokeAll ends every family and session that this node has now. It is for a restored backup, which does not know what
// was revoked after it was made.
func (db *DB) RevokeAll(ctx context.Context) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		ends := change.LogOutAll.Ends(core.CustomerID{}, "")
		return cutOffs(ends, cutOff{at: w.newCutOff(w.tally.nodeCutOff())}), nil
	})
}
