package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

// DefaultMaxLogins takes the place of a Config.MaxLogins of 0. So many take some 360 MB of the file.
const DefaultMaxLogins = 1_000_000

// Login is a live log-in by tokens.
type Login struct {
	Family core.FamilyKey
	Used   time.Time // when it last got tokens, as far as is stored
	Client Client
}

// UsedSession is a live session.
type UsedSession struct {
	Session
	Used   time.Time // when it was used last, as far as is stored
	Client Client    // zero: it is not known
}

// shown is the log-in of a record as readers see it.
func (l listed) shown(k core.FamilyKey) Login {
	return Login{Family: k, Used: time.UnixMilli(l.used).UTC(), Client: l.Client}
}

// mayHave reports whether a customer of this id can be in the store.
func (db *DB) mayHave(id core.CustomerID) bool {
	return id.Kind == db.identity.ids && len(id.Text) <= maxText
}

// Logins returns the live log-ins by tokens of a customer, the most recently used first: at most limit of them, without
// the first offset. count is how many there are. A log-in is live until its last token ends, unless it was revoked or
// a cut-off ended it. It takes as long as the customer has listed log-ins, at most 1000.
func (db *DB) Logins(
	ctx context.Context, customer core.CustomerID, offset, limit int,
) (list []Login, count int, err error) {
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		list, err = db.liveLogins(tables{tx: tx, known: db.index}, customer)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list log-ins: %w", err)
	}
	count = len(list)
	list = list[min(max(offset, 0), count):]
	return list[:min(max(limit, 0), len(list))], count, nil
}

// liveLogins are all live log-ins by tokens of a customer, the most recently used first.
func (db *DB) liveLogins(t tables, customer core.CustomerID) (list []Login, err error) {
	if !db.mayHave(customer) {
		return nil, nil
	}
	live, err := db.living(t, customer)
	if err != nil {
		return nil, err
	}
	t.eachLogin(idKey(customer), func(key []byte, l listed) bool {
		k, ok := readLoginKey(db.identity.ids, key)
		if !ok {
			return true
		}
		alive := false
		if alive, err = live(k, l); alive {
			list = append(list, l.shown(k))
		}
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Login) int {
		return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(b.Family.Start, a.Family.Start),
			cmp.Compare(a.Family.Bits, b.Family.Bits))
	})
	return list, nil
}

// living says of log-ins of a customer whether they are live now.
func (db *DB) living(t tables, customer core.CustomerID) (func(core.FamilyKey, listed) (bool, error), error) {
	now := db.config.Now().Unix()
	p, _, err := t.person(idKey(customer))
	if err != nil {
		return nil, err
	}
	cutOff, err := t.cutOffHere(customer, p.email.value)
	if err != nil {
		return nil, err
	}
	forgotten, nodes := db.gap.Load(), db.homes.Load()
	return func(k core.FamilyKey, l listed) (bool, error) {
		if l.until < now || k.Start <= cutOff || forgotten.has(k.Start) || k.Start <= nodes.cutOff(k) {
			return false, nil
		}
		f, _, err := t.familyOf(k, customer)
		return !f.dead, err
	}, nil
}

// ListedLogin is the live log-in by tokens of a family with its customer; ErrNotFound if none is listed.
func (db *DB) ListedLogin(ctx context.Context, k core.FamilyKey) (found Login, err error) {
	if k.Issuer != "" || !db.mayHave(k.Customer) {
		return Login{}, ErrNotFound
	}
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx, known: db.index}
		l, ok, err := t.listedIn(loginKey(k))
		if err != nil {
			return err
		}
		live, err := db.living(t, k.Customer)
		if err != nil {
			return err
		}
		if ok {
			ok, err = live(k, l)
		}
		if err == nil && !ok {
			err = ErrNotFound
		}
		found = l.shown(k)
		return err
	})
	if err != nil {
		return Login{}, err
	}
	return found, nil
}

// SessionsOf returns the live sessions of a customer, the most recently used first.
func (db *DB) SessionsOf(ctx context.Context, customer core.CustomerID) (list []UsedSession, err error) {
	if !db.mayHave(customer) {
		return nil, nil
	}
	now := db.config.Now().UnixMicro()
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		list = nil
		t := tables{tx: tx}
		all, err := t.sessionsOf(idKey(customer))
		if err != nil {
			return err
		}
		for _, e := range all {
			_, alive, err := t.liveSession(db.identity.ids, e.session, now)
			if err != nil {
				return err
			}
			if alive {
				list = append(list, UsedSession{Session: e.shown(customer), Client: e.Client,
					Used: time.UnixMilli(max(e.used, e.started)).UTC()})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	slices.SortFunc(list, func(a, b UsedSession) int {
		return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(b.Started, a.Started), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return list, nil
}

// ListedSession is the live session of a customer that a list names so; ErrNotFound if there is none.
func (db *DB) ListedSession(ctx context.Context, customer core.CustomerID, id string) (UsedSession, error) {
	list, err := db.SessionsOf(ctx, customer)
	for _, s := range list {
		if s.ListID() == id {
			return s, nil
		}
	}
	if err == nil {
		err = ErrNotFound
	}
	return UsedSession{}, err
}
