package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store"
)

// GroupsImport are groups, with the permissions that a file says.
type GroupsImport struct {
	Groups []ImportGroup `json:"groups"`
}

// ImportGroup is a group of a file.
type ImportGroup struct {
	Name string `json:"name"`
	// Permissions are all that it has; null: the file does not say, and a group that is not here is made without any.
	Permissions []string `json:"permissions"`
}

// GroupBatches gives groups in order, as many for each call as one takes.
func GroupBatches(groups []ImportGroup) iter.Seq[GroupsImport] {
	return func(yield func(GroupsImport) bool) {
		from, size := 0, 0
		for i, g := range groups {
			b, _ := encodeJSON(g) // texts can always be written
			if size += len(b) + 1; i > from && size > maxBody/2 {
				if !yield(GroupsImport{groups[from:i]}) {
					return
				}
				from, size = i, len(b)
			}
		}
		if from < len(groups) {
			yield(GroupsImport{groups[from:]})
		}
	}
}

// GroupsImported answers ImportGroups.
type GroupsImported struct {
	ImportCounts
	Trouble []GroupTrouble `json:"trouble"` // the groups that are bad, in conflict, or were removed here since
	// Bare are the groups that grant nothing, for want of a file that says their permissions.
	Bare    []string `json:"bare"`
	Unasked []string `json:"unasked_permissions"`
}

// GroupTrouble is a group that does not stand here as the file says.
type GroupTrouble struct {
	Name      string   `json:"name"`
	Status    string   `json:"status"` // this and the next ones as in ImportTrouble
	Conflicts []string `json:"conflicts"`
	Error     string   `json:"error"`
}

func (s *server) importGroups(ctx context.Context, q ImportQuery, b GroupsImport) (answer GroupsImported, err error) {
	groups := make([]store.ImportGroup, len(b.Groups))
	var permissions []string
	for i, g := range b.Groups {
		groups[i] = store.ImportGroup(g)
		permissions = append(permissions, g.Permissions...)
	}
	done, err := s.cfg.Store.ImportGroups(ctx, groups, s.importConfig(q))
	if err != nil {
		return answer, err
	}
	here, err := s.groupPermissions(ctx)
	if err != nil {
		return answer, err
	}
	answer.Trouble, answer.Bare, answer.Unasked = []GroupTrouble{}, []string{}, list(s.unasked(permissions))
	for i, d := range done {
		if g := b.Groups[i]; g.Permissions == nil && len(here[g.Name]) == 0 {
			answer.Bare = append(answer.Bare, g.Name)
		}
		if answer.took(d) {
			t := GroupTrouble{Name: b.Groups[i].Name, Status: string(d.Status), Conflicts: list(d.Conflicts)}
			if d.Err != nil {
				t.Error = d.Err.Error()
			}
			answer.Trouble = append(answer.Trouble, t)
		}
	}
	if !q.Dry && answer.Added+answer.Updated > 0 {
		s.cfg.Log.Info("admin: groups imported", "added", answer.Added, "updated", answer.Updated)
	}
	return answer, nil
}

// Origin answers ShowOrigin.
type Origin struct {
	Origin  json.RawMessage `json:"origin"`   // what imports said of their sources (customerfile.Origin); null: nothing
	TextIDs bool            `json:"text_ids"` // the ids that are here are texts
}

func (s *server) showOrigin(ctx context.Context, _, _ None) (Origin, error) {
	raw, err := s.cfg.Store.Origin(ctx)
	return Origin{raw, s.cfg.Store.IDs() == core.TextID}, err
}

// maxOrigin bounds an origin, in bytes.
const maxOrigin = 4 << 20

func (s *server) keepOrigin(ctx context.Context, _ None, body Stream) (None, error) {
	raw, err := io.ReadAll(io.LimitReader(body, maxOrigin+1))
	if err != nil {
		return None{}, fmt.Errorf("read call: %w", err)
	}
	if len(raw) > maxOrigin || !json.Valid(raw) {
		return None{}, fmt.Errorf("an origin is JSON of at most %d bytes", maxOrigin)
	}
	return None{}, s.cfg.Store.SetOrigin(ctx, raw)
}
