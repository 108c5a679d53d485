package customerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/edgetoken/edgetoken/host/admin/customerjson"
	"github.com/edgetoken/edgetoken/store"
)

// csvRows are the customers of a file of CSV (RFC 4180), whose first record names the columns. encoding/csv does not
// do: it changes line ends within quotes, and where a quote is not closed it reads the rest of the file into memory.
type csvRows struct {
	window
	columns []string
	textIDs bool
	cells   [][]byte // of the record that was read last
}

// Why a record is bad.
var (
	errUnclosed  = errors.New("has a quote that is not closed")
	errBareQuote = errors.New(`has a quote within a value: put the value in quotes, and write "" for each quote in it`)
)

func newCSVRows(in io.Reader, textIDs bool) (*csvRows, error) {
	c := &csvRows{window: newWindow(in), textIDs: textIDs}
	_, bad, err := c.record()
	if err == nil {
		err = bad
	}
	if err != nil {
		return nil, fmt.Errorf("the header %w", err)
	}
	for i, cell := range c.cells {
		name := string(cell)
		switch {
		case len(c.cells) == 1 && strings.ContainsAny(name, ";\t"):
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
	return c, nil
}

func (c *csvRows) next(row *Row) (ok bool, err error) {
	line, bad, err := c.record()
	if err != nil {
		return false, err
	}
	row.Line = line
	row.Customer = customerjson.Customer{NewCustomer: store.NewCustomer{IsActive: true}}
	if bad == nil && len(c.cells) != len(c.columns) {
		bad = fmt.Errorf("has %d values, and the header %d", len(c.cells), len(c.columns))
	}
	if row.Err = bad; bad != nil {
		return true, nil
	}
	var f faults
	for i, cell := range c.cells {
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

// record reads the next record and gives the line where it begins. After a bad record it goes on with the next line.
func (c *csvRows) record() (line int, bad, err error) {
	for {
		line = c.line
		size, bad := c.parse(c.buf[c.from:c.to])
		switch {
		case size > 0:
			c.give(size)
			if len(c.cells) == 1 && len(c.cells[0]) == 0 {
				continue // an empty line
			}
			return line, nil, nil
		case bad != nil:
		case c.to-c.from > maxObject:
			bad = errLong
		case c.fill():
			continue
		case !errors.Is(c.last, io.EOF) || c.from == c.to:
			return line, nil, c.last
		default:
			bad = errUnclosed
		}
		c.skipLine()
		return line, bad, nil
	}
}

// parse reads the record at the start of b into cells, which are parts of b, and gives its size: 0 if it does not end
// in b.
func (c *csvRows) parse(b []byte) (size int, bad error) {
	c.cells = c.cells[:0]
	last := errors.Is(c.last, io.EOF)
	for at := 0; ; at++ {
		cell, end, bad := cellOf(b[at:])
		if at += end; bad != nil || end < 0 {
			return 0, bad
		}
		c.cells = append(c.cells, cell)
		switch rest := b[at:]; {
		case len(rest) == 0 || len(rest) == 1 && rest[0] == '\r':
			if last {
				return len(b), nil
			}
			return 0, nil
		case rest[0] == '\n':
			return at + 1, nil
		case rest[0] == '\r' && rest[1] == '\n':
			return at + 2, nil
		case rest[0] != ',':
			return 0, errBareQuote
		}
	}
}

// cellOf reads the value at the start of b and gives the place after it: -1 if it does not end in b.
func cellOf(b []byte) (cell []byte, end int, bad error) {
	if len(b) == 0 || b[0] != '"' {
		if end = bytes.IndexAny(b, ",\n"); end < 0 {
			end = len(b)
		}
		cell = b[:end]
		if bytes.IndexByte(cell, '"') >= 0 {
			return nil, 0, errBareQuote
		}
		if end == len(b) || b[end] == '\n' {
			cell = bytes.TrimSuffix(cell, []byte("\r"))
		}
		return cell, len(cell), nil
	}
	escaped := false
	for at := 1; ; at += 2 {
		i := bytes.IndexByte(b[min(at, len(b)):], '"')
		if i < 0 {
			return nil, -1, nil
		}
		if at += i; at+1 == len(b) || b[at+1] != '"' {
			if cell = b[1:at]; escaped {
				cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
			}
			return cell, at + 1, nil
		}
		escaped = true
	}
}
