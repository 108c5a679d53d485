// Package records cuts long files into records: Objects cuts JSON into objects, and CSV cuts RFC 4180 into rows of
// values. A record has at most 1 MiB and is gone once the next one is read, so memory stays small however long a file
// is.
//
// Next skips what is no record. It says on which line that begins, and why it is none, as a predicate such as "is no
// JSON", to which the caller adds the subject.
package records

import (
	"bytes"
	"fmt"
	"io"
)

// maxBytes bounds a record.
const maxBytes = 1 << 20

var errLong = fmt.Errorf("is longer than %d bytes", maxBytes)

// window is the part of a file that is in memory: read, and not yet given.
type window struct {
	in       io.Reader
	buf      []byte // the window is buf[from:to]
	from, to int
	gone     int64 // bytes of the file before buf
	line     int   // of from
	last     error // the first error of in, such as io.EOF
}

func newWindow(in io.Reader) window { return window{in: in, buf: make([]byte, 128<<10), line: 1} }

// Offset is how many bytes of the file were given.
func (w *window) Offset() int64 { return w.gone + int64(w.from) }

// fill reads more. It gives false at the end; last says why.
func (w *window) fill() bool {
	if w.last != nil {
		return false
	}
	if w.from > 0 {
		w.gone += int64(w.from)
		w.to = copy(w.buf, w.buf[w.from:w.to])
		w.from = 0
	}
	if w.to == len(w.buf) {
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	n, err := io.ReadAtLeast(w.in, w.buf[w.to:], 1)
	w.to += n
	w.last = err
	return n > 0
}

// give gives the next bytes, which are valid until the next fill.
func (w *window) give(size int) []byte {
	raw := w.buf[w.from : w.from+size]
	w.line += bytes.Count(raw, []byte("\n"))
	w.from += size
	return raw
}

// skipLine skips the rest of a line.
func (w *window) skipLine() {
	for {
		if i := bytes.IndexByte(w.buf[w.from:w.to], '\n'); i >= 0 {
			w.give(i + 1)
			return
		}
		w.from = w.to
		if !w.fill() {
			return
		}
	}
}

func (w *window) atLine(err error) error { return fmt.Errorf("line %d: %w", w.line, err) }
