package admin

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/edgetoken/edgetoken/store"
)

// Group is a group as it is shown.
type Group struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

// Groups answers ListGroups.
type Groups struct {
	Groups []Group `json:"groups"`
}

// GroupQuery names a group.
type GroupQuery struct{ Name string }

func (q GroupQuery) values() url.Values { return url.Values{"name": {q.Name}} }

func groupQueryOf(v url.Values) GroupQuery { return GroupQuery{v.Get("name")} }

// GroupChange makes or changes a group: AddGroup and PutGroup take Permissions, ChangeGroup takes Grant and Revoke.
type GroupChange struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions,omitempty"`
	Grant       []string `json:"grant,omitempty"`
	Revoke      []string `json:"revoke,omitempty"`
}

// GroupChanged answers it.
type GroupChanged struct {
	Group    Group    `json:"group"`
	Warnings []string `json:"warnings"`
}

func (s *server) listGroups(ctx context.Context, _, _ None) (Groups, error) {
	groups, err := s.cfg.Store.Groups(ctx)
	if err != nil {
		return Groups{}, err
	}
	all := Groups{Groups: []Group{}}
	for _, g := range groups {
		all.Groups = append(all.Groups, Group{g.Name, list(g.Permissions)})
	}
	return all, nil
}

func (s *server) addGroup(ctx context.Context, _ None, c GroupChange) (GroupChanged, error) {
	return s.didGroup(ctx, "group added", c, s.cfg.Store.AddGroup(ctx, c.Name, c.Permissions))
}

func (s *server) putGroup(ctx context.Context, _ None, c GroupChange) (GroupChanged, error) {
	return s.didGroup(ctx, "group set", c, s.cfg.Store.PutGroup(ctx, c.Name, c.Permissions))
}

func (s *server) changeGroup(ctx context.Context, _ None, c GroupChange) (GroupChanged, error) {
	return s.didGroup(ctx, "group changed", c, s.cfg.Store.ChangeGroup(ctx, c.Name, c.Grant, c.Revoke))
}

// didGroup logs a change of a group, and answers with what came of it, or with the error of the store.
func (s *server) didGroup(ctx context.Context, what string, c GroupChange, err error) (answer GroupChanged, _ error) {
	if err != nil {
		return answer, err
	}
	s.cfg.Log.Info("admin: "+what, "group", c.Name)
	group, found, err := s.group(ctx, c.Name)
	if err == nil && !found {
		err = fmt.Errorf("group %q was removed just now", c.Name)
	}
	if err != nil {
		return answer, err
	}
	warnings := list(s.unknownPermissions(slices.Concat(c.Permissions, c.Grant)))
	if s.showsRights() {
		member := store.NewCustomer{IsActive: true, Groups: map[string][]string{group.Name: nil}}
		if err := s.canLogIn(s.largest(member, map[string][]string{group.Name: group.Permissions})); err != nil {
			warnings = append(warnings, fmt.Sprintf("members of group %q %v", group.Name, err))
		}
	}
	return GroupChanged{group, warnings}, nil
}

// removeGroup answers with the group as it was.
func (s *server) removeGroup(ctx context.Context, q GroupQuery, _ None) (Group, error) {
	was, _, err := s.group(ctx, q.Name)
	if err != nil {
		return Group{}, err
	}
	if err := s.cfg.Store.RemoveGroup(ctx, q.Name); err != nil {
		return Group{}, err
	}
	s.cfg.Log.Info("admin: group removed", "group", q.Name)
	return was, nil
}

// group shows a group, where there is one.
func (s *server) group(ctx context.Context, name string) (g Group, found bool, err error) {
	groups, err := s.groupPermissions(ctx)
	if err != nil {
		return Group{}, false, err
	}
	permissions, found := groups[name]
	return Group{name, list(permissions)}, found, nil
}

// groupPermissions are the permissions of all groups, by name.
func (s *server) groupPermissions(ctx context.Context) (map[string][]string, error) {
	all, err := s.cfg.Store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	groups := map[string][]string{}
	for _, g := range all {
		groups[g.Name] = g.Permissions
	}
	return groups, nil
}

// checkGroups refuses a name that no group has.
func (s *server) checkGroups(ctx context.Context, names []string) error {
	groups, err := s.groupPermissions(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, found := groups[name]; !found {
			return fmt.Errorf("group %q: %w", name, store.ErrNoGroup)
		}
	}
	return nil
}

// groupsWith names those among some groups that have a permission: `group "editors"`, `group "authors", "editors"`, or
// "" where none has.
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
