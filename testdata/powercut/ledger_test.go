package powercut_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// fact is something that a client was answered.
type fact struct {
	what  string
	since int // moment of the answer, after which it holds
	// moment from which on it need not hold, since the client asked for what ends it; nil: never
	until func() int
	holds func(*node.Node, *store.DB) error // nil where it is there
}

// ledger is what all clients were answered.
type ledger struct {
	record *record
	mu     sync.Mutex
	facts  []fact
}

func (l *ledger) note(what string, until func() int, holds func(*node.Node, *store.DB) error) {
	now := l.record.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = append(l.facts, fact{what, now, until, holds})
}

// broken are the facts that a store lacks which was cut at a moment.
func (l *ledger) broken(n *node.Node, db *store.DB, at int) (list []string, asked int) {
	for _, f := range l.facts {
		if f.since > at || f.until != nil && f.until() <= at {
			continue
		}
		asked++
		if err := f.holds(n, db); err != nil {
			list = append(list, fmt.Sprintf("%s, acknowledged at %d, is lost: %v", f.what, f.since, err))
		}
	}
	return list, asked
}

// client works with a node: a customer after the other is added, logs in, logs out and is disabled, removed or given
// another password.
type client struct {
	*node.Node
	db     *store.DB
	ledger *ledger
	hash   string // of password
}

const password = "correct horse 1"

var address = node.Client{Prefix: netip.MustParsePrefix("192.0.2.1/32")}

var bg = context.Background()

// moment is one that comes, if it does, later than the function that gives it is made.
type moment struct {
	mu sync.Mutex
	at int
}

