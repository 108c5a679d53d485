package records

import (
	"bytes"
	"errors"
	"io"
)

// CSV cuts a file of CSV into records (RFC 4180). encoding/csv does not do: it changes line ends within quotes, and
// where a quote is not closed it reads the rest of the file into memory.
type CSV struct {
	window
	cells [][]byte // of the record that was read last
}

var (
	errUnclosed  = errors.New("has a quote that is not closed")
	errBareQuote = errors.New(`has a quote within a value: put the value in quotes, and write "" for each quote in it`)
)

// NewCSV reads from in, where no byte order mark may stand.
func NewCSV(in io.Reader) *CSV { return &CSV{window: newWindow(in)} }

// Next gives the values of the next record, which are valid until the following call, and the line on which it begins.
// bad says why that is no record; Next goes on with the next line. err is io.EOF after the last record, or says why
// nothing more can be read.
func (c *CSV) Next() (cells [][]byte, line int, bad, err error) {
	for {
		line = c.line
		ended := c.last != nil
		size, bad := c.parse(c.buf[c.from:c.to])
		switch {
		case size > 0:
			c.give(size)
			if len(c.cells) == 1 && len(c.cells[0]) == 0 {
				continue // an empty line
			}
			return c.cells, line, nil, nil
		case bad != nil:
		case c.to-c.from > maxBytes:
			bad = errLong
		case c.fill() || !ended:
			continue // the end of the file may be that of the record
		case !errors.Is(c.last, io.EOF) || c.from == c.to:
			return nil, line, nil, c.last
		default:
			bad = errUnclosed
		}
		c.skipLine()
		return nil, line, bad, nil
	}
}

// parse reads the record at the start of b into cells, which are parts of b, and gives its size: 0 if it does not end
// in b.
func (c *CSV) parse(b []byte) (size int, bad error) {
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
