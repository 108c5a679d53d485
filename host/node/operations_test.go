package node_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/cause"
	"github.com/edgetoken/edgetoken/host/node"
	"github.com/edgetoken/edgetoken/store"
)

// operation is something that clients and operators ask of a node.
type operation struct {
	name string
	set  func(*core.Settings) // nil: the defaults
	do   func(o *operated) (node.Result, error)
}

// operated is a world with tokens of ana's.
type operated struct {
	*world
	*testing.T
	tokens  pair
	spent   string // the refresh token before, where one spends the other on the secure wire
	sliding string
	session string
	hash    string // of her password
}

// operations are all that a node does.
var operations = []operation{
	{"log-in", nil, func(o *operated) (node.Result, error) {
		return o.Login(o.Context(), client, "ana@example.com", "right")
	}},
	{"sliding log-in", nil, func(o *operated) (node.Result, error) {
		return o.SlidingLogin(o.Context(), client, "ana@example.com", "right")
	}},
	{"session", nil, func(o *operated) (node.Result, error) {
		_, r, err := o.StartSession(o.Context(), client, "ana@example.com", "right", o.session)
		return r, err
	}},
	{"read of a session", nil, func(o *operated) (node.Result, error) {
		_, err := o.Session(o.Context(), o.session)
		return node.Result{}, err
	}},
	{"end of a session", nil, func(o *operated) (node.Result, error) {
		return node.Result{}, o.EndSession(o.Context(), o.session)
	}},
	{"refresh", nil, refreshed},
	{"refresh, siblings", siblings, refreshed},
	{"refresh, generations, exact", spending(core.Exact), refreshed},
	{"refresh, generations, secure", spending(core.Secure), refreshed},
	{"reuse", func(s *core.Settings) {
		spending(core.Secure)(s)
		s.RefreshGrace = 0
	}, func(o *operated) (node.Result, error) { return o.Refresh(o.Context(), o.spent) }},
	{"refresh again in the window", spending(core.Secure), func(o *operated) (node.Result, error) {
		return o.Refresh(o.Context(), o.spent)
	}},
	{"refresh of Django's", spending(core.Secure), func(o *operated) (node.Result, error) {
		return o.Refresh(o.Context(), o.djangosOf(o.T, "refresh", "django", "1", 9*day))
	}},
	{"sliding refresh", nil, func(o *operated) (node.Result, error) {
		return o.SlidingRefresh(o.Context(), o.sliding)
	}},
	{"verify", nil, func(o *operated) (node.Result, error) { return o.Verify(o.Context(), o.tokens.refresh) }},
	{"verify of Django's", nil, func(o *operated) (node.Result, error) {
		return o.Verify(o.Context(), o.djangosOf(o.T, "refresh", "django", "1", 9*day))
	}},
	{"check", nil, func(o *operated) (node.Result, error) {
		return o.AuthenticateWithRights(o.Context(), o.tokens.access)
	}},
	{"blacklist", spending(core.Secure), func(o *operated) (node.Result, error) {
		return o.Blacklist(o.Context(), o.tokens.refresh)
	}},
	{"log-out", nil, func(o *operated) (node.Result, error) {
		return node.Result{}, o.EndLogin(o.Context(), o.tokens.access)
	}},
	{"log-out everywhere", nil, func(o *operated) (node.Result, error) {
		return node.Result{}, endLogins(o.world, o.Context())
	}},
	{"revocation", nil, func(o *operated) (node.Result, error) {
		return node.Result{}, o.store.Revoke(o.Context(), core.Integer(1))
	}},
	{"disabling", nil, func(o *operated) (node.Result, error) { return node.Result{}, disable(o.world, o.Context()) }},
	{"password change", nil, func(o *operated) (node.Result, error) {
		return node.Result{}, changePassword(o.world, o.Context())
	}},
	{"removal", nil, func(o *operated) (node.Result, error) {
		err := remove(o.world, o.Context())
		if errors.Is(err, store.ErrNotFound) { // it is done
			err = nil
		}
		return node.Result{}, err
	}},
}

