package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/edgetoken/edgetoken/store"
)

// groupView is a group as commands show it.
type groupView struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

// groupList answers GET /groups.
type groupList struct {
	Groups []groupView `json:"groups"`
}

// rightsCall is the body of POST /rights.
type rightsCall struct {
	Grant  []string `json:"grant,omitempty"`
	Revoke []string `json:"revoke,omitempty"`
	Join   []string `json:"join,omitempty"`
	Leave  []string `json:"leave,omitempty"`
}

// rightsChanged answers it. Warnings say what a customer may do still.
type rightsChanged struct {
	Customer customerView `json:"customer"`
	Warnings []string     `json:"warnings"`
}

// groupChanged answers a change of a group.
type groupChanged struct {
	Group    groupView `json:"group"`
	Warnings []string  `json:"warnings"`
}

// groupCall is the body of calls of /groups.
type groupCall struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions,omitempty"`
	Grant       []string `json:"grant,omitempty"`
	Revoke      []string `json:"revoke,omitempty"`
}

func (a *admin) changeRights(r *http.Request) (answer rightsChanged, err error) {
	var call rightsCall
	if err := readJSON(r, &call); err != nil {
		return answer, err
	}
	c, err := a.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return answer, err
	}
	err = a.store.ChangeRights(r.Context(), c.ID, store.RightsChange{Grant: call.Grant, Withdraw: call.Revoke, Join: call.Join, Leave: call.Leave})
	if errors.Is(err, store.ErrNotHeld) {
		return answer, a.notHeld(r.Context(), c, call)
	}
	if err != nil {
		return answer, err
	}
	a.did("rights changed", c.ID)
	answer.Warnings = []string{}
	if answer.Customer, err = a.view(r.Context(), c.ID); err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, unknownPermissions(call.Grant)...)
	if w, err := a.shownWarning(r.Context(), c.ID); err != nil {
		return answer, err
	} else if w != "" {
		answer.Warnings = append(answer.Warnings, w)
	}
	if len(call.Revoke)+len(call.Leave) > 0 && c.IsSuperuser {
		answer.Warnings = append(answer.Warnings, fmt.Sprintf("customer %v is a superuser, who may do everything: see edgetoken customers set --superuser=false", c.ID))
	}
	for _, p := range call.Revoke {
		if slices.Contains(answer.Customer.Rights, p) {
			from, err := a.groupsWith(r.Context(), answer.Customer.Groups, p)
			if err != nil {
				return answer, err
			}
			answer.Warnings = append(answer.Warnings, fmt.Sprintf("customer %v still has %s from %s", c.ID, p, from))
		}
	}
	return answer, nil
}

// notHeld says what of a call cannot be taken from a customer, and where he has it from.
func (a *admin) notHeld(ctx context.Context, c store.Customer, call rightsCall) error {
	for _, p := range call.Revoke {
		if slices.Contains(c.Permissions, p) || slices.Contains(call.Grant, p) {
			continue
		}
		from, err := a.groupsWith(ctx, c.Groups, p)
		switch {
		case err != nil:
			return err
		case from != "":
			return fmt.Errorf("customer %v has %s from %s only: take the customer out with --group, or take it from the group (edgetoken customers groups revoke)", c.ID, p, from)
		}
		return fmt.Errorf("customer %v does not have %s: nothing was changed", c.ID, p)
	}
	for _, g := range call.Leave {
		if !slices.Contains(c.Groups, g) && !slices.Contains(call.Join, g) {
			return fmt.Errorf("customer %v is not in group %q: nothing was changed", c.ID, g)
		}
	}
	return errors.New("the customer changed just now: look again")
}

