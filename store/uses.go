package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// A use of a log-in waits in memory, so that nobody waits for it. FlushUses writes those that a list would show: most
// are of log-ins that were written a moment ago.

const (
	// MaxUses bounds the memory of uses that wait, in bytes. What has no room is left out.
	MaxUses = 8 << 20
	// useBytes is what a use takes beside its texts.
	useBytes = 300
	// usesAtOnce bounds the uses of one commit.
	usesAtOnce = 500
	// useLag is by how much a stored use may be behind, in milliseconds, and useEnd how long before the end of its
	// record a use is stored in any case, in seconds.
	useLag = 5 * 60 * 1000
	useEnd = 10 * 60
)

// used names what was used: a log-in by tokens, or a session.
type used struct {
	family  core.FamilyKey
	session SessionID
}

// use is a use that waits.
type use struct {
	used
	at     int64 // Unix milliseconds
	until  int64 // of the log-in, Unix seconds
	client Client
}

// uses are those that wait, the latest of each log-in.
type uses struct {
	mu      sync.Mutex
	list    map[used]use
	bytes   int
	crowded chan struct{}
}

// add takes in a use, and reports whether it is the one that makes the room more than half full. One of a log-in for
// which there is no room is left out.
func (u *uses) add(x use) (half bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	old, ok := u.list[x.used]
	if ok && old.at > x.at {
		return false
	}
	size := useBytes + len(x.family.Customer.Text) + len(x.client.Agent) + len(x.client.Address)
	if ok {
		size = len(x.client.Agent) + len(x.client.Address) - len(old.client.Agent) - len(old.client.Address)
		x.until = max(x.until, old.until)
	}
	if size > 0 && u.bytes+size > MaxUses {
		return false
	}
	if u.list == nil {
		u.list = map[used]use{}
	}
	u.list[x.used] = x
	u.bytes += size
	return u.bytes > MaxUses/2 && u.bytes-size <= MaxUses/2
}

// take takes all out.
func (u *uses) take() []use {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := slices.Collect(maps.Values(u.list))
	u.list, u.bytes = nil, 0
	return list
}

// UseLogin notes that a log-in by tokens has got tokens again. It waits for nothing: FlushUses writes it.
func (db *DB) UseLogin(n NewLogin) {
	if db.checkLogin(n) != nil {
		return
	}
	db.note(use{used: used{family: n.Family}, at: db.config.Now().UnixMilli(), until: n.Until, client: n.Client.cut()})
}

// UseSession notes that a session was used, as UseLogin does.
func (db *DB) UseSession(id SessionID, c Client) {
	db.note(use{used: used{session: id}, at: db.config.Now().UnixMilli(), client: c.cut()})
}

func (db *DB) note(x use) {
	if !db.uses.add(x) {
		return
	}
	select {
	case db.uses.crowded <- struct{}{}:
	default:
	}
}

// Crowded receives when uses that wait begin to take more than half of MaxUses. It does not receive again before
// FlushUses has made room: while the store is unavailable, or its outbox full, there is nothing to hurry for.
func (db *DB) Crowded() <-chan struct{} { return db.uses.crowded }

// FlushUses writes the uses that wait: of each log-in the latest, if it is five minutes later than the one that is
// stored, or another client's. What it cannot write waits again.
func (db *DB) FlushUses(ctx context.Context) error {
	list := db.uses.take()
	slices.SortFunc(list, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	for len(list) > 0 {
		part := list[:min(usesAtOnce, len(list))]
		err := db.write(ctx, func(w *writer) (resolved, error) { return w.useAll(part), nil })
		if err != nil {
			for _, x := range list {
				db.uses.add(x)
			}
			return err
		}
		list = list[len(part):]
	}
	return nil
}

// useAll resolves uses. A record that cannot be read it leaves as it is: Check names it.
func (w *writer) useAll(list []use) (facts resolved) {
	for _, x := range list {
		if f := w.use(x); f != nil {
			facts = append(facts, f)
		}
	}
	return facts
}

// use resolves a use; nil: it need not be stored.
func (w *writer) use(x use) fact.Fact {
	if x.session != (SessionID{}) {
		s, ok, err := w.session(x.session)
		if err != nil || !ok || x.at-max(s.used, s.started) < useLag && s.Client == x.client {
			return nil
		}
		customer, err := readIDKey(w.ids, s.customer)
		if err != nil || x.at <= s.used {
			return nil
		}
		return fact.Session{ID: x.session, Customer: customer, Started: s.started, Expires: s.expires, Used: x.at,
			Agent: x.client.Agent, Address: x.client.Address}
	}
	l, ok, err := w.listedIn(loginKey(x.family))
	ends := x.until > l.until && l.until-x.at/1000 < useEnd
	if err != nil || ok && x.at-l.used < useLag && l.Client == x.client && !ends {
		return nil
	}
	return NewLogin{Family: x.family, Until: x.until, Client: x.client}.fact(x.at)
}