func endLogins(w *world, ctx context.Context) error {
	_, err := w.EndLogins(ctx, core.Integer(1), "")
	return err
}

// siblings has refresh tokens stay good.
func siblings(s *core.Settings) { s.RotateRefreshTokens = true }

func refreshed(o *operated) (node.Result, error) { return o.Refresh(o.Context(), o.tokens.refresh) }

// prepare makes the world that an operation is tried in.
func (p operation) prepare(t *testing.T, change func(*node.Config)) *operated {
	t.Helper()
	w := newWorld(t, func(c *node.Config) {
		if p.set != nil {
			p.set(&c.Settings)
		}
		if change != nil {
			change(c)
		}
	})
	must(t, w.RaiseLifetimes(t.Context()))
	o := &operated{world: w, T: t}
	o.tokens.refresh, o.tokens.access = w.login(t)
	if s := w.Settings(); s.Advances() && s.Wire == core.Secure {
		o.spent = o.tokens.refresh
		o.tokens.refresh, o.tokens.access = w.rotate(t, o.spent)
	}
	o.sliding = w.slide(t)
	_, err := w.Verify(t.Context(), o.tokens.refresh) // how long tokens live is written once
	must(t, err)
	o.session, _, err = w.StartSession(t.Context(), client, "ana@example.com", "right", "")
	must(t, err)
	ana, err := w.store.Get(t.Context(), core.Integer(1))
	must(t, err)
	o.hash = ana.PasswordHash
	w.passes(time.Second)
	return o
}

// again is the same on a copy of the store.
func (o *operated) again(t *testing.T) *operated {
	t.Helper()
	c := *o
	c.world, c.T = o.copied(t), t
	return &c
}

// state is what can be told of ana.
func (o *operated) state() string {
	o.Helper()
	stats, err := o.store.Stats(o.Context())
	must(o, err)
	text := fmt.Sprintf("%d families, %d sessions, %d tombstones", stats.Families, stats.Sessions, stats.Tombstones)
	if c, err := o.store.Get(o.Context(), core.Integer(1)); err == nil {
		text += fmt.Sprintf(", active %v, logged in %v, password the same %v", c.IsActive, c.LastLogin,
			c.PasswordHash == o.hash)
	}
	var opened core.Opened
	must(o, o.Engine().Open(o.Context(), []byte(o.tokens.refresh), &opened))
	s, _, err := node.Load(o.Context(), o.store, store.FieldID, opened, o.now)
	must(o, err)
	return fmt.Sprintf("%s, generation %d, dead %v, ended %v", text, s.Family.Generation, s.Family.Dead,
		s.CutOff >= opened.Family().Start)
}

// expected is how an operation is answered where nothing fails, once and again, and what there is before and after it.
type expected struct {
	before, after string
	first, second cause.Cause
}

func (p operation) expect(t *testing.T, o *operated) (e expected) {
	t.Helper()
	o = o.again(t)
	e.before = o.state()
	r, err := p.do(o)
	must(t, err)
	e.first, e.after = causeOf(r), o.state()
	r, err = p.do(o)
	must(t, err)
	e.second = causeOf(r)
	return e
}

// judge holds an operation during which something failed, and the same operation once nothing fails any more, to what
// is expected: it is done, or it is answered with an error and is done or not, as a whole.
func (p operation) judge(o *operated, e expected, r node.Result, err error) {
	o.Helper()
	is := o.state()
	if err == nil && (is != e.after || causeOf(r) != e.first) {
		o.Errorf("it is answered with %v, want %v, and the state is\n%s\nwant\n%s", causeOf(r), e.first, is, e.after)
	}
	if is != e.before && is != e.after {
		o.Errorf("after %v the state is\n%s\nwas\n%s\nwant\n%s", err, is, e.before, e.after)
	}
	want := e.first
	if is == e.after && e.after != e.before {
		want = e.second
	}
	if r, err := p.do(o); err != nil || causeOf(r) != want {
		o.Errorf("the same again: %v, %v; want %v", causeOf(r), err, want)
	}
}
