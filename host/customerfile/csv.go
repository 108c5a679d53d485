package customerfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/host/records"
	"github.com/edgetoken/edgetoken/store"
)

// csvRows are the customers of a file of CSV, whose first record names the columns.
type csvRows struct {
	*records.CSV
	columns []string
	unsaid  []string // of csvColumns, those that are not there
	textIDs bool
}

func newCSVRows(in io.Reader, textIDs bool) (*csvRows, error) {
	c := &csvRows{CSV: records.NewCSV(in), textIDs: textIDs}
	header, _, bad, err := c.Next()
	if err == nil {
		err = bad
	}
	if err != nil {
		return nil, fmt.Errorf("the header %w", err)
	}
	for i, cell := range header {
		name := string(cell)
		switch {
		case len(header) == 1 && strings.ContainsAny(name, ";\t"):
			return nil, errors.New("its columns are not separated by commas: save it with commas")
		case name != "password" && !slices.Contains(csvColumns, name):
			return nil, fmt.Errorf("column %d is unknown: the first line must name the columns, of %s, password", i+1,
				strings.Join(csvColumns, ", "))
		case slices.Contains(c.columns, name):
			return nil, fmt.Errorf("the column %s is there twice", name)
		}
		c.columns = append(c.columns, name)
	}
	if !slices.Contains(c.columns, "email") {
		return nil, errors.New("the column email is missing")
	}
	if !slices.Contains(c.columns, "password") && !slices.Contains(c.columns, "password_hash") {
		return nil, errors.New("there must be a column password, of passwords in clear, or password_hash")
	}
	for _, name := range csvColumns {
		if name != "id" && name != "password_hash" && !slices.Contains(c.columns, name) {
			c.unsaid = append(c.unsaid, name)
		}
	}
	return c, nil
}

func (c *csvRows) row(row *Row) (ok bool, err error) {
	cells, line, bad, err := c.Next()
	if err != nil {
		return false, err
	}
	row.Line = line
	row.Customer = customerjson.Customer{NewCustomer: store.NewCustomer{IsActive: true}, Unsaid: c.unsaid}
	if bad == nil && len(cells) != len(c.columns) {
		bad = fmt.Errorf("has %d values, and the header %d", len(cells), len(c.columns))
	}
	if row.Err = bad; bad != nil {
		return true, nil
	}
	var f faults
	for i, cell := range cells {
		err := errNotUTF8
		if utf8.Valid(cell) {
			err = c.readCell(row, c.columns[i], string(cell))
		}
		f.add(c.columns[i], err)
	}
	switch {
	case row.Password != nil && row.PasswordHash != "":
		f.add("", errors.New("password and password_hash are both there: keep one"))
	case row.Password == nil && !slices.Contains(c.columns, "password_hash"):
		row.Unusable = true
	}
	row.Err = f.err
	return true, nil
}
