package store

import (
	"context"
	"encoding/json"

	"github.com/edgetoken/edgetoken/core"
)

// Exported is a customer with what the last import kept of it.
type Exported struct {
	Customer
	Kept json.RawMessage
}

// exportBytes is about how much a page of Export has.
const exportBytes = 1 << 20

// Export is List with what imports kept. Where customers are large a page has fewer of them than the limit.
func (db *DB) Export(ctx context.Context, after core.CustomerID, limit int) (page []Exported, err error) {
	size := 0
	err = db.list(ctx, after, limit, func(t tables, c Customer) (more bool, err error) {
		last, _, err := t.lastImport(idKey(c.ID))
		page = append(page, Exported{c, last.kept})
		size += len(c.Attributes) + len(last.kept)
		for _, names := range [][]string{c.Permissions, c.Groups} {
			for _, name := range names {
				size += len(name)
			}
		}
		return size < exportBytes, err
	})
	return page, err
}