// again repeats what the store could not do, as it says, until it can.
func again(do func() error) error {
	for {
		if err := do(); !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, node.ErrBusy) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

const never = int(^uint(0) >> 1)

func (m *moment) set(at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at
}

func (m *moment) get() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// serve works through the life of one customer. kind says how it ends.
func (c *client) serve(id int64, kind int) error {
	email := fmt.Sprintf("c%d@example.com", id)
	// when the end of the customer, of the sessions, of the password, of the first log-in was asked for
	gone, ended, changed, out := &moment{at: never}, &moment{at: never}, &moment{at: never}, &moment{at: never}
	who := core.Integer(id)
	if err := c.begin(who, email, gone.get); err != nil {
		return err
	}

	var tokens [2]string
	for i := range tokens {
		from := time.Now().Truncate(time.Microsecond)
		var r node.Result
		err := again(func() (err error) {
			r, err = c.Login(bg, address, email, password)
			return err
		})
		if err != nil || r.Refused() {
			return fmt.Errorf("log-in of %s: %+v, %w", email, r.Refusals, err)
		}
		tokens[i] = r.Tokens[0].Value
		c.ledger.note("log-in of "+email, gone.get, func(_ *node.Node, db *store.DB) error {
			k, err := db.Get(bg, who)
			if err == nil && k.LastLogin.Before(from) {
				err = fmt.Errorf("last_login is %v, want %v or later", k.LastLogin, from)
			}
			return err
		})
		c.listed(email, tokens[i], []func() int{out.get, ended.get}[i])
	}

	// Several log out at once, and others ask meanwhile.
	var group sync.WaitGroup
	errs := make(chan error, 8)
	out.set(c.ledger.record.now())
	for i := range 6 {
		group.Go(func() {
			ask, what := c.Blacklist, "log-out of "
			if i > 2 {
				ask, what = c.Verify, "refusal of a token of "
			}
			var r node.Result
			err := again(func() (err error) {
				r, err = ask(bg, tokens[0])
				return err
			})
			if err != nil {
				errs <- err
			} else if i <= 2 || r.Refused() {
				c.refused(what+email, tokens[0])
			}
		})
	}
	group.Wait()

	sessions := [2]string{}
	for i := range sessions {
		var secret string
		var r node.Result
		err := again(func() (err error) {
			secret, r, err = c.StartSession(bg, address, email, password, "")
			return err
		})
		if err != nil || secret == "" {
			return fmt.Errorf("session of %s: %+v, %w", email, r.Refusals, err)
		}
		sessions[i] = secret
		end := ended.get
		if i == 0 {
			first := &moment{at: c.ledger.record.now()} // it ends at once
			end = first.get
		}
		c.ledger.note("session of "+email, end, func(n *node.Node, _ *store.DB) error { return alive(n, secret, true) })
		if i == 0 {
			if err := again(func() error { return c.EndSession(bg, secret) }); err != nil {
				return err
			}
			c.ledger.note("end of a session of "+email, nil, func(n *node.Node, _ *store.DB) error {
				return alive(n,
					secret, false)
			})
		}
	}

	wire := [2]core.Wire{core.Exact, core.Secure}[id/8%2]
	if err := c.rotate(id, email, wire); err != nil {
		return err
	}

	now := c.ledger.record.now()
	end := func() error { return nil }
	switch kind % 4 {
	case 0:
		ended.set(now)
		changed.set(now)
		end = func() error { return c.db.SetPassword(bg, who, c.hash+"x") }
	case 1:
		ended.set(now)
		end = func() error { return c.db.SetActive(bg, who, false) }
	case 2:
		ended.set(now)
		gone.set(now)
		end = func() error { return c.db.Remove(bg, who, time.Hour) }
	case 3:
		if err := again(func() error {
			return c.db.ChangeRights(bg, who,
				store.RightsChange{Grant: []string{"a.b"}})
		}); err != nil {
			return err
		}
		c.ledger.note("permission of "+email, nil, func(_ *node.Node, db *store.DB) error {
			k, err := db.Get(bg, who)
			if err == nil && len(k.Permissions) != 1 {
				err = errors.New("it is not there")
			}
			return err
		})
		close(errs)
		return <-errs
	}
	asking := make(chan struct{})
	group.Go(func() { // somebody refreshes until that is refused
		defer close(asking)
		for token := tokens[1]; ; {
			var r node.Result
			err := again(func() (err error) {
				r, err = c.Refresh(bg, token)
				return err
			})
			if err != nil {
				errs <- err
				return
			}
			if r.Refused() {
				// What is noted of it too late does not list it again.
				if err := again(func() error { return c.db.FlushUses(bg) }); err != nil {
					errs <- err
				}
				c.refused("refusal of a refresh of "+email, token)
				return
			}
			c.Used(r, node.Client{Agent: "refreshes"})
			token = r.Tokens[1].Value
		}
	})
	if err := again(end); err != nil && !(kind%4 == 2 && errors.Is(err, store.ErrNotFound)) {
		return err
	}
	c.refused("end of the log-ins of "+email, tokens[1])
	c.ledger.note("end of the sessions of "+email, nil, func(n *node.Node, _ *store.DB) error {
		return alive(n,
			sessions[1], false)
	})
	c.ledger.note("end of "+email, nil, func(_ *node.Node, db *store.DB) error {
		k, err := db.Get(bg, who)
		switch {
		case kind%4 == 2 && !errors.Is(err, store.ErrNotFound):
			return fmt.Errorf("a removed customer is there: %v", err)
		case kind%4 == 0 && k.PasswordHash != c.hash+"x", kind%4 == 1 && (err != nil || k.IsActive):
			return fmt.Errorf("the customer is %+v, %v", k, err)
		}
		return nil
	})
	group.Wait()
	close(errs)
	return <-errs
}

// refused notes that a refresh token is refused from now on, and its log-in is in no list.
func (c *client) refused(what, token string) {
	c.ledger.note(what, nil, func(n *node.Node, db *store.DB) error {
		r, err := n.Refresh(bg, token)
		if err == nil && !r.Refused() {
			err = errors.New("its refresh token is good")
		}
		is, bad := inList(n, db, token)
		if err = errors.Join(err, bad); err == nil && is {
			err = errors.New("it is in a list")
		}
		return err
	})
}

// alive is nil if a session is alive, or is not, as wanted.
func alive(n *node.Node, secret string, want bool) error {
	k, err := n.Session(bg, secret)
	if err == nil && k.ID.IsZero() == want {
		err = fmt.Errorf("it is alive: %v", !want)
	}
	return err
}
