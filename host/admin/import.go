package admin

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
)

// ImportQuery says how rows are joined with the customers that are here.
type ImportQuery struct {
	Run       uint64 // random, the same for all calls of one import: a customer that has two rows in it is noticed
	Dry       bool   // says what would happen, and changes nothing
	Overwrite bool   // what changed here and in the source becomes what the row says
}

func (q ImportQuery) values() url.Values {
	return url.Values{
		"run": {strconv.FormatUint(q.Run, 16)}, "dry": {strconv.FormatBool(q.Dry)},
		"overwrite": {strconv.FormatBool(q.Overwrite)},
	}
}

func importQueryOf(v url.Values) ImportQuery {
	run, _ := strconv.ParseUint(v.Get("run"), 16, 64) // 0, which ImportCustomers refuses, where it is no number
	return ImportQuery{Run: run, Dry: v.Get("dry") == "true", Overwrite: v.Get("overwrite") == "true"}
}

// Imported answers ImportCustomers.
type Imported struct {
	ImportCounts
	// Trouble are the rows that are bad, in conflict, or of customers that were removed here since, in order.
	Trouble []ImportTrouble `json:"trouble"`
	ImportNotes
}

// ImportCounts say what became of rows. An updated row can be in conflict too.
type ImportCounts struct {
	Added     int `json:"added"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Conflicts int `json:"conflicts"` // something changed here and in the source; what is here stays
	Removed   int `json:"removed"`   // removed here since an earlier import; not added again
	Bad       int `json:"bad"`
}

// Add adds other counts.
func (c *ImportCounts) Add(other ImportCounts) {
	c.Added += other.Added
	c.Updated += other.Updated
	c.Unchanged += other.Unchanged
	c.Conflicts += other.Conflicts
	c.Removed += other.Removed
	c.Bad += other.Bad
}

// ImportTrouble is a row that did not become a customer as it stands.
type ImportTrouble struct {
	Row       int      `json:"row"` // its index in the batch
	ID        ID       `json:"id"`
	Status    string   `json:"status"`    // "bad", "conflict", "updated" with conflicts, or "removed"
	Conflicts []string `json:"conflicts"` // members that changed here and in the source
	Error     string   `json:"error"`     // why; empty for "removed"
}

func (s *server) importCustomers(ctx context.Context, q ImportQuery, body Stream) (answer Imported, err error) {
	answer.Trouble, answer.Unchecked = []ImportTrouble{}, map[string]int{}
	if q.Run == 0 {
		return answer, errors.New("run must be a random number, in hexadecimal")
	}
	given, err := readBatch(body)
	if err != nil {
		return answer, err
	}
	groups := map[string][]string{}
	if s.showsRights() {
		if groups, err = s.groupPermissions(ctx); err != nil {
			return answer, err
		}
	}
	var rows []store.ImportRow
	var at []int // the index in the batch, of each of them
	for i, r := range given {
		row, err := s.importRow(ctx, r)
		if failed := ctx.Err(); failed != nil || errors.Is(err, hashing.ErrFailed) {
			return answer, cmp.Or(failed, err)
		}
		if err == nil {
			err = s.checkImport(row.NewCustomer, groups)
		}
		if err != nil {
			answer.took(i, r, store.Imported{Status: store.ImportBad, Err: err})
			continue
		}
		rows, at = append(rows, row), append(at, i)
	}
	done, err := s.cfg.Store.Import(ctx, rows, s.importConfig(q))
	if err != nil {
		return answer, err
	}
	var permissions []string
	for i, d := range done {
		r := given[at[i]]
		answer.took(at[i], r, d)
		if d.Status != store.ImportBad {
			s.note(&answer.ImportNotes, r, rows[i].PasswordHash)
			permissions = append(permissions, r.Permissions...)
		}
	}
	answer.Unasked = list(s.unasked(permissions))
	slices.SortStableFunc(answer.Trouble, func(a, b ImportTrouble) int { return a.Row - b.Row })
	if !q.Dry && answer.Added+answer.Updated > 0 {
		s.cfg.Log.Info("admin: customers imported", "added", answer.Added, "updated", answer.Updated)
	}
	return answer, nil
}

func (s *server) importConfig(q ImportQuery) store.ImportConfig {
	return store.ImportConfig{Run: q.Run, Dry: q.Dry, Overwrite: q.Overwrite, Keep: s.tokensLive()}
}

// checkImport refuses a customer that could not log in.
func (s *server) checkImport(n store.NewCustomer, groups map[string][]string) error {
	if len(s.cfg.Claims)+len(s.cfg.LoginAnswer) == 0 {
		return nil
	}
	return s.canLogIn(s.largest(n, groups))
}

// took counts what became of a row, and reports whether that is trouble.
func (c *ImportCounts) took(d store.Imported) (trouble bool) {
	switch d.Status {
	case store.ImportAdded:
		c.Added++
	case store.ImportUpdated:
		c.Updated++
	case store.ImportUnchanged:
		c.Unchanged++
	case store.ImportConflict: // counted below
	case store.ImportRemoved:
		c.Removed++
		return true
	default:
		c.Bad++
		return true
	}
	if d.Status == store.ImportConflict || len(d.Conflicts) > 0 {
		c.Conflicts++
		return true
	}
	return false
}

// took counts what became of a row of a batch, and keeps what is wrong with it.
func (a *Imported) took(row int, r Row, d store.Imported) {
	if !a.ImportCounts.took(d) {
		return
	}
	t := ImportTrouble{Row: row, ID: r.ID, Status: string(d.Status), Conflicts: list(d.Conflicts)}
	if t.ID.IsZero() {
		t.ID = ID(d.ID)
	}
	if d.Err != nil {
		t.Error = d.Err.Error()
	}
	a.Trouble = append(a.Trouble, t)
}
