package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/edgetoken/edgetoken/core"
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
	ready := make([]prepared, len(rows))
	now := db.Time()
	for i := range rows {
		ready[i].customer, ready[i].err = rows[i].prepare(db, now)
	}
	var results []Imported
	err := db.write(ctx, func(w *writer) (resolved, error) {
		results = make([]Imported, len(rows))
		w.fill()
		im := importing{c, w, w.newcomers(len(rows)), map[core.CustomerID]bool{}}
		var facts resolved
		for i := range rows {
			if err := ready[i].err; err != nil {
				results[i] = Imported{ID: rows[i].ID, Status: ImportBad, Err: err}
				continue
			}
			f, result, err := im.row(&rows[i], ready[i].customer)
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

// prepared is the customer that a row describes, or why it cannot be stored. That takes no transaction, so it is done
// before: other commits wait for the committer.
type prepared struct {
	customer Customer
	err      error
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
