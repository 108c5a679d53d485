package customerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	bufferSize = 64 << 10
	maxObject  = 1 << 20 // bytes of an object, or of a record of CSV
)

// What a bad row is.
var (
	errCut    = errors.New("is cut off: the file ends within it")
	errLong   = fmt.Errorf("is longer than %d bytes", maxObject)
	errNoJSON = errors.New("is no JSON")
)

// splitter cuts a file into objects: those of one array, or one after the other. It looks at quotes and brackets alone.
type splitter struct {
	in       io.Reader
	buf      []byte // buf[from:to] is read and not yet given
	from, to int
	gone     int64 // bytes of the file before buf
	line     int   // of from
	begun    bool
	array    bool
	last     error // of in
}

func newSplitter(in io.Reader) *splitter {
	return &splitter{in: in, buf: make([]byte, 2*bufferSize), line: 1}
}

// offset is how many bytes of the file are given.
func (s *splitter) offset() int64 { return s.gone + int64(s.from) }

// fill reads more. What is before from goes, so that places after it move; it gives false at the end.
func (s *splitter) fill() bool {
	if s.last != nil {
		return false
	}
	if s.from > 0 {
		s.gone += int64(s.from)
		s.to = copy(s.buf, s.buf[s.from:s.to])
		s.from = 0
	}
	if s.to == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := io.ReadAtLeast(s.in, s.buf[s.to:], 1)
	s.to += n
	s.last = err
	return n > 0
}

// object gives the next object and the line on which it begins. bad says why what is there is none; the next one can be
// read. err is io.EOF after the last, or says why nothing more can be read.
func (s *splitter) object() (raw []byte, line int, bad, err error) {
	c, err := s.peek()
	if !s.begun {
		s.begun = true
		if s.array = c == '['; s.array && err == nil {
			s.from++
			if c, err = s.peek(); c == ']' {
				return nil, 0, nil, s.close()
			}
		}
	} else if s.array && err == nil {
		switch c {
		case ',':
			s.from++
			c, err = s.peek()
		case ']':
			return nil, 0, nil, s.close()
		default:
			return nil, 0, nil, s.fatal(errNoJSON)
		}
	}
	switch {
	case errors.Is(err, io.EOF) && s.array:
		return nil, 0, nil, s.fatal(errors.New("the file ends within the array: is it all there?"))
	case err != nil:
		return nil, 0, nil, err
	case c == '{':
		return s.cut()
	case s.array:
		return nil, 0, nil, s.fatal(errors.New("an object must stand here"))
	}
	line = s.line
	s.skipLine()
	return nil, line, errNoJSON, nil
}

func (s *splitter) fatal(err error) error { return fmt.Errorf("line %d: %w", s.line, err) }

// peek is the next byte that is no white space.
func (s *splitter) peek() (byte, error) {
	for {
		for s.from < s.to {
			switch c := s.buf[s.from]; {
			case c == '\n':
				s.line++
			case !isSpace(c):
				return c, nil
			}
			s.from++
		}
		if !s.fill() {
			return 0, s.last
		}
	}
}

// close reads the end of the array, after which nothing follows.
func (s *splitter) close() error {
	s.from++
	if _, err := s.peek(); err != nil {
		return err
	}
	return s.fatal(errors.New("something follows the array"))
}

// cut gives the object that begins here.
func (s *splitter) cut() (raw []byte, line int, bad, err error) {
	line = s.line
	n := nesting{lines: !s.array}
	size, long := 0, false
	for {
		more, end := n.scan(s.buf[s.from+size : s.to])
		size += more
		switch {
		case end == broken:
			s.give(size)
			return nil, line, errNoJSON, nil
		case end == whole && long:
			s.give(size)
			return nil, line, errLong, nil
		case end == whole:
			return s.give(size), line, nil, nil
		}
		if size > maxObject {
			long = true
			s.give(size)
			size = 0
		}
		if !s.fill() {
			break
		}
	}
	s.give(s.to - s.from)
	switch {
	case !errors.Is(s.last, io.EOF):
		return nil, 0, nil, s.last
	case s.array:
		return nil, 0, nil, fmt.Errorf("line %d: an object begins here, and the file ends within it: is it all there?",
			line)
	}
	return nil, line, errCut, nil
}

// nesting is how deep a place in an object is.
type nesting struct {
	depth  int
	quoted bool
	lines  bool // the object stands in a file of lines
}

// The ends of a scan.
const (
	within = iota // more is needed
	whole         // the object is over
	broken        // it is no JSON; what follows may be
)

// scan looks through the next bytes, and gives how many of them it is done with.
func (n *nesting) scan(b []byte) (size, end int) {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '\\':
			if i++; i == len(b) {
				return i - 1, within
			}
		case '"':
			n.quoted = !n.quoted
		case '\n': // An object of a file of lines may take several, but a brace at the start of one begins the next.
			switch {
			case !n.lines:
			case n.quoted:
				return i, broken
			case i+1 == len(b):
				return i, within
			case b[i+1] == '{':
				return i, broken
			}
		case '{', '[':
			if !n.quoted {
				n.depth++
			}
		case '}', ']':
			if n.quoted {
				continue
			}
			if n.depth--; n.depth == 0 {
				return i + 1, whole
			}
		}
	}
	return len(b), within
}

// give is the next bytes, which are valid until the next call.
func (s *splitter) give(size int) []byte {
	raw := s.buf[s.from : s.from+size]
	s.line += bytes.Count(raw, []byte("\n"))
	s.from += size
	return raw
}

func (s *splitter) skipLine() {
	for {
		if i := bytes.IndexByte(s.buf[s.from:s.to], '\n'); i >= 0 {
			s.give(i)
			return
		}
		s.from = s.to
		if !s.fill() {
			return
		}
	}
}