// groupsWith names the groups among these that have a permission: "group editors" or "groups authors, editors"; ""
// where none has.
func (a *admin) groupsWith(ctx context.Context, names []string, permission string) (string, error) {
	groups, err := a.store.Groups(ctx)
	if err != nil {
		return "", err
	}
	text, separator := "", "group "
	for _, g := range groups {
		if slices.Contains(names, g.Name) && slices.Contains(g.Permissions, permission) {
			text += separator + fmt.Sprintf("%q", g.Name)
			separator = ", "
		}
	}
	return text, nil
}

// checkGroups refuses a name that is no group's.
func (a *admin) checkGroups(ctx context.Context, names []string) error {
	groups, err := a.store.Groups(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(groups, func(g store.Group) bool { return g.Name == name }) {
			return fmt.Errorf("group %q: %w", name, store.ErrNoGroup)
		}
	}
	return nil
}

func (a *admin) listGroups(r *http.Request) (groupList, error) {
	groups, err := a.store.Groups(r.Context())
	if err != nil {
		return groupList{}, err
	}
	all := groupList{Groups: []groupView{}}
	for _, g := range groups {
		all.Groups = append(all.Groups, groupView{g.Name, list(g.Permissions)})
	}
	return all, nil
}

func (a *admin) addGroup(r *http.Request) (groupChanged, error) {
	return a.groupCall(r, "group added", func(ctx context.Context, c groupCall) error {
		return a.store.AddGroup(ctx, c.Name, c.Permissions)
	})
}

func (a *admin) putGroup(r *http.Request) (groupChanged, error) {
	return a.groupCall(r, "group set", func(ctx context.Context, c groupCall) error { return a.store.PutGroup(ctx, c.Name, c.Permissions) })
}

func (a *admin) changeGroup(r *http.Request) (groupChanged, error) {
	return a.groupCall(r, "group changed", func(ctx context.Context, c groupCall) error {
		return a.store.ChangeGroup(ctx, c.Name, c.Grant, c.Revoke)
	})
}

// groupCall changes a group and gives what came of it.
func (a *admin) groupCall(r *http.Request, what string, change func(context.Context, groupCall) error) (answer groupChanged, err error) {
	var call groupCall
	if err := readJSON(r, &call); err != nil {
		return answer, err
	}
	if err := change(r.Context(), call); err != nil {
		return answer, err
	}
	a.didGroup(what, call.Name)
	view, found, err := a.group(r.Context(), call.Name)
	if err == nil && !found {
		err = fmt.Errorf("group %q was removed just now", call.Name)
	}
	if err != nil {
		return answer, err
	}
	answer = groupChanged{view, list(unknownPermissions(slices.Concat(call.Permissions, call.Grant)))}
	if a.cfg.Claims.NeedsRights() || a.cfg.LoginAnswer.NeedsRights() {
		member := store.NewCustomer{IsActive: true, Groups: map[string][]string{view.Name: nil}}
		if err := a.shown(a.longest(member, map[string][]string{view.Name: view.Permissions})); err != nil {
			answer.Warnings = append(answer.Warnings, fmt.Sprintf("members of group %q %v", view.Name, err))
		}
	}
	return answer, nil
}

func (a *admin) removeGroup(r *http.Request) (groupView, error) {
	name := r.URL.Query().Get("name")
	was, _, err := a.group(r.Context(), name)
	if err != nil {
		return groupView{}, err
	}
	if err := a.store.RemoveGroup(r.Context(), name); err != nil {
		return groupView{}, err
	}
	a.didGroup("group removed", name)
	return was, nil
}

// group shows a group, where there is one.
func (a *admin) group(ctx context.Context, name string) (view groupView, found bool, err error) {
	groups, err := a.store.Groups(ctx)
	if err != nil {
		return groupView{}, false, err
	}
	for _, g := range groups {
		if g.Name == name {
			return groupView{g.Name, list(g.Permissions)}, true, nil
		}
	}
	return groupView{}, false, nil
}

// didGroup leaves a record of a change in the log of a running node.
func (a *admin) didGroup(what, name string) {
	if a.log != nil {
		a.log.Info("admin: "+what, "group", name)
	}
}
