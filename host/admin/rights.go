package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/edgetoken/edgetoken/store"
)

// Group is a group as commands show it.
type Group struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

// Groups answers GET /groups.
type Groups struct {
	Groups []Group `json:"groups"`
}

// RightsChange is the body of POST /rights.
type RightsChange struct {
	Grant  []string `json:"grant,omitempty"`
	Revoke []string `json:"revoke,omitempty"`
	Join   []string `json:"join,omitempty"`
	Leave  []string `json:"leave,omitempty"`
}

// RightsChanged answers it. Warnings say what a customer may do still.
type RightsChanged struct {
	Customer Customer `json:"customer"`
	Warnings []string `json:"warnings"`
}

// GroupChanged answers a change of a group.
type GroupChanged struct {
	Group    Group    `json:"group"`
	Warnings []string `json:"warnings"`
}

// GroupChange is the body of calls of /groups.
type GroupChange struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions,omitempty"`
	Grant       []string `json:"grant,omitempty"`
	Revoke      []string `json:"revoke,omitempty"`
}

func (s *server) changeRights(r *http.Request) (answer RightsChanged, err error) {
	var call RightsChange
	if err := readJSON(r, &call); err != nil {
		return answer, err
	}
	c, err := s.find(r.Context(), r.URL.Query().Get("key"))
	if err != nil {
		return answer, err
	}
	err = s.cfg.Store.ChangeRights(r.Context(), c.ID, store.RightsChange{Grant: call.Grant, Withdraw: call.Revoke, Join: call.Join, Leave: call.Leave})
	if errors.Is(err, store.ErrNotHeld) {
		return answer, s.notHeld(r.Context(), c, call)
	}
	if err != nil {
		return answer, err
	}
	s.did("rights changed", c.ID)
	answer.Warnings = []string{}
	if answer.Customer, err = s.view(r.Context(), c.ID); err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, s.unknownPermissions(call.Grant)...)
	if w, err := s.shownWarning(r.Context(), c.ID); err != nil {
		return answer, err
	} else if w != "" {
		answer.Warnings = append(answer.Warnings, w)
	}
	if len(call.Revoke)+len(call.Leave) > 0 && c.IsSuperuser {
		answer.Warnings = append(answer.Warnings, fmt.Sprintf("customer %v is a superuser, who may do everything: see edgetoken customers set --superuser=false", c.ID))
	}
	for _, p := range call.Revoke {
		if slices.Contains(answer.Customer.Rights, p) {
			from, err := s.groupsWith(r.Context(), answer.Customer.Groups, p)
			if err != nil {
				return answer, err
			}
			answer.Warnings = append(answer.Warnings, fmt.Sprintf("customer %v still has %s from %s", c.ID, p, from))
		}
	}
	return answer, nil
}

// notHeld says what of a call cannot be taken from a customer, and where he has it from.
func (s *server) notHeld(ctx context.Context, c store.Customer, call RightsChange) error {
	for _, p := range call.Revoke {
		if slices.Contains(c.Permissions, p) || slices.Contains(call.Grant, p) {
			continue
		}
		from, err := s.groupsWith(ctx, c.Groups, p)
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
func (s *server) groupsWith(ctx context.Context, names []string, permission string) (string, error) {
	groups, err := s.cfg.Store.Groups(ctx)
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
func (s *server) checkGroups(ctx context.Context, names []string) error {
	groups, err := s.cfg.Store.Groups(ctx)
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

func (s *server) listGroups(r *http.Request) (Groups, error) {
	groups, err := s.cfg.Store.Groups(r.Context())
	if err != nil {
		return Groups{}, err
	}
	all := Groups{Groups: []Group{}}
	for _, g := range groups {
		all.Groups = append(all.Groups, Group{g.Name, list(g.Permissions)})
	}
	return all, nil
}

func (s *server) addGroup(r *http.Request) (GroupChanged, error) {
	return s.callGroup(r, "group added", func(ctx context.Context, c GroupChange) error {
		return s.cfg.Store.AddGroup(ctx, c.Name, c.Permissions)
	})
}

func (s *server) putGroup(r *http.Request) (GroupChanged, error) {
	return s.callGroup(r, "group set", func(ctx context.Context, c GroupChange) error {
		return s.cfg.Store.PutGroup(ctx, c.Name, c.Permissions)
	})
}

func (s *server) changeGroup(r *http.Request) (GroupChanged, error) {
	return s.callGroup(r, "group changed", func(ctx context.Context, c GroupChange) error {
		return s.cfg.Store.ChangeGroup(ctx, c.Name, c.Grant, c.Revoke)
	})
}

// callGroup changes a group and gives what came of it.
func (s *server) callGroup(r *http.Request, what string, change func(context.Context, GroupChange) error) (answer GroupChanged, err error) {
	var call GroupChange
	if err := readJSON(r, &call); err != nil {
		return answer, err
	}
	if err := change(r.Context(), call); err != nil {
		return answer, err
	}
	s.didGroup(what, call.Name)
	view, found, err := s.group(r.Context(), call.Name)
	if err == nil && !found {
		err = fmt.Errorf("group %q was removed just now", call.Name)
	}
	if err != nil {
		return answer, err
	}
	answer = GroupChanged{view, list(s.unknownPermissions(slices.Concat(call.Permissions, call.Grant)))}
	if s.cfg.Claims.NeedsRights() || s.cfg.LoginAnswer.NeedsRights() {
		member := store.NewCustomer{IsActive: true, Groups: map[string][]string{view.Name: nil}}
		if err := s.shown(s.longest(member, map[string][]string{view.Name: view.Permissions})); err != nil {
			answer.Warnings = append(answer.Warnings, fmt.Sprintf("members of group %q %v", view.Name, err))
		}
	}
	return answer, nil
}

func (s *server) removeGroup(r *http.Request) (Group, error) {
	name := r.URL.Query().Get("name")
	was, _, err := s.group(r.Context(), name)
	if err != nil {
		return Group{}, err
	}
	if err := s.cfg.Store.RemoveGroup(r.Context(), name); err != nil {
		return Group{}, err
	}
	s.didGroup("group removed", name)
	return was, nil
}

// group shows a group, where there is one.
func (s *server) group(ctx context.Context, name string) (view Group, found bool, err error) {
	groups, err := s.cfg.Store.Groups(ctx)
	if err != nil {
		return Group{}, false, err
	}
	for _, g := range groups {
		if g.Name == name {
			return Group{g.Name, list(g.Permissions)}, true, nil
		}
	}
	return Group{}, false, nil
}

// didGroup leaves a record of a change in the log of a running node.
func (s *server) didGroup(what, name string) {
	s.cfg.Log.Info("admin: "+what, "group", name)
}
