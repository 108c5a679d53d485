package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// RightsChange is what a customer gets and loses.
type RightsChange struct {
	Grant, Withdraw []string // its own permissions
	Join, Leave     []string // groups, by name
}

// ChangeRights gives a customer permissions and groups, and takes others away. It may give what the customer already
// has. The customer gets a new version, which the next Load sees. The error is ErrNotFound if there is no such
// customer, ErrNoGroup if there is no group to join, ErrNotHeld if the customer lacks what should be taken; then
// nothing changes.
func (db *DB) ChangeRights(ctx context.Context, id core.CustomerID, change RightsChange) error {
	grant, err := checkPermissions(change.Grant)
	if err != nil {
		return err
	}
	withdraw, err := checkPermissions(change.Withdraw)
	if err != nil {
		return err
	}
	return db.write(ctx, func(w *writer) (resolved, error) {
		p, _, err := w.existing(id)
		if err != nil {
			return nil, err
		}
		f := fact.Customer{ID: id, Made: p.made, Stamp: w.stamp()}
		if f.Granted, f.Withdrawn, err = changed(p.permissions.names(), grant, withdraw); err == nil {
			f.Entered, f.Left, err = w.regroup(p.groups, change)
		}
		if err == nil {
			err = p.checkRights(f)
		}
		if err != nil {
			return nil, named(id, err)
		}
		if f.Granted == nil && f.Withdrawn == nil && f.Entered == nil && f.Left == nil {
			return nil, nil
		}
		return resolved{f}, nil
	})
}

// changed says which permissions a set gets and loses that has those of list. What is both given and taken is taken.
func changed(list, grant, withdraw []string) (granted, withdrawn []string, err error) {
	has := func(list []string, p string) bool {
		_, found := slices.BinarySearch(list, p)
		return found
	}
	for _, p := range withdraw {
		if !has(list, p) && !has(grant, p) {
			return nil, nil, fmt.Errorf("permission %q is %w", p, ErrNotHeld)
		}
		if has(list, p) {
			withdrawn = append(withdrawn, p)
		}
	}
	for _, p := range grant {
		if !has(list, p) && !has(withdraw, p) {
			granted = append(granted, p)
		}
	}
	return granted, withdrawn, nil
}

// regroup says which groups a customer enters and leaves.
func (t tables) regroup(groups members, change RightsChange) (entered []fact.Membership, left []string, err error) {
	is, err := t.memberships(groups)
	if err != nil {
		return nil, nil, err
	}
	join := sorted(change.Join)
	for _, name := range join {
		g, err := t.existingGroup(name)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(is, name) && !slices.Contains(change.Leave, name) {
			entered = append(entered, fact.Membership{Group: name, Number: g.made})
		}
	}
	for _, name := range sorted(change.Leave) {
		if !slices.Contains(is, name) {
			if !slices.Contains(join, name) {
				return nil, nil, fmt.Errorf("group %q is %w", name, ErrNotHeld)
			}
			continue
		}
		left = append(left, name)
	}
	return entered, left, nil
}

// checkRights returns an error if a customer would have too many permissions and groups.
func (p person) checkRights(f fact.Customer) error {
	p.permissions, p.groups = slices.Clone(p.permissions), slices.Clone(p.groups)
	p.join(f)
	return checkSize("permissions and groups", append(p.permissions.held(), p.groups.held()...))
}
