package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// importing is one call of Import under way.
type importing struct {
	ImportConfig
	w    *writer
	come *newcomers
	seen map[core.CustomerID]bool // in this call
}

// row resolves one row. The error is that of a damaged record.
func (im *importing) row(n *ImportRow, c Customer) (facts resolved, r Imported, err error) {
	w := im.w
	if n.ID.IsZero() {
		owner, err := w.owner(w.ids, c.Email)
		if w.foldEmails {
			owner, err = w.folded(w.ids, c.Email)
		}
		if err == nil && owner.IsZero() {
			owner, err = w.leftBy(w.ids, c.Email)
		}
		if err != nil {
			return nil, r, err
		}
		if !owner.IsZero() {
			c.ID = owner
		}
	}
	var key []byte
	var last lastImport
	found := false
	if !c.ID.IsZero() {
		if im.seen[c.ID] {
			return nil, Imported{ID: c.ID, Status: ImportBad, Err: errTwice}, nil
		}
		key = idKey(c.ID)
		if last, found, err = w.lastImport(key); err != nil {
			return nil, r, err
		}
	}
	p, held, err := w.person(key)
	if err != nil {
		return nil, r, err
	}
	switch {
	case !held && found && len(last.digests) == 0 && !im.Overwrite:
		return nil, Imported{ID: c.ID, Status: ImportRemoved}, nil
	case held:
		facts, r, err = im.known(n, c, p, last)
	default:
		facts, r, err = im.unknown(n, c)
	}
	if err == nil && r.Status != ImportBad && (held || r.Status == ImportAdded) {
		im.seen[r.ID] = true
	}
	return facts, r, err
}

// errTwice refuses a second row about one customer.
var errTwice = errors.New("the import has this customer twice: the first row counts")

// unknown resolves a row about a customer who is not here.
func (im *importing) unknown(n *ImportRow, c Customer) (resolved, Imported, error) {
	numbers, err := im.numbers(c.Groups)
	if errors.Is(err, ErrNoGroup) {
		return nil, Imported{ID: c.ID, Status: ImportBad, Err: err}, nil
	}
	if err != nil {
		return nil, Imported{}, err
	}
	if err := im.come.place(&c); errors.Is(err, ErrExists) {
		return nil, Imported{ID: c.ID, Status: ImportConflict, Conflicts: []string{"email"}, Err: err}, nil
	} else if err != nil {
		return nil, Imported{ID: c.ID, Status: ImportBad, Err: err}, nil
	}
	facts, err := im.w.make(c, numbers)
	if errors.Is(err, ErrInvalid) {
		return nil, Imported{ID: c.ID, Status: ImportBad, Err: err}, nil
	}
	note := fact.Imported{Key: idKey(c.ID), Said: digestsOf(&c), Run: im.Run, Kept: n.Kept}
	return append(facts, note), Imported{ID: c.ID, Status: ImportAdded}, err
}

// numbers has the numbers of groups; ErrNoGroup if one does not exist. A dry import takes such a one: ImportGroups
// would have made it.
func (im *importing) numbers(names []string) (map[string]fact.Stamp, error) {
	if len(names) == 0 {
		return nil, nil
	}
	numbers := map[string]fact.Stamp{}
	for _, name := range names {
		made, err := madeAs(im.w.get(groupsBucket, []byte(name)))
		if err == nil && made.IsZero() && !im.Dry {
			err = fmt.Errorf("group %q: %w", name, ErrNoGroup)
		}
		if err != nil {
			return nil, err
		}
		numbers[name] = made
	}
	return numbers, nil
}

// known resolves a row about a customer who is here.
func (im *importing) known(n *ImportRow, c Customer, p person, last lastImport) (resolved, Imported, error) {
	w, r := im.w, Imported{ID: c.ID, Status: ImportUnchanged}
	if len(last.digests) == 0 && c.Email != p.email.value {
		r.Status, r.Conflicts = ImportConflict, []string{"id"}
		r.Err = fmt.Errorf("id %v is %w: it is that of %q here, who was not imported", c.ID, ErrExists, p.email.value)
		return nil, r, nil
	}
	var facts resolved
	at, err := w.lastLogin(idKey(c.ID))
	if err != nil {
		return nil, r, err
	}
	if !c.LastLogin.IsZero() && (at.made != p.made || at.at < c.LastLogin.UnixMicro()) {
		facts = append(facts, fact.LastLogin{ID: c.ID, Made: p.made, At: c.LastLogin.UnixMicro()})
		r.Changed = append(r.Changed, "last_login")
	}
	if n.DateJoined.IsZero() { // it is not said
		c.DateJoined = time.UnixMicro(p.joined.value).UTC()
	}
	kept := n.Kept
	if slices.Contains(n.Unsaid, "kept") {
		kept = last.kept
	}
	digests := digestsOf(&c)
	last.repeat(digests, n.Unsaid)
	if !bytes.Equal(digests, last.digests) {
		here, _, err := w.customer(c.ID)
		if err != nil {
			return nil, r, err
		}
		m := merge{
			importing: im, there: c, here: here, unsaid: n.Unsaid, p: p,
			f: fact.Customer{ID: c.ID, Made: p.made}, result: &r,
		}
		merged, err := m.members(digests, last)
		if err != nil {
			return nil, r, err
		}
		facts, digests = append(facts, merged...), m.said
	}
	switch {
	case r.Status == ImportBad:
		return nil, r, nil
	case len(r.Changed) > 0:
		r.Status = ImportUpdated
	case len(r.Conflicts) > 0:
		r.Status = ImportConflict
		return nil, r, nil
	case !bytes.Equal(kept, last.kept):
		r.Status = ImportUpdated
	case bytes.Equal(digests, last.digests):
		return nil, r, nil
	}
	if im.Run != 0 && last.run == im.Run && r.Status == ImportUpdated {
		return nil, Imported{ID: c.ID, Status: ImportBad, Err: errTwice}, nil
	}
	if len(r.Conflicts) > 0 && len(last.digests) == 0 {
		return facts, r, nil // the next import will name the conflicts again
	}
	return append(facts, fact.Imported{Key: idKey(c.ID), Said: digests, Run: im.Run, Kept: kept}), r, nil
}
