package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// DefaultMaxLogins takes the place of a Config.MaxLogins of 0. So many take some 360 MB of the file.
const DefaultMaxLogins = 1_000_000

// NewLogin is a log-in by tokens as a list of log-ins has it.
type NewLogin struct {
	Family core.FamilyKey // of ours, with its customer and start
	Until  int64          // Unix seconds: when the latest of its tokens ends
	Client Client
}

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

// SettleLogin is Settle for a log-in that is listed: its record is in the same commit. The list must keep nobody from
// logging in: where the outbox of an edge is full, the log-in is listed at its first refresh.
func (db *DB) SettleLogin(ctx context.Context, e core.Effects, n NewLogin) error {
	if err := db.checkLogin(n); err != nil {
		return err
	}
	return db.settle(ctx, e, func(w *writer) resolved {
		facts := resolved{n.fact(w.now)}
		if w.checkOutbox(facts) != nil {
			return nil
		}
		return facts
	})
}

// checkLogin refuses what no list has.
func (db *DB) checkLogin(n NewLogin) error {
	k := n.Family
	if k.Issuer != "" || k.Customer.Kind != db.identity.ids || len(k.Customer.Text) > maxText || k.Start <= 0 ||
		k.Start > lastMoment/1000 || n.Until <= 0 || n.Until > core.LastUntil {
		return fmt.Errorf("log-in %w: it has no customer of this store, no start or no end", ErrInvalid)
	}
	return nil
}

// fact says that the log-in was used at a time in Unix milliseconds.
func (n NewLogin) fact(at int64) fact.Login {
	c := n.Client.cut()
	return fact.Login{Family: n.Family, Used: at, Until: n.Until, Agent: c.Agent, Address: c.Address}
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
	if customer.Kind != db.identity.ids || len(customer.Text) > maxText {
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
			list = append(list, Login{Family: k, Used: time.UnixMilli(l.used).UTC(), Client: l.Client})
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
	own, err := decodeTally(t.get(metaBucket, tallyKey))
	if err != nil {
		return nil, err
	}
	p, _, err := t.person(idKey(customer))
	if err != nil {
		return nil, err
	}
	cutOff, err := t.cutOffOf(customer, p.email.value)
	if err != nil {
		return nil, err
	}
	cutOff = max(cutOff, own.nodeCutOff())
	forgotten, nodes := db.gap.Load(), db.homes.Load()
	return func(k core.FamilyKey, l listed) (bool, error) {
		missing := forgotten.after < k.Start && k.Start <= forgotten.until
		if l.until < now || k.Start <= cutOff || missing || k.Start <= nodes.cutOff(k) {
			return false, nil
		}
		f, _, err := t.familyOf(k, customer)
		return !f.dead, err
	}, nil
}

// SessionsOf returns the live sessions of a customer, the most recently used first.
func (db *DB) SessionsOf(ctx context.Context, customer core.CustomerID) (list []UsedSession, err error) {
	if customer.Kind != db.identity.ids {
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

// listedBytes is the length of what names a listed log-in before it is encoded.
const listedBytes = 16

// ListID names the log-in in lists, in 22 characters of base64url: u64 start, ms | u64 bits of its family, big-endian.
func (l Login) ListID() string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(l.Family.Start)), l.Family.Bits)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ListID names the session in lists, in 22 characters of base64url: the first half of its id.
func (s Session) ListID() string { return base64.RawURLEncoding.EncodeToString(s.ID[:listedBytes]) }

// ReadListID reads what Login.ListID wrote: the family, without its customer; ok is false for anything else.
func ReadListID(id string) (k core.FamilyKey, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(b) != listedBytes || strings.ContainsAny(id, "\r\n") { // which the decoder leaves out
		return core.FamilyKey{}, false
	}
	return core.FamilyKey{Start: int64(binary.BigEndian.Uint64(b)), Bits: binary.BigEndian.Uint64(b[8:])}, true
}

// ListedLogin is the live log-in by tokens of a family with its customer; ErrNotFound if none is listed.
func (db *DB) ListedLogin(ctx context.Context, k core.FamilyKey) (found Login, err error) {
	if k.Issuer != "" || k.Customer.Kind != db.identity.ids || len(k.Customer.Text) > maxText {
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
		found = Login{Family: k, Used: time.UnixMilli(l.used).UTC(), Client: l.Client}
		return err
	})
	if err != nil {
		return Login{}, err
	}
	return found, nil
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
