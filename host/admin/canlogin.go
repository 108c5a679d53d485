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
	"github.com/edgetoken/edgetoken/store"
)

// shown says why every log-in of a customer would be a 500: what is configured to stand in tokens (claims) or in the
// answer (login.answer) is too large, or holds what cannot stand there.
func (s *server) shown(c store.Customer) error {
	claims, err := s.cfg.Claims.JSON(c)
	if err == nil && claims != nil && !strictjson.Valid(claims) {
		err = errors.New("no token can hold them")
	}
	if err != nil {
		return fmt.Errorf("could not log in, with the claims that are configured: %w", err)
	}
	if err := s.cfg.CheckAnswer(s.cfg.LoginAnswer, c); err != nil {
		return fmt.Errorf("could not log in, with the login.answer that is configured: %w", err)
	}
	return nil
}

// checkShown refuses customers who could not log in once they are added; named begins the error of one of them.
func (s *server) checkShown(ctx context.Context, list []entry, named func(int) string) error {
	if len(s.cfg.Claims)+len(s.cfg.LoginAnswer) == 0 {
		return nil
	}
	groups := map[string][]string{}
	if s.cfg.Claims.NeedsRights() || s.cfg.LoginAnswer.NeedsRights() {
		var err error
		if groups, err = s.groupPermissions(ctx); err != nil {
			return err
		}
		for _, n := range list {
			for name, permissions := range n.Groups { // each entry may name some of those that a group is made with
				groups[name] = append(slices.Clip(groups[name]), permissions...)
			}
		}
	}
	var wrong []error
	for i, n := range list {
		if err := s.shown(s.longest(n.NewCustomer, groups)); err != nil {
			if wrong = append(wrong, fmt.Errorf("%s%w", named(i), err)); len(wrong) == errorsShown {
				break
			}
		}
	}
	return errors.Join(wrong...)
}

// longest is a customer who is added, with as long an id and times as the store may give.
func (s *server) longest(n store.NewCustomer, groups map[string][]string) store.Customer {
	c := store.Customer{
		ID: n.ID, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, IsActive: n.IsActive, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser,
		LastLogin: time.UnixMicro(1).UTC(), DateJoined: n.DateJoined, Attributes: compact(n.Attributes),
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

// compact is an object as the store keeps it; nil for none, and for what is no object, which the store refuses.
func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Bytes()[0] != '{' {
		return nil
	}
	return b.Bytes()
}

// checkChange refuses a change after which a customer could not log in. One who cannot already may be changed.
func (s *server) checkChange(ctx context.Context, id core.CustomerID, change Details) error {
	_, c, err := s.cfg.Store.Load(ctx, store.Query{UserID: id, HasUser: true, Rights: true})
	if err != nil || s.shown(c) != nil {
		return err
	}
	for _, f := range []struct{ from, to *string }{{change.Email, &c.Email}, {change.FirstName, &c.FirstName}, {change.LastName, &c.LastName}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if change.Attributes != nil {
		c.Attributes = compact(change.Attributes)
	}
	if err := s.shown(c); err != nil {
		return fmt.Errorf("customer %v %w", id, err)
	}
	return nil
}

// shownWarning says that a customer cannot log in as things are; empty where that is not so.
func (s *server) shownWarning(ctx context.Context, id core.CustomerID) (string, error) {
	_, c, err := s.cfg.Store.Load(ctx, store.Query{UserID: id, HasUser: true, Rights: true})
	if err != nil || c.ID.IsZero() {
		return "", err
	}
	if err := s.shown(c); err != nil {
		return fmt.Sprintf("customer %v %v", id, err), nil
	}
	return "", nil
}
