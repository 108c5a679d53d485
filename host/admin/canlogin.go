package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/core/strictjson"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/store"
)

// canLogIn says why every log-in of a customer would be a 500: what is configured to stand in tokens (claims) or in the
// answer (login.answer) is too large, or holds what cannot stand there.
func (s *server) canLogIn(c store.Customer) error {
	claims, err := s.cfg.Claims.JSON(c)
	if err == nil && claims != nil && !strictjson.Valid(claims) {
		err = errors.New("no token can hold them")
	}
	if err != nil {
		return fmt.Errorf("could not log in, with the claims that are configured: %w", err)
	}
	if len(s.cfg.LoginAnswer) == 0 {
		return nil
	}
	if err := s.cfg.CheckAnswer(s.cfg.LoginAnswer, c); err != nil {
		return fmt.Errorf("could not log in, with the login.answer that is configured: %w", err)
	}
	return nil
}

// showsRights reports whether a log-in shows permissions.
func (s *server) showsRights() bool {
	return s.cfg.Claims.NeedsRights() || s.cfg.LoginAnswer.NeedsRights()
}

// checkLogIns refuses customers who could not log in once they are added. place begins the error of one of them.
func (s *server) checkLogIns(ctx context.Context, given []customerjson.Customer, place func(int) string) error {
	if len(s.cfg.Claims)+len(s.cfg.LoginAnswer) == 0 {
		return nil
	}
	groups := map[string][]string{}
	if s.showsRights() {
		var err error
		if groups, err = s.groupPermissions(ctx); err != nil {
			return err
		}
		for _, c := range given {
			for name, permissions := range c.Groups { // a new group is made with what all entries name for it
				groups[name] = append(slices.Clip(groups[name]), permissions...)
			}
		}
	}
	var wrong []error
	for i, c := range given {
		if err := s.canLogIn(s.largest(c.NewCustomer, groups)); err != nil {
			if wrong = append(wrong, fmt.Errorf("%s%w", place(i), err)); len(wrong) == customerjson.MaxErrors {
				break
			}
		}
	}
	return errors.Join(wrong...)
}

// checkChange refuses a change after which a customer could not log in. One that already cannot may be changed.
func (s *server) checkChange(ctx context.Context, id core.CustomerID, change Details) error {
	c, err := s.load(ctx, id)
	if err != nil || s.canLogIn(c) != nil {
		return err
	}
	for _, f := range []struct{ from, to *string }{
		{change.Email, &c.Email}, {change.FirstName, &c.FirstName}, {change.LastName, &c.LastName},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if change.Attributes != nil {
		c.Attributes = compacted(change.Attributes)
	}
	if err := s.canLogIn(c); err != nil {
		return fmt.Errorf("customer %v %w", id, err)
	}
	return nil
}

// largest is a new customer with the longest id and times that the store may give it.
func (s *server) largest(n store.NewCustomer, groups map[string][]string) store.Customer {
	c := store.Customer{
		ID: n.ID, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName,
		IsActive: n.IsActive, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser,
		LastLogin: time.UnixMicro(1).UTC(), DateJoined: n.DateJoined, Attributes: compacted(n.Attributes),
	}
	if c.DateJoined.IsZero() {
		c.DateJoined = c.LastLogin
	}
	if c.ID.IsZero() && s.cfg.Store.IDs() == core.TextID {
		c.ID = core.Text("00000000-0000-0000-0000-000000000000")
	} else if c.ID.IsZero() {
		c.ID = core.Integer(math.MaxInt64)
	}
	c.Groups = slices.Sorted(maps.Keys(n.Groups))
	c.Rights = effective(n.Permissions, c.Groups, groups)
	return c
}

// compacted is an object as the store keeps it; nil for none, and for what is not an object, which the store refuses.
func compacted(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Bytes()[0] != '{' {
		return nil
	}
	return b.Bytes()
}
