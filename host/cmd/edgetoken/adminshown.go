package main

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
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/store"
)

// shown says why every log-in of a customer would be a 500: what is configured to stand in tokens (claims) or in the
// answer (login.answer) is too large, or holds what cannot stand there.
func (a *admin) shown(c store.Customer) error {
	claims, err := a.cfg.Claims.JSON(c)
	if err == nil && claims != nil && !core.Strict(claims) {
		err = errors.New("no token can hold them")
	}
	if err != nil {
		return fmt.Errorf("could not log in, with the claims that are configured: %w", err)
	}
	if err := httpapi.CheckLoginAnswer(a.cfg.LoginAnswer, c); err != nil {
		return fmt.Errorf("could not log in, with the login.answer that is configured: %w", err)
	}
	return nil
}

// checkShown refuses customers who could not log in once they are added; named begins the error of one of them.
func (a *admin) checkShown(ctx context.Context, list []entry, named func(int) string) error {
	if len(a.cfg.Claims)+len(a.cfg.LoginAnswer) == 0 {
		return nil
	}
	groups := map[string][]string{}
	if a.cfg.Claims.NeedsRights() || a.cfg.LoginAnswer.NeedsRights() {
		var err error
		if groups, err = a.groupPermissions(ctx); err != nil {
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
		if err := a.shown(a.longest(n.NewCustomer, groups)); err != nil {
			if wrong = append(wrong, fmt.Errorf("%s%w", named(i), err)); len(wrong) == errorsShown {
				break
			}
		}
	}
	return errors.Join(wrong...)
}

// longest is a customer who is added, with as long an id and times as the store may give.
func (a *admin) longest(n store.NewCustomer, groups map[string][]string) store.Customer {
	c := store.Customer{
		ID: n.ID, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, IsActive: n.IsActive, IsStaff: n.IsStaff, IsSuperuser: n.IsSuperuser,
		LastLogin: time.UnixMicro(1).UTC(), DateJoined: n.DateJoined, Attributes: compact(n.Attributes),
	}
	if c.DateJoined.IsZero() {
		c.DateJoined = c.LastLogin
	}
	if c.ID.IsZero() && a.store.IDs() == core.TextID {
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
func (a *admin) checkChange(ctx context.Context, id core.CustomerID, change customerSettings) error {
	_, c, err := a.store.Load(ctx, store.Query{UserID: id, HasUser: true, Rights: true})
	if err != nil || a.shown(c) != nil {
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
	if err := a.shown(c); err != nil {
		return fmt.Errorf("customer %v %w", id, err)
	}
	return nil
}

// shownWarning says that a customer cannot log in as things are; empty where that is not so.
func (a *admin) shownWarning(ctx context.Context, id core.CustomerID) (string, error) {
	_, c, err := a.store.Load(ctx, store.Query{UserID: id, HasUser: true, Rights: true})
	if err != nil || c.ID.IsZero() {
		return "", err
	}
	if err := a.shown(c); err != nil {
		return fmt.Sprintf("customer %v %v", id, err), nil
	}
	return "", nil
}
