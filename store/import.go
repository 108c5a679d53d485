package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/store/fact"
)

// ImportRow is a customer as another system has it. With a zero ID it is the customer who has the e-mail address, or
// whom an import brought under it, or a new one. Groups are names of groups that exist, with nil permissions.
type ImportRow struct {
	NewCustomer
	// Kept is what the other system says and nothing here can say, such as keys of groups that nobody knows: a JSON
	// object of at most 64 KiB, or nil. It grants nothing. Export returns it.
	Kept json.RawMessage
	// Unsaid are the members, kept among them, that the other system says nothing of. What is here of them stays.
	Unsaid []string
}

// ImportConfig says how an import goes.
type ImportConfig struct {
	Run       uint64        // names the import, so that a second row about one customer is noticed; 0: it is not
	Overwrite bool          // what has changed on both sides becomes what the row says, and who was removed comes back
	Dry       bool          // only say what would happen
	Keep      time.Duration // as for Set
}

// ImportStatus is what an import did with a row.
type ImportStatus string

// The outcomes of a row.
const (
	ImportAdded     ImportStatus = "added"
	ImportUpdated   ImportStatus = "updated"
	ImportUnchanged ImportStatus = "unchanged"
	ImportConflict  ImportStatus = "conflict" // nothing of it was taken
	ImportRemoved   ImportStatus = "removed"  // it was removed here since the last import, and not added again
	ImportBad       ImportStatus = "bad"      // it cannot be stored
)

// Imported is what came of one row.
type Imported struct {
	ID     core.CustomerID
	Status ImportStatus
	// Changed names the members that were taken from the row, and Conflicts those that have changed there and here.
	// What is here stays. An updated row may have both.
	Changed, Conflicts []string
	Err                error // why the row is bad or in conflict
}

// Import joins rows of another system with the customers who are here, all in one transaction. A row that is refused
// does not stop the others. About a thousand rows at a time are best, as for AddAll.
//
// It goes member by member. What the row says as the last import said it stays as it is here, so that the same import
// twice changes nothing. What is here as the last import said it becomes what the row says. What has changed on both
// sides is a conflict. A password has changed there if the hash there has, and here if its claim has: a re-hash is no
// change. Another password ends all log-ins of its customer (R5), and is_active ends them as SetActive does (R4).
func (db *DB) Import(ctx context.Context, rows []ImportRow, c ImportConfig) ([]Imported, error) {
	now := db.Time()
	var results []Imported
	err := db.write(ctx, func(w *writer) (resolved, error) {
		results = make([]Imported, len(rows))
		w.fill()
		im := importing{c, w, w.newcomers(len(rows)), map[core.CustomerID]bool{}}
		var facts resolved
		for i := range rows {
			customer, err := rows[i].prepare(db, now)
			if err != nil {
				results[i] = Imported{ID: rows[i].ID, Status: ImportBad, Err: err}
				continue
			}
			f, result, err := im.row(&rows[i], customer)
			if err != nil {
				return nil, fmt.Errorf("import: row %d: %w", i+1, err)
			}
			if result.Status == ImportBad || result.Status == ImportConflict {
				f = nil
			}
			results[i], facts = result, append(facts, f...)
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

// fullPages is how full an import leaves the pages that it splits. Most imports bring customers in the order of their
// ids, and bbolt would leave half of each page empty.
const fullPages = 0.9

// fill has this commit fill the pages whose keys are ids.
func (w *writer) fill() {
	for _, name := range [][]byte{customersBucket, lastLoginBucket, importsBucket} {
		w.tx.Bucket(name).FillPercent = fullPages
	}
}

// prepare makes the customer that a row describes.
func (n *ImportRow) prepare(db *DB, now time.Time) (Customer, error) {
	customer, err := n.check(db.identity.ids, now)
	if err != nil {
		return Customer{}, err
	}
	if n.Kept != nil {
		if _, err := checkAttributes(n.Kept); err != nil {
			return Customer{}, fmt.Errorf("what is kept for an export: %w", err)
		}
	}
	if n.ID.IsZero() && db.identity.ids == core.TextID {
		customer.ID, err = randomID(db.config.Rand) // in case nobody has the address
	}
	return customer, err
}

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
	var last said
	said := false
	if !c.ID.IsZero() {
		if im.seen[c.ID] {
			return nil, Imported{ID: c.ID, Status: ImportBad, Err: errTwice}, nil
		}
		key = idKey(c.ID)
		if last, said, err = w.said(key); err != nil {
			return nil, r, err
		}
	}
	p, held, err := w.person(key)
	if err != nil {
		return nil, r, err
	}
	switch {
	case !held && said && len(last.digests) == 0 && !im.Overwrite:
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
func (im *importing) known(n *ImportRow, c Customer, p person, last said) (resolved, Imported, error) {
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
