package admin

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/store"
)

// CustomerQuery names a customer. Force has SetAccess and SetDetails take what is most likely a mistake.
type CustomerQuery struct {
	Key   string // an id or an e-mail address
	Force bool
}

func (q CustomerQuery) values() url.Values { return forced(q.Force, url.Values{"key": {q.Key}}) }

func customerQueryOf(v url.Values) CustomerQuery {
	return CustomerQuery{Key: v.Get("key"), Force: isForced(v)}
}

// find is the customer whom key names: by id first, then by e-mail address as a log-in compares it.
func (s *server) find(ctx context.Context, key string) (store.Customer, error) {
	if id, ok := s.id(key); ok {
		c, err := s.cfg.Store.Get(ctx, id)
		if !errors.Is(err, store.ErrNotFound) {
			return c, err
		}
	}
	c, err := s.cfg.Store.GetByEmail(ctx, key)
	if !errors.Is(err, store.ErrNotFound) {
		return c, err
	}
	_, alike, err := s.cfg.Store.Load(ctx, store.Query{Login: key, HasLogin: true, Fold: true})
	if err != nil {
		return store.Customer{}, err
	}
	missing := fmt.Sprintf("no customer has the id or the e-mail address %q", key)
	switch {
	case s.cfg.FoldEmails && !alike.ID.IsZero():
		return alike, nil
	case s.cfg.FoldEmails:
		return store.Customer{}, errors.New(missing)
	case !alike.ID.IsZero():
		return store.Customer{}, fmt.Errorf("%s; e-mail addresses are compared exactly, and there is %q",
			missing, alike.Email)
	}
	return store.Customer{}, errors.New(missing + "; e-mail addresses are compared exactly")
}

// id reads a text as an id of the store's kind.
func (s *server) id(text string) (core.CustomerID, bool) {
	if s.cfg.Store.IDs() == core.TextID {
		return core.Text(text), true
	}
	n, ok := customerjson.ParseInteger(text)
	return core.Integer(n), ok
}

// noID says that a text is no id of the store.
func noID(text string) error {
	return fmt.Errorf("%q is no id of this store, which has integers from -2^63 to 2^63-1", text)
}
