package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/edgetoken/edgetoken/store/fact"
)

// ImportGroup is a group as another system has it. Permissions nil: what it may do is not known, so the group is made
// without permissions if there is none of its name, and else stays as it is.
type ImportGroup struct {
	Name        string
	Permissions []string
}

// ImportGroups joins groups as Import does customers. The IDs of the results are zero.
func (db *DB) ImportGroups(ctx context.Context, groups []ImportGroup, c ImportConfig) ([]Imported, error) {
	var results []Imported
	err := db.write(ctx, func(w *writer) (resolved, error) {
		results = make([]Imported, len(groups))
		var facts resolved
		seen, more := map[string]bool{}, maxGroups-w.count(groupsBucket, maxGroups)
		for i, g := range groups {
			if seen[g.Name] {
				results[i] = Imported{Status: ImportBad, Err: errors.New("the import has this group twice")}
				continue
			}
			seen[g.Name] = true
			f, r, err := w.importGroup(g, c, more)
			if errors.Is(err, ErrInvalid) {
				f, r, err = nil, Imported{Status: ImportBad, Err: err}, nil
			}
			if err != nil {
				return nil, fmt.Errorf("import: group %q: %w", g.Name, err)
			}
			if r.Status == ImportAdded {
				more--
			}
			results[i], facts = r, append(facts, f...)
		}
		if c.Dry {
			return nil, nil
		}
		return facts, nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// importGroup resolves one group. more is how many groups may still be made.
func (w *writer) importGroup(g ImportGroup, c ImportConfig, more int) (facts resolved, r Imported, err error) {
	if err := checkGroupName(g.Name); err != nil {
		return nil, r, err
	}
	permissions, err := checkPermissions(g.Permissions)
	if err != nil {
		return nil, r, err
	}
	key := removedGroupKey(g.Name)
	last, found, err := w.lastImport(key)
	if err != nil {
		return nil, r, err
	}
	here, err := w.group(g.Name)
	if err != nil {
		return nil, r, err
	}
	note := fact.Imported{Key: key, Said: digestsOfGroup(permissions), Run: c.Run}
	switch has := here.permissions.names(); {
	case here.made.IsZero() && found && len(last.digests) == 0 && !c.Overwrite:
		return nil, Imported{Status: ImportRemoved}, nil
	case here.made.IsZero():
		if more == 0 {
			return nil, r, fmt.Errorf("groups %w: there would be more than %d", ErrInvalid, maxGroups)
		}
		r.Status = ImportAdded
		facts, err = w.newGroup(g.Name, permissions)
	case g.Permissions == nil, bytes.Equal(note.Said, last.digests):
		return nil, Imported{Status: ImportUnchanged}, nil
	default:
		now := digestsOfGroup(has)
		switch {
		case bytes.Equal(note.Said, now):
			r.Status = ImportUnchanged
		case !c.Overwrite && !bytes.Equal(now, last.digests):
			return nil, Imported{Status: ImportConflict, Conflicts: []string{"permissions"}, Err: errBoth}, nil
		default:
			r.Status, r.Changed = ImportUpdated, []string{"permissions"}
			facts, err = w.regrant(g.Name, here, without(permissions, has), without(has, permissions))
		}
	}
	return append(facts, note), r, err
}
