package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

const (
	// maxSessionsEach bounds the sessions of one customer. One more ends the oldest.
	maxSessionsEach = 64
	// DefaultMaxSessions takes the place of a Config.MaxSessions of 0. So many take some 300 MB of the file.
	DefaultMaxSessions = 1_000_000
	// maxEnded bounds how many sessions one log-in ends to keep the bound on all. After the bound is lowered, it takes
	// several log-ins to reach it.
	maxEnded = 16
)

// SessionID names a session: it is the SHA-256 of the secret in its cookie. The store never sees the secret, so whoever
// reads the file cannot use a session.
type SessionID [32]byte

// Session is a log-in in a browser.
type Session struct {
	ID       SessionID
	Customer core.CustomerID
	// Started is when the session began, in Unix milliseconds, by the same clock as families. If that is at or before
	// the cut-off of the customer or the node, the session is dead.
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
	// Replaces is a session that ends in the same transaction, whoever's it is. A browser has one session, and a log-in
	// must end one that somebody else may have planted (session fixation). It may be ID itself: then the browser keeps
	// its secret. Zero: none.
	Replaces SessionID
	// Listed keeps Client, and when the session was used, for the customer's list of log-ins.
	Listed bool
	Client Client
}

// StartSession begins a session, and sets last_login to now; both are durable when it returns. The error is ErrConflict
// if the customer was removed or disabled, or got another password, after its password was checked.
//
// A customer has at most 64 sessions: one more ends its oldest. All customers together have at most Config.MaxSessions:
// one more ends the session that would expire first. So a client that logs in again and again ends only its own
// sessions, and a client with very many accounts cannot keep others from logging in.
//
// The error is core.ErrClock while the clock is not plausible, ErrInvalid for a zero id or an end that is not ahead,
// and ErrExists for the id of another session than the one replaced.
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
	return db.write(ctx, func(w *writer) (resolved, error) {
		return w.startSession(n, now, db.config.MaxSessions)
	})
}

// LoadSession reads a session and its customer, in one transaction. Both are zero if there is no such session, if it
// has expired or is dead, or if the customer is not active. Of q only Rights counts. It writes nothing.
func (db *DB) LoadSession(ctx context.Context, id SessionID, q Query) (found Session, customer Customer, err error) {
	now := db.config.Now()
	err = db.view(ctx, func(tx *bbolt.Tx) error {
		t := tables{tx: tx}
		s, ok, err := t.session(id)
		if err != nil || !ok {
			return err
		}
		c, alive, err := t.liveSession(db.identity.ids, s, now.UnixMicro())
		if err != nil || !alive {
			return err
		}
		if q.Rights {
			if c.Rights, err = t.effective(c); err != nil {
				return err
			}
		}
		found, customer = ending{id, s}.shown(c.ID), c
		return nil
	})
	if err != nil {
		return Session{}, Customer{}, fmt.Errorf("load session: %w", err)
	}
	return found, customer, nil
}

// liveSession reports whether a session is live at a time in Unix microseconds, and whose it is.
func (t tables) liveSession(kind core.IDKind, s session, now int64) (c Customer, alive bool, err error) {
	if s.expires <= now {
		return Customer{}, false, nil
	}
	owner, err := readIDKey(kind, s.customer)
	if err != nil {
		return Customer{}, false, err
	}
	c, ok, err := t.customer(owner)
	if err != nil || !ok || !c.IsActive {
		return Customer{}, false, err
	}
	cutOff, err := t.cutOffHere(owner, c.Email)
	return c, s.started > cutOff && s.started <= core.LastStart, err
}

// shown is a session of a customer as readers see it.
func (e ending) shown(customer core.CustomerID) Session {
	return Session{ID: e.id, Customer: customer, Started: e.started, Expires: time.UnixMicro(e.expires).UTC()}
}

// EndSession ends a session: it logs out. It is no error if there is none.
func (db *DB) EndSession(ctx context.Context, id SessionID) error {
	return db.write(ctx, func(w *writer) (resolved, error) {
		s, ok, err := w.session(id)
		if err != nil || !ok {
			return nil, err
		}
		return endings([]ending{{id, s}}), nil
	})
}

// startSession begins a session as StartSession says. It reserves the start as families do: the high-water mark is
// durable with the session or before it.
func (w *writer) startSession(n NewSession, now time.Time, most int) (resolved, error) {
	if w.at.fault != nil {
		return nil, fmt.Errorf("session: %w", w.at.fault)
	}
	id := n.Customer.ID
	p, cutOff, err := w.existing(id)
	if errors.Is(err, ErrNotFound) ||
		err == nil && (p.password.value.claim != n.Customer.RevokeClaim || !p.active.value) {
		return nil, fmt.Errorf("session: customer: %w", ErrConflict)
	}
	if err != nil {
		return nil, err
	}
	if n.ID != n.Replaces && w.get(sessionsBucket, n.ID[:]) != nil {
		return nil, fmt.Errorf("session: its id is %w", ErrExists)
	}
	ends, err := w.displaced(n.Replaces, idKey(id), most)
	if err != nil {
		return nil, err
	}
	start := max(w.now, cutOff+1, w.tally.nodeCutOff()+1)
	for _, e := range ends {
		if e.id == n.ID {
			start = max(start, e.started+1) // so that the end of the earlier session does not end this one
		}
	}
	if start > core.LastStart {
		return nil, fmt.Errorf("session: %w", core.ErrClock)
	}
	facts := endings(ends)
	if start > w.tally.mark {
		facts = append(facts, fact.ReserveStart{At: core.ReserveUntil(start)})
	}
	w.granted = max(w.granted, start)
	begun := fact.Session{ID: n.ID, Customer: id, Started: start, Expires: n.Expires.UnixMicro()}
	if n.Listed {
		c := n.Client.cut()
		begun.Used, begun.Agent, begun.Address = max(w.now, 1), c.Agent, c.Address
	}
	return append(facts, begun,
		fact.LastLogin{ID: id, Made: p.made, At: now.UnixMicro()}), nil
}

// displaced returns the sessions that a new session ends: the one that it replaces, the customer's oldest beyond its
// bound, and, beyond the bound on all, those that would expire first.
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
