package admin

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/hashing"
	"github.com/edgetoken/edgetoken/store"
)

// A batch is one transaction of the store, which others wait for.
const (
	batchRows  = 1000
	batchBytes = 1 << 20 // it has fewer rows where they are larger
	batchClear = 20      // rows with a password in clear, each of which is hashed first
	maxRow     = 1 << 20
)

// ImportBatch are rows for ImportCustomers: objects as Row shows them, one a line. The zero value is empty.
type ImportBatch struct {
	lines bytes.Buffer
	rows  int
	clear int // of them, those with a password in clear
}

// Add adds a customer, and what is kept of it. The error says that it is too large.
func (b *ImportBatch) Add(c customerjson.Customer, kept json.RawMessage) error {
	line, err := encodeJSON(fileRow(c, kept))
	if err == nil && len(line) > maxRow {
		err = fmt.Errorf("it has more than %d bytes", maxRow)
	}
	if err != nil {
		return err
	}
	b.lines.Write(append(line, '\n'))
	b.rows++
	if c.Password != nil {
		b.clear++
	}
	return nil
}

// Rows is how many rows there are.
func (b *ImportBatch) Rows() int { return b.rows }

// Full reports whether the batch should be sent.
func (b *ImportBatch) Full() bool {
	return b.rows == batchRows || b.clear == batchClear || b.lines.Len() >= batchBytes
}

// Stream gives the rows to send, and leaves the batch empty. It is read before the next Add.
func (b *ImportBatch) Stream() Stream {
	lines := b.lines.Bytes()
	b.lines.Reset()
	b.rows, b.clear = 0, 0
	return Stream{bytes.NewReader(lines)}
}

// readBatch reads what Stream gives. A row must be what Row is written as, byte for byte: encoding/json alone would
// take a member in another case, and the last of two.
func readBatch(r io.Reader) (rows []Row, err error) {
	lines := bufio.NewScanner(io.LimitReader(r, batchBytes+maxRow+1))
	lines.Buffer(nil, maxRow+1)
	for lines.Scan() {
		if len(rows) == batchRows {
			return nil, fmt.Errorf("read call: a batch has at most %d rows", batchRows)
		}
		var row Row
		err := json.Unmarshal(lines.Bytes(), &row)
		if err == nil {
			var again []byte
			if again, err = encodeJSON(row); err == nil && !bytes.Equal(again, lines.Bytes()) {
				err = errors.New("it is not as this version writes it: use the command of the node that runs")
			}
		}
		if err != nil {
			return nil, fmt.Errorf("read call: row %d: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read call: %w", err)
	}
	return rows, nil
}

// importRow is what the store imports of a row. A password in clear is hashed, one at a time. Its salt is the same in
// each import into this store, and so is the hash: only another password is a change.
func (s *server) importRow(ctx context.Context, r Row) (row store.ImportRow, err error) {
	row.NewCustomer = store.NewCustomer{
		ID: core.CustomerID(r.ID), Email: r.Email, FirstName: r.FirstName, LastName: r.LastName,
		IsActive: r.IsActive, IsStaff: r.IsStaff, IsSuperuser: r.IsSuperuser,
		LastLogin: r.LastLogin, DateJoined: r.DateJoined, Attributes: r.Attributes,
		PasswordHash: r.PasswordHash, Permissions: r.Permissions, Groups: map[string][]string{},
	}
	for _, name := range r.Groups {
		row.Groups[name] = nil
	}
	row.Kept, row.Unsaid = r.Kept, r.Unsaid
	if r.Password != nil {
		salt := s.cfg.Store.ID() + " " + cmp.Or(r.ID.String(), r.Email)
		row.PasswordHash, err = hashing.MakeSalted(ctx, s.cfg.Hasher, *r.Password, salt, s.cfg.Passwords)
	}
	return row, err
}
