package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
)

const (
	// maxSessionsEach bounds the sessions of one customer: with one more the oldest ends.
	maxSessionsEach = 64
	// DefaultMaxSessions is Config.MaxSessions where it is 0: some 300 MB of file.
	DefaultMaxSessions = 1_000_000
	// maxEnded bounds how many sessions one log-in ends for the bound on all: after the bound was lowered it takes more
	// of them.
	maxEnded = 16
)

// SessionID names a session: the SHA-256 of the secret that its cookie holds. The store never sees the secret, so
// that whoever reads the file cannot use a session.
type SessionID [32]byte

// Session is a log-in in a browser.
type Session struct {
	ID       SessionID
	Customer core.CustomerID
	// Started is when it began, on the clock of the starts of families, in Unix milliseconds: it is dead if that is at
	// or before the cut-off of the customer or the node.
	Started int64
	Expires time.Time // UTC, with microseconds
}

// NewSession is what StartSession stores.
type NewSession struct {
	ID SessionID
	// Customer is as it was when the password was checked.
	Customer Customer
	// Expires must lie ahead.
	Expires time.Time
	// Replaces is a session that ends in the same transaction, whoever's it is: a browser has one session, and must not
	// keep one over a log-in that somebody else may have planted (session fixation). It may be ID itself: then the
	// browser keeps its secret. Zero: none.
	Replaces SessionID
}

// StartSession begins a session, and sets last_login to now; both are durable when it returns. It is ErrConflict
// where the customer is no longer the one whose password was checked: removed, disabled, or with another password.
//
// A customer has 64 sessions at most, and all customers together Config.MaxSessions: with one more the customer's
// oldest ends, or the one of all that would expire first. So a client that logs in again and again ends its own
// sessions only, and one with very many accounts cannot keep others from logging in.
//
// core.ErrClock while the clock is not plausible. ErrInvalid for a zero id or an end that is not ahead, ErrExists for
// an id that is in use by another session than the one it replaces.
func (db *DB) StartSession(ctx context.Context, n NewSession) error {
	if err := db.CheckClock(); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	now := db.config.Now()
	if n.ID == (SessionID{}) {
		return fmt.Errorf("session %w: its id is zero", ErrInvalid)
	}
	if !n.Expires.After(now) || n.Expires.UnixMicro() > lastMoment || n.Expires.Year() > 9999 {
		return fmt.Errorf("session %w: it would end at %s, which is not ahead or beyond the year 9999", ErrInvalid,
			n.Expires.UTC().Format(time.RFC3339))
	}
	return db.write(ctx, func(w *writer) error { return w.startSession(n, now, db.config.MaxSessions) })
}

// LoadSession reads a session and its customer, in one transaction. Both are zero where there is no such session, or
// it has expired or is dead, or the customer is not active. Of q only Rights counts. It writes nothing.
func (db *DB) LoadSession(ctx context.Context, id SessionID, q Query) (found Session, customer Customer, err error) {
	now := db.config.Now()
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx}
		s, ok, err := t.session(id)
		if err != nil || !ok || s.expires <= now.UnixMicro() {
			return err
		}
		own, err := decodeTally(t.get(metaBucket, tallyKey))
		if err != nil {
			return err
		}
		owner, err := readIDKey(db.identity.ids, s.customer)
		if err != nil {
			return err
		}
		c, ok, err := t.customer(owner)
		if err != nil || !ok || !c.IsActive {
			return err
		}
		cutOff, err := t.customerCutOff(owner, true)
		if err != nil || s.started <= max(own.nodeCutOff(), cutOff) || s.started > core.LastStart {
			return err
		}
		if q.Rights {
			if c.Rights, err = t.effective(c); err != nil {
				return err
			}
		}
		found = Session{ID: id, Customer: owner, Started: s.started, Expires: time.UnixMicro(s.expires).UTC()}
		customer = c
		return nil
	})
	if err != nil {
		return Session{}, Customer{}, fmt.Errorf("load session: %w", err)
	}
	return found, customer, nil
}

// EndSession ends a session: log-out. It is no error where there is none.
func (db *DB) EndSession(ctx context.Context, id SessionID) error {
	return db.write(ctx, func(w *writer) error {
		s, ok, err := w.session(id)
		if err == nil && ok {
			w.endSessions([]ending{{id, s}})
		}
		return err
	})
}

// startSession begins a session as StartSession says. Its start is reserved as those of families are: the high-water
// mark is durable with the session or before it.
func (w *writer) startSession(n NewSession, now time.Time, most int) error {
	if w.at.fault != nil {
		return fmt.Errorf("session: %w", w.at.fault)
	}
	c, cutOff, err := w.existing(n.Customer.ID)
	if errors.Is(err, ErrNotFound) || err == nil && (c.RevokeClaim != n.Customer.RevokeClaim || !c.IsActive) {
		return fmt.Errorf("session: customer: %w", ErrConflict)
	}
	if err != nil {
		return err
	}
	if n.ID != n.Replaces && w.get(sessionsBucket, n.ID[:]) != nil {
		return fmt.Errorf("session: its id is %w", ErrExists)
	}
	key := idKey(c.ID)
	ends, err := w.displaced(n.Replaces, key, most)
	if err != nil {
		return err
	}
	start := max(w.now, cutOff+1, w.tally.nodeCutOff()+1)
	if start > core.LastStart {
		return fmt.Errorf("session: %w", core.ErrClock)
	}
	if start > w.tally.mark {
		w.tally.mark = core.ReserveUntil(start)
	}
	w.granted = max(w.granted, start)
	w.endSessions(ends)
	w.putSession(n.ID, session{started: start, expires: n.Expires.UnixMicro(), customer: key})
	w.put(lastLoginBucket, key, encodeNumber(now.UnixMicro()))
	return nil
}

// displaced are the sessions that end when a customer begins one: the one that it replaces, the customer's oldest
// beyond the customer's bound, and those that would expire first beyond the bound on all.
func (w *writer) displaced(replaces SessionID, customer []byte, most int) ([]ending, error) {
	var ends []ending
	ended := map[SessionID]bool{}
	end := func(id SessionID) error {
		s, ok, err := w.session(id)
		if err == nil && ok && !ended[id] {
			ends, ended[id] = append(ends, ending{id, s}), true
		}
		return err
	}
	if err := end(replaces); err != nil {
		return nil, err
	}
	own, err := w.sessionsOf(customer)
	if err != nil {
		return nil, err
	}
	left := 0
	for _, o := range own {
		if !ended[o.id] {
			left++
		}
	}
	for _, o := range own {
		if left < maxSessionsEach {
			break
		}
		if ended[o.id] {
			continue
		}
		if err := end(o.id); err != nil {
			return nil, err
		}
		left--
	}
	count, err := w.sessions()
	if err != nil {
		return nil, err
	}
	cursor := w.tx.Bucket(sessionExpiryBucket).Cursor()
	for k, _ := cursor.First(); k != nil && count-len(ends) >= most && len(ends) < maxEnded; k, _ = cursor.Next() {
		_, id, err := readSessionExpiryKey(k)
		if err == nil {
			err = end(id)
		}
		if err != nil {
			return nil, err
		}
	}
	return ends, nil
}
