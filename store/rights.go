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

// changed says which permissions a set with those of list gets and loses. What is both given and taken is taken. All
// lists are sorted. The error is ErrNotHeld if the set lacks what is taken.
func changed(list, grant, withdraw []string) (granted, withdrawn []string, err error) {
	lacks := without(withdraw, list)
	if unknown := without(lacks, grant); len(unknown) > 0 {
		return nil, nil, fmt.Errorf("permission %q is %w", unknown[0], ErrNotHeld)
	}
	return without(without(grant, list), withdraw), without(withdraw, lacks), nil
}

// without returns what a list has and another, which is sorted, does not; nil for nothing.
func without(list, other []string) (rest []string) {
	for _, s := range list {
		if _, found := slices.BinarySearch(other, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}

// regroup says which groups a customer enters and leaves.
func (t tables) regroup(groups members, change RightsChange) (entered []fact.Entry, left []string, err error) {
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
			entered = append(entered, fact.Entry{Group: name, Number: g.made})
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
	const what = "permissions and groups"
	if err := checkCount(what, len(p.permissions)+len(p.groups)); err != nil {
		return err
	}
	return checkSize(what, append(p.permissions.held(), p.groups.held()...))
}
